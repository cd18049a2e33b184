"""Rules of the messages that are neither 301 nor 320 (O1 to O9)."""

from decimal import Decimal

from backoffice.protocol.codes import AddressType, Segment, TemplateType
from backoffice.protocol.context import Context
from backoffice.protocol.findings import Finding
from backoffice.protocol.formatted import grouped
from backoffice.protocol.rules import (
    AnyOf,
    Filled,
    Found,
    Given,
    NoTwoAlike,
    OneOf,
    RequiredWhen,
    Rule,
    check,
    number,
    rows,
    text,
    warning,
)

#: Limits of the old structure; the fields have the new ones (O1).
OLD_MAX_AMOUNT = Decimal("20000000.00")
OLD_MAX_REFERENCE = 20


@check("O1", "amount", "notional_deposit", "reference")
def old_limit_structure(values: Given, context: Context) -> Found:
    """Without the new limit structure: smaller amounts, shorter references, no notional deposit."""
    if context.new_limit_structure:
        return
    amount = number(values, "amount")
    if amount is not None and amount > OLD_MAX_AMOUNT:
        words = f"At most {grouped(str(OLD_MAX_AMOUNT))} can be added at once. Split the amount."
        yield Finding("amount", words, rule="O1")
    if len(text(values, "reference")) > OLD_MAX_REFERENCE:
        yield Finding(
            "reference", f"The reference has at most {OLD_MAX_REFERENCE} characters. Shorten it.", rule="O1"
        )
    if text(values, "notional_deposit"):
        words = "A notional deposit needs the new limit structure, which is switched off here. Clear it."
        yield Finding("notional_deposit", words, rule="O1")


@check("O1", "notional_deposit")
def no_notional_collateral(values: Given, context: Context) -> Found:
    """246 belongs to 303 only."""
    if text(values, "notional_deposit"):
        yield Finding("notional_deposit", "Manual collateral takes no notional deposit. Clear it.", rule="O1")


_SOME_AMOUNT = OneOf(("amount", "notional_deposit"), "Fill in an amount or a notional deposit.", "O1")
CASH_RULES: tuple[Rule, ...] = (_SOME_AMOUNT, old_limit_structure)
COLLATERAL_RULES: tuple[Rule, ...] = (
    OneOf(("amount",), "Amount is missing. Enter it.", "O1"),
    old_limit_structure,
    no_notional_collateral,
)

#: The longest template names by type; the field itself allows the longest of them (O2).
TEMPLATE_NAME_LENGTHS = {"1": 14, "2": 14, "5": 11, "8": 13, "9": 14, "11": 10, "12": 14}
TEMPLATE_KINDS = {kind.value: kind.label for kind in TemplateType}
GLOBAL_ONLY = frozenset(
    {TemplateType.CLIENT_FACILITY.value, TemplateType.AUTHENTICATION.value, TemplateType.NEWS_CATEGORY.value}
)


@check("O2", "template_name", "template_type")
def template_name_length(values: Given, context: Context) -> Found:
    """A template's name is as long as its type allows."""
    longest = TEMPLATE_NAME_LENGTHS.get(text(values, "template_type"))
    if longest and len(text(values, "template_name")) > longest:
        kind = TEMPLATE_KINDS[text(values, "template_type")]
        yield Finding(
            "template_name", f"A {kind} template's name has at most {longest} characters.", rule="O2"
        )


@check("O2", "level", "template_type")
def global_templates(values: Given, context: Context) -> Found:
    """Some types exist only globally; an empty level is global."""
    if text(values, "template_type") in GLOBAL_ONLY and text(values, "level") not in ("", "0"):
        kind = TEMPLATE_KINDS[text(values, "template_type")]
        yield Finding("level", f"A {kind} template is global only. Choose 0 (Global).", rule="O2")


TEMPLATE_RULES: tuple[Rule, ...] = (
    template_name_length,
    global_templates,
    RequiredWhen(
        "category", AnyOf("template_type", {TemplateType.CRP.value}), "this is a CRP template", "O2"
    ),
)

