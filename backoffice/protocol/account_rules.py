"""Rules of a retail user's bank, demat and mutual-fund records: 224, 225 and 232 (U5, U6, U16)."""

from collections.abc import Iterator, Mapping

from backoffice.protocol.codes import DefaultBank, HoldingMode, HoldingType, ModeAllowed, YesNo
from backoffice.protocol.context import Context
from backoffice.protocol.field import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.rules import (
    AnyOf,
    Found,
    Given,
    NoTwoAlike,
    OneOf,
    RequiredWhen,
    Rule,
    check,
    rows,
    text,
    warning,
)
from backoffice.protocol.shapes import ACCOUNT_NO, DP_ID

#: What marks an account as the default one of its list.
DEFAULT = {"banks": DefaultBank.YES.value, "demats": YesNo.YES.value}


def with_defaults(values: Values) -> Values:
    """Return the values of a 301, the only bank and demat account as the default unless they say otherwise (U5)."""
    found = dict(values)
    for name, yes in DEFAULT.items():
        match rows(values, name):
            case [(_, only)] if not only.get("is_default"):
                found[name] = [{**only, "is_default": yes}]
    return found


@check("U5", "banks")
def one_default_bank(values: Given, context: Context) -> Found:
    """At most one bank is the default."""
    defaults = _defaults(values, "banks")
    for place in defaults[1:]:
        yield Finding(
            f"banks.{place}.is_default",
            f"Bank {defaults[0] + 1} is the default already. Leave one.",
            rule="U5",
        )


@check("U5", "demats")
def one_default_demat(values: Given, context: Context) -> Found:
    """At most one demat account is the default."""
    defaults = _defaults(values, "demats")
    for place in defaults[1:]:
        words = f"Demat account {defaults[0] + 1} is the default already. Leave one."
        yield Finding(f"demats.{place}.is_default", words, rule="U5")


@check("U16", "banks")
def some_default_bank(values: Given, context: Context) -> Found:
    """On creation one bank should be the default."""
    if rows(values, "banks") and not _defaults(values, "banks"):
        yield warning("banks", "No bank is the default. Mark one, or make sure that ODIN needs none.")


def _defaults(values: Given, name: str) -> list[int]:
    """The places of the default accounts of a list that stay."""
    return [
        place
        for place, account in rows(values, name)
        if account.get("is_default") == DEFAULT[name] and kept(account)
    ]


def kept(record: Mapping[str, str]) -> bool:
    """Whether a record of a bank or demat account stays, rather than being deleted by an update."""
    return record.get("action") != "2"


ACCOUNTS: tuple[Rule, ...] = (
    NoTwoAlike(
        "banks", ("bank_id", "account_no"), "Two banks must not have the same id and account number.", "U5"
    ),
    NoTwoAlike("demats", ("dp_id", "beneficiary_id"), "Two demat accounts must not be the same.", "U5"),
    one_default_bank,
    one_default_demat,
)


@check("U16", "demats")
def depository_and_holders(values: Given, context: Context) -> Found:
    """Check NSDL and CDSL numbers, and holding types against the joint holders given."""
    for place, demat in rows(values, "demats"):
        yield from _depository(demat, f"demats.{place}")
        yield from _holders(demat, f"demats.{place}")


def _depository(demat: Mapping[str, str], path: str) -> Iterator[Finding]:
    dp_id, client = DP_ID.tidy(demat.get("dp_id", "")), ACCOUNT_NO.tidy(demat.get("beneficiary_id", ""))
    if not dp_id or not client:
        return
    if dp_id[:2] == "IN" and dp_id[2:].isdigit() and len(dp_id) == 8:
        if not (client.isdigit() and len(client) == 8):
            yield warning(
                f"{path}.beneficiary_id",
                "An NSDL account (DP id IN...) has a client id of 8 digits. Check it.",
            )
    elif dp_id.isdigit() and len(dp_id) == 8:
        if not (client.isdigit() and len(client) == 16):
            yield warning(f"{path}.beneficiary_id", "A CDSL account has a BO id of 16 digits. Check it.")
        elif not client.startswith(dp_id):
            yield warning(f"{path}.dp_id", "A CDSL DP id is the first 8 digits of the BO id. Check both.")
    elif dp_id != dp_id.upper():
        words = "A DP id has no small letters. Check it, or use the capitals."
        yield Finding(f"{path}.dp_id", words, Severity.WARNING, "U16", dp_id.upper())
    else:
        yield warning(f"{path}.dp_id", "A DP id is IN and 6 digits (NSDL) or 8 digits (CDSL). Check it.")


