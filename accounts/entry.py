"""Forms that propose changes of retail users: a new user, and each message for an existing one."""

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.kinds import create_retail_user, register_retail_user, update_retail_user
from accounts.parts import PARTS
from accounts.retail_users import IDENTITY, by_lane
from accounts.segments import INACTIVE, REACTIVATE
from accounts.values import values_of
from backoffice.access import StaffRequest, for_staff
from backoffice.changes import operations
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.form_pages import form_address, form_paths
from backoffice.changes.kinds import KINDS
from backoffice.error_pages import forbidden
from backoffice.kit.sections import limited
from backoffice.protocol.fields import Values
from backoffice.protocol.message import initial

if TYPE_CHECKING:
    from backoffice.logins.models import User


def change_form(group_id: str, user_id: str, slug: str) -> EntryForm:
    """Return the form of a kind of change for an existing retail user. Raises Http404."""
    lane = f"{group_id}/{user_id}"
    user = by_lane(lane)
    change_kind = KINDS.get(slug)
    menu = change_kind.menu if change_kind else None
    if user is None or change_kind is None or menu is None or not menu.applies(user):
        raise Http404("There is no such retail user or change.")
    read = change_kind.known(lane)
    own = values_of(user, IDENTITY)
    fixed: Values = {
        name: own[name] for name in IDENTITY if name in change_kind.message.fields and own.get(name)
    }

    form = EntryForm(
        kind=slug,
        title=change_kind.title,
        text=format_html('For {} <span class="nowrap">({})</span>.', user.name or "the retail user", lane),
        sections=(),
        starting=lambda: dict(initial(change_kind.message)),
        address=form_address("accounts:change", group_id, user_id, slug),
        back=(user.name or lane, reverse("accounts:detail", args=[group_id, user_id])),
        fixed=fixed,
        read=read,
    )
    return menu.shape(form, read.values or {})


def part_form(group_id: str, user_id: str, part: str) -> EntryForm:
    """Return the form of an update with only the fields of one part of a retail user. Raises Http404."""
    return _only(change_form(group_id, user_id, update_retail_user.KIND.slug), group_id, user_id, part)


def _only(form: EntryForm, group_id: str, user_id: str, slug: str) -> EntryForm:
    """Reduce a form to the fields of a part. Raises Http404 if there are none."""
    part = PARTS.get(slug)
    shown = [limited(section, part.names) for section in form.sections] if part else []
    sections = tuple(section for section in shown if section)
    if part is None or not sections:
        raise Http404("There is no such part.")
    return replace(
        form,
        title=f"Edit {part.title[0].lower()}{part.title[1:]}",
        facts="",
        sections=(replace(sections[0], title=part.title), *sections[1:]),
        address=form_address("accounts:part", group_id, user_id, slug),
        whole=form.new_url,
    )


@for_staff()
@require_POST
def propose_status(request: StaffRequest, group_id: str, user_id: str, status: str) -> HttpResponse:
    """Make a draft that suspends, inactivates or reactivates with one click, ready for check and reason."""
    try:
        form, token = draft_update(group_id, user_id, {"status": status}, by=request.user)
    except NotAllowed as error:
        return forbidden(request, error.words)
    return redirect(form.address("check", token))


def draft_update(group_id: str, user_id: str, values: Values, *, by: "User") -> tuple[EntryForm, uuid.UUID]:
    """Make a draft of an update with these values and the confirmed ones. Raises Http404, NotAllowed."""
    form = change_form(group_id, user_id, update_retail_user.KIND.slug)
    token = uuid.uuid4()
    operations.save_draft(form.kind, {**form.starting(), **form.fixed, **values}, by=by, token=token)
    return form, token


def _for_nobody(request: HttpRequest, group_id: str, user_id: str, slug: str) -> EntryForm:
    """The form of a change for a person without a login, independent of whether the retail user exists.

    It is shaped only by the typed values. Raises Http404 for an unknown kind of change.
    """
    change_kind = KINDS.get(slug)
    if change_kind is None or change_kind.menu is None:
        raise Http404("There is no such change.")
    form = EntryForm(
        kind=slug,
        title="",
        text="",
        sections=(),
        starting=dict,
        address=form_address("accounts:change", group_id, user_id, slug),
        back=("", ""),
        fixed={"group_id": group_id, "user_id": user_id},
    )
    # Segments can be reactivated only if some are inactive.
    return change_kind.menu.shape(form, {INACTIVE: request.POST.getlist(REACTIVATE)})


def _part_for_nobody(request: HttpRequest, group_id: str, user_id: str, part: str) -> EntryForm:
    """The form of a part for a person without a login. Raises Http404 for an unknown part."""
    form = _for_nobody(request, group_id, user_id, update_retail_user.KIND.slug)
    return _only(form, group_id, user_id, part)


urlpatterns: list[URLPattern] = [
    *form_paths("new/", "new", lambda: create_retail_user.FORM),
    *form_paths("register/", "register", lambda: register_retail_user.FORM),
    path(
        "<str:group_id>/<str:user_id>/status/<str:status>/",
        propose_status,
        name="status",
    ),
    *form_paths(
        "<str:group_id>/<str:user_id>/change/<slug:slug>/", "change", change_form, for_nobody=_for_nobody
    ),
    *form_paths(
        "<str:group_id>/<str:user_id>/edit/<slug:part>/", "part", part_form, for_nobody=_part_for_nobody
    ),
]
