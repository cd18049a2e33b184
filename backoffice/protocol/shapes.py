"""Shapes of texts that have one: PAN, ISIN, PIN code, mobile number, e-mail address."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import stdnum.isin
from stdnum.in_ import aadhaar

from backoffice.protocol.findings import Finding, Severity

_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MOBILE = re.compile(r"(?:\+?91[ -]?|0)?[6-9][0-9]{9}")
_PIN_CODE = re.compile(r"[1-9][0-9]{5}")
#: Looser, and quicker to look for.
ANY_TWELVE_DIGITS = "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}"
_TWELVE_DIGITS = re.compile(r"(?<![0-9])[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])")


@dataclass(frozen=True)
class Shape:
    """What a text must look like; `words` says it to an operator, `tidy` makes a value to offer if that
    then fits.

    `pattern`: what may stand on the wire, as the source of a regular expression; "" where the shape is only a warning.
    """

    fits: Callable[[str], object]
    words: str
    severity: Severity = Severity.ERROR
    rule: str = "U16"
    tidy: Callable[[str], str] = str.strip
    pattern: str = ""

    def findings(self, value: str, path: str) -> Iterator[Finding]:
        """One finding if the value does not fit."""
        if not self.fits(value):
            tidied = self.tidy(value)
            offered = tidied if tidied != value and self.fits(tidied) else None
            yield Finding(path, self.words, self.severity, self.rule, offered)


def _compact_upper(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _is_isin(text: str) -> bool:
    """stdnum alone would take small letters and spaces, which ODIN does not (O7)."""
    return bool(_ISIN.fullmatch(text)) and stdnum.isin.is_valid(text)


PAN = Shape(
    _PAN.fullmatch,
    "PAN must be five letters, four digits and a letter, like AAAPL1234C.",
    tidy=_compact_upper,
    pattern=_PAN.pattern,
)
ISIN = Shape(
    _is_isin,
    "ISIN must be 12 capital letters and digits with the right check digit, like INE009A01021.",
    rule="O7",
    tidy=_compact_upper,
    pattern=_ISIN.pattern,
)
PIN_CODE = Shape(
    _PIN_CODE.fullmatch, "A PIN code has six digits and does not start with 0. Check it.", Severity.WARNING
)
MOBILE = Shape(
    _MOBILE.fullmatch,
    "A mobile number has ten digits and starts with 6, 7, 8 or 9. Check it.",
    Severity.WARNING,
)
EMAIL = Shape(_EMAIL.fullmatch, "This does not look like an e-mail address. Check it.", Severity.WARNING)


def holds_aadhaar(text: str) -> bool:
    """Whether twelve digits that pass Aadhaar's check digit stand in the text."""
    return any(
        aadhaar.is_valid(re.sub(r"[ -]", "", match.group())) for match in _TWELVE_DIGITS.finditer(text)
    )
