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

from accounts import registration
from accounts.forms import SECTIONS, starting_values
from accounts.kinds import CREATE_RETAIL_USER, REGISTER_RETAIL_USER, UPDATE_RETAIL_USER, by_lane
from accounts.offers import OFFERS
from accounts.registration import RegisterRetailUser
from accounts.values import to_values
from backoffice.changes import entry, kinds, operations
from backoffice.changes.entry import EntryForm
from backoffice.changes.errors import NotAllowed
from backoffice.changes.views import ENTRY_PAGES
from backoffice.protocol.fields import Values
from backoffice.protocol.message import initial

#: What the record says about itself in every message; typed only where the portal does not know it.
IDENTITY = ("user_id", "group_id", "manager_id", "category")

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

REGISTER_PAGES = {"new": "register", "keep": "register_keep", "check": "register_check"}
REGISTER = EntryForm(
    kind=REGISTER_RETAIL_USER,
    title="Register existing user",
    text=(
        "For a user that ODIN has already: ODIN cannot be asked for one, so what you declare here is what the portal "
        "goes by until ODIN confirms a change. What you leave empty counts as unknown."
    ),
    sections=registration.SECTIONS,
    starting=lambda: initial(RegisterRetailUser),
    address=lambda page, *arguments: reverse(f"accounts:{REGISTER_PAGES[page]}", args=arguments),
    back=("Retail users", "/users/"),
)
ENTRY_PAGES[REGISTER_RETAIL_USER] = lambda lane: REGISTER.new_url


def change_form(group_id: str, user_id: str, slug: str) -> EntryForm:
    """The form of a kind of change for a retail user that is here. Raises Http404."""
    lane = f"{group_id}/{user_id}"
    user = by_lane(lane)
    if user is None or slug not in OFFERS or not OFFERS[slug].applies(user):
        raise Http404("There is no such retail user or change.")
    offer = OFFERS[slug]
    change_kind = kinds.kind(slug)
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
        starting=lambda: {**initial(change_kind.message), **offer.starting()},
        address=address,
        back=(user.name or lane, reverse("accounts:detail", args=[group_id, user_id])),
        fixed=fixed,
    )
    return offer.shape(form, known)


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
    path("register/", partial(entry.new, form=REGISTER), name="register"),
    path("register/<uuid:token>/keep/", partial(entry.keep, form=REGISTER), name="register_keep"),
    path("register/<uuid:token>/check/", partial(entry.check, form=REGISTER), name="register_check"),
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
