"""Fields of one canonical form (F8): whole numbers, rupees, percentages, dates."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from backoffice.protocol.bent import is_negative, plain_amount, ungrouped, unwrapped
from backoffice.protocol.charset import reduced
from backoffice.protocol.codes import Choice
from backoffice.protocol.days import NO_DAY, faulty, read_day
from backoffice.protocol.field import Value
from backoffice.protocol.findings import Finding
from backoffice.protocol.scalars import Scalar

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,2})?")
SHAPE = "Use DD-MM-YYYY."
_DATE = re.compile(r"(?:0[1-9]|[12][0-9]|3[01])-(?:0[1-9]|1[0-2])-[0-9]{4}")

_MORE_THAN_0 = "must be more than 0."


class Formatted(Scalar):
    """A text of one canonical form (F8)."""

    form: re.Pattern[str]
    misfit = "is not in canonical form"

    @property
    def pattern(self) -> str:
        """Check the form."""
        return f"(?:{self.form.pattern})?"

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Return the finding on the form, with a value to accept if one has the same meaning."""
        if not isinstance(value, str):
            yield Finding(path, f"{self.label} must be one text.")
        elif not self.form.fullmatch(value):
            yield Finding(path, self.misform(value), rule="F8", cleaned=self.offered(value, "F8"))
        else:
            yield from self.own_findings(value, path)

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Whether the text has the form; there is nothing else to check."""
        form, own = self.form.fullmatch, self.own_findings
        return lambda value: form(value) and not any(True for _ in own(value, ""))

    def misform(self, value: str) -> str:
        """Return the fault of the form."""
        return f"{self.label} {self.form_words()}"

    def form_words(self) -> str:
        """Return the expected form, to follow the label."""
        raise NotImplementedError

    def meant(self, value: str) -> str | None:
        """Return the value in canonical form; None if that would be a guess."""
        plain = reduced(value)
        inner = unwrapped(plain) if plain is not None else None
        return self.canonical(inner) if inner is not None else None

    def canonical(self, value: str) -> str | None:
        """Return the value in canonical form, from an ASCII text; None if that would be a guess."""
        raise NotImplementedError


class Integer(Formatted):
    """A whole number from `min` to `max`, or one of `special`, which maps numbers to their meanings (U8).

    `usual`: the codes that forms offer, although others are possible.
    """

    form = _INTEGER

    def __init__(
        self,
        tag: int,
        label: str,
        *,
        min: int = 0,
        max: int = 2**63 - 1,
        special: dict[str, str] | None = None,
        usual: type[Choice] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(tag, label, **options)
        self.min, self.max, self.special = min, max, special or {}
        self.usual = {str(member.value): member.label for member in usual} if usual else {}

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether it is in range."""
        if value not in self.special and not self.min <= int(value) <= self.max:
            also = "".join(f", or {number} ({meaning})" for number, meaning in self.special.items())
            yield Finding(path, f"{self.label} must be from {self.min} to {self.max}{also}.", rule="U8")

    def form_words(self) -> str:
        """Return the expected form."""
        return "must be a whole number without leading zeros, signs, commas or decimals."

    def canonical(self, value: str) -> str | None:
        """Remove grouping, plus sign, leading zeros and empty decimals."""
        match = re.fullmatch(r"(?:\+|(-))?0{0,40}([0-9]{1,19})(?:\.0{1,20})?", ungrouped(value))
        return (match[1] or "") + match[2] if match else None

    def words(self, value: object) -> str:
        """Return the meaning of a special or usual number, or the number."""
        text = str(value)
        return self.special.get(text) or self.usual.get(text) or super().words(value)


