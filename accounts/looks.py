"""What this room says of the rows of a file: the message that each becomes, its record, what is there already.

Each function takes the values of many rows, and looks at all of them with the same few queries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts import bulk, comparing, segments
from accounts.models import RetailUser, Source
from accounts.registration import RegisterRetailUser
from accounts.updates import ACCOUNTS, ALWAYS, changes_nothing, compose, in_force, placed, user_type_kept
from accounts.values import parts, records, text, to_values
from backoffice.batches.kinds import Looked
from backoffice.changes.kinds import Known
from backoffice.protocol.codes import Level, MappingAction, RecordAction
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from backoffice.protocol.messages.dealers import MapDealers
from backoffice.protocol.messages.templates import UpdateQvlTemplate, UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser

Many = Sequence[Values]
#: The rows behind a retail user that its confirmed values are made of.
PROFILE = ("banks", "demats", "mf_ucc")
#: Said in a 301 and kept nowhere, or made anew each time.
NOT_KEPT = ("password", "reference", "declared_from")
#: What names the retail user in the messages about a part of its record.
IDENTITY = ("manager_id", "category")
#: What names the retail user and the message in an update.
NAMING = {"user_id", "group_id", "reference"}
SAYS_NOTHING = Finding(
    "", "This row changes nothing. Fill in a value, or leave the row out.", rule="portal.nothing"
)


def creations(many: Many, message: type[Request] = CreateRetailUser) -> list[Looked]:
    """Rows that create. A user whom ODIN confirmed with all that the row says was created by it before."""
    users = bulk.users_of(many, *PROFILE)
    found = bulk.create_findings(many, users)
    return [
        _creation(values, findings, users.get(bulk.lane_of(values)), message)
        for values, findings in zip(many, found, strict=True)
    ]


def _creation(values: Values, findings: list[Any], user: RetailUser | None, message: type[Request]) -> Looked:
    if user is None:
        return Looked(values, Known(), findings)
    known = Known(user.version, to_values(user))
    # What somebody declared, ODIN has not confirmed: only a declaration is made by declaring.
    settled = message is RegisterRetailUser or user.source == Source.CREATED
    done = (
        settled
        and _complete(values, message)
        and all(
            _confirmed(known.values or {}, name, value)
            for name, value in values.items()
            if value and name not in NOT_KEPT
        )
    )
    return Looked(values, known, [] if done else findings, done)


def _complete(values: Values, message: type[Request]) -> bool:
    """Whether nothing mandatory is empty, of what is kept: such a row was never applied, whatever else it says."""
    return all(
        values.get(name)
        for name, declared in message.fields.items()
        if declared.required and name not in NOT_KEPT
    )


def _confirmed(known: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether what is known says the same. Empty parts of a record say nothing."""
    confirmed = known.get(name)
    if isinstance(value, dict):
        return _within(value, confirmed)
    if name in ACCOUNTS:
        return all(any(_within(record, one) for one in confirmed or ()) for record in value)
    return set(value) == set(confirmed or ()) if isinstance(value, list) else value == confirmed


def registrations(many: Many) -> list[Looked]:
    """Rows that declare users whom ODIN has already. One who is here with all that the row says was declared before."""
    return creations(many, RegisterRetailUser)


def _within(record: Mapping[str, str], confirmed: Any) -> bool:
    return bool(confirmed) and all(confirmed.get(name, "") == part for name, part in record.items() if part)


def updates(many: Many) -> list[Looked]:
    """Rows that update: what differs goes out, with what ODIN would reset (U1). A row is done where ODIN confirmed
    every value that it gives.
    """
    users = bulk.users_of(many, *PROFILE)
    looked = [_update(values, users.get(bulk.lane_of(values))) for values in many]
    messages = [one.values for one in looked]
    absent, shared = bulk.existing_findings(many, users), bulk.shared_findings(messages)
    for one, not_here, same in zip(looked, absent, shared, strict=True):
        compared = comparing.findings(one.values, one.known.values)
        one.findings = [] if one.done else [*one.findings, *not_here, *same, *compared]
    return looked


