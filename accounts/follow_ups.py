"""Messages that may follow a message about a retail user in one change: templates, dealers, deposits and more.

Form and file ask for them in groups of answers. A group becomes messages of another kind, which alone checks
and applies them; this module only declares the questions, and which answers make which message.
"""

from collections.abc import Sequence
from typing import cast

from accounts.answer_groups import Group
from accounts.models import RetailUser
from accounts.retail_users import IDENTITY
from accounts.values import text
from backoffice.changes.examination import Known
from backoffice.kit.sections import Block, Section
from backoffice.protocol.codes import MappingAction, RecordAction, SettingAction
from backoffice.protocol.fields import Code, Field, Records, SubRecord, Values
from backoffice.protocol.message import Request
from backoffice.protocol.messages.addresses import SLOTS, UpdateAlternateAddress
from backoffice.protocol.messages.dealers import DealerMapping, MapDealers
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from backoffice.protocol.messages.participants import CreateParticipantCode, ParticipantCode
from backoffice.protocol.messages.squareoff import AutoSquareOff
from backoffice.protocol.messages.templates import (
    Channel,
    QvlTemplate,
    UpdateQvlTemplate,
    UpdateSimctTemplate,
    UpdateUserTemplate,
)
from backoffice.protocol.messages.users import CreateRetailUser


class TemplateAsked(SubRecord):
    """A user template of one type (310)."""

    noun = "Template"

    type = UpdateUserTemplate.template_type.again()
    name = UpdateUserTemplate.template_name.again(names_by=type)
    level = UpdateUserTemplate.level.again(initial="")


class QvlAsked(SubRecord):
    """A quantity and value limit template (312)."""

    noun = "QVL"

    name = QvlTemplate.template_name.again()
    exchange = QvlTemplate.exchange.again()
    level = QvlTemplate.level.again()


class DealerAsked(SubRecord):
    """A dealer of the user (314)."""

    noun = "Dealer"

    group = DealerMapping.dealer_group.again()
    id = DealerMapping.dealer_id.again(names_by=group)


class ChannelAsked(SubRecord):
    """A message category by one channel (322)."""

    noun = "Channel"

    template = Channel.template_name.again()
    channel = Channel.channel.again()
    status = Channel.status.again()


class SquareOffAsked(SubRecord):
    """An automatic square-off for one periodicity (324)."""

    noun = "Square-off"

    periodicity = AutoSquareOff.periodicity.again()
    mtm_pre = AutoSquareOff.mtm_pre.again()
    mtm = AutoSquareOff.mtm.again()
    mtm_trigger = AutoSquareOff.mtm_trigger.again()
    mtm_inactivate = AutoSquareOff.mtm_inactivate.again()
    margin_pre = AutoSquareOff.margin_pre.again()
    margin = AutoSquareOff.margin.again()
    margin_trigger = AutoSquareOff.margin_trigger.again()
    margin_inactivate = AutoSquareOff.margin_inactivate.again()


class ParticipantAsked(SubRecord):
    """The participant code in one segment (344)."""

    noun = "Participant"

    segment = ParticipantCode.segment.again()
    code = ParticipantCode.code.again()


def _address_parts() -> dict[str, Field]:
    first = SLOTS[0]
    return {
        name.removeprefix(first): declared.again(label=declared.label.partition(": ")[2].capitalize())
        for name, declared in UpdateAlternateAddress.fields.items()
        if name.startswith(first)
    }


#: One of the two alternate addresses (346).
AddressAsked = type("AddressAsked", (SubRecord,), {"noun": "Alternate address", **_address_parts()})


class DepositAsked(SubRecord):
    """A cash deposit (303). Its reference is made here."""

    noun = "Deposit"

    amount = CashDeposit.amount.again()
    notional_deposit = CashDeposit.notional_deposit.again()
    product_id = CashDeposit.product_id.again()
    document = CashDeposit.document.again()


class CollateralAsked(SubRecord):
    """A manual collateral (330). Its reference is made here."""

    noun = "Collateral"

    amount = CashDeposit.amount.again()
    product_id = CashDeposit.product_id.again()
    document = CashDeposit.document.again()


def _with_action(record: type[SubRecord], action: Code, empty: str) -> type[SubRecord]:
    """Return the record for a user who may have such records already: the action is asked first."""
    asked = action.again(required=False, help=f"Empty is {empty}.")
    return type(record.__name__, (record,), {"noun": record.noun, "action": asked})