class Amount(Formatted):
    """Rupees, more than 0 and at most `max`, with at most two decimals."""

    form = _AMOUNT

    def __init__(
        self, tag: int, label: str, *, max: Decimal = Decimal("99999999999.99"), **options: Any
    ) -> None:
        super().__init__(tag, label, **options)
        self.max = max

    def clean(self, raw: object) -> Value:
        """Remove rupee sign and grouping: people write 2,50,000 and mean it."""
        return plain_amount(str(raw)) if raw is not None else ""

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether it is in range."""
        if Decimal(value) <= 0:
            yield Finding(path, f"{self.label} {_MORE_THAN_0}", rule="O1")
        elif Decimal(value) > self.max:
            yield Finding(path, f"{self.label} must not be more than {grouped(str(self.max))}.", rule="O1")

    def misform(self, value: str) -> str:
        """Return that an amount below zero must be above it, or the expected form."""
        return f"{self.label} {_MORE_THAN_0}" if is_negative(value) else super().misform(value)

    def form_words(self) -> str:
        """Return the expected form."""
        return "must be a number with a point and at most two decimals, like 1000.50."

    def canonical(self, value: str) -> str | None:
        """Remove grouping, plus sign and leading zeros."""
        match = re.fullmatch(r"\+?0{0,40}([0-9]{1,18}(?:\.[0-9]{1,2})?)", ungrouped(value))
        return match[1] if match else None

    def words(self, value: object) -> str:
        """Return it with Indian grouping: 12,34,567.00."""
        text = str(value or "")
        return grouped(text) if self.form.fullmatch(text) else text


class Percent(Formatted):
    """A percentage from 0.01 to 99.99 with at most two decimals; `zero_allowed`: 0 switches it off."""

    form = _AMOUNT

    def __init__(self, tag: int, label: str, *, zero_allowed: bool = False, **options: Any) -> None:
        super().__init__(tag, label, **options)
        self.zero_allowed = zero_allowed

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether it is in range."""
        number = Decimal(value)
        if not (Decimal("0.01") <= number <= Decimal("99.99") or (self.zero_allowed and number == 0)):
            yield Finding(path, f"{self.label} {self._range}", rule="O6")

    @property
    def _range(self) -> str:
        also = ", or 0 to switch it off" if self.zero_allowed else ""
        return f"must be from 0.01 to 99.99{also}."

    def misform(self, value: str) -> str:
        """Return the range if it is below zero, or the expected form."""
        return f"{self.label} {self._range}" if is_negative(value) else super().misform(value)

    def form_words(self) -> str:
        """Return the expected form."""
        return "must be a number with a point and at most two decimals, like 60.00."

    def canonical(self, value: str) -> str | None:
        """Remove percent sign, spaces, plus sign and leading zeros."""
        match = re.fullmatch(r"\+?0{0,40}([0-9]{1,2}(?:\.[0-9]{1,2})?) ?%?", value)
        return match[1] if match else None

    def words(self, value: object) -> str:
        """Return 60.00 %, or switched off."""
        text = str(value or "")
        if not self.form.fullmatch(text):
            return text
        return f"{text} %" if Decimal(text) else "Switched off"


class Date(Formatted):
    """A calendar date, DD-MM-YYYY."""

    form = _DATE

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether the date exists."""
        if as_date(value) is None:
            yield Finding(path, f"{faulty(self.label, value, NO_DAY)} {SHAPE}", rule="F8")

    def form_words(self) -> str:
        """Return the expected form."""
        return "must be a date as DD-MM-YYYY, like 21-01-1995."

    def misform(self, value: str) -> str:
        """Return why a date is wrong, or the expected form."""
        fault = read_day(value).fault
        return f"{faulty(self.label, value, fault)} {SHAPE}" if fault else super().misform(value)

    def meant(self, value: str) -> str | None:
        """Return the only day that the text can mean."""
        return read_day(value).day

    def words(self, value: object) -> str:
        """Return it as 21 January 1995."""
        found = as_date(value)
        return f"{found.day} {found:%B %Y}" if found else str(value or "")


def as_date(value: object) -> date | None:
    """Return the date of a text DD-MM-YYYY; None if it is not one."""
    return _date_of(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _date_of(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError:
        return None


def grouped(number: str) -> str:
    """Return a number with Indian grouping: 12,34,567.00."""
    whole, point, decimals = number.partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    return ",".join([*groups, tail]) + point + decimals
