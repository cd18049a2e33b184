"""320: changes in the profile of a retail user. Unchanged values are not sent."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from accounts import comparing, segments
from accounts.creations import SAME_PERSON
from accounts.duplicates import shared_findings
from accounts.forms import SECTIONS
from accounts.models import RetailUser
from accounts.parts import part_of, part_page
from accounts.records import KNOWN_POA, apply_profile, changed, confirmed_user
from accounts.retail_users import LANE, existing_findings, moved_on, page_of, records
from accounts.risks import risks
from accounts.segments import INACTIVE, REACTIVATE, UpdateAsked, active
from accounts.updates import (
    ACCOUNTS,
    ALWAYS,
    SINGLE,
    changed_names,
    changes_nothing,
    compose,
    in_force,
    placed,
    user_type_kept,
)
from accounts.values import DEFAULTS, to_values
from accounts.values import records as records_in
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assessed, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind, MenuEntry
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section
from backoffice.protocol.codes import Choice, RecordAction, Segment
from backoffice.protocol.fields import Flags, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.messages.users import UpdateRetailUser
from backoffice.protocol.rules import codes
from backoffice.protocol.user_rules import SEGMENT_SETS

UPDATE_RETAIL_USER = "update_retail_user"
#: Text on the form, since the fields are not on it.
NOT_IN_320 = "Family, parent, category, group admin and password cannot be changed once a user is created."
ACCOUNTS_KNOWN = (
    "Only what you change is sent. An account that you remove is deleted at ODIN; "
    "one whose number you change is deleted and inserted, both in one message."
)
ACCOUNTS_UNKNOWN = "The accounts of this user at ODIN are not declared. Choose an action for each account."
SEND_AGAIN = "send_again"
SENDING_AGAIN = "Where ODIN has lost a value that it confirmed: a tick sends the value above even unchanged."


class Repeatable(Choice):
    """Confirmed values that an update can repeat, by the names of the fields."""

    NAME = "name", UpdateRetailUser.fields["name"].label
    STATUS = "status", UpdateRetailUser.fields["status"].label
    TRADING = "trading_segments", UpdateRetailUser.fields["trading_segments"].label
    MARKET_DATA = "market_data_segments", UpdateRetailUser.fields["market_data_segments"].label
    PRODUCT_TYPE = "product_type", UpdateRetailUser.fields["product_type"].label
    EMAIL = "email", UpdateRetailUser.fields["email"].label
    MOBILE = "mobile", UpdateRetailUser.fields["mobile"].label


class UpdateTyped(UpdateAsked, abstract=True):
    """The fields of the form: those of a file, and unchanged values that are sent again."""

    send_again = Flags(0, "Send again", Repeatable, help="Values that go out although they did not change.")


#: All initial values of the form.
STARTING = (*(name for name in SINGLE if name != INACTIVE), *ACCOUNTS, "mf_ucc")
REACTIVATING = (
    "Tick what is to be allowed again, here and above. What stays inactive is left out of what is sent."
)


def sections(known: Values, hidden: Collection[str]) -> tuple[Section, ...]:
    """The sections of the new user's form, with the fields that a 320 can change."""
    shown = []
    for section in SECTIONS:
        if section.record:
            shown.append(_record_section(section, known))
            continue
        blocks = tuple(
            replace(block, names=names)
            for block in section.blocks
            if (names := tuple(name for name in block.names if name in SINGLE and name not in hidden))
        )
        if blocks:
            shown.append(replace(section, blocks=blocks))
        if section.slug == "segments":
            shown[-1] = replace(shown[-1], notes=dict.fromkeys(codes(known, INACTIVE), "Inactive"))
            shown.append(_inactive(known))
    return (*shown, Section("again", "Send again", (Block((SEND_AGAIN,), text=SENDING_AGAIN, folded=True),)))


def _inactive(known: Values) -> Section:
    """Segments to make inactive, and to reactivate: by name, and in the sets above as well (U19)."""
    stopped = codes(known, INACTIVE)
    others = tuple(segment.value for segment in Segment if segment.value not in stopped)
    blocks = [Block((INACTIVE,), only=others)]
    if stopped:
        blocks.append(Block((REACTIVATE,), "Inactive now", REACTIVATING, only=tuple(stopped)))
    return Section("inactive", "Inactive segments", tuple(blocks))


