"""Dates as files write them. Only shapes that the settings accept are read; the rest is found and not guessed at."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "DD": "(?P<day>[0-9]{2})",
    "MMM": "(?P<name>[A-Za-z]{3})",
    "MM": "(?P<month>[0-9]{2})",
    "YYYY": "(?P<year>[0-9]{4})",
}
_PART = re.compile("DD|MMM|MM|YYYY")
_TWO_NUMBERS = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})(?:[T ]00:00(?::00)?)?")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ](?:[0-9]{1,2}|[A-Za-z]{3})[-/. ][0-9]{2}")
_DAY_NUMBER = re.compile(r"[0-9]{4,5}")


class DateShapes:
    """The accepted shapes, as in DD-MM-YYYY or DD-MMM-YYYY."""

    def __init__(self, shapes: Sequence[str]) -> None:
        self.shapes = tuple(shapes)
        self._patterns = [re.compile(_pattern(shape)) for shape in shapes]
        self.canonical = lru_cache(maxsize=4096)(self._canonical)

    def _canonical(self, text: str) -> str:
        """DD-MM-YYYY if the text has an accepted shape and is in the calendar; otherwise the text itself."""
        for pattern in self._patterns:
            if match := pattern.fullmatch(text):
                parts = match.groupdict()
                name = parts.get("name", "").lower()
                month = MONTHS.index(name) + 1 if name in MONTHS else int(parts.get("month") or 0)
                return _written(int(parts["day"]), month, int(parts["year"])) or text
        return text

    def fault(self, text: str) -> tuple[str, str | None]:
        """What is wrong with a date of another shape, and the one that it can only mean, if there is one.

        ("", None) where it is no date at all that one could know.
        """
        if match := _TWO_NUMBERS.fullmatch(text):
            first, second, year = map(int, match.groups())
            readings = {_written(first, second, year), _written(second, first, year)} - {""}
            if len(readings) > 1:
                return "could be read with the day first or with the month first. Write it", None
            return "has a shape that is not accepted. Write it", next(iter(readings), None)
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day = map(int, match.groups())
            return "has a shape that is not accepted. Write it", _written(day, month, year) or None
        if _SHORT_YEAR.fullmatch(text):
            return "has a year of two digits. Write it", None
        if _DAY_NUMBER.fullmatch(text):
            return (
                "is a number, as Excel counts days. Format the column as a date or text, and write it",
                None,
            )
        return "", None


def _pattern(shape: str) -> str:
    """The shape as a regular expression; what is between day, month and year stands as it is."""
    between = _PART.split(shape)
    parts = [_PARTS[part] for part in _PART.findall(shape)]
    return "".join(
        piece for pair in zip(map(re.escape, between), [*parts, ""], strict=True) for piece in pair
    )


def _written(day: int, month: int, year: int) -> str:
    try:
        date(year, month, day)
    except ValueError:
        return ""
    return f"{day:02d}-{month:02d}-{year:04d}"
