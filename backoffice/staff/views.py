"""Pages of the staff: the list, one person, and the forms by which rights are proposed."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.form_pages import form_address
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change, State
from backoffice.kit.list_view import ListView
from backoffice.kit.sections import plain_sections
from backoffice.logins import sessions
from backoffice.logins.adapters import locked_out_at
from backoffice.logins.models import User
from backoffice.logins.subjects import subject_of
from backoffice.protocol.fields import Values
from backoffice.staff import links
from backoffice.staff.kinds import password_link, rights, second_factor
from backoffice.staff.kinds.rights import roles_of
from backoffice.staff.members import PROPOSE
from backoffice.staff.sessions import end_all
from backoffice.staff.tables import StaffFilter, StaffTable

#: How many changes of a person's rights are shown; the list of changes has the rest.
CHANGES = 20

#: Asked before a person is looked for, so that no answer says who is on the staff.
may_propose = for_staff(PROPOSE)


class StaffList(ListView):
    """All members of staff."""

    permission_required = "logins.view_user"
    model = User
    table_class = StaffTable
    filterset_class = StaffFilter
    title = "Staff"
    subtitle = "Who may log in, and with which roles. One administrator proposes, another approves."
    nouns = ("person", "people")
    search_hint = "Name"
    empty_icon = "users"
    empty_title = "No member of staff matches"
    empty_action = ("staff:new", "Add staff member")
    empty_action_permission = PROPOSE

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.prefetch_related("groups")


@never_cache
@require_safe
@for_staff("logins.view_user")
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One member of staff: roles, second factor, sessions, and what is or was proposed."""
    return _page(request, get_object_or_404(User, pk=pk))


def _page(request: StaffRequest, person: User, link: str = "") -> HttpResponse:
    changes = Change.objects.filter(subject=subject_of(person)).exclude(state=State.DRAFT)
    factors = Authenticator.objects.filter(user=person)
    return render(
        request,
        "staff/detail.html",
        {
            "person": person,
            "roles": roles_of(person),
            "second_factor": factors.filter(type=Authenticator.Type.TOTP).exists(),
            "bound": SocialAccount.objects.filter(user=person).exists(),
            "may_reset": second_factor.may_reset(person),
            "sessions": len(sessions.of(person)),
            "changes": changes.select_related("made_by", "decided_by")[:CHANGES],
            "may_propose": request.user.has_perm(PROPOSE),
            "oneself": person == request.user,
            "link": link,
            "locked_out_at": locked_out_at(person),
            "lockout_minutes": settings.LOCKOUT_MINUTES,
            "link_minutes": settings.PASSWORD_LINK_MINUTES,
            "link_waits": links.waiting(person, by=request.user),
        },
    )


@never_cache
@require_POST
@may_propose
def link_show(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the link that another administrator approved to the one who asked for it, once."""
    person = get_object_or_404(User, pk=pk)
    try:
        path = links.show(person, by=request.user)
    except NotAllowed as error:
        messages.error(request, error.words)
        return redirect("staff:detail", pk)
    return _page(request, person, link=request.build_absolute_uri(path))


@require_POST
@may_propose
def end_sessions(request: StaffRequest, pk: int) -> HttpResponse:
    """Log a person out everywhere."""
    person = get_object_or_404(User, pk=pk)
    count = end_all(person, by=request.user)
    messages.success(request, f"{count} session{'' if count == 1 else 's'} of {person.get_username()} ended.")
    return redirect("staff:detail", pk)


def _form(
    kind: ChangeKind, pages: str, title: str, text: str, starting: Any, person: User | None = None
) -> EntryForm:
    fixed: Values = {"username": person.get_username()} if person else {}
    arguments = [person.pk] if person else []
    return EntryForm(
        kind=kind.slug,
        title=title,
        text=text,
        sections=plain_sections(kind.message, hidden=tuple(fixed)),
        starting=starting,
        address=form_address(f"staff:{pages}", *arguments),
        back=("Staff", reverse("staff:list")),
        fixed=fixed,
    )


def new_form() -> EntryForm:
    """The form for a new member of staff."""
    text = "After the approval, this person's page shows you once the link to choose a password."
    return _form(rights.KIND, "new", "Add staff member", text, rights.values_of_new_staff)


def rights_form(pk: int) -> EntryForm:
    """The form for a person's rights."""
    person = get_object_or_404(User, pk=pk)
    return _form(
        rights.KIND,
        "rights",
        f"Rights of {person}",
        "They hold as soon as another administrator has approved them.",
        lambda: rights.values_of(person),
        person,
    )


def reset_form(pk: int) -> EntryForm:
    """The form that resets a person's second factor."""
    person = get_object_or_404(User, pk=pk)
    return _form(
        second_factor.KIND,
        "reset",
        f"Reset the second factor of {person.get_username()}",
        "For a person who has lost both the authenticator app and the recovery codes, or has another account at the "
        "provider of single sign-on. Make sure who is asking.",
        dict,
        person,
    )


def link_form(pk: int) -> EntryForm:
    """The form that asks for a link with which another person chooses a password."""
    person = get_object_or_404(User, pk=pk)
    return _form(
        password_link.KIND,
        "link",
        f"A password link for {person.get_username()}",
        "For a person who has no password or forgot it. Make sure who is asking. When another administrator has "
        "approved it, the person's page shows you the link, once.",
        dict,
        person,
    )
