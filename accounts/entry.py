"""The pages on which a new retail user is proposed: the form, its drafts, and the check of the answers."""

import json
import uuid
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import SECTIONS, SEGMENTS, starting_values
from accounts.kinds import CREATE_RETAIL_USER
from backoffice.changes import operations
from backoffice.changes.errors import ChangeError, HasErrors, NotAllowed
from backoffice.changes.models import Change, State
from backoffice.changes.views import ENTRY_PAGES
from backoffice.protocol.fields import Record, Records, SecretText, Values
from backoffice.protocol.findings import Finding, errors
from backoffice.protocol.message import clean
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.split import split_message
from backoffice.protocol.words import explain
from backoffice.screens.formats import ist
from backoffice.screens.formsets import (
    MessageForm,
    Typed,
    add_record,
    make_default,
    read_form,
    read_values,
    remove_record,
)
from backoffice.screens.sections import divide, named

if TYPE_CHECKING:
    from backoffice.staff.models import User

ENTRY_PAGES[CREATE_RETAIL_USER] = "accounts:new"
GROUPS = {
    name: field
    for name, field in CreateRetailUser.fields.items()
    if isinstance(field, Records) and not isinstance(field, Record)
}
MAY_NOT = "You may not propose changes. A maker does that."


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new retail user: empty, or with a draft, or with what was sent and cannot go on yet."""
    if not request.user.is_authenticated:
        return (
            _logged_out(request) if request.method == "POST" else redirect_to_login(request.get_full_path())
        )
    if not request.user.has_perm("changes.add_change"):
        return render(request, "403.html", {"words": MAY_NOT}, status=403)
    return _sent(request) if request.method == "POST" else _opened(request)


def _opened(request: HttpRequest) -> HttpResponse:
    if "draft" in request.GET:
        draft = _own(request, _token(request.GET.get("draft", "")))
        if draft.state != State.DRAFT:
            return redirect(draft)
        values = operations.draft_values(draft)
        findings = operations.look(CREATE_RETAIL_USER, values) if "look" in request.GET else []
        return _page(request, draft.token, values, findings, draft=draft)
    if "again" in request.GET:
        return _page(request, uuid.uuid4(), _values_again(request))
    return _page(request, uuid.uuid4(), starting_values())


def _sent(request: HttpRequest) -> HttpResponse:
    """What was typed is kept as a draft first, whatever the button was; then the button does its work."""
    token = _token(request.POST.get("token", ""))
    typed_in = _typed(request, token)
    values = clean(CreateRetailUser, typed_in)
    try:
        draft = operations.save_draft(CREATE_RETAIL_USER, values, by=_me(request), token=token)
    except NotAllowed as error:
        messages.error(request, error.words)
        return _page(request, uuid.uuid4(), values, status=403)
    if draft.state != State.DRAFT:
        messages.info(request, "This form was submitted already. Here is the change that it became.")
        return redirect(draft)
    action = request.POST.get("action", "")
    if path_taken := request.POST.get("use"):
        return _page(request, token, _use_cleaned(values, path_taken), draft=draft, look=True)
    if action == "save":
        messages.success(request, "The draft is kept. You find it on Today and in the list of changes.")
        return redirect(_draft_url(token))
    if action != "check":
        edited = _edited(typed_in, action)
        return _page(request, token, edited, draft=draft, focus=action.split(":")[1] if ":" in action else "")
    findings = operations.look(CREATE_RETAIL_USER, values)
    if errors(findings):
        return _page(request, token, values, findings, draft=draft)
    return redirect("accounts:check", token)


def _logged_out(request: HttpRequest) -> HttpResponse:
    """The login ended while the form was filled in: nothing is stored, and everything typed comes back in the page."""
    values = read_values(CreateRetailUser, request.POST)
    return _page(request, _token(request.POST.get("token", "")), values, logged_out=True, status=401)


@never_cache
@require_POST
def keep(request: HttpRequest, token: uuid.UUID) -> JsonResponse:
    """Keeps what is being typed as a draft; the script asks every few seconds after a change."""
    if not request.user.is_authenticated:
        return JsonResponse({"words": "Not kept: you have been logged out."}, status=401)
    try:
        values = clean(CreateRetailUser, _typed(request, token))
        draft = operations.save_draft(CREATE_RETAIL_USER, values, by=_me(request), token=token)
    except NotAllowed as error:
        return JsonResponse({"words": f"Not kept. {error.words}"}, status=403)
    if draft.state != State.DRAFT:
        return JsonResponse({"words": "Submitted already.", "url": draft.get_absolute_url()}, status=409)
    return JsonResponse({"words": f"Draft kept {ist(timezone.now(), 'time')}", "url": _draft_url(token)})


@never_cache
@login_required
@permission_required("changes.add_change", raise_exception=True)
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """Check your answers: the message in words, the warnings, the reason; then it is submitted."""
    draft = _own(request, token)
    if draft.state != State.DRAFT:  # the second of two clicks, or the back button
        return redirect(draft)
    values = operations.draft_values(draft)
    reason = request.POST.get("reason", draft.reason)
    problem = ""
    if request.method == "POST":
        if request.POST.get("seen") != _seen(values):
            problem = "The draft was changed after you opened this page. Look at it again before you submit."
        else:
            try:
                change = operations.submit(
                    CREATE_RETAIL_USER, values, by=_me(request), reason=reason, token=token
                )
            except HasErrors:
                return redirect(f"{_draft_url(token)}&look=1")
            except ChangeError as error:
                problem = error.words
            else:
                messages.success(
                    request, "Submitted. A checker decides next; this page shows what becomes of it."
                )
                return redirect(change)
    findings = operations.look(CREATE_RETAIL_USER, values)
    if errors(findings):
        return redirect(f"{_draft_url(token)}&look=1")
    context = {
        "nav": "users",
        "draft": draft,
        "seen": _seen(values),
        "lane": draft.lane,
        "name": values.get("name", ""),
        "warnings": named(MessageForm(CreateRetailUser, values, findings)),
        "messages_in_words": [
            (message, explain(message, part, reveal=True))
            for message, part in split_message(CreateRetailUser, values)
        ],
        "reason": reason,
        "problem": problem,
        "form_url": _draft_url(token),
    }
    return render(request, "accounts/entry_check.html", context, status=409 if problem else 200)


def _page(
    request: HttpRequest,
    token: uuid.UUID,
    values: Typed,
    findings: list[Finding] | None = None,
    *,
    draft: Change | None = None,
    look: bool = False,
    focus: str = "",
    logged_out: bool = False,
    status: int = 200,
) -> HttpResponse:
    found = operations.look(CREATE_RETAIL_USER, values) if look else findings or []
    form = MessageForm(CreateRetailUser, values, found)
    context: dict[str, Any] = {
        "nav": "users",
        "token": token,
        "draft": draft,
        "findings": named(form),
        "sections": divide(form, SECTIONS),
        "focus": focus,
        "logged_out": logged_out,
    }
    return render(request, "accounts/entry.html", context, status=status)


def _typed(request: HttpRequest, token: uuid.UUID) -> Typed:
    """What was typed, with the password that the draft keeps where none was typed."""
    draft = Change.objects.filter(token=token, made_by=_me(request), state=State.DRAFT).first()
    return read_form(CreateRetailUser, request.POST, operations.draft_values(draft) if draft else None)


def _me(request: HttpRequest) -> "User":
    """The person, who is logged in wherever this is asked."""
    return cast("User", request.user)


def _own(request: HttpRequest, token: uuid.UUID) -> Change:
    return get_object_or_404(Change, token=token, made_by=_me(request), kind=CREATE_RETAIL_USER)


def _values_again(request: HttpRequest) -> Values:
    """The values of one's own earlier change, to start again from: one that was rejected, withdrawn or is stale."""
    number = request.GET.get("again", "")
    if not (number.isascii() and number.isdigit()):
        raise Http404("No such change.")
    earlier = get_object_or_404(Change, pk=int(number[:18]), made_by=_me(request), kind=CREATE_RETAIL_USER)
    return {**clean(CreateRetailUser, operations.draft_values(earlier)), "reference": ""}