def _starting(known: Values) -> Values:
    """Return the initial values: inactive segments are not allowed, and no further ones are made inactive."""
    starting = {name: known[name] for name in STARTING if name in known}
    return starting | {name: active(known, name) for name in SEGMENT_SETS if name in known}


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """Return the form of an update, with the confirmed values; hidden ones stay unchanged."""
    fixed = dict(form.fixed)
    if known.get("odin_user_type"):
        fixed["odin_user_type"] = known["odin_user_type"]
    return replace(
        form,
        facts=NOT_IN_320,
        sections=sections(known, hidden=fixed),
        starting=partial(_starting, known),
        begun=_starting,
        fixed=fixed,
    )


def _record_section(section: Section, known: Values) -> Section:
    """Banks, demat accounts or UCC. For accounts that are unknown here, the maker chooses the action."""
    if section.record not in ACCOUNTS:
        return replace(section, when=None)
    if section.record in known:
        return replace(section, text=ACCOUNTS_KNOWN)
    return replace(section, text=ACCOUNTS_UNKNOWN, empty="", blocks=(Block(("action",)), *section.blocks))


def continues(change: Change) -> str:
    """Return where an update continues: the form of the one part that it changes, or the full form."""
    before = change.before or {}
    wanted = {
        name: one["values"][name] for one in change.messages for name in changed_names(one["values"], before)
    }
    parts = {part_of(name) for name in wanted}
    repeats = any(name in before and value == before[name] for name, value in wanted.items())
    if len(parts) != 1 or "" in parts or repeats:
        return page_of(UPDATE_RETAIL_USER)(change.subject)
    return part_page(change.subject, *parts)


#: The fields that name the retail user and the message in an update.
NAMING = {"user_id", "group_id", "reference"}
NOTHING = Finding("", "No changes made. Change at least one value.", rule="portal.nothing")
#: A 320 that omits these resets them to their defaults (U1).
RESET_BY_OMISSION = ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd")


def of_form(values: Values, known: Known) -> Asked:
    """Return the message of a form, which has the whole profile. Values to send again go out unchanged."""
    return _asked(known.values or {}, values, values, frozenset(codes(values, SEND_AGAIN)))


def of_row(values: Values, known: Known) -> Asked:
    """Return the message of a row, which has the values to change. Unconfirmed ones go out as given."""
    user: RetailUser | None = known.record
    confirmed = known.values or {}
    by_odin = {name for name in ACCOUNTS if user and user.confirmed_at and name not in user.declared_fields}
    return _of_row(values, confirmed, by_odin, _to_confirm(values, user, confirmed))


def of_repeat(values: Values, known: Known) -> Asked:
    """Return the message of a row with all of its values, confirmed or not: ODIN may have lost them."""
    given = values.keys() - NAMING - set(ACCOUNTS) - {REACTIVATE}
    return _of_row(values, known.values or {}, set(), frozenset(given))


def _of_row(values: Values, confirmed: Values, by_odin: Collection[str], given: frozenset[str]) -> Asked:
    """Return the message of a row. `by_odin`: which confirmed accounts are left out."""
    wanted: Values = {name: confirmed[name] for name in ALWAYS if name in confirmed} | values
    for name in ACCOUNTS:
        if name in wanted:
            settled = records_in(confirmed, name) if name in by_odin else []
            wanted[name] = _accounts(settled, records_in(wanted, name))
    wanted = segments.restored(confirmed, wanted)
    asked = _asked(confirmed, wanted, values, given)
    if not values.keys() - NAMING:
        return asked._replace(findings=[NOTHING])
    return asked._replace(findings=[*asked.findings, *segments.emptied(values)])


def _asked(confirmed: Values, wanted: Values, typed: Values, given: frozenset[str]) -> Asked:
    message = compose(confirmed, wanted, given)
    return Asked(message, segments.findings(confirmed, wanted), partial(placed, message, typed), given)


def _to_confirm(values: Values, user: RetailUser | None, confirmed: Values) -> frozenset[str]:
    """Return the names of a row's unconfirmed values, except accounts, which are sent one by one."""
    if user is None:
        return frozenset()
    return frozenset(
        name
        for name, value in values.items()
        if name not in NAMING
        and name not in ACCOUNTS
        and name != REACTIVATE
        and not (
            user.confirmed_at
            and name in confirmed
            and name not in user.declared_fields
            and _same(name, value, confirmed)
        )
    )


