"""Fields of one value: text, numbers, dates, codes, sets of codes, secrets."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from backoffice.protocol.charset import IN_JSON, PLAIN, cleaned, describe
from backoffice.protocol.codes import Choice
from backoffice.protocol.field import Field, Value
from backoffice.protocol.findings import EncodeError, Finding
from backoffice.protocol.secret import MASK, SecretText
from backoffice.protocol.shapes import Shape, holds_aadhaar

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,2})?")
_DATE = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_LOOSE_DATE = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_PASSWORD = re.compile(r"[A-Za-z0-9<>.:;~!@#$%^*()+\-\\/\[\]]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Scalar(Field):
    """A field whose value is one text. Refuses separators in findings and, by itself, on the way out (F5)."""

    allowed = PLAIN
    _allows = PLAIN.fullmatch

    def in_json(self) -> None:
        """Allow the comma, since the value stands in a JSON string (F6)."""
        self.allowed, self._allows = IN_JSON, IN_JSON.fullmatch

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Wrong characters, wrong length, then what the kind finds."""
        if not isinstance(value, str):
            yield Finding(path, f"{self.label} must be one text.")
            return
        if fault := describe(value, self.allowed):
            instead = cleaned(value, self.allowed)
            words = f"{self.label} {fault}. ODIN cannot take it there; remove it or accept the cleaned value."
            yield Finding(path, words, rule="F5", cleaned=instead)
            return
        if value != value.strip(" "):
            words = f"{self.label} has a space at its start or end. Remove it."
            yield Finding(path, words, rule="F5", cleaned=value.strip(" "))
            return
        if self.max_length is not None and len(value) > self.max_length:
            words = (
                f"{self.label} has {len(value)} characters; ODIN takes at most {self.max_length}. Shorten it."
            )
            yield Finding(path, words, rule="F7")
        yield from self.own_findings(value, path)

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """What this kind finds in a text of allowed characters."""
        return iter(())

    def to_wire(self, value: Any) -> str:
        """The text itself, if it is safe and not too long."""
        if (
            isinstance(value, str)
            and self._allows(value)
            and (self.max_length is None or len(value) <= self.max_length)
        ):
            return value
        raise self.refusal(value)

    def refusal(self, value: object) -> EncodeError:
        """Why a value cannot be sent. Names the field and the fault, never the value."""
        fault = describe(value, self.allowed) if isinstance(value, str) else "is no text"
        return EncodeError(f"{self.label} ({self.name}) {fault or 'is too long'}.")


class Text(Scalar):
    """Free text or an identifier. `shape`: what it must look like. `free`: people write what they like into it."""

    def __init__(
        self, tag: int, label: str, *, shape: Shape | None = None, free: bool = False, **options: Any
    ) -> None:
        super().__init__(tag, label, **options)
        self.shape = shape
        self.free = free

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """The shape, and Aadhaar numbers in free text."""
        if self.free and holds_aadhaar(value):
            yield Finding(path, "Aadhaar numbers are not stored here. Take the number out.", rule="aadhaar")
        if self.shape:
            yield from self.shape.findings(value, path)


class Formatted(Scalar):
    """A text of one canonical form (F8)."""

    form: re.Pattern[str]

    def to_wire(self, value: Any) -> str:
        """The text itself, if it is in canonical form."""
        if isinstance(value, str) and (not value or self.form.fullmatch(value)):
            return value
        raise EncodeError(f"{self.label} ({self.name}) is not in canonical form.")

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """What is wrong with the form; a value to accept where there is one that means the same."""
        if not isinstance(value, str):
            yield Finding(path, f"{self.label} must be one text.")
        elif not self.form.fullmatch(value):
            yield Finding(path, f"{self.label} {self.form_words()}", rule="F8", cleaned=self.canonical(value))
        else:
            yield from self.own_findings(value, path)

    def form_words(self) -> str:
        """What the form is, after the label."""
        raise NotImplementedError

    def canonical(self, value: str) -> str | None:
        """The same value in canonical form; None where that would be a guess."""
        raise NotImplementedError


