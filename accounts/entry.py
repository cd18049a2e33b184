"""Where changes of retail users are proposed: a new one, and each message for one that is here."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts import updates
from accounts.forms import SECTIONS, starting_values
from accounts.kinds import CREATE_RETAIL_USER, UPDATE_RETAIL_USER, by_lane
from accounts.offers import OFFERS
from accounts.values import to_values
from backoffice.changes import entry, kinds, operations
from backoffice.changes.entry import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.views import ENTRY_PAGES
from backoffice.protocol.fields import Values
from backoffice.protocol.message import initial
from backoffice.screens.sections import plain_sections

#: What the record says about itself in every message; typed only where the portal does not know it.
IDENTITY = ("user_id", "group_id", "manager_id", "category")

#: Said on the form of an update, since the fields are not on it.
NOT_IN_320 = (
    "Family, parent, category, group admin and password cannot be changed once a user is created; "
    "banks, demat accounts and the mutual-fund UCC are not changed here."
)

NEW = EntryForm(
    kind=CREATE_RETAIL_USER,
    title="New retail user",
    text="",
    sections=SECTIONS,
    starting=starting_values,
    address=lambda page, *arguments: reverse(f"accounts:{page}", args=arguments),
    back=("Retail users", "/users/"),
)
ENTRY_PAGES[CREATE_RETAIL_USER] = lambda lane: NEW.new_url


def change_form(group_id: str, user_id: str, slug: str) -> EntryForm:
    """The form of a kind of change for a retail user that is here. Raises Http404."""
    lane = f"{group_id}/{user_id}"
    user = by_lane(lane)
    if user is None or slug not in OFFERS:
        raise Http404("There is no such retail user or change.")
    change_kind = kinds.kind(slug)
    known = to_values(user)
    fixed: Values = {
        name: known[name] for name in IDENTITY if name in change_kind.message.fields and known.get(name)
    }
    updates_profile = slug == UPDATE_RETAIL_USER
    if updates_profile and known.get("odin_user_type"):
        fixed["odin_user_type"] = known["odin_user_type"]

    def address(page: str, *arguments: object) -> str:
        name = {"new": "change", "keep": "change_keep", "check": "change_check"}[page]
        return reverse(f"accounts:{name}", args=[group_id, user_id, slug, *arguments])

    form = EntryForm(
        kind=slug,
        title=change_kind.title,
        text=f"For {user.name or 'the retail user'} ({lane}).",
        sections=plain_sections(change_kind.message, hidden=fixed) if not updates_profile else (),
        starting=lambda: {**initial(change_kind.message), **OFFERS[slug]()},
        address=address,
        back=(user.name or lane, reverse("accounts:detail", args=[group_id, user_id])),
        fixed=fixed,
    )
    if not updates_profile:
        return form
    return replace(
        form,
        text=f"{form.text} {NOT_IN_320}",
        sections=updates.sections(hidden=fixed),
        starting=lambda: {name: known[name] for name in updates.SINGLE if name in known},
        compose=partial(updates.compose, known),
    )


def propose_status(request: Any, group_id: str, user_id: str, status: str) -> HttpResponse:
    """Suspend, inactivate or reactivate with one click: a draft of an update, ready to be checked and reasoned."""
    form = change_form(group_id, user_id, UPDATE_RETAIL_USER)
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
    path("new/", partial(entry.new, form=NEW), name="new"),
    path("new/<uuid:token>/keep/", partial(entry.keep, form=NEW), name="keep"),
    path("new/<uuid:token>/check/", partial(entry.check, form=NEW), name="check"),
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
