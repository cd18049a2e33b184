"""Retail users that ODIN has already: declared here, never confirmed, and no message goes out (U15)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts import comparing
from accounts.creations import MATTERS, REGISTER_RETAIL_USER, SAME_PERSON, assess
from accounts.duplicates import singles
from accounts.forms import SECTIONS as CREATE_SECTIONS
from accounts.inserting import insert
from accounts.models import RetailUser, Source
from accounts.retail_users import LANE, moved_on, records
from accounts.values import PARTS, USER_COLUMNS, confirmed_values, from_values, record
from backoffice.changes.approvals import approved_values
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.form_pages import form_address
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section
from backoffice.protocol.account_rules import ACCOUNTS
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.message import Request, initial
from backoffice.protocol.messages.users import CreateRetailUser

if TYPE_CHECKING:
    from backoffice.logins.models import User


class RegisterRetailUser(Request, like=CreateRetailUser, without=("password", "reference"), abstract=True):
    """A declared retail user. An empty field is unknown, so there are no initial values."""

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


#: Fields that a declaration may leave empty.
DECLARABLE = tuple(
    name for name in (*USER_COLUMNS, *PARTS) if name not in ("group_id", "user_id", "reference")
)


def unknown_fields(values: Values) -> list[str]:
    """Return the names of undeclared fields."""
    return [name for name in DECLARABLE if not values.get(name)]


def declared(values: Values, known: Known) -> Asked:
    """Return the declaration of a form or row: empty fields are unknown and not part of it."""
    return Asked({name: value for name, value in values.items() if value})


def row(values: Values, by: "User") -> RetailUser:
    """Return the unsaved record of a declared retail user."""
    return RetailUser(
        **from_values(values),
        source=Source.DECLARED,
        unknown_fields=unknown_fields(values),
        declared_by=by,
        declared_from=str(values.get("declared_from", "")),
        kyc=bool(record(values, "mf_ucc")),
        created_at=timezone.now(),
    )


def apply_here(change: Change, by: "User") -> Applied:
    """Store an approved declaration: the retail user exists from now on, as declared by the change's maker."""
    values = approved_values(change)
    [inserted] = insert([(row(values, change.made_by), values)])
    return Applied({}, {name: value for name, value in confirmed_values(*inserted).items() if value})


def apply_here_many(changes: Sequence[Change]) -> None:
    """Store the approved declarations of a file, in a few statements."""
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


#: The form: that of a new retail user, without fields that only a creation has.
SECTIONS = (
    Section(
        "source",
        "Source",
        (Block(("declared_from",)),),
        "Shown on the retail user's page as long as values are declared and not confirmed.",
    ),
    *(_declarable(section) for section in CREATE_SECTIONS),
)

FORM = EntryForm(
    kind=REGISTER_RETAIL_USER,
    title=RegisterRetailUser.title,
    text="For a user whom ODIN has already.",
    sections=SECTIONS,
    starting=lambda: initial(RegisterRetailUser),
    address=form_address("accounts:register"),
    back=("Retail users", "/users/"),
)


def effect(values: Values, before: Values | None) -> list[str]:
    """Return the flag that the user is new to the portal, and no other."""
    return ["Register a user that ODIN has already"]


KIND = ChangeKind(
    slug=REGISTER_RETAIL_USER,
    title=RegisterRetailUser.title,
    effect=effect,
    message=RegisterRetailUser,
    page=lambda lane: FORM.new_url,
    records=records,
    assess=assess(RegisterRetailUser, settles_declared=True),
    alone=singles,
    compose=declared,
    files=(
        FileKind(
            slug=REGISTER_RETAIL_USER,
            title="Register existing users",
            group=FileGroup.ONBOARDING,
            effect=(
                "retail user will be registered in the portal",
                "retail users will be registered in the portal",
            ),
            matters=MATTERS,
            layout=Layout(RegisterRetailUser),
            unique=(Unique(LANE, "registers the same retail user. Leave one of them out."), *SAME_PERSON),
            moved_on=moved_on,
            compose=declared,
            compare=comparing.comparisons,
        ),
    ),
    apply_here=apply_here,
    apply_here_many=apply_here_many,
)
