"""Retail users that ODIN has already: declared here, never confirmed, and no message goes out (U15)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.forms import SECTIONS as CREATE_SECTIONS
from accounts.inserting import insert
from accounts.models import RetailUser, Source
from accounts.values import PARTS, USER_COLUMNS, confirmed_values, from_values, record
from backoffice.changes.approvals import approved_values
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.user_rules import ACCOUNTS

if TYPE_CHECKING:
    from backoffice.logins.models import User


class RegisterRetailUser(Request, like=CreateRetailUser, without=("password", "reference"), abstract=True):
    """What is declared of a retail user. An empty field is unknown, so nothing starts with a value."""

    title = "Register existing user"
    partial = True
    rules = ACCOUNTS

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    odin_user_type = CreateRetailUser.odin_user_type.again(required=True, initial="", consequences={})
    category = CreateRetailUser.category.again(required=False, initial="")
    status = CreateRetailUser.status.again(required=False, initial="", consequences={})
    global_flag = CreateRetailUser.global_flag.again(required=False, initial="")
    poa = CreateRetailUser.poa.again(required=False, initial="", consequences={})
    mf_ucc = CreateRetailUser.mf_ucc.again(consequences={})
    declared_from = Text(
        0,
        "Source",
        max_length=80,
        required=True,
        free=True,
        help="Where these values come from: an export of the vendor, a KYC file.",
        example="Export of 1 November",
    )


#: What a declaration may leave open.
DECLARABLE = tuple(
    name for name in (*USER_COLUMNS, *PARTS) if name not in ("group_id", "user_id", "reference")
)


def unknown_fields(values: Values) -> list[str]:
    """The names of what nobody declared."""
    return [name for name in DECLARABLE if not values.get(name)]


def row(values: Values, by: "User") -> RetailUser:
    """The record of a declared retail user, not saved yet."""
    return RetailUser(
        **from_values(values),
        source=Source.DECLARED,
        unknown_fields=unknown_fields(values),
        declared_by=by,
        declared_from=str(values.get("declared_from", "")),
        kyc=bool(record(values, "mf_ucc")),
        created_at=timezone.now(),
    )


def take(change: Change, by: "User") -> Applied:
    """What an approved declaration does: the retail user is here from now on, as declared by the change's maker."""
    values = approved_values(change)
    [inserted] = insert([(row(values, change.made_by), values)])
    return Applied({}, {name: value for name, value in confirmed_values(*inserted).items() if value})


def take_many(changes: Sequence[Change]) -> None:
    """The same for approved rows of a file, in a few statements."""
    declared = ((change, approved_values(change)) for change in changes)
    insert((row(values, change.made_by), values) for change, values in declared)


def _declarable(section: Section) -> Section:
    if section.record:
        return replace(section, when=None)
    kept = RegisterRetailUser.fields
    return replace(
        section,
        text="",
        blocks=tuple(
            replace(block, names=tuple(name for name in block.names if name in kept), text="")
            for block in section.blocks
        ),
    )


#: The form: that of a new retail user, without what only a creation has.
SECTIONS = (
    Section(
        "source",
        "Source",
        (Block(("declared_from",)),),
        "Shown on the retail user's page as long as values are declared and not confirmed.",
    ),
    *(_declarable(section) for section in CREATE_SECTIONS),
)
