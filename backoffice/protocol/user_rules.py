"""Rules of a retail user's messages 301 and 320 (U2 to U8, U12, U13, U16 to U18), except those of accounts."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stdnum.exceptions import InvalidComponent
from stdnum.in_ import pan as pan_number

from backoffice.protocol.account_rules import ACCOUNTS, depository_and_holders, kept, some_default_bank
from backoffice.protocol.ages import FULL_AGE, is_minor
from backoffice.protocol.charset import words
from backoffice.protocol.codes import (
    Gender,
    OdinUserType,
    ProductAllowed,
    Segment,
)
from backoffice.protocol.context import Context
from backoffice.protocol.findings import Finding
from backoffice.protocol.formatted import as_date
from backoffice.protocol.rules import (
    AnyOf,
    Filled,
    Found,
    Given,
    NotAnyOf,
    RequiredWhen,
    Rule,
    check,
    codes,
    filled,
    row,
    rows,
    text,
    warning,
)
from backoffice.protocol.shapes import PAN

SEGMENT_SETS = ("trading_segments", "market_data_segments", "login_segments")
ODIN_ONLY = ("manager_id", *SEGMENT_SETS, "login_types")

IPO_BOND_PMS = frozenset({ProductAllowed.IPO.value, ProductAllowed.BOND.value, ProductAllowed.PMS.value})
MF_BOND_PMS = frozenset(
    {ProductAllowed.MUTUAL_FUND.value, ProductAllowed.BOND.value, ProductAllowed.PMS.value}
)
MUTUAL_FUND = frozenset({ProductAllowed.MUTUAL_FUND.value})

#: U3 and U4, shared by both messages (in a 320 they apply within the message: U17).
CONDITIONAL: tuple[Rule, ...] = (
    RequiredWhen("client_type", AnyOf("products", IPO_BOND_PMS), "IPO, PMS or Bond is allowed", "U3"),
    RequiredWhen("tax_status", AnyOf("products", MF_BOND_PMS), "Mutual fund, PMS or Bond is allowed", "U3"),
    RequiredWhen("occupation", AnyOf("products", MF_BOND_PMS), "Mutual fund, PMS or Bond is allowed", "U3"),
    RequiredWhen("mf_ucc", AnyOf("products", MUTUAL_FUND), "Mutual fund is allowed", "U3"),
    RequiredWhen("birth_date", Filled("demats"), "there is a demat account", "U4"),
    RequiredWhen("birth_date", Filled("mf_ucc"), "there is a mutual-fund UCC", "U4"),
    RequiredWhen(
        "birth_date", AnyOf("incorporation", {"1"}), "it is marked as a date of incorporation", "U4"
    ),
)

#: Mandatory for ODIN users on creation, but not for non-ODIN users (U2).
ODIN_USER_NEEDS: tuple[Rule, ...] = tuple(
    RequiredWhen(
        name, NotAnyOf("odin_user_type", {OdinUserType.NON_ODIN.value}), "this is an ODIN user", "U2"
    )
    for name in ODIN_ONLY
)


@check("U6", "mf_ucc", "birth_date", "incorporation")
def guardian_of_a_minor(values: Given, context: Context) -> Found:
    """A minor needs a guardian in 232 (first name, PAN, date of birth, address), who is of age."""
    mf_ucc = row(values, "mf_ucc")
    if not filled(mf_ucc):
        return
    guardian_born = as_date(mf_ucc.get("guardian_birth_date"))
    if guardian_born and is_minor(guardian_born, context.today):
        yield Finding(
            "mf_ucc.guardian_birth_date", f"The guardian must be at least {FULL_AGE} years old.", rule="U6"
        )
    born = as_date(values.get("birth_date"))
    if born is None or text(values, "incorporation") == "1" or not is_minor(born, context.today):
        return
    for name in ("guardian_first_name", "guardian_pan", "guardian_birth_date", "guardian_address"):
        if not mf_ucc.get(name):
            words = f"This is needed because the first holder is under {FULL_AGE}. Enter it."
            yield Finding(f"mf_ucc.{name}", words, rule="U6")


@check("U16", "birth_date")
def born_in_the_past(values: Given, context: Context) -> Found:
    """A date of birth or incorporation in the future is a mistake."""
    born = as_date(values.get("birth_date"))
    if born and born > context.today:
        yield warning("birth_date", "This date is in the future. Check the year.")


@lru_cache(maxsize=64)
def _holder_kind(letter: str) -> str | None:
    """Return the kind of holder for a PAN's fourth letter; None if it has none."""
    try:
        kind: str = pan_number.info(f"AAA{letter}A0000A")["holder_type"]
    except InvalidComponent:
        return None
    return kind


@lru_cache(maxsize=4096)
def _initials(name: str) -> frozenset[str]:
    """Return the first letters of the words of a name, in capitals."""
    return frozenset(word[0] for word in words(name) if word.isalpha())


