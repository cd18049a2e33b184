"""The change of the rights of a member of staff, or the first rights of a new one."""

from collections.abc import Sequence
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group

from backoffice.changes.approvals import approved_values
from backoffice.changes.errors import NotAllowed
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.logins.models import USER_NAME, USER_NAME_WORDS, User
from backoffice.logins.subjects import person_of
from backoffice.protocol.codes import Choice, YesNo
from backoffice.protocol.fields import Code, Flags, Text, Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request
from backoffice.protocol.shapes import EMAIL
from backoffice.staff import links
from backoffice.staff.members import APPROVE, PROPOSE, UserName, not_ones_own, page_of, subject
from backoffice.staff.sessions import end_all

SLUG = "staff_rights"
#: Rights are proposed by one administrator and approved by another, so that two must remain.
ADMINS_NEEDED = 2


class Role(Choice):
    """The roles of `backoffice.logins.roles`."""

    MAKER = "maker", "Maker"
    CHECKER = "checker", "Checker"
    COMPLIANCE = "compliance", "Compliance"
    SUPPORT = "support", "Support"
    ADMIN = "admin", "Administrator"
    ACCESS = "access", "Access check"
    DEALER = "dealer", "Dealer at the order desk"


class StaffRights(Request, abstract=True):
    """A member of staff, and what this person may do."""

    title = "Staff and their rights"

    username = UserName(
        0,
        "User name",
        required=True,
        help="Letters, digits and . _ - @. It cannot be changed later.",
        example="asha",
    )
    first_name = Text(0, "First name", max_length=100, required=True, free=True, example="Asha")
    last_name = Text(0, "Last name", max_length=100, free=True, example="Rao")
    email = Text(
        0,
        "Work e-mail",
        max_length=100,
        shape=EMAIL,
        help="Single sign-on finds the person by it. Empty: by password only.",
        example="asha@broker.example",
    )
    roles = Flags(0, "Roles", Role, example=["maker"])
    active = Code(
        0,
        "May log in",
        YesNo,
        required=True,
        initial="Y",
        example="Y",
        consequences={"N": "Ends all sessions of this person; the login is switched off."},
    )


def roles_of(person: User) -> list[str]:
    """A person's roles by their display names, in the order of the table."""
    held = {group.name for group in person.groups.all()}
    return [role.label for role in Role if role.value in held]


def values_of_new_staff() -> Values:
    """Return what the form of a new member of staff begins with."""
    return {"active": YesNo.YES.value}


def values_of(person: User) -> Values:
    """A person's present rights, named as in `StaffRights`."""
    held = set(person.groups.values_list("name", flat=True))
    return {
        "username": person.get_username(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "roles": [role.value for role in Role if role.value in held],
        "active": YesNo.YES.value if person.is_active else YesNo.NO.value,
    }


def records(subjects: Sequence[str]) -> list[Known]:
    """What the portal knows of members of staff."""
    return [_known(person_of(subject)) for subject in subjects]


def _known(person: User | None) -> Known:
    return Known(person.rights_version, values_of(person)) if person else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on these rights: names and addresses taken, roles that do not go together, too few admins."""
    name, email = str(values.get("username", "")), str(values.get("email", ""))
    roles, person = _roles(values), person_of(subject(values))
    found = []
    if not person and name and not USER_NAME.fullmatch(name):
        found.append(
            Finding("username", f"{name} cannot be a user name. {USER_NAME_WORDS}", rule="portal.name")
        )
    if not person and User.objects.filter(username__iexact=name).exists():
        words = "A member of staff has this user name in other capitals. Choose another."
        found.append(Finding("username", words, rule="portal.exists"))
    others = User.objects.exclude(username=name)
    if email and others.filter(email__iexact=email).exists():
        words = "Another member of staff has this address. Single sign-on could not tell them apart."
        found.append(Finding("email", words, rule="portal.exists"))
    if "admin" in roles and roles & {"maker", "checker"}:
        words = "An administrator neither makes nor approves messages. Give these roles to two people."
        found.append(Finding("roles", words, rule="portal.duties"))
    if "dealer" in roles and roles & {"maker", "checker", "admin"}:
        words = "A dealer is neither maker, checker nor administrator. Give these roles to two people."
        found.append(Finding("roles", words, rule="portal.duties"))
    if {"maker", "checker"} <= roles:
        words = "Check that this person must be both maker and checker. They still cannot approve their own changes."
        found.append(Finding("roles", words, Severity.WARNING, "portal.duties"))
    stays = "admin" in roles and values.get("active") == YesNo.YES
    remaining = others.filter(is_active=True, groups__name="admin").count()
    if person and not stays and "admin" in _roles(values_of(person)) and remaining < ADMINS_NEEDED:
        words = "Two administrators must remain: one proposes, another approves. Add one first."
        found.append(Finding("roles", words, rule="portal.admins"))
    if person and values == values_of(person):
        found.append(Finding("username", "Nothing is changed. Change something, or leave the form."))
    return found


def apply_here(change: Change, by: User) -> Applied:
    """Let the approved rights be so. Raises NotAllowed for one's own, and where they have become impossible."""
    values: Any = approved_values(change)
    not_ones_own(change, by)
    if wrong := [f.text for f in findings(values) if f.severity == Severity.ERROR]:
        raise NotAllowed(wrong[0])
    person = User.objects.select_for_update().filter(username=values["username"]).first()
    before = values_of(person) if person else {}
    new = person is None
    if person is None:
        person = User.objects.create_user(values["username"])
    person.first_name, person.last_name = values["first_name"], values.get("last_name", "")
    if person.email != values.get("email", ""):
        # Whoever had the old address at the provider is not let in by what was bound then.
        SocialAccount.objects.filter(user=person).delete()
    person.email = values.get("email", "")
    person.is_active = values["active"] == YesNo.YES
    person.rights_version += 1
    person.save()
    person.groups.set(Group.objects.filter(name__in=values.get("roles") or []))
    if not person.is_active:
        end_all(person, by=by)
    elif new:
        links.grant(change, person)
    return Applied(dict(before), dict(values_of(person)))


def _roles(values: Values) -> set[str]:
    roles = values.get("roles")
    return {str(role) for role in roles} if isinstance(roles, list) else set()


KIND = ChangeKind(
    slug=SLUG,
    title=StaffRights.title,
    message=StaffRights,
    page=page_of("staff:rights"),
    records=records,
    assess=each(findings),
    subject=subject,
    propose=PROPOSE,
    decide=APPROVE,
    apply_here=apply_here,
)