def _update(values: Values, user: RetailUser | None) -> Looked:
    known = Known(user.version, to_values(user)) if user else Known()
    confirmed = known.values or {}
    given = _to_confirm(values, user, confirmed)
    wanted: Values = {name: confirmed[name] for name in ALWAYS if name in confirmed} | values
    for name in ACCOUNTS:
        if name in wanted:
            settled = records(confirmed, name) if user and user.confirmed_at else []
            wanted[name] = _accounts(settled, records(wanted, name))
    wanted = segments.restored(confirmed, wanted)
    message = compose(confirmed, wanted, given)
    found = [
        *user_type_kept(message, confirmed),
        *segments.findings(confirmed, wanted),
        *segments.emptied(values),
    ]
    if not values.keys() - NAMING:
        found = [SAYS_NOTHING]
    done = user is not None and not given and not found and changes_nothing(message, confirmed)
    return Looked(message, known, found, done, placed=lambda findings: placed(message, values, findings))


def _to_confirm(values: Values, user: RetailUser | None, confirmed: Values) -> set[str]:
    """The names of a row's values that ODIN has not confirmed as they are, but for accounts: those go one by one."""
    if user is None:
        return set()
    return {
        name
        for name, value in values.items()
        if name not in NAMING
        and name not in ACCOUNTS
        and name != segments.REACTIVATE
        and not (user.confirmed_at and name in confirmed and _same(name, value, confirmed))
    }


def _same(name: str, value: Any, confirmed: Any) -> bool:
    if isinstance(value, dict):
        return bool(value == confirmed[name])
    if name == segments.INACTIVE:
        return set(value) <= set(confirmed[name])
    if isinstance(value, list):
        return set(value) == set(confirmed[name])
    return in_force({name: value}, name) == in_force(confirmed, name)


def _accounts(confirmed: list[dict[str, str]], given: list[dict[str, str]]) -> list[dict[str, str]]:
    """The accounts that a row names, with what is to be done with each; not those that are so already."""
    named = [{**record, "action": record.get("action") or RecordAction.PUT.value} for record in given]
    return [
        record
        for record in named
        if record["action"] != RecordAction.PUT or {**record, "action": ""} not in _plain(confirmed)
    ]


def _plain(confirmed: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**record, "action": ""} for record in confirmed]


def user_templates(many: Many) -> list[Looked]:
    """Rows that give the template of one type."""
    users = bulk.users_of(many, *PROFILE, "templates")
    return _for_users(many, users, UpdateUserTemplate, _has_template)


def _has_template(user: RetailUser, values: Values) -> bool:
    return any(
        (row.template_type, row.template_name, row.level)
        == (
            text(values, "template_type"),
            text(values, "template_name"),
            text(values, "level") or Level.GLOBAL.value,
        )
        for row in user.templates.all()
    )


def qvl_templates(many: Many) -> list[Looked]:
    """Rows that give the template of an exchange and level."""
    users = bulk.users_of(many, *PROFILE, "qvl_templates")
    return _for_users(many, users, UpdateQvlTemplate, _has_qvl_templates)


def _has_qvl_templates(user: RetailUser, values: Values) -> bool:
    has = {(row.exchange, row.level): row.template_name for row in user.qvl_templates.all()}
    named = records(values, "templates")
    return bool(named) and all(
        has.get((row["exchange"], row["level"])) == row["template_name"] for row in named
    )


def dealer_mappings(many: Many) -> list[Looked]:
    """Rows that add a dealer or remove one. A removal goes out in any case: not every dealer may be known here."""
    users = bulk.users_of(many, *PROFILE, "dealer_mappings")
    return _for_users(many, users, MapDealers, _has_dealers)


def _has_dealers(user: RetailUser, values: Values) -> bool:
    has = {(row.dealer_group, row.dealer_id) for row in user.dealer_mappings.all()}
    named = records(values, "mappings")
    return bool(named) and all(
        row["action"] == MappingAction.ADD and (row["dealer_group"], row["dealer_id"]) in has for row in named
    )


def _for_users(
    many: Many, users: Mapping[str, RetailUser], message: type[Request], is_so: Any
) -> list[Looked]:
    absent = bulk.existing_findings(many, users)
    looked = []
    for values, not_here in zip(many, absent, strict=True):
        user = users.get(bulk.lane_of(values))
        if user is None:
            looked.append(Looked(values, Known(), not_here))
            continue
        known = to_values(user)
        own = {name: known[name] for name in IDENTITY if name in message.fields and known.get(name)}
        given = {name: value for name, value in values.items() if value}
        looked.append(
            Looked(
                {**values, **own, **given},
                Known(user.version, {**known, **parts(user, message)}),
                not_here,
                is_so(user, values)
                and all(given[name] == own.get(name) for name in IDENTITY if name in given),
            )
        )
    return looked