def _edited(typed_in: Typed, action: str) -> Typed:
    """What was typed, after a button that works on it: add, remove, default, copy. A script does it in the page."""
    match action.split(":"):
        case ["add", name] if name in GROUPS:
            return add_record(typed_in, name)
        case ["remove", name, number] if name in GROUPS and number.isdecimal():
            return remove_record(typed_in, name, int(number))
        case ["default", name, number] if name in GROUPS and number.isdecimal():
            return make_default(typed_in, GROUPS[name], int(number))
        case ["copy", source, target] if source in SEGMENTS and target in SEGMENTS:
            return {**typed_in, target: list(typed_in[source])}
    return typed_in


def _use_cleaned(values: Typed, path_taken: str) -> Typed:
    """The values with the cleaned value that a finding offers for this path."""
    offered = {
        f.path: f.cleaned for f in operations.look(CREATE_RETAIL_USER, values) if f.cleaned is not None
    }
    if path_taken not in offered:
        return values
    match path_taken.split("."):
        case [name]:
            return {**values, name: offered[path_taken]}
        case [name, part]:
            return {**values, name: {**values[name], part: offered[path_taken]}}
        case [name, number, part]:
            records = list(values[name])
            records[int(number)] = {**records[int(number)], part: offered[path_taken]}
            return {**values, name: records}
    return values


def _token(text: str) -> uuid.UUID:
    """The form's token; a new one where there is none that could be read."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _seen(values: Values) -> str:
    """What the check page was made from, so that a draft changed in another tab is not submitted unseen.

    Keyed, since a plain hash would let somebody guess at the password in it.
    """
    plain = {
        name: value.reveal() if isinstance(value, SecretText) else value for name, value in values.items()
    }
    return salted_hmac(
        "accounts.entry.seen", json.dumps(plain, sort_keys=True), algorithm="sha256"
    ).hexdigest()


def _draft_url(token: uuid.UUID) -> str:
    return f"{reverse('accounts:new')}?draft={token}"


urlpatterns = [
    path("new/", new, name="new"),
    path("new/<uuid:token>/keep/", keep, name="keep"),
    path("new/<uuid:token>/check/", check, name="check"),
]