def _holders(demat: Mapping[str, str], path: str) -> Iterator[Finding]:
    needed = {HoldingType.SINGLE.value: 0, HoldingType.JOINT_ONE.value: 1, HoldingType.JOINT_TWO.value: 2}
    expected = needed.get(demat.get("holding_type", ""))
    given = [
        any(demat.get(f"{who}_{part}") for part in ("first_name", "last_name", "pan"))
        for who in ("second", "third")
    ]
    if expected is not None and given != [expected >= 1, expected >= 2]:
        yield warning(
            f"{path}.holding_type", "The holding type does not fit the joint holders given. Check both."
        )


@check("U16", "mode_allowed", "bse_ucc", "nse_ucc_1", "holding_mode", "second_first_name")
def mode_fits_the_uccs(values: Given, context: Context) -> Found:
    """Mode allowed is a sum of RTA 1, NSE 2, BSE 4; each needs its UCC.

    A single holder has no second applicant.
    """
    mode = text(values, "mode_allowed")
    if mode in {str(member.value) for member in ModeAllowed}:
        for bit, exchange, name in ((4, "BSE", "bse_ucc"), (2, "NSE", "nse_ucc_1")):
            allowed, given = bool(int(mode) & bit), bool(text(values, name))
            if allowed and not given:
                yield warning(
                    "mode_allowed",
                    f"Mode allowed includes {exchange}, but there is no {exchange} UCC. Check both.",
                )
            elif given and not allowed:
                yield warning(
                    "mode_allowed",
                    f"There is an {exchange} UCC, but mode allowed leaves {exchange} out. Check both.",
                )
    if text(values, "holding_mode") == HoldingMode.SINGLE.value and text(values, "second_first_name"):
        yield warning(
            "holding_mode", "The holding mode is single, but there is a second applicant. Check both."
        )


BSE_MODES = frozenset(str(member.value) for member in ModeAllowed if int(member.value) & 4)


@check("U6", "bse_transaction_mode", "mode_allowed")
def bse_mode_only_with_bse(values: Given, context: Context) -> Found:
    """BSE transaction mode is allowed only if mode allowed includes BSE."""
    if text(values, "bse_transaction_mode") and text(values, "mode_allowed") not in BSE_MODES:
        words = "This applies only where mode allowed includes BSE. Clear it, or change mode allowed."
        yield Finding("bse_transaction_mode", words, rule="U6")


@check("U6", "bse_ucc_mode")
def bse_ucc_mode_is_empty(values: Given, context: Context) -> Found:
    """A sub-field that ODIN reserves for later."""
    if text(values, "bse_ucc_mode"):
        yield Finding(
            "bse_ucc_mode", "ODIN wants BSE UCC mode left empty for the time being. Clear it.", rule="U6"
        )


@check("U6", "karvy_payment_code", "karvy_payment_mode")
def ecs_code_is_short(values: Given, context: Context) -> Found:
    """With ECS the payment code has at most 9 characters."""
    if text(values, "karvy_payment_mode") == "E" and len(text(values, "karvy_payment_code")) > 9:
        yield Finding(
            "karvy_payment_code", "With ECS the payment code has at most 9 characters. Shorten it.", rule="U6"
        )


_JOINT = AnyOf("holding_mode", {HoldingMode.JOINT.value, HoldingMode.SURVIVOR.value})

#: The rules inside 232.
MF_UCC_RULES: tuple[Rule, ...] = (
    OneOf(("bse_ucc", "nse_ucc_1"), "BSE UCC or NSE UCC 1 is missing. Enter one of them.", "U6"),
    RequiredWhen("second_first_name", _JOINT, "the holding mode is joint or anyone or survivor", "U6"),
    RequiredWhen("second_pan", _JOINT, "the holding mode is joint or anyone or survivor", "U6"),
    RequiredWhen(
        "karvy_payment_code",
        AnyOf("karvy_payment_mode", {"E", "R", "N"}),
        "Karvy pays by ECS, RTGS or NEFT",
        "U6",
    ),
    ecs_code_is_short,
    bse_mode_only_with_bse,
    bse_ucc_mode_is_empty,
    mode_fits_the_uccs,
)