@check("U16", "pan", "name", "gender", "incorporation")
def pan_fits_the_holder(values: Given, context: Context) -> Found:
    """The PAN's fourth letter is the kind of holder, its fifth an initial of the name, in any spelling."""
    pan = PAN.key(text(values, "pan"))
    if not PAN.fits(pan):
        return
    known: Mapping[str, Any] = context.known or {}
    kind = _holder_kind(pan[3])
    firm = text(values, "incorporation") == "1" or text(values, "gender") == Gender.FIRM.value
    if kind is None:
        yield warning("pan", f"The PAN's fourth letter, {pan[3]}, stands for no kind of holder. Check it.")
    elif pan[3] == "P" and firm:
        yield warning("pan", "This is the PAN of an individual, but the user is entered as a firm. Check it.")
    elif pan[3] != "P" and text(values, "gender") in (Gender.MALE.value, Gender.FEMALE.value):
        yield warning("pan", f"This PAN belongs to a holder of the kind {kind}, not an individual. Check it.")
    initials = _initials(text(values, "name") or text(known, "name"))
    if initials and pan[4] not in initials:
        yield warning("pan", f"The PAN's fifth letter, {pan[4]}, is no initial of the name. Check both.")


@check("U13", "inactive_segments", "trading_segments")
def inactive_and_traded(values: Given, context: Context) -> Found:
    """A segment is not allowed and made inactive in one message."""
    both = [item for item in codes(values, "inactive_segments") if item in codes(values, "trading_segments")]
    if both:
        words = "A segment cannot be allowed for trading and made inactive in one update"
        yield Finding(
            "inactive_segments", f"{words} ({', '.join(both)}). Leave it in one of the two.", rule="U13"
        )


@check("U19", *SEGMENT_SETS, "inactive_segments")
def inactive_stays_out_or_comes_back(values: Given, context: Context) -> Found:
    """A set that is sent brings back the inactive segments that it names, and leaves the others out."""
    known: Given = context.known or {}
    stopped = codes(known, "inactive_segments")
    if not stopped:
        return
    labels = {segment.value: segment.label for segment in Segment}
    for name in SEGMENT_SETS:
        if name not in values:
            continue
        sent = codes(values, name)
        if back := [labels.get(item, item) for item in stopped if item in sent]:
            yield warning(name, f"Check {', '.join(back)}: inactive now, reactivated by this update.", "U19")
        if out := [
            labels.get(item, item) for item in stopped if item in codes(known, name) and item not in sent
        ]:
            yield warning(name, f"Check {', '.join(out)}: inactive, and left out of this set.", "U19")


@check("U2", "inactive_segments", "odin_user_type")
def no_inactive_segments_outside_odin(values: Given, context: Context) -> Found:
    """277 is refused for a non-ODIN user."""
    if values.get("inactive_segments") and text(values, "odin_user_type") == OdinUserType.NON_ODIN.value:
        yield Finding(
            "inactive_segments", "A non-ODIN user has no segments to make inactive. Clear it.", rule="U2"
        )


@check("U12", "mobile", "telephone")
def mobile_overwrites_telephone(values: Given, context: Context) -> Found:
    """ODIN writes the mobile number over the telephone number."""
    if text(values, "mobile") and text(values, "telephone"):
        words = "ODIN writes the mobile number over the telephone number. Send one of them only."
        yield warning("telephone", words, "U12")


@check("U17", "mf_ucc", "demats")
def demat_with_mf_ucc(values: Given, context: Context) -> Found:
    """With 232, a 225 record that stays (in 320: with Action 1)."""
    if filled(row(values, "mf_ucc")) and not any(kept(demat) for _, demat in rows(values, "demats")):
        words = "A mutual-fund UCC needs a demat account in the same message. Add one"
        yield Finding("demats", f"{words} (the confirmed one again, where it does not change).", rule="U17")


#: What an update cannot empty; the second part holds for ODIN users only (U18).
NEVER_EMPTY = (
    "name", "status", "gender", "global_flag", "surveillance", "poa", "product_type", "mf_ucc"
)  # fmt: skip
ODIN_NEVER_EMPTY = (*SEGMENT_SETS, "login_types")


@check("U18", *NEVER_EMPTY, *ODIN_NEVER_EMPTY, "odin_user_type")
def cannot_be_emptied(values: Given, context: Context) -> Found:
    """What an update may change but not empty."""
    odin = text(values, "odin_user_type") == OdinUserType.ODIN.value
    for name in (*NEVER_EMPTY, *(ODIN_NEVER_EMPTY if odin else ())):
        if name in values and not filled(values[name]):
            yield Finding(name, "This can be changed but not emptied. Enter a value.", rule="U18")


_SHARED: tuple[Rule, ...] = (
    *CONDITIONAL,
    *ACCOUNTS,
    guardian_of_a_minor,
    pan_fits_the_holder,
    born_in_the_past,
    depository_and_holders,
)

#: All rules of 301.
CREATE_RULES: tuple[Rule, ...] = (
    *ODIN_USER_NEEDS,
    *_SHARED,
    RequiredWhen("demats", Filled("mf_ucc"), "a mutual-fund UCC needs one", "U4"),
    some_default_bank,
)

#: All rules of 320.
UPDATE_RULES: tuple[Rule, ...] = (
    RequiredWhen(
        "manager_id", AnyOf("odin_user_type", {OdinUserType.ODIN.value}), "this is an ODIN user", "U2"
    ),
    *_SHARED,
    demat_with_mf_ucc,
    cannot_be_emptied,
    inactive_and_traded,
    inactive_stays_out_or_comes_back,
    no_inactive_segments_outside_odin,
    mobile_overwrites_telephone,
)
