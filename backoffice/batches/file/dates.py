"""Dates in files. Only the shapes in the settings are read; others are findings, without guessing."""

import re
from collections.abc import Sequence
from functools import lru_cache

from backoffice.protocol.days import DAY_NUMBER, faulty, read_day, written

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "DD": "(?P<day>[0-9]{2})",
    "MMM": "(?P<name>[A-Za-z]{3})",
    "MM": "(?P<month>[0-9]{2})",
    "YYYY": "(?P<year>[0-9]{4})",
}
_PART = re.compile("DD|MMM|MM|YYYY")


class DateShapes:
    """Return the accepted shapes, such as DD-MM-YYYY or DD-MMM-YYYY."""

    def __init__(self, shapes: Sequence[str]) -> None:
        self.shapes = tuple(shapes)
        self._patterns = [re.compile(_pattern(shape)) for shape in shapes]
        self.canonical = lru_cache(maxsize=4096)(self._canonical)

    def _canonical(self, text: str) -> str:
        """Return DD-MM-YYYY if the text has an accepted shape and is in the calendar; otherwise the text itself."""
        for pattern in self._patterns:
            if match := pattern.fullmatch(text):
                parts = match.groupdict()
                name = parts.get("name", "").lower()
                month = MONTHS.index(name) + 1 if name in MONTHS else int(parts.get("month") or 0)
                return written(int(parts["day"]), month, int(parts["year"])) or text
        return text

    def fault(self, label: str, text: str) -> tuple[str, str | None]:
        """Return the finding on a date of another shape, and its only possible reading if there is one.

        ("", None) if it is not recognisable as a date.
        """
        found = read_day(text)
        if not found.fault:
            return "", None
        how = "Format the column as a date or text, and use" if found.fault == DAY_NUMBER else "Use"
        return f"{faulty(label, text, found.fault)} {how} {' or '.join(self.shapes)}.", found.day


def _pattern(shape: str) -> str:
    """Return the shape as a regular expression; separators are literal."""
    between = _PART.split(shape)
    parts = [_PARTS[part] for part in _PART.findall(shape)]
    return "".join(
        piece for pair in zip(map(re.escape, between), [*parts, ""], strict=True) for piece in pair
    )
