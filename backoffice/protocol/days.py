"""Read dates that are not written as DD-MM-YYYY. The order of day and month is never guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backoffice.protocol.bent import unwrapped
from backoffice.protocol.charset import describe, reduced
from backoffice.protocol.personal import hide_in_text
from backoffice.protocol.secret import MASK

#: Longer texts are no dates.
_LONGEST = 60
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(r"([a-z]{3,9})\.?[ ,]{1,3}(?=[a-z0-9])")
_TIME = re.compile(
    r"[t ,]{1,3}([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?([ap])\.?m\.?)?"
    r"(?: ?(z|[+-][0-9]{2}:?[0-9]{2}))?$"
)
_BETWEEN = r"(?: ?[-/.] ?| )"
_AS_ACCEPTED = re.compile("[0-9]{2}-[0-9]{2}-[0-9]{4}")
_NUMBERS = re.compile(rf"([0-9]{{1,4}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,4}})")
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")
_DAY_NUMBER = re.compile(r"[0-9]{4,5}(?:\.[0-9]{1,12})?")
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_YEAR = "(?P<year>[0-9]{4}|[0-9]{2})"
_APART = "[-/., ]{0,3}"
_NAMED = (
    re.compile(f"{_DAY}{_APART}{_MONTH}{_APART}{_YEAR}"),
    re.compile(f"{_MONTH}{_APART}{_DAY}[-/., ]{{1,3}}{_YEAR}"),
    re.compile(f"(?P<year>[0-9]{{4}}){_APART}{_MONTH}{_APART}{_DAY}"),
)
#: Years with which eight digits in a row may begin or end.
_YEARS = range(1800, 2200)
_INDIA = timedelta(hours=5, minutes=30)

OTHER_SHAPE = "has a shape that is not accepted."
NO_DAY = "is not a valid date."
TWO_DAYS = "could be read with the day first or with the month first."
SHORT_YEAR = "has a year of two digits."
DAY_NUMBER = "is a number, as Excel counts days."
OTHER_ZONE = "has a time of another time zone, where it may be another day."


@dataclass(frozen=True)
class Reading:
    """Return the only day that a text can mean, as DD-MM-YYYY, or None; and the finding, "" if it is not a date."""

    day: str | None = None
    fault: str = ""


def read_day(text: str) -> Reading:
    """Return the meaning of a date in another format."""
    if len(text) > _LONGEST or (plain := reduced(text)) is None or (inner := unwrapped(plain)) is None:
        return Reading()
    words = " ".join(inner.lower().split())
    weekday = _WEEKDAY.match(words)
    named = _place(weekday[1], _WEEKDAYS) if weekday else None
    if weekday and named is not None:
        words = words[weekday.end() :]
    time = _TIME.search(words)
    found = _read(words[: time.start()] if time else words)
    if found.day is None:
        return found
    day = datetime.strptime(found.day, "%d-%m-%Y").date()
    if named is not None and day.weekday() != named:
        return Reading(None, NO_DAY)
    if time and (fault := _fault_of_time(day, time)):
        return Reading(None, fault)
    return Reading(found.day, found.fault if plain == text else f"{describe(text)}.")


def faulty(label: str, text: str, fault: str) -> str:
    """Return the text and its fault; the label instead of a text in which no mask would recognise a date of birth."""
    return f"{text if hide_in_text(text) == MASK else label} {fault}"


def _read(words: str) -> Reading:
    """Return the day in a text without weekday and time."""
    if match := _NUMBERS.fullmatch(words):
        first, second, third = match.groups()
        if len(first) == 4 and len(third) < 3:
            return _one_of([(third, second, first)])
        if _AS_ACCEPTED.fullmatch(words):
            return _one_of([(first, second, third)])
        if len(third) == 4 and len(first) < 3:
            return _one_of([(first, second, third), (second, first, third)])
        return Reading(None, SHORT_YEAR) if len(first) < 3 and len(third) == 2 else Reading()
    for pattern in _NAMED:
        if (match := pattern.fullmatch(words)) and (month := _place(match["month"], _MONTHS)) is not None:
            if len(match["year"]) == 2:
                return Reading(None, SHORT_YEAR)
            return _one_of([(match["day"], str(month + 1), match["year"])])
    if _EIGHT_DIGITS.fullmatch(words):
        orders = [
            (words[6:], words[4:6], words[:4]),
            (words[:2], words[2:4], words[4:]),
            (words[2:4], words[:2], words[4:]),
        ]
        return _one_of(parts for parts in orders if int(parts[2]) in _YEARS)
    return Reading(None, DAY_NUMBER) if _DAY_NUMBER.fullmatch(words) else Reading()


def _one_of(orders: Iterable[tuple[str, str, str]]) -> Reading:
    """Return the day for the only order of day, month and year that gives one."""
    days = {written(*map(int, parts)) for parts in orders} - {""}
    if len(days) > 1:
        return Reading(None, TWO_DAYS)
    return Reading(days.pop(), OTHER_SHAPE) if days else Reading(None, NO_DAY)


def written(day: int, month: int, year: int) -> str:
    """DD-MM-YYYY; "" if the calendar has no such day."""
    try:
        date(year, month, day)
    except ValueError:
        return ""
    return f"{day:02d}-{month:02d}-{year:04d}"


def _place(word: str, names: tuple[str, ...]) -> int | None:
    """Return the place of a name that may be shortened to three letters or more."""
    if word == "sept":
        word = "sep"
    return next((place for place, name in enumerate(names) if len(word) > 2 and name.startswith(word)), None)


def _fault_of_time(day: date, time: re.Match[str]) -> str:
    """Return why a time after a date makes the day unclear; "" if it does not."""
    hours, minutes, half, zone = time.groups()
    hour = int(hours) % 12 + (12 if half == "p" else 0) if half else int(hours)
    if hour > 23 or int(minutes) > 59:
        return NO_DAY
    if not zone:
        return ""
    offset = timedelta() if zone == "z" else timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[-2:]))
    try:
        here = datetime(day.year, day.month, day.day, hour, int(minutes)) - offset + _INDIA
    except OverflowError:
        return OTHER_ZONE
    return "" if here.date() == day else OTHER_ZONE
