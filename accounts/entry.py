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
from accounts.values import to_values
from backoffice.changes import entry, operations
from backoffice.changes.entry import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.kinds import KINDS
from backoffice.protocol.fields import Values
from backoffice.protocol.message import initial


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

    def address(page: str, *arguments: object) -> str:
        name = {"new": "change", "keep": "change_keep", "check": "change_check"}[page]
        return reverse(f"accounts:{name}", args=[group_id, user_id, slug, *arguments])

    form = EntryForm(
        kind=slug,
        title=change_kind.title,
        text=f"For {user.name or 'the retail user'} ({lane}).",
        sections=(),
        starting=lambda: dict(initial(change_kind.message)),
        address=address,
        back=(user.name or lane, reverse("accounts:detail", args=[group_id, user_id])),
        fixed=fixed,
    )
    return offer.shape(form, known)


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


def change(request: HttpRequest, group_id: str, user_id: str, slug: str) -> HttpResponse:
    """The form of a change. Who is not logged in learns nothing of who is here; what they typed is given back."""
    if request.method == "GET" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return entry.new(request, change_form(group_id, user_id, slug))


def change_keep(
    request: HttpRequest, group_id: str, user_id: str, slug: str, token: uuid.UUID
) -> HttpResponse:
    """Keeps a draft of a change."""
    return entry.keep(request, change_form(group_id, user_id, slug), token)


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
