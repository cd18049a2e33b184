"""What this room says of the rows of a file: the message that each becomes, its record, what is there already.

Each function takes the values of many rows, and looks at all of them with the same few queries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts import bulk, comparing
from accounts.models import RetailUser
from accounts.registration import RegisterRetailUser
from accounts.updates import ACCOUNTS, ALWAYS, compose, nothing_changed, placed
from accounts.values import parts, records, text, to_values
from backoffice.batches.kinds import Looked
from backoffice.changes.kinds import Known
from backoffice.protocol.codes import Level, MappingAction, RecordAction
from backoffice.protocol.fields import Values
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


def creations(many: Many, message: type[Request] = CreateRetailUser) -> list[Looked]:
    """Rows that create. A user who is here with all that the row says was created by it before."""
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
    done = _complete(values, message) and all(
        _confirmed(known.values or {}, name, value)
        for name, value in values.items()
        if value and name not in NOT_KEPT
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
    """Rows that update: only what differs goes out, with what ODIN would reset (U1). What changes nothing is done."""
    users = bulk.users_of(many, *PROFILE)
    looked = [_update(values, users.get(bulk.lane_of(values))) for values in many]
    messages = [one.values for one in looked]
    absent, shared = bulk.existing_findings(many, users), bulk.shared_findings(messages)
    for one, not_here, same in zip(looked, absent, shared, strict=True):
        unchanged = nothing_changed(one.values)
        one.done = bool(unchanged) and not not_here
        compared = comparing.findings(one.values, one.known.values)
        one.findings = [] if one.done else [*not_here, *same, *compared]
    return looked


def _update(values: Values, user: RetailUser | None) -> Looked:
    known = Known(user.version, to_values(user)) if user else Known()
    confirmed = known.values or {}
    wanted: Values = {name: confirmed[name] for name in ALWAYS if confirmed.get(name)} | values
    for name in ACCOUNTS:
        if name in wanted:
            wanted[name] = _accounts(records(confirmed, name), records(wanted, name))
    message = compose(confirmed, wanted)
    return Looked(message, known, placed=lambda findings: placed(message, values, findings))


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
    return all(
        has.get((row["exchange"], row["level"])) == row["template_name"]
        for row in records(values, "templates")
    )


def dealer_mappings(many: Many) -> list[Looked]:
    """Rows that add a dealer or remove one. A removal goes out in any case: not every dealer may be known here."""
    users = bulk.users_of(many, *PROFILE, "dealer_mappings")
    return _for_users(many, users, MapDealers, _has_dealers)


def _has_dealers(user: RetailUser, values: Values) -> bool:
    has = {(row.dealer_group, row.dealer_id) for row in user.dealer_mappings.all()}
    return all(
        row["action"] == MappingAction.ADD and (row["dealer_group"], row["dealer_id"]) in has
        for row in records(values, "mappings")
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
                is_so(user, values),
            )
        )
    return looked
