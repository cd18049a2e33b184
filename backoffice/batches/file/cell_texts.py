"""The text of a workbook's cell: what the sheet shows, or a mark that says why that is not its value.

This one place decides for every kind of cell. A number stays as the sheet shows it, with leading zeros and
without decoration (digit grouping, a currency). Rounded, hidden and unknown values are marked.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings

from backoffice.batches.file.dates import MONTHS
from backoffice.batches.file.marks import Mark
from backoffice.batches.file.number_formats import Kind, parse, show

#: A spreadsheet keeps no more than these digits.
EXACT = 10**15
#: Digits that a spreadsheet shows of a whole number without a number format.
GENERAL = 10**11
#: Cells of one file whose text is remembered, since codes and dates repeat.
REMEMBERED = 20_000
#: The last day of the calendar, as a spreadsheet counts from 1900.
LAST_DAY = 2_958_465

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9:.]{1,20})Z?)?")

NO_VALUE = (
    "is a formula without a value. Open the file in the spreadsheet program, save it, and upload it again."
)
TOO_LONG = (
    "has more digits than a spreadsheet keeps, and the last ones are lost. Format the column as text, and take the "
    "number from its source."
)

_NO_VALUE = Mark("", NO_VALUE)

Text = str | Mark


def unescaped(text: str) -> str:
    """Return a text without the escapes (`_x000D_`) for characters that XML cannot hold."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\0", "\ufffd")