def _same(name: str, value: Any, confirmed: Values) -> bool:
    if isinstance(value, dict):
        return bool(value == confirmed[name])
    if name == INACTIVE:
        return set(value) <= set(codes(confirmed, name))
    if isinstance(value, list):
        return set(value) == set(codes(confirmed, name))
    return in_force({name: value}, name) == in_force(confirmed, name)


def _accounts(confirmed: list[dict[str, str]], given: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the accounts of a row with their actions, except unchanged ones."""
    settled = [{**record, "action": ""} for record in confirmed]
    named = [{**record, "action": record.get("action") or RecordAction.PUT.value} for record in given]
    return [
        record
        for record in named
        if record["action"] != RecordAction.PUT or {**record, "action": ""} not in settled
    ]


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """Return findings on updates: no such user, nothing changed, or details of another user.

    An update that changes nothing is done, if it has no errors: ODIN has confirmed its values.
    """
    shared = shared_findings([asked.values for asked in many])
    return [_assessed(asked, record, same) for asked, record, same in zip(many, known, shared, strict=True)]


def _assessed(asked: Asked, known: Known, shared: list[Finding]) -> Assessed:
    confirmed = known.values or {}
    nothing = not asked.given and changes_nothing(asked.values, confirmed)
    kept = user_type_kept(asked.values, confirmed)
    findings = [
        *existing_findings(asked, known),
        *([NOTHING] if nothing and NOTHING not in asked.findings else []),
        *kept,
        *shared,
        *comparing.findings(asked.values, confirmed),
    ]
    return Assessed(findings, known.record is not None and nothing and not asked.findings and not kept)


def apply(lane: str, values: Values) -> Applied:
    """Store the values of a 320, and the defaults of those that ODIN resets by omission (U1)."""
    user = confirmed_user(values)
    before = to_values(user)
    taken = {**values, **{name: DEFAULTS[name] for name in RESET_BY_OMISSION if not values.get(name)}}
    if "poa" in taken and taken["poa"] not in KNOWN_POA:
        del taken["poa"]  # an invalid value leaves it unchanged (section 4.16)
    if taken.get("mobile"):
        taken["telephone"] = taken["mobile"]  # ODIN stores the mobile number there as well (U12)
    apply_profile(user, taken)
    return changed(before, to_values(RetailUser.objects.get(pk=user.pk)))


ONE_ROW = Unique(LANE, "is for the same retail user. Put both into one row.")

KIND = ChangeKind(
    slug=UPDATE_RETAIL_USER,
    title="Update profile",
    message=UpdateRetailUser,
    page=page_of(UPDATE_RETAIL_USER),
    continues=continues,
    records=records,
    assess=assess,
    menu=MenuEntry(_shape),
    asks=UpdateTyped,
    compose=of_form,
    risks=risks,
    sections=SECTIONS,
    files=(
        FileKind(
            slug=UPDATE_RETAIL_USER,
            title="Update retail users",
            group=FileGroup.DETAILS,
            effect=("retail user will be updated", "retail users will be updated"),
            matters=(
                "group_id",
                "manager_id",
                "status",
                "poa",
                "gst_template",
                "products",
                "trading_segments",
                "inactive_segments",
                "banks.action",
                "demats.action",
            ),
            layout=Layout(UpdateAsked, filled=(*ALWAYS[2:], "reference")),
            unique=(ONE_ROW, *SAME_PERSON),
            moved_on=moved_on,
            compose=of_row,
            compare=comparing.comparisons,
        ),
        FileKind(
            slug="send_again",
            title="Send values again",
            group=FileGroup.DETAILS,
            layout=Layout(UpdateAsked, filled=(*ALWAYS[2:], "reference")),
            unique=(ONE_ROW, *SAME_PERSON),
            moved_on=moved_on,
            compose=of_repeat,
            compare=comparing.comparisons,
        ),
        FileKind(
            slug="status",
            title="Change the status of retail users",
            group=FileGroup.DETAILS,
            effect=("retail user gets another status", "retail users get another status"),
            matters=("group_id", "status"),
            layout=Layout(
                UpdateRetailUser,
                only=(*ALWAYS, "status", "reference"),
                filled=(*ALWAYS[2:], "reference"),
                needed=("status",),
            ),
            unique=(ONE_ROW,),
            moved_on=moved_on,
            compose=of_row,
            once=("status",),
        ),
    ),
    apply=apply,
)
