"""Where changes of retail users are proposed: a new one, and each message for one that is here."""

import uuid
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts.kinds import create_retail_user, register_retail_user, update_retail_user
from accounts.retail_users import IDENTITY, by_lane
from accounts.segments import INACTIVE, REACTIVATE
from accounts.values import to_values
from backoffice.changes import entry, operations
from backoffice.changes.entry import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.kinds import KINDS
from backoffice.protocol.fields import Values
from backoffice.protocol.message import initial

CHANGE_PAGES = {"new": "change", "keep": "change_keep", "check": "change_check"}


def change_form(group_id: str, user_id: str, slug: str) -> EntryForm:
    """The form of a kind of change for a retail user that is here. Raises Http404."""
    lane = f"{group_id}/{user_id}"
    user = by_lane(lane)
    change_kind = KINDS.get(slug)
    offer = change_kind.offer if change_kind else None
    if user is None or change_kind is None or offer is None or not offer.applies(user):
        raise Http404("There is no such retail user or change.")
    known = change_kind.known(lane).values or {}
    own = to_values(user)
    fixed: Values = {
        name: own[name] for name in IDENTITY if name in change_kind.message.fields and own.get(name)
    }

    form = EntryForm(
        kind=slug,
        title=change_kind.title,
        text=f"For {user.name or 'the retail user'} ({lane}).",
        sections=(),
        starting=lambda: dict(initial(change_kind.message)),
        address=partial(_address, group_id, user_id, slug),
        back=(user.name or lane, reverse("accounts:detail", args=[group_id, user_id])),
        fixed=fixed,
    )
    return offer.shape(form, known)


def _address(group_id: str, user_id: str, slug: str, page: str, *arguments: object) -> str:
    return reverse(f"accounts:{CHANGE_PAGES[page]}", args=[group_id, user_id, slug, *arguments])


def propose_status(request: Any, group_id: str, user_id: str, status: str) -> HttpResponse:
    """Suspend, inactivate or reactivate with one click: a draft of an update, ready to be checked and reasoned."""
    form = change_form(group_id, user_id, update_retail_user.KIND.slug)
    token = uuid.uuid4()
    values = {**form.starting(), **form.fixed, "status": status}
    try:
        operations.save_draft(form.kind, values, by=request.user, token=token)
    except NotAllowed as error:
        return render(request, "403.html", {"words": error.words}, status=403)
    return redirect(form.address("check", token))


def _for_nobody(request: HttpRequest, group_id: str, user_id: str, slug: str) -> EntryForm:
    """The form of a change for somebody without a login: the same whether the retail user is here or not.

    It is shaped by what was typed alone. Raises Http404 for an unknown kind of change.
    """
    change_kind = KINDS.get(slug)
    if change_kind is None or change_kind.offer is None:
        raise Http404("There is no such change.")
    form = EntryForm(
        kind=slug,
        title="",
        text="",
        sections=(),
        starting=dict,
        address=partial(_address, group_id, user_id, slug),
        back=("", ""),
        fixed={"group_id": group_id, "user_id": user_id},
    )
    # What was chosen to be allowed again has a place only where something is inactive.
    return change_kind.offer.shape(form, {INACTIVE: request.POST.getlist(REACTIVATE)})


def change(request: HttpRequest, group_id: str, user_id: str, slug: str) -> HttpResponse:
    """The form of a change. Who is not logged in learns nothing of who is here; what they typed is given back."""
    if request.user.is_authenticated:
        return entry.new(request, change_form(group_id, user_id, slug))
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    return entry.new(request, _for_nobody(request, group_id, user_id, slug))


def change_keep(
    request: HttpRequest, group_id: str, user_id: str, slug: str, token: uuid.UUID
) -> HttpResponse:
    """Keeps a draft of a change."""
    if not request.user.is_authenticated:
        return entry.not_kept()
    return entry.keep(request, change_form(group_id, user_id, slug), token)


@login_required
def change_check(
    request: HttpRequest, group_id: str, user_id: str, slug: str, token: uuid.UUID
) -> HttpResponse:
    """Check your answers."""
    return entry.check(request, change_form(group_id, user_id, slug), token)


urlpatterns: list[URLPattern] = [
    path("new/", partial(entry.new, form=create_retail_user.FORM), name="new"),
    path("new/<uuid:token>/keep/", partial(entry.keep, form=create_retail_user.FORM), name="keep"),
    path("new/<uuid:token>/check/", partial(entry.check, form=create_retail_user.FORM), name="check"),
    path("register/", partial(entry.new, form=register_retail_user.FORM), name="register"),
    path(
        "register/<uuid:token>/keep/",
        partial(entry.keep, form=register_retail_user.FORM),
        name="register_keep",
    ),
    path(
        "register/<uuid:token>/check/",
        partial(entry.check, form=register_retail_user.FORM),
        name="register_check",
    ),
    path(
        "<str:group_id>/<str:user_id>/status/<str:status>/",
        login_required(require_POST(propose_status)),
        name="status",
    ),
    path("<str:group_id>/<str:user_id>/change/<slug:slug>/", change, name="change"),
    path(
        "<str:group_id>/<str:user_id>/change/<slug:slug>/<uuid:token>/keep/", change_keep, name="change_keep"
    ),
    path(
        "<str:group_id>/<str:user_id>/change/<slug:slug>/<uuid:token>/check/",
        change_check,
        name="change_check",
    ),
]