class Shower:
    """Decides the texts of cells of one workbook. `dates` are the places of columns that take a date."""

    def __init__(
        self,
        formats: Sequence[str | None],
        texts: Sequence[str],
        date1904: bool,
        recalculates: bool,
        dates: Collection[int],
    ) -> None:
        self._formats = [None if code is None else parse(code) for code in formats]
        self._texts = texts
        self._first = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
        self._date1904 = date1904
        self._recalculates = recalculates
        self._dates = frozenset(dates)
        self._shape = settings.BATCH_DATE_SHAPES[0]
        self._around = {
            style: section
            for style, made in enumerate(self._formats)
            if made is not None and (section := made.for_text) is not None
        }
        self._plain = {
            style
            for style, made in enumerate(self._formats)
            if made is not None
            and made.section(Decimal(1))[0].kind is Kind.GENERAL
            and made.code == "General"
        }
        self._known: dict[tuple[int, str, bool], Text] = {}
        self._kinds: dict[str, Callable[[int, int, str], Text]] = {
            "s": self._shared,
            "inlineStr": self._inline,
            "str": self._inline,
            "n": self._number,
            "b": self._boolean,
            "e": self._error,
            "d": self._iso,
        }

    def text(self, place: int, kind: str, style: int, raw: str, formula: bool, zeros: bool) -> Text:
        """Return the text of a cell; `raw` is its `<v>` or `<t>`, `zeros` whether the sheet shows a zero.

        Raises LookupError or ValueError if the workbook is damaged.
        """
        if formula and (self._recalculates or (not raw and kind != "str")):
            return _NO_VALUE
        if not raw and kind not in ("s", "inlineStr", "str"):
            return ""
        if not zeros and kind == "n" and not float(raw):
            return ""
        return self._kinds[kind](place, style, raw)

    def _shared(self, place: int, style: int, raw: str) -> Text:
        text = self._texts[int(raw)]
        return self._with_format(style, text) if style in self._around else text

    def _inline(self, place: int, style: int, raw: str) -> Text:
        text = unescaped(raw)
        return self._with_format(style, text) if style in self._around else text

    def _with_format(self, style: int, text: str) -> Text:
        if not text:
            return ""
        section = self._around[style]
        if section.kind is Kind.UNKNOWN:
            return self._not_read(style, text)
        shown = section.with_text(text)
        return shown if shown.strip() else Mark(text, _hidden(text))

    def _boolean(self, place: int, style: int, raw: str) -> Text:
        return "TRUE" if raw in ("1", "true") else "FALSE"

    def _error(self, place: int, style: int, raw: str) -> Text:
        return Mark(
            raw, f"is {raw}: a formula failed. Correct it in the spreadsheet program, or type the value."
        )

    def _iso(self, place: int, style: int, raw: str) -> Text:
        """Return a date that is stored as a text (few programs do this)."""
        found = _ISO.fullmatch(raw)
        if not found:
            return Mark(raw, f"holds {raw} as a date, which is none. Type the date.")
        day = date(*map(int, found.groups()[:3]))
        return self._day(place, day, timed=bool(found[4] and found[4].strip("0:.")), whole=True)

    def _number(self, place: int, style: int, raw: str) -> Text:
        if style in self._plain and len(raw) < 12 and raw.isascii() and raw.isdigit() and raw[0] != "0":
            return raw
        key = (style, raw, place in self._dates)
        if (found := self._known.get(key)) is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._numeral(place, style, raw)
        return found

    def _numeral(self, place: int, style: int, raw: str) -> Text:
        if not _NUMBER.fullmatch(raw):
            raise ValueError(raw)
        value = Decimal(f"{float(raw):.15g}")
        made = self._formats[style] if style < len(self._formats) else None
        if not value.is_finite() or made is None:
            return self._not_read(style, raw)
        section, minus = made.section(value)
        if section.kind is Kind.DATE:
            return self._date(place, section.whole_date, float(raw))
        if abs(value) >= EXACT:
            return Mark(f"{value:.5E}", TOO_LONG)
        held = f"{value.normalize():f}"
        shown = show(section, value, minus)
        if shown is None:
            whole = value == value.to_integral_value()
            return self._not_read(style, held, cleaned=held if whole else None)
        if shown.says_all:
            return shown.text
        if not shown.text.strip():
            return Mark(held, _hidden(held))
        if value == value.to_integral_value() and value >= GENERAL and section.kind is Kind.GENERAL:
            words = (
                f"shows {shown.text} but holds {held}. Format the column as text, or accept all its digits."
            )
            return Mark(shown.text, words, held)
        return Mark(shown.text, f"shows {shown.text} but holds {held}. Type the value that is meant.")

    def _date(self, place: int, whole: Callable[[int], bool], value: float) -> Text:
        days, seconds = divmod(round(min(max(value, -1), 10 * LAST_DAY) * 86_400), 86_400)
        if not self._date1904 and 0 < days < 60:
            days += 1  # a spreadsheet counts a 29th of February 1900
        elif not self._date1904 and days in (0, 60):
            days = -1
        if not 0 <= days <= date.max.toordinal() - self._first.toordinal():
            held = f"{Decimal(f'{value:.15g}').normalize():f}"
            if 0 <= value < 1:
                return Mark(held, "is a time of day. Format the column as text, and type the value again.")
            return Mark(held, f"holds {held}, which is not a valid date. Type the date.")
        day = self._first + timedelta(days=days)
        return self._day(place, day, timed=bool(seconds), whole=whole(day.year))

    def _day(self, place: int, day: date, *, timed: bool, whole: bool) -> Text:
        text = _written(day, self._shape)
        if place not in self._dates:
            words = (
                f"is a date in the sheet, {text}. A spreadsheet may have made it of what was typed: format the column "
                "as text, and type the value again."
            )
            return Mark(text, words)
        if timed:
            return Mark(text, f"holds a time beside the date {text}. Remove the time.", text)
        if not whole:
            return Mark(
                text, f"holds {text}, but the sheet shows only a part of it. Show the whole date.", text
            )
        return text

    def _not_read(self, style: int, held: str, cleaned: str | None = None) -> Mark:
        made = self._formats[style] if style < len(self._formats) else None
        code = f" “{made.code[:40]}”" if made else ""
        words = (
            f"holds {held} in the number format{code}, which the portal does not read. "
            "Format the column as text or as a plain number."
        )
        return Mark(held, words, cleaned)


def _hidden(held: str) -> str:
    return f"holds {held}, but its number format shows nothing. Change the format, or empty the cell."


def _written(day: date, shape: str) -> str:
    """Return a date in an accepted shape, such as DD-MMM-YYYY."""
    month = MONTHS[day.month - 1].title()
    text = shape.replace("YYYY", f"{day.year:04d}").replace("DD", f"{day.day:02d}")
    return text.replace("MMM", month) if "MMM" in text else text.replace("MM", f"{day.month:02d}")
