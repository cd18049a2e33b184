"""Fields of free form and of codes: text, codes, sets of codes, secrets."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from backoffice.outside import quoted
from backoffice.protocol.bent import is_bent, is_shortened, unwrapped, without_point_zero
from backoffice.protocol.charset import (
    IN_JSON,
    JSON_SET,
    LONGEST,
    PLAIN,
    PLAIN_SET,
    cleaned,
    describe,
    has_accents,
    reduced,
)
from backoffice.protocol.codes import Choice
from backoffice.protocol.field import Field, Value
from backoffice.protocol.findings import EncodeError, Finding
from backoffice.protocol.secret import MASK, SecretText
from backoffice.protocol.shapes import ANY_TWELVE_DIGITS, Shape, holds_aadhaar

_PASSWORD = re.compile(r"[A-Za-z0-9<>.:;~!@#$%^*()+\-\\/\[\]]*")
#: The rule of findings on bent values.
BENT = "bent"
#: Excluded at the start by the quick check: a space, a quotation mark, a number with decimals or an exponent.
_MAY_BE_BENT = r"(?![ '\"]|[+-]?[0-9]++(?:\.0++\Z|[0-9.]*+[eE][0-9+-]))"
#: Separates several codes in one text.
_BETWEEN_CODES = re.compile("[;,|]")
#: Characters that programs put around a code.
_AROUND_CODES = " ='\""
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Scalar(Field):
    """A field with one text as its value. Refuses separators in findings and again when encoding (F5)."""

    allowed = PLAIN

    @property
    def pattern(self) -> str:
        """Everything allowed on the wire, as the source of a regular expression without groups.

        No pattern allows a separator, so a text joined from several values matches all their patterns only if
        each value matches its own.
        """
        limit = f"{{0,{self.max_length}}}" if self.max_length is not None else "*"
        return f"{JSON_SET if self.allowed is IN_JSON else PLAIN_SET}{limit}"

    @cached_property
    def fits(self) -> Callable[[str], object]:
        """Whether a text fits the pattern."""
        return re.compile(self.pattern).fullmatch

    def in_json(self) -> None:
        """Allow the comma, since the value is in a JSON string (F6)."""
        self.allowed = IN_JSON
        for derived in ("fits", "sound"):
            vars(self).pop(derived, None)

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Return findings: wrong characters, wrong length, then those of the kind of field."""
        if not isinstance(value, str):
            yield Finding(path, f"{self.label} must be one text.")
            return
        if fault := describe(value, self.allowed):
            instead = self.offered(value, "F5")
            how = "remove it or accept the cleaned value" if instead else "correct it"
            yield Finding(
                path, f"{self.label} {fault}. ODIN cannot take it there; {how}.", rule="F5", cleaned=instead
            )
            return
        if value != value.strip(" "):
            words = f"{self.label} has a space at its start or end. Remove it."
            yield Finding(path, words, rule="F5", cleaned=self.offered(value, "F5"))
            return
        if words := self.bent(value):
            yield Finding(path, f"{self.label} {words}", rule=BENT, cleaned=self.offered(value, BENT))
            return
        if self.max_length is not None and len(value) > self.max_length:
            words = (
                f"{self.label} has {len(value)} characters; ODIN takes at most {self.max_length}. Shorten it."
            )
            yield Finding(path, words, rule="F7", cleaned=self.offered(value, "F7"))
        yield from self.own_findings(value, path)

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Return this kind's findings on a text of allowed characters."""
        return iter(())

    def bent(self, value: str) -> str:
        """Return how another program bent a text of allowed characters, to follow the label; "" if it did not."""
        return ""

    def meant(self, value: str) -> str | None:
        """Return the intended value of a faulty one; None if that would be a guess."""
        return None

    def offered(self, value: str, rule: str) -> str | None:
        """Return the value to accept for a finding of this rule: never empty, and without such a finding."""
        meant = self.meant(value) if len(value) <= LONGEST else None
        if not meant or meant == value or any(found.rule == rule for found in self.findings(meant, "")):
            return None
        return meant

    def to_wire(self, value: Any) -> str:
        """Return the text, if it is valid. The error names the field and the fault, never the value."""
        if isinstance(value, str) and self.fits(value):
            return str(value)
        fault = describe(value, self.allowed) if isinstance(value, str) else "is no text"
        raise EncodeError(f"{self.label} ({self.name}) {fault or self.misfit}.")

    misfit = "is too long"

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Whether it has allowed characters, no space at either end, and is not too long."""
        return re.compile(rf"(?! ){self.pattern}(?<! )").fullmatch


class Text(Scalar):
    """Free text or an identifier.

    `shape`: its expected form. `free`: people write what they like. `fixed`: the allowed lengths if it has
    only digits.
    """

    def __init__(
        self,
        tag: int,
        label: str,
        *,
        shape: Shape | None = None,
        free: bool = False,
        fixed: tuple[int, ...] = (),
        **options: Any,
    ) -> None:
        super().__init__(tag, label, **options)
        self.shape = shape
        self.free = free
        self.fixed = fixed
        if shape and shape.pattern:
            self.misfit = "does not have its form"

    @property
    def pattern(self) -> str:
        """The shape if the document requires one, or nothing; else any allowed characters."""
        return f"(?:{self.shape.pattern})?" if self.shape and self.shape.pattern else super().pattern

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Also: the shape, nothing bent, nowhere as many digits as an Aadhaar number."""
        if self.shape and self.shape.quick:
            longest = f"(?=.{{0,{self.max_length}}}\\Z)" if self.max_length is not None else ""
            return re.compile(f"{longest}(?:{self.shape.quick.pattern})").fullmatch
        digits = rf"(?!.*{ANY_TWELVE_DIGITS})" if self.free else ""
        plain = re.compile(rf"{_MAY_BE_BENT}{digits}{self.pattern}(?<! )").fullmatch
        if self.shape is None:
            return plain
        shaped = self.shape.fits
        return lambda value: plain(value) and shaped(value)

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Check the shape, and Aadhaar numbers in free text."""
        if self.free and holds_aadhaar(value):
            yield Finding(path, "Aadhaar numbers are not stored here. Take the number out.", rule="aadhaar")
        if self.shape:
            yield from self.shape.findings(value, path)

    def bent(self, value: str) -> str:
        """Find a shortened number, decimals, quotation marks and apostrophes before it."""
        if not is_bent(value, free=self.free):
            return ""
        if is_shortened(value):
            return f"is {value}: another program has shortened a long number. Take it from its source."
        if value[0] in "'\"":
            return f"begins with {value[0]}, which another program has added. Remove it or accept the cleaned value."
        return "ends in .0, which another program has added. Remove it or accept the cleaned value."

    def meant(self, value: str) -> str | None:
        """Remove invisible characters, those that a program added and those that ODIN cannot take; apply the shape."""
        text = reduced(value)
        if text is None or (self.shape and self.shape.exact and has_accents(value)):
            return None
        text = text.strip(" ")
        if not self.free or text[:1] == "=" or is_bent(text, free=True):
            text = without_point_zero(unwrapped(text) or "")
        if self.shape is None:
            return cleaned(text, self.allowed, free=self.free)
        tidied = self.shape.tidied(text)
        return cleaned(tidied, self.allowed, free=False) if tidied else None


class Code(Scalar):
    """One of the codes of `choices`."""

    def __init__(self, tag: int, label: str, choices: type[Choice], **options: Any) -> None:
        super().__init__(tag, label, **options)
        self.choices = choices
        self.labels = {str(member.value): member.label for member in choices}

    def own_findings(self, value: str, path: str) -> Iterator[Finding]:
        """Whether the code is known."""
        if value not in self.labels:
            words = f"{self.label} must be {options_in_words(self.labels)}."
            yield Finding(path, words, rule="code", cleaned=self.offered(value, "code"))

    def meant(self, value: str) -> str | None:
        """Return the code, if the text contains only a code or its meaning."""
        return self._read(value)

    @cached_property
    def _read(self) -> Callable[[str], str | None]:
        return _code_reader(self.labels)

    misfit = "is none of its codes"

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Whether it is one of the codes."""
        return self.labels.__contains__

    @property
    def pattern(self) -> str:
        """One of the codes, or nothing. Longer ones first, so that a code is not matched by its own beginning."""
        return f"(?:{'|'.join(map(re.escape, sorted(self.labels, key=len, reverse=True)))})?"

    def words(self, value: object) -> str:
        """The code's meaning."""
        text = str(value or "")
        return self.labels.get(text, text)


