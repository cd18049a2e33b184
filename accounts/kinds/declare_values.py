"""Values that a person saw at ODIN for an existing retail user: declared, and nothing is sent (U15)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from accounts import comparing
from accounts.creations import SAME_PERSON
from accounts.duplicates import shared_findings
from accounts.kinds import register_retail_user
from accounts.kinds.register_retail_user import RegisterRetailUser
from accounts.models import RetailUser
from accounts.records import Declaration, changed, declare
from accounts.retail_users import LANE, existing_findings, locked_users, moved_on, page_of, records
from accounts.updates import ACCOUNTS, placed
from accounts.values import records as records_in
from accounts.values import text, to_values
from backoffice.changes.approvals import approved_values
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assessed, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind, MenuEntry
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.account_rules import ACCOUNTS as ACCOUNT_RULES
from backoffice.protocol.fields import Value, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from backoffice.protocol.messages.users import CreateRetailUser

if TYPE_CHECKING:
    from backoffice.logins.models import User

SLUG = "declare_values"
#: The fields that name the retail user and the declaration; they are not values of the record.
NAMING = (*LANE, "declared_from")
#: Fields that every retail user has: a declaration may change them, but not empty them.
NEVER_EMPTY = tuple(name for name, field in CreateRetailUser.fields.items() if field.required)


class DeclareValues(Request, like=RegisterRetailUser, abstract=True):
    """Values that ODIN has of an existing retail user. Omitted values stay unchanged."""

    title = "Declare values"
    partial = True
    rules = ACCOUNT_RULES

    user_id = RegisterRetailUser.user_id.again()
    group_id = RegisterRetailUser.group_id.again()
    odin_user_type = RegisterRetailUser.odin_user_type.again(required=False)
    declared_from = RegisterRetailUser.declared_from.again()


def of_row(values: Values, known: Known) -> Asked:
    """Return the values of a row that differ from the known ones."""
    here = known.values or {}
    declared: Values = {
        name: value for name, value in values.items() if name in NAMING or _new(here, name, value)
    }
    for name in ACCOUNTS:
        if name in values:
            settled = records_in(here, name)
            declared[name] = [record for record in records_in(values, name) if record not in settled]
    kept = {name: value for name, value in declared.items() if value or name not in ACCOUNTS}
    return Asked(kept, placed=partial(placed, kept, values))


def of_form(values: Values, known: Known) -> Asked:
    """Return the declaration of a form, which shows all known values. A removed account is an error."""
    here = known.values or {}
    asked = of_row(values, known)
    return asked._replace(findings=[found for name in ACCOUNTS for found in _taken_off(here, values, name)])


def _new(here: Values, name: str, value: Value) -> bool:
    if name not in here:
        return bool(value)
    known: Any = here[name]
    return set(value) != set(known) if isinstance(value, list) and name not in ACCOUNTS else value != known


def _taken_off(here: Values, values: Values, name: str) -> list[Finding]:
    key = ACCOUNTS[name]
    left = {tuple(record.get(part, "") for part in key) for record in records_in(values, name)}
    gone = [record for record in records_in(here, name) if tuple(record[part] for part in key) not in left]
    words = "A declaration removes no account. Add it again, and delete it by an update of the profile."
    return [Finding(name, words, rule="portal.declare")] if gone else []


def assess(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
    """Return findings on declarations: no such user, a mandatory value removed, details of another user.

    A declaration that changes nothing is done.
    """
    shared = shared_findings([asked.values for asked in many])
    return [_assessed(asked, record, same) for asked, record, same in zip(many, known, shared, strict=True)]


def _assessed(asked: Asked, known: Known, shared: list[Finding]) -> Assessed:
    nothing = not asked.values.keys() - set(NAMING)
    said = "Nothing is declared that the portal does not know already. Change at least one value."
    findings = [
        *existing_findings(asked, known),
        *([Finding("", said, rule="portal.nothing")] if nothing else []),
        *(
            Finding(
                name,
                f"{DeclareValues.fields[name].label} cannot be empty. Give a value.",
                rule="portal.declare",
            )
            for name in NEVER_EMPTY
            if name in asked.values and not asked.values[name]
        ),
        *shared,
        *comparing.findings(asked.values, known.values or {}),
    ]
    return Assessed(findings, known.record is not None and nothing and not asked.findings)


def apply_here(change: Change, by: "User") -> Applied:
    """Let the record take an approved declaration, as made by the change's maker."""
    user = locked_users([change.subject])[change.subject]
    before = to_values(user)
    declare([_declaration(user, change)])
    return changed(before, to_values(RetailUser.objects.get(pk=user.pk)))


def apply_here_many(changes: Sequence[Change]) -> None:
    """Let the records take the approved declarations of a file, each of another retail user."""
    users = locked_users(change.subject for change in changes)
    declare([_declaration(users[change.subject], change) for change in changes])


def _declaration(user: RetailUser, change: Change) -> Declaration:
    values = approved_values(change)
    said = {name: value for name, value in values.items() if name not in NAMING}
    return Declaration(user, said, change.made_by, text(values, "declared_from"))


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """Return the form of a declaration, with the known values; unchanged ones are not part of it."""
    starting = {name: value for name, value in known.items() if name in DeclareValues.fields}
    return replace(
        form,
        facts="Declare what you saw at ODIN. ODIN confirms it with the next update that carries it.",
        sections=tuple(
            replace(
                section,
                blocks=tuple(
                    replace(
                        block,
                        names=tuple(name for name in block.names if section.record or name not in form.fixed),
                    )
                    for block in section.blocks
                ),
            )
            for section in register_retail_user.SECTIONS
        ),
        starting=lambda: starting,
        begun=lambda now: {name: value for name, value in now.items() if name in DeclareValues.fields},
    )


KIND = ChangeKind(
    slug=SLUG,
    title=DeclareValues.title,
    message=DeclareValues,
    page=page_of(SLUG),
    records=records,
    assess=assess,
    menu=MenuEntry(_shape),
    compose=of_form,
    files=(
        FileKind(
            slug=SLUG,
            title="Declare values of users who are here",
            group=FileGroup.DETAILS,
            layout=Layout(DeclareValues),
            unique=(Unique(LANE, "is for the same retail user. Put both into one row."), *SAME_PERSON),
            moved_on=moved_on,
            compose=of_row,
            compare=comparing.comparisons,
        ),
    ),
    apply_here=apply_here,
    apply_here_many=apply_here_many,
)