class Integer(Formatted):
    """A whole number from `min` to `max`, or one of `special`, which maps a number to what it stands for (U8)."""

    form = _INTEGER

    def __init__(
        self,
        tag: int,
        label: str,
        *,
        min: int = 0,
        max: int = 2**63 - 1,
        special: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(tag, label, **options)
        self.min, self.max, self.special = min, max, special or {}

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether it is in range."""
        if value not in self.special and not self.min <= int(value) <= self.max:
            also = "".join(f", or {number} ({meaning})" for number, meaning in self.special.items())
            yield Finding(path, f"{self.label} must be from {self.min} to {self.max}{also}.", rule="U8")

    def form_words(self) -> str:
        """What the form is."""
        return "must be a whole number without leading zeros, signs, commas or decimals."

    def canonical(self, value: str) -> str | None:
        """Without commas, spaces, plus sign, leading zeros and empty decimals."""
        match = re.fullmatch(r"\+?0*([0-9]{1,19})(?:\.0+)?", re.sub(r"[,\s]", "", value))
        return match[1] if match and value.isascii() else None

    def words(self, value: object) -> str:
        """What a special number stands for, or the number."""
        return self.special.get(str(value), "") or super().words(value)


class Amount(Formatted):
    """Rupees, more than 0 and at most `max`, with at most two decimals."""

    form = _AMOUNT

    def __init__(
        self, tag: int, label: str, *, max: Decimal = Decimal("99999999999.99"), **options: Any
    ) -> None:
        super().__init__(tag, label, **options)
        self.max = max

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether it is in range."""
        if Decimal(value) <= 0:
            yield Finding(path, f"{self.label} must be more than 0.", rule="O1")
        elif Decimal(value) > self.max:
            yield Finding(path, f"{self.label} must not be more than {grouped(str(self.max))}.", rule="O1")

    def form_words(self) -> str:
        """What the form is."""
        return "must be a number with a point and at most two decimals, like 1000.50."

    def canonical(self, value: str) -> str | None:
        """Without commas, spaces, plus sign and leading zeros."""
        match = re.fullmatch(r"\+?0*([0-9]{1,18}(?:\.[0-9]{1,2})?)", re.sub(r"[,\s]", "", value))
        return match[1] if match and value.isascii() else None

    def words(self, value: object) -> str:
        """With Indian grouping: 12,34,567.00."""
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
            also = ", or 0 to switch it off" if self.zero_allowed else ""
            yield Finding(path, f"{self.label} must be from 0.01 to 99.99{also}.", rule="O6")

    def form_words(self) -> str:
        """What the form is."""
        return "must be a number with a point and at most two decimals, like 60.00."

    def canonical(self, value: str) -> str | None:
        """Without percent sign, spaces, plus sign and leading zeros."""
        match = re.fullmatch(r"\+?0*([0-9]{1,2}(?:\.[0-9]{1,2})?)", re.sub(r"[%\s]", "", value))
        return match[1] if match and value.isascii() else None

    def words(self, value: object) -> str:
        """60.00 %, or switched off."""
        text = str(value or "")
        if not self.form.fullmatch(text):
            return text
        return f"{text} %" if Decimal(text) else "Switched off"


class Date(Formatted):
    """A calendar date, DD-MM-YYYY."""

    form = _DATE

    def to_wire(self, value: Any) -> str:
        """The text itself, if it is a date that exists."""
        if value and (not isinstance(value, str) or as_date(value) is None):
            raise EncodeError(f"{self.label} ({self.name}) is not a date as DD-MM-YYYY.")
        return value if value else ""

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether the date exists."""
        if as_date(value) is None:
            yield Finding(
                path, f"{self.label} is not a date of the calendar. Check day, month and year.", rule="F8"
            )

    def form_words(self) -> str:
        """What the form is."""
        return "must be a date as DD-MM-YYYY, like 21-01-1995."

    def canonical(self, value: str) -> str | None:
        """Day, month, year in other dress, or an ISO date; the order of day and month is not guessed at."""
        if iso := _ISO_DATE.fullmatch(value):
            year, month, day = iso.groups()
        elif loose := _LOOSE_DATE.fullmatch(value):
            day, month, year = loose.groups()
        else:
            return None
        text = f"{int(day):02d}-{int(month):02d}-{year}"
        return text if as_date(text) else None

    def words(self, value: object) -> str:
        """21 January 1995."""
        found = as_date(value)
        return f"{found.day} {found:%B %Y}" if found else str(value or "")

    def masked(self, value: object) -> str:
        """Hidden altogether if it is personal: four characters would give the year away."""
        return (MASK if value else "") if self.personal else self.words(value)


class Code(Scalar):
    """One of the codes of `choices`."""

    def __init__(self, tag: int, label: str, choices: type[Choice], **options: Any) -> None:
        super().__init__(tag, label, **options)
        self.choices = choices
        self.labels = {str(member.value): member.label for member in choices}

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether the code is known."""
        if value not in self.labels:
            yield Finding(path, f"{self.label} must be {options_in_words(self.labels)}.", rule="code")

    def to_wire(self, value: Any) -> str:
        """The code itself, if it is one of the choices."""
        if isinstance(value, str) and (not value or value in self.labels):
            return str(value)
        raise EncodeError(f"{self.label} ({self.name}) is none of its codes.")

    def words(self, value: object) -> str:
        """The code's meaning."""
        return self.labels.get(str(value or ""), str(value or ""))


class Flags(Field):
    """A set of the codes of `choices`, joined by commas on the wire."""

    empty: Value = []

    def __init__(self, tag: int, label: str, choices: type[Choice], **options: Any) -> None:
        super().__init__(tag, label, **options)
        self.choices = choices
        self.labels = {str(member.value): member.label for member in choices}
        self._place = {value: place for place, value in enumerate(self.labels)}

    def clean(self, raw: object) -> Value:
        """A list or comma-separated text as a list without repeats, in the order of the declaration."""
        given = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, Iterable) else []
        texts = dict.fromkeys(text for item in given if (text := str(item).strip(" ")))
        return sorted(texts, key=lambda text: self._place.get(text, len(self._place)))

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Unknown codes, repeats, and the length of the whole."""
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield Finding(path, f"{self.label} must be a list of codes.")
            return
        if unknown := [item for item in value if item not in self.labels]:
            words = f"{self.label} has no {', '.join(ascii(item) for item in unknown)}. Choose from the list."
            yield Finding(path, words, rule="U7")
        if len(set(value)) < len(value):
            yield Finding(path, f"{self.label} names one code more than once. Leave one.", rule="U7")
        if self.max_length is not None and len(",".join(value)) > self.max_length:
            yield Finding(
                path, f"{self.label} is longer than {self.max_length} characters. Choose fewer.", rule="F7"
            )

    def to_wire(self, value: Any) -> str:
        """The codes joined by commas."""
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item in self.labels for item in value
        ):
            raise EncodeError(f"{self.label} ({self.name}) has a value that is none of its codes.")
        text = ",".join(value)
        if self.max_length is not None and len(text) > self.max_length:
            raise EncodeError(f"{self.label} ({self.name}) is too long.")
        return text

    def from_wire(self, text: str) -> Value:
        """The codes as they came."""
        return text.split(",") if text else []

    def words(self, value: object) -> str:
        """The meanings, joined by commas."""
        return (
            ", ".join(self.labels.get(item, item) for item in value)
            if isinstance(value, list)
            else str(value or "")
        )


class Secret(Field):
    """A password. Its value is SecretText, or "" for none; on the wire it is encrypted (U9 to U11)."""

    def clean(self, raw: object) -> Value:
        """As typed, wrapped."""
        if isinstance(raw, SecretText):
            return raw
        return SecretText(str(raw)) if raw else ""

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Length and characters (U9)."""
        if not isinstance(value, SecretText):
            yield Finding(path, f"{self.label} must be typed anew.", rule="U11")
            return
        text = value.reveal()
        if not 6 <= len(text) <= 12:
            yield Finding(path, f"{self.label} must have 6 to 12 characters.", rule="U9")
        if not _PASSWORD.fullmatch(text):
            words = (
                rf"{self.label} may have letters, digits and < > . : ; ~ ! @ # $ % ^ * ( ) + - \ / [ ] only."
            )
            yield Finding(path, words, rule="U9")
        if not re.search("[A-Za-z]", text) or not re.search("[0-9]", text):
            yield Finding(path, f"{self.label} must have at least one letter and one digit.", rule="U9")

    def to_wire(self, value: Any) -> str:
        """Encrypted text, given in base64 by the cipher. A secret in the clear is refused."""
        if value == "":
            return ""
        if not isinstance(value, str) or not _BASE64.fullmatch(value):
            raise EncodeError(f"{self.label} ({self.name}) is not encrypted.")
        if self.max_length is not None and len(value) > self.max_length:
            raise EncodeError(f"{self.label} ({self.name}) is too long.")
        return value

    def from_wire(self, text: str) -> Value:
        """The encrypted text, wrapped."""
        return SecretText(text) if text else ""

    def words(self, value: object) -> str:
        """Dots."""
        return MASK if value else ""

    def masked(self, value: object) -> str:
        """Dots."""
        return MASK if value else ""


def as_date(value: object) -> date | None:
    """The date of a text DD-MM-YYYY; None if it is none."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def grouped(number: str) -> str:
    """A number with Indian grouping: 12,34,567.00."""
    whole, point, decimals = number.partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    return ",".join([*groups, tail]) + point + decimals


def options_in_words(labels: dict[str, str]) -> str:
    """`A (Active), S (Suspended) or I (Inactive)`; a long list is not spelled out."""
    if len(labels) > 8:
        return "one of the list"
    shown = [
        f"{value} ({label})" if label.lower() != value.lower() else value for value, label in labels.items()
    ]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