class Flags(Field):
    """A set of the codes of `choices`, joined by commas on the wire.

    `revives`: the field whose confirmed codes are out of force until this one names them again (U19).
    """

    empty: Value = []

    def __init__(
        self, tag: int, label: str, choices: type[Choice], *, revives: str = "", **options: Any
    ) -> None:
        super().__init__(tag, label, **options)
        self.choices = choices
        self.revives = revives
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
            words = f"{self.label} has no {', '.join(map(quoted, unknown))}. Choose from the list."
            yield Finding(path, words, rule="U7", cleaned=self._offered(value))
        if len(set(value)) < len(value):
            yield Finding(path, f"{self.label} names one code more than once. Leave one.", rule="U7")
        if self.max_length is not None and len(",".join(value)) > self.max_length:
            yield Finding(
                path, f"{self.label} is longer than {self.max_length} characters. Choose fewer.", rule="F7"
            )

    def _offered(self, value: list[str]) -> str | None:
        """Return the intended codes, joined by commas; None if one of them would be a guess."""
        meant: list[str | None] = []
        for item in value:
            for part in _BETWEEN_CODES.split(reduced(item[:LONGEST]) or "?"):
                if part.strip(_AROUND_CODES):
                    meant.append(self._read(part))
        codes: Any = self.clean([code for code in meant if code])
        return ",".join(codes) if codes and None not in meant else None

    @cached_property
    def _read(self) -> Callable[[str], str | None]:
        return _code_reader(self.labels)

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Known codes, each once, not too long."""
        known, longest = self.labels.keys(), self.max_length or sys.maxsize

        def sound(value: Any) -> bool:
            codes = set(value)
            return (
                isinstance(value, list)
                and codes <= known
                and len(codes) == len(value)
                and len(",".join(value)) <= longest
            )

        return sound

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
        """Return the codes unchanged."""
        return text.split(",") if text else []

    def words(self, value: object) -> str:
        """The meanings, joined by commas."""
        if not isinstance(value, list):
            return str(value or "")
        return ", ".join(self.labels.get(str(item), str(item)) for item in value)


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
            yield Finding(path, f"{self.label} must be typed again.", rule="U11")
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
        """Return nothing for nothing. A secret is sent by `encrypted` only."""
        if value == "":
            return ""
        raise EncodeError(f"{self.label} ({self.name}) is not sent without encryption.")

    def encrypted(self, text: str) -> str:
        """The text that the cipher made of a secret, if it is base64 and not too long."""
        if not _BASE64.fullmatch(text) or (self.max_length is not None and len(text) > self.max_length):
            raise EncodeError(f"{self.label} ({self.name}) cannot be sent: it is too long once encrypted.")
        return text

    def from_wire(self, text: str) -> Value:
        """The encrypted text, wrapped."""
        return SecretText(text) if text else ""

    def words(self, value: object) -> str:
        """Dots."""
        return MASK if value else ""

    def masked(self, value: object) -> str:
        """Dots."""
        return MASK if value else ""


def _code_reader(labels: dict[str, str]) -> Callable[[str], str | None]:
    """Read a code, or its meaning, from a bent text. None if it is neither."""
    known = {label.casefold(): code for code, label in labels.items()}
    known |= {code.casefold(): code for code in labels}

    def read(text: str) -> str | None:
        plain = (reduced(text) or "").strip(_AROUND_CODES)
        return known.get(without_point_zero(plain).casefold())

    return read


def options_in_words(labels: dict[str, str]) -> str:
    """`A (Active), S (Suspended) or I (Inactive)`; a long list is not spelled out."""
    if len(labels) > 8:
        return "one of the list"
    shown = [
        f"{value} ({label})" if label.lower() != value.lower() else value for value, label in labels.items()
    ]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
