"""Personal data, and how much of it a mask leaves visible."""

import re
from enum import StrEnum
from functools import partial

from backoffice.protocol.secret import MASK
from backoffice.protocol.shapes import MOBILE_FORM, PAN_FORM


class Personal(StrEnum):
    """Kinds of personal data, declared by fields."""

    PAN = "pan"
    ACCOUNT = "account"
    DEMAT = "demat"
    PHONE = "phone"
    EMAIL = "email"
    BIRTH_DATE = "birth date"
    ADDRESS = "address"


#: Masked completely: a part of a date reveals the year, a part of an address the street.
WHOLE = (Personal.BIRTH_DATE, Personal.ADDRESS)
#: A shorter text is masked completely, since its last four characters would be most of it.
SHORTEST = 8

#: PAN, mobile number and e-mail address in free text.
IN_TEXT = (
    (Personal.PAN, re.compile(rf"(?<![A-Za-z0-9]){PAN_FORM}(?![A-Za-z0-9])", re.IGNORECASE | re.ASCII)),
    (Personal.PHONE, re.compile(rf"(?<![A-Za-z0-9])(?:\+?91[ -]?|0)?{MOBILE_FORM}(?![A-Za-z0-9])")),
    (Personal.EMAIL, re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")),
)

#: The personal patterns as one regular expression for scripts, in upper and lower case.
FORMS = "|".join(form.pattern for _, form in IN_TEXT)

#: Possible personal data in free text that cannot be told from other data: any date may be a date of birth,
#: any long number an account number.
PERHAPS_IN_TEXT = (
    (
        Personal.BIRTH_DATE,
        re.compile(
            r"(?<![A-Za-z0-9])(?:[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
            r"|[0-9]{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}[ -,]{1,2}[0-9]{4})(?![0-9])"
        ),
    ),
    (Personal.DEMAT, re.compile(r"(?<![A-Za-z0-9])IN[0-9]{6}[ -]?[0-9]{8}(?![A-Za-z0-9])", re.IGNORECASE)),
    (Personal.ACCOUNT, re.compile(r"(?<![A-Za-z0-9.,])[0-9](?:[ -]?[0-9]){8,17}(?![A-Za-z0-9]|\.[0-9])")),
)


def hide(kind: Personal, text: str) -> str:
    """Mask the text except a distinguishing part: four characters, or an e-mail's domain."""
    if not text:
        return ""
    if kind in WHOLE:
        return MASK
    if kind == Personal.EMAIL and "@" in text:
        return f"{text[0]}{MASK}@{text.rpartition('@')[2]}"
    return MASK + text[-4:] if len(text) >= SHORTEST else MASK


def hide_in_text(text: str) -> str:
    """Mask all data in free text that is, or may be, personal: PAN, contact, dates and long numbers."""
    return _hide_shapes(text, (*IN_TEXT, *PERHAPS_IN_TEXT))


def hide_in_value(text: str) -> str:
    """Mask each PAN, mobile number and e-mail address in a value that should not be personal."""
    return _hide_shapes(text, IN_TEXT)


def _hide_shapes(text: str, shapes: tuple[tuple[Personal, re.Pattern[str]], ...]) -> str:
    for kind, shape in shapes:
        text = shape.sub(partial(_hidden, kind), text)
    return text


def _hidden(kind: Personal, found: re.Match[str]) -> str:
    return hide(kind, found[0])


def names_a_person(text: str) -> bool:
    """Whether the whole text is a PAN, a mobile number or an e-mail address."""
    return any(shape.fullmatch(text.strip()) for _, shape in IN_TEXT)
