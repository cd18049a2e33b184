"""Number formats of a workbook (`0000`, `#,##0.00;[Red]-#,##0.00`, `dd-mmm-yy`): what a sheet shows of a number.

Follows ECMA-376, part 1, section 18.8.31. Unknown parts are reported, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, auto
from functools import lru_cache

#: Formats that a workbook names only by number. 14 and 22 are the system's short date, with its whole year.
BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "dd-mm-yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "dd-mm-yyyy h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
#: Characters of a format: a spreadsheet takes no more.
LONGEST = 255

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<wide>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<half>AM/PM|A/P)|(?P<power>E[+-])|(?P<date>y+|m+|d+|h+|s+)|(?P<digit>[0#?])"
    r"|(?P<sign>[.,%/@])|(?P<literal>[^A-Za-z])",
    re.IGNORECASE | re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|[_*].|\[[^\]]*\]|[^;])*', re.DOTALL)
_COLOUR = re.compile(r"(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r *[0-9]{1,2})", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=) *(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)")
#: A currency and, in hexadecimal, a language; more than four digits ask for other numerals or another
#: calendar.
_CURRENCY = re.compile(r"\$([^-\]]*)(?:-(?:0{0,4}[0-9A-F]{1,4}|x-sys(?:date|time)))?", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
#: Texts around a number that do not change its size.
_UNIT = re.compile(r"[\s\u00a0]*(?:[$€£¥₹]|Rs\.?|INR)?[\s\u00a0]*(?:/-)?[\s\u00a0]*")
#: How a spreadsheet reads a year of two digits.
SHORT_YEARS = range(1930, 2030)


class Kind(Enum):
    """What a section of a format makes of a number."""

    GENERAL = auto()
    NUMBER = auto()
    DATE = auto()
    TEXT = auto()
    LITERAL = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Section:
    """One section of a format, between semicolons. Tokens are pairs of a kind and a text."""

    kind: Kind
    tokens: tuple[tuple[str, str], ...] = ()
    condition: tuple[str, Decimal] | None = None

    @property
    def literal(self) -> str:
        """Its texts, without digits."""
        return "".join(text for kind, text in self.tokens if kind in ("literal", "currency"))

    def with_text(self, text: str) -> str:
        """What it shows for a text."""
        shown = "".join(
            text if kind == "@" else part
            for kind, part in self.tokens
            if kind in ("literal", "currency", "@")
        )
        return shown if self.kind is Kind.TEXT else self.literal

    def whole_date(self, year: int) -> bool:
        """Whether it shows day, month and year, and the year readably."""
        dates = [text.lower() for kind, text in self.tokens if kind == "date"]
        years = [text for text in dates if text[0] == "y"]
        months = [text for text, spoken in _months(dates) if spoken]
        days = [text for text in dates if text in ("d", "dd")]
        return bool(years and months and days) and (len(years[0]) > 2 or year in SHORT_YEARS)


@dataclass(frozen=True)
class Shown:
    """What the sheet shows of a number; `says_all` if the number can be read from it."""

    text: str
    says_all: bool


@dataclass(frozen=True)
class Format:
    """A parsed number format."""

    code: str
    sections: tuple[Section, ...]

    def section(self, value: Decimal) -> tuple[Section, bool]:
        """Return the section for a number, and whether a minus precedes it."""
        sections = [s for s in self.sections[:3] if s.kind is not Kind.TEXT] or [Section(Kind.GENERAL)]
        if any(section.condition for section in sections):
            return self._conditional(sections, value)
        if len(sections) == 1:
            return sections[0], value < 0
        if len(sections) == 3 and not value:
            return sections[2], False
        return sections[value < 0], False

    def _conditional(self, sections: list[Section], value: Decimal) -> tuple[Section, bool]:
        """With conditions, programs treat numbers below zero differently."""
        if value < 0:
            return Section(Kind.UNKNOWN), False
        for section in sections[:-1]:
            if section.condition is None:
                return Section(Kind.UNKNOWN), False
            if _holds(section.condition, value):
                return section, False
        last = sections[-1]
        if last.condition and not _holds(last.condition, value):
            return Section(Kind.UNKNOWN), False
        return last, False

    @property
    def for_text(self) -> Section | None:
        """Return the section that changes how texts are shown; None if they are shown unchanged."""
        last = self.sections[-1]
        if len(self.sections) == 4:
            plain = last.kind is Kind.TEXT and last.with_text("").strip() == ""
            return None if plain else last
        return last if last.kind is Kind.TEXT and last.with_text("").strip() else None


@lru_cache(maxsize=4096)
def parse(code: str) -> Format:
    """Parse a format as the workbook writes it. Unknown sections are UNKNOWN."""
    parts = _split(code) if len(code) <= LONGEST else []
    if not 1 <= len(parts) <= 4:
        return Format(code, (Section(Kind.UNKNOWN),))
    return Format(code, tuple(map(_section, parts)))


def show(section: Section, value: Decimal, minus: bool) -> Shown | None:
    """Return what a section shows of a number; None if unknown. For dates see `whole_date`."""
    match section.kind:
        case Kind.GENERAL:
            number = _general(abs(value))
            parts = (number if kind == "general" else text for kind, text in section.tokens)
            text = "".join(parts) if section.tokens else number
            return Shown(f"{'-' if minus else ''}{text}".strip(), Decimal(number) == abs(value))
        case Kind.LITERAL:
            return Shown(section.literal.strip(), bool(section.literal.strip()) or not value)
        case Kind.NUMBER:
            return _number(section, value, minus)
    return None


def _split(code: str) -> list[str]:
    parts, at = [], 0
    while at <= len(code):
        found = _SECTION.match(code, at)
        end = found.end() if found else at
        parts.append(code[at:end])
        if end < len(code) and code[end] != ";":
            return []
        at = end + 1
    return parts


def _section(code: str) -> Section:
    tokens: list[tuple[str, str]] = []
    condition = None
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if not found:
            return Section(Kind.UNKNOWN)
        at = found.end()
        kind, text = found.lastgroup or "", found[found.lastgroup or 0]
        if kind == "bracket":
            if compared := _CONDITION.fullmatch(text):
                condition = (compared[1], Decimal(compared[2]))
            elif (token := _bracket(text)) is None:
                return Section(Kind.UNKNOWN)
            else:
                tokens += token
        else:
            tokens.append(_token(kind, text))
    return Section(_kind(tokens), tuple(tokens), condition)


def _token(kind: str, text: str) -> tuple[str, str]:
    match kind:
        case "quoted" | "escaped":
            return "literal", text
        case "wide" | "fill":
            return "space", ""
        case "sign":
            return text, text
        case "half":
            return "half", text
    return kind, text


def _bracket(text: str) -> list[tuple[str, str]] | None:
    """Return the tokens between brackets; None if unknown."""
    if _COLOUR.fullmatch(text):
        return []
    if _ELAPSED.fullmatch(text):
        return [("elapsed", text)]
    if currency := _CURRENCY.fullmatch(text):
        return [("currency", currency[1])] if currency[1] else []
    return None


def _kind(tokens: list[tuple[str, str]]) -> Kind:
    kinds = {kind for kind, _ in tokens}
    if "@" in kinds:
        return Kind.TEXT if not kinds - {"@", "literal", "currency", "space"} else Kind.UNKNOWN
    if kinds & {"date", "elapsed", "half"}:
        return Kind.DATE if not kinds & {"general", "%", "power", "?", "#"} else Kind.UNKNOWN
    if "general" in kinds:
        return Kind.GENERAL if not kinds - {"general", "literal", "currency", "space"} else Kind.UNKNOWN
    if kinds & {"power", "/"}:
        return Kind.UNKNOWN
    if "digit" in kinds:
        return Kind.NUMBER
    return Kind.UNKNOWN if kinds & {".", ",", "%"} else Kind.LITERAL


def _months(dates: list[str]) -> Iterator[tuple[str, bool]]:
    """Return the runs of m, and whether each is a month: after hours or before seconds it means minutes."""
    for place, text in enumerate(dates):
        if text[0] == "m":
            after_hours = place > 0 and dates[place - 1][0] == "h"
            before_seconds = place + 1 < len(dates) and dates[place + 1][0] == "s"
            yield text, len(text) > 2 or not (after_hours or before_seconds)


def _holds(condition: tuple[str, Decimal], value: Decimal) -> bool:
    sign, other = condition
    return {
        "<": value < other,
        "<=": value <= other,
        ">": value > other,
        ">=": value >= other,
        "=": value == other,
        "<>": value != other,
    }[sign]


def _general(value: Decimal) -> str:
    """Return a number as a cell without a number format shows it: eleven characters at most."""
    if not value:
        return "0"
    whole = value.adjusted() + 1  # digits before the point
    places = 10 - max(whole, 1)
    if whole <= 11 and value == value.to_integral_value():
        return str(int(value))
    if places >= 0 and (value >= Decimal("0.0001") or value == round(value, places)):
        text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits, _, power = f"{value:.5E}".partition("E")
    return f"{digits.rstrip('0').rstrip('.')}E{int(power):+03d}"


def _number(section: Section, value: Decimal, minus: bool) -> Shown | None:
    tokens = list(section.tokens)
    kinds = [kind for kind, _ in tokens]
    if kinds.count(".") > 1:
        return None
    point = kinds.index(".") if "." in kinds else len(kinds)
    digits = [place for place, kind in enumerate(kinds) if kind == "digit"]
    before, behind = [p for p in digits if p < point], [p for p in digits if p > point]
    last = max(before, default=point)
    scale = sum(kind == "," for kind in kinds[last + 1 : point])
    commas = [
        place for place, (_, text) in enumerate(tokens) if text == "," and before and before[0] < place < last
    ]
    tokens = [("," if place in commas else kind, text) for place, (kind, text) in enumerate(tokens)]
    percent = kinds.count("%")
    scaled = abs(value).scaleb(2 * percent - 3 * scale)
    if scaled.adjusted() + len(behind) > 25:
        return None
    rounded = scaled.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP)
    whole, _, part = f"{rounded:f}".partition(".")
    texts = [text if kind in ("literal", "currency") else "" for kind, text in tokens]
    for place, text in _whole(whole.lstrip("0"), before, tokens):
        texts[place] = text
    for place, text in _part(part, behind, tokens):
        texts[place] = text
    for place, kind in enumerate(kinds):
        if kind in (".", "%"):
            texts[place] = kind
    shown = _Texts(texts, digits[0], digits[-1], bool(commas))
    return shown.read(rounded.scaleb(-2 * percent), value, minus)


@dataclass(frozen=True)
class _Texts:
    """Return what the tokens of a section show, and the places of its first and last digit."""

    texts: list[str]
    first: int
    last: int
    grouped: bool

    def read(self, rounded: Decimal, value: Decimal, minus: bool) -> Shown | None:
        """Join the texts. A plain number loses its decoration: unit, and brackets for a minus."""
        before, behind = "".join(self.texts[: self.first]), "".join(self.texts[self.last + 1 :])
        number = "".join(self.texts[self.first : self.last + 1]).strip()
        if before.endswith("."):  # a format that begins with the point
            number, before = f".{number}", before[:-1]
        percent = "%" if "%" in behind else ""
        unit, end = before.strip(), behind.replace("%", "", 1).removeprefix(".").strip()
        negative = minus
        for opening, closing in (("(", ")"), ("-", "")):
            if opening in unit and closing in end and _UNIT.fullmatch(unit.replace(opening, "", 1)):
                negative, unit, end = True, unit.replace(opening, "", 1), end.replace(closing, "", 1)
                break
        says_all = (-rounded if negative else rounded) == value
        sign = "-" if negative and rounded else ""
        if _UNIT.fullmatch(unit) and _UNIT.fullmatch(end):
            if not number:
                return Shown("".join(self.texts).strip(), says_all)
            number = f"0{number}" if number.startswith(".") else number
            return Shown(f"{sign}{number.rstrip('.')}{percent}", says_all)
        if self.grouped:
            return None
        return Shown(f"{'-' if minus and rounded else ''}{''.join(self.texts).strip()}", says_all)


def _whole(digits: str, places: list[int], tokens: list[tuple[str, str]]) -> Iterator[tuple[int, str]]:
    """Place the digits before the point, from the right; the first place takes the rest."""
    for place in reversed(places[1:]):
        digit, digits = digits[-1:], digits[:-1]
        yield place, digit or ("0" if tokens[place][1] == "0" else "")
    for place in places[:1]:
        yield place, digits or ("0" if tokens[place][1] == "0" else "")


def _part(digits: str, places: list[int], tokens: list[tuple[str, str]]) -> Iterator[tuple[int, str]]:
    """Place the digits after the point; trailing zeros show only if the format has a 0."""
    zeros = max((n for n, place in enumerate(places) if tokens[place][1] == "0"), default=-1)
    for n, place in enumerate(places):
        shows = n <= zeros or digits[n:].strip("0") != ""
        yield place, digits[n] if shows else ""
