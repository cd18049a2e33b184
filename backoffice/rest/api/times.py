"""Times of answers, in the shapes that the service has been seen to write (R28). All are of Asia/Kolkata."""

import re
from datetime import datetime, timedelta, timezone

#: India has no summer time.
KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_CLOCK = r"(?P<hour>\d{2})[:.](?P<minute>\d{2})[:.](?P<second>\d{2})"
_SHAPES = [
    re.compile(rf"{day}[ T]{_CLOCK}", re.IGNORECASE)
    for day in (
        r"(?P<year>\d{4})-(?P<month>\d{2}|[a-z]{3})-(?P<day>\d{2})",
        r"(?P<day>\d{2})-(?P<month>[a-z]{3})-(?P<year>\d{4})",
        r"(?P<day>\d{2})(?P<month>[a-z]{3})(?P<year>\d{4})",
    )
]


def read_time(text: str) -> datetime | None:
    """The time of a text; None for another shape, which is shown as it came."""
    for shape in _SHAPES:
        if found := shape.fullmatch(text.strip()):
            return _made(found.groupdict())
    return _iso(text.strip())


def _made(parts: dict[str, str]) -> datetime | None:
    month = parts["month"].lower()
    number = int(month) if month.isdigit() else _MONTHS.get(month, 0)
    numbers = [int(parts[name]) for name in ("year", "day", "hour", "minute", "second")]
    year, day, hour, minute, second = numbers
    try:
        return datetime(year, number, day, hour, minute, second, tzinfo=KOLKATA)
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}T", text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return read.astimezone(KOLKATA) if read.tzinfo else read.replace(tzinfo=KOLKATA)
    except OverflowError:
        return None