QVL_RULES: tuple[Rule, ...] = (
    NoTwoAlike("templates", ("exchange", "level"), "One template for each exchange and level.", "O3"),
)

DEALER_RULES: tuple[Rule, ...] = (
    NoTwoAlike(
        "mappings", ("dealer_group", "dealer_id"), "A dealer may appear only once in a message.", "O4"
    ),
)


@check("O5", "gst_template", "si_template", "channels")
def one_kind_of_template(values: Given, context: Context) -> Found:
    """Either the general settings template, or single interface and channels."""
    if text(values, "gst_template") and Filled("si_template", "channels").holds(values):
        words = "General settings cannot go with single interface or channels. Send them in two messages."
        yield Finding("gst_template", words, rule="O5")


SIMCT_RULES: tuple[Rule, ...] = (
    OneOf(
        ("gst_template", "si_template", "channels"),
        "Fill in a general settings template, a single interface template or a channel.",
        "O5",
    ),
    one_kind_of_template,
    NoTwoAlike(
        "channels",
        ("template_name", "channel"),
        "A message category may appear only once for each channel.",
        "O5",
    ),
)


@check("U16", "mtm_pre", "mtm", "margin_pre", "margin")
def warning_before_square_off(values: Given, context: Context) -> Found:
    """The percentage that warns should be below the one that squares off."""
    for before, at in (("mtm_pre", "mtm"), ("margin_pre", "margin")):
        first, second = number(values, before), number(values, at)
        if first and second and first >= second:
            yield warning(
                before, "The pre-square-off percentage is not below the square-off percentage. Check both."
            )


SQUARE_OFF_RULES: tuple[Rule, ...] = (warning_before_square_off,)


@check("O7", "isin", "qty", "status")
def quantity_or_status(values: Given, context: Context) -> Found:
    """A quantity, a status, or both."""
    if not text(values, "qty") and not text(values, "status"):
        yield Finding("qty", "Fill in a quantity or a status.", rule="O7")


QUANTITY_RECORD_RULES: tuple[Rule, ...] = (quantity_or_status,)
QUANTITY_RULES: tuple[Rule, ...] = (
    NoTwoAlike("quantities", ("isin",), "A security may appear only once in a message.", "O7"),
)


@check("O8", "participants")
def known_segments(values: Given, context: Context) -> Found:
    """The document's sample has segments that its table lacks."""
    known = {str(segment.value) for segment in Segment}
    for place, participant in rows(values, "participants"):
        segment = participant.get("segment", "")
        if segment.isdigit() and segment not in known:
            words = f"Segment {segment} is not among the document's segments. Make sure that ODIN knows it."
            yield warning(f"participants.{place}.segment", words, "O8")


PARTICIPANT_RULES: tuple[Rule, ...] = (
    NoTwoAlike("participants", ("segment",), "A segment may appear only once in a message.", "O8"),
    known_segments,
)

ADDRESS_PARTS = (
    *(
        "address_1",
        "address_2",
        "city",
        "state",
        "country",
        "pin_code",
        "fax",
        "telephone",
        "mobile",
        "email",
    ),
)
_FIRST = tuple(f"first_{part}" for part in ADDRESS_PARTS)
_SECOND = tuple(f"second_{part}" for part in ADDRESS_PARTS)


@check("O9", "first_type", "second_type")
def two_types(values: Given, context: Context) -> Found:
    """The two addresses have different types."""
    first, second = text(values, "first_type"), text(values, "second_type")
    if first and first == second:
        kinds = ", ".join(f"{kind.value} ({kind.label})" for kind in AddressType)
        yield Finding("second_type", f"The two addresses must be of different types: {kinds}.", rule="O9")


ADDRESS_RULES: tuple[Rule, ...] = (
    OneOf((*_FIRST, *_SECOND), "Fill in at least one of the two addresses.", "O9"),
    RequiredWhen("first_type", Filled(*_FIRST), "the first address has something in it", "O9"),
    RequiredWhen("second_type", Filled(*_SECOND), "the second address has something in it", "O9"),
    two_types,
)