class NewRetailUser(CreateRetailUser, abstract=True):
    """The questions about a new retail user: the profile of 301, and its follow-ups."""

    templates = Records(0, "Templates", TemplateAsked)
    qvl_templates = Records(0, "QVL templates", QvlAsked)
    dealers = Records(0, "Dealers", DealerAsked)
    si_template = UpdateSimctTemplate.si_template.again()
    channels = Records(0, "Message channels", ChannelAsked)
    square_offs = Records(0, "Automatic square-off", SquareOffAsked)
    participants = Records(0, "Participant codes", ParticipantAsked)
    alternate_addresses = Records(0, "Alternate addresses", AddressAsked)
    deposits = Records(0, "Cash deposits", DepositAsked)
    collaterals = Records(0, "Manual collateral", CollateralAsked)


class Package(Request, abstract=True):
    """Several settings of a retail user who exists, in one change. It goes out as the messages of its parts alone."""

    title = "Package of settings"

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again()
    category = CreateRetailUser.category.again(required=False, initial="")
    templates = NewRetailUser.templates.again()
    qvl_templates = NewRetailUser.qvl_templates.again()
    dealers = Records(0, "Dealers", _with_action(DealerAsked, DealerMapping.action, "add"))
    gst_template = UpdateSimctTemplate.gst_template.again()
    si_template = NewRetailUser.si_template.again()
    channels = Records(0, "Message channels", _with_action(ChannelAsked, Channel.action, "insert or modify"))
    square_offs = Records(
        0, "Automatic square-off", _with_action(SquareOffAsked, AutoSquareOff.action, "add")
    )
    participants = NewRetailUser.participants.again()
    alternate_addresses = NewRetailUser.alternate_addresses.again()
    deposits = NewRetailUser.deposits.again()
    collaterals = NewRetailUser.collaterals.again()


def _same(record: type[SubRecord]) -> dict[str, str]:
    """Parts named as the message's fields."""
    return {name: name for name in record.fields}


_CHANNELS = Group(
    UpdateSimctTemplate,
    "channels",
    {"template": "template_name", "channel": "channel", "status": "status", "action": "action"},
    within="channels",
    single=("si_template",),
    filled={"action": RecordAction.PUT.value},
)
GROUPS = (
    Group(
        UpdateUserTemplate,
        "templates",
        {"type": "template_type", "name": "template_name", "level": "level"},
        key=("type",),
    ),
    Group(
        UpdateQvlTemplate,
        "qvl_templates",
        {"name": "template_name", "exchange": "exchange", "level": "level"},
        within="templates",
    ),
    Group(
        MapDealers,
        "dealers",
        {"action": "action", "group": "dealer_group", "id": "dealer_id"},
        within="mappings",
        filled={"action": MappingAction.ADD.value},
    ),
    _CHANNELS,
    Group(
        AutoSquareOff,
        "square_offs",
        {"action": "action", **_same(SquareOffAsked)},
        filled={"action": SettingAction.ADD.value},
        key=("periodicity",),
    ),
    Group(CreateParticipantCode, "participants", _same(ParticipantAsked), within="participants"),
    Group(UpdateAlternateAddress, "alternate_addresses", _same(AddressAsked), prefixes=SLOTS),
    Group(CashDeposit, "deposits", _same(DepositAsked)),
    Group(ManualCollateral, "collaterals", _same(CollateralAsked)),
)
#: The fields of the form for follow-ups.
ANSWERS = tuple(name for group in GROUPS for name in group.asked)
#: General settings are a message of their own (O5). A 301 has them itself.
GROUPS_OF_PACKAGE = (Group(UpdateSimctTemplate, single=("gst_template",)), *GROUPS)


def without_follow_ups(values: Values) -> Values:
    """Return the answers for a new retail user without follow-ups: the values of 301."""
    return {name: value for name, value in values.items() if name in CreateRetailUser.fields}


def created(values: Values, known: Known) -> Known:
    """Return a retail user as 301 leaves it, to check follow-ups against. A new one is not stored yet."""
    key = {name: text(values, name) for name in IDENTITY}
    return Known(known.version, {**(known.values or {}), **values}, known.record or RetailUser(**key))


def sections(asked: type[Request], groups: Sequence[Group]) -> tuple[Section, ...]:
    """Return the sections of a form for follow-ups, as `asked` declares them."""
    single = tuple(name for group in groups for name in group.single)
    settings = Section("settings", "Settings", (Block(single),), "Names of templates, each for all segments.")
    return (settings, *(_cards(asked, group) for group in groups if group.records))


#: Names on the button that adds a record, if they differ from the columns' names.
ADDED = {"QVL": "QVL template", "Participant": "Participant code", "Square-off": "Square-off setting"}


def _cards(asked: type[Request], group: Group) -> Section:
    declared = cast(Records, asked.fields[group.records])
    return Section(
        group.records.replace("_", "-"),
        declared.label,
        (Block(tuple(declared.record.fields)),),
        template="forms/section_cards.html",
        record=group.records,
        noun=ADDED.get(declared.record.noun, declared.record.noun),
        empty="None. No message goes out for it.",
    )
