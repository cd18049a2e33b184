"""Shapes of texts: PAN, ISIN, PIN code, telephone and account numbers, e-mail address."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import stdnum.isin
from stdnum.in_ import aadhaar

from backoffice.protocol.bent import ungrouped
from backoffice.protocol.findings import Finding, Severity

PAN_FORM = "[A-Z]{5}[0-9]{4}[A-Z]"
MOBILE_FORM = "[6-9][0-9]{9}"

_PAN = re.compile(PAN_FORM)
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MOBILE = re.compile(MOBILE_FORM)
_PIN_CODE = re.compile(r"[1-9][0-9]{5}")
_DP_ID = re.compile(r"IN[0-9]{6}|[0-9]{8}")
_DIGITS = re.compile(r"[0-9]{1,40}")
_NO_ZEROS = re.compile(r"[1-9][0-9]{0,39}")
_DIALLED = re.compile(r"\+?[0-9]{6,15}")
#: How a mobile number of India is dialled at home and from abroad: possible prefixes of its ten digits.
_DIALLED_MOBILE = re.compile(rf"(?:(?:\+|00?)?910?|0)?({MOBILE_FORM})")
#: Separates digits of a telephone number; a point only if it cannot be a decimal point.
_IN_NUMBERS = re.compile(r"[ ()\-]|(?<=[0-9]{3})\.(?=[0-9]{3})")
#: Looser, and quicker to search.
ANY_TWELVE_DIGITS = "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}"
_TWELVE_DIGITS = re.compile(r"(?<![0-9])[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])")


@dataclass(frozen=True)
class Shape:
    """The shape of a text; `words` describes it to people, `tidy` makes a value to offer if it then matches.

    `pattern`: what is allowed on the wire, as the source of a regular expression; "" if the shape is only a
    warning. `key` makes spellings equal. `quick`: matches only sound values, and nearly all of them. `exact`:
    a letter without its accent is a different one.
    """

    fits: Callable[[str], object]
    words: str
    severity: Severity = Severity.ERROR
    rule: str = "U16"
    tidy: Callable[[str], str] = str.strip
    pattern: str = ""
    key: Callable[[str], str] = str.upper
    quick: re.Pattern[str] | None = None
    exact: bool = False

    def findings(self, value: str, path: str) -> Iterator[Finding]:
        """Return a finding if the value does not match."""
        if not self.fits(value):
            yield Finding(path, self.words, self.severity, self.rule, self.tidied(value))

    def tidied(self, value: str) -> str | None:
        """Return the value in its shape; None if that is not possible."""
        tidied = self.tidy(value)
        return tidied if self.fits(tidied) else None


def _into(form: re.Pattern[str], tidy: Callable[[str], str]) -> Callable[[str], str]:
    """Tidy a text that then has this form; leave every other text unchanged."""

    def tidied(text: str) -> str:
        return text if form.fullmatch(text) or not form.fullmatch(tidier := tidy(text)) else tidier

    return tidied


def _unless(form: re.Pattern[str], key: Callable[[str], str]) -> Callable[[str], str]:
    """Return the text if it has this form already, which is quick to check; otherwise its key."""
    return lambda text: text if form.fullmatch(text) else key(text)


def _unless_tidier(tidy: Callable[[str], str]) -> Callable[[str], bool]:
    """Match everything except values that need tidying."""
    return lambda text: tidy(text) == text


def _compact(text: str) -> str:
    return re.sub(r"[\s-]", "", ungrouped(text))


def _compact_upper(text: str) -> str:
    return _compact(text).upper()


def _is_isin(text: str) -> bool:
    """Check an ISIN in capitals; stdnum alone would accept small letters and spaces (O7)."""
    return bool(_ISIN.fullmatch(text)) and stdnum.isin.is_valid(text)


def _dialled(text: str) -> str:
    """Remove separators between the digits of a telephone number."""
    return _IN_NUMBERS.sub("", ungrouped(text)) if "(0)" not in text else text


def _ten_digits(text: str) -> str:
    """Return a mobile number without its prefix; another text unchanged."""
    if len(text) > 40:
        return text
    match = _DIALLED_MOBILE.fullmatch(_IN_NUMBERS.sub("", ungrouped(text)))
    return match[1] if match else text


def _account_key(text: str) -> str:
    """Remove spaces, hyphens, and leading zeros, which a spreadsheet drops."""
    return (text if text.isdigit() else _compact_upper(text)).lstrip("0") or text


_tidy_telephone = _into(_DIALLED, _dialled)
_tidy_account = _into(_DIGITS, _compact)
_tidy_dp_id = _into(_DP_ID, _compact_upper)

PAN = Shape(
    _PAN.fullmatch,
    "PAN must be five letters, four digits and a letter, like AAAPL1234C.",
    tidy=_compact_upper,
    pattern=_PAN.pattern,
    key=_unless(_PAN, _compact_upper),
    quick=_PAN,
)
ISIN = Shape(
    _is_isin,
    "ISIN must be 12 capital letters and digits with the right check digit, like INE009A01021.",
    rule="O7",
    tidy=_compact_upper,
    pattern=_ISIN.pattern,
    key=_compact_upper,
)
PIN_CODE = Shape(
    _PIN_CODE.fullmatch,
    "A PIN code has six digits and does not start with 0. Check it.",
    Severity.WARNING,
    tidy=_compact,
    key=_unless(_PIN_CODE, _compact),
    quick=_PIN_CODE,
)
MOBILE = Shape(
    _MOBILE.fullmatch,
    "A mobile number has ten digits and starts with 6, 7, 8 or 9. Check it.",
    Severity.WARNING,
    tidy=_ten_digits,
    key=_unless(_MOBILE, _ten_digits),
    quick=_MOBILE,
)
TELEPHONE = Shape(
    _unless_tidier(_tidy_telephone),
    "Check the number: it is sent without spaces, hyphens and brackets between its digits.",
    Severity.WARNING,
    tidy=_tidy_telephone,
    key=_tidy_telephone,
    quick=_DIALLED,
)
ACCOUNT_NO = Shape(
    _unless_tidier(_tidy_account),
    "Check the number: it is sent without spaces and hyphens between its digits.",
    Severity.WARNING,
    tidy=_tidy_account,
    key=_unless(_NO_ZEROS, _account_key),
    quick=_DIGITS,
)
DP_ID = Shape(
    _unless_tidier(_tidy_dp_id),
    "Check the DP id: it is sent in capitals, without spaces and hyphens, like IN300940.",
    Severity.WARNING,
    tidy=_tidy_dp_id,
    key=_unless(_DP_ID, _compact_upper),
    quick=_DP_ID,
)
EMAIL = Shape(
    _EMAIL.fullmatch,
    "This does not look like an e-mail address. Check it.",
    Severity.WARNING,
    exact=True,
)


def holds_aadhaar(text: str) -> bool:
    """Whether the text contains twelve digits that pass Aadhaar's check digit."""
    return any(
        aadhaar.is_valid(re.sub(r"[ -]", "", match.group())) for match in _TWELVE_DIGITS.finditer(text)
    )
