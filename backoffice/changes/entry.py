"""The pages on which a change is proposed: the form, its drafts, and the check of the answers.

One set of pages serves every kind of change. A room describes its form with `EntryForm` and gives it
addresses.
"""

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.changes import bases, kinds, operations, risks
from backoffice.changes.bases import MovedOn
from backoffice.changes.corrections import Corrected
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.errors import ChangeError, HasErrors, NotAllowed, ReasonMissing
from backoffice.changes.examination import Examined, refer
from backoffice.changes.filling import pressed
from backoffice.changes.models import Change, State
from backoffice.changes.presentation import in_words, summary
from backoffice.changes.reasons import last_reasons
from backoffice.changes.start_again import earlier_change, values_again
from backoffice.delivery.forms import NotBeforeForm
from backoffice.error_pages import forbidden
from backoffice.kit.formats import ist
from backoffice.kit.formsets import (
    MessageForm,
    Typed,
    add_record,
    make_default,
    read_form,
    read_values,
    remove_record,
)
from backoffice.kit.message_words import REFERENCE
from backoffice.kit.sections import divide, named
from backoffice.outside import whole
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import Finding, errors
from backoffice.protocol.message import clean

if TYPE_CHECKING:
    from backoffice.logins.models import User


#: Shown in place of a reference, which a change gets at submission.
ALLOTTED = "Allotted on submission"
MAY_NOT = "You may not propose this. Ask a colleague whose role includes it."


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, form: EntryForm) -> HttpResponse:
    """The form: empty, with a draft, or with input that has errors."""
    if not request.user.is_authenticated and request.method == "POST":
        return _logged_out(request, form)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not form.may_propose(request.user):
        return forbidden(request, MAY_NOT)
    return _sent(request, form) if request.method == "POST" else _opened(request, form)


def _opened(request: HttpRequest, form: EntryForm) -> HttpResponse:
    if "draft" in request.GET:
        token = _token(request.GET.get("draft", ""))
        draft = _own(request, form, token)
        if draft.state != State.DRAFT:
            return redirect(draft)
        values, moved = _of_draft(form, draft)
        findings = form.examine(values).findings if "look" in request.GET else []
        return _page(request, form, token, values, findings, draft=draft, moved=moved)
    values, moved = _begun(request, form)
    return _page(request, form, uuid.uuid4(), values, moved=moved)


def _of_draft(form: EntryForm, draft: Change) -> tuple[Values, MovedOn | None]:
    """Return the values of a draft, and what has changed in its record since it was filled from it, if anything."""
    values = operations.draft_values(draft)
    if _is_current(form, draft):
        return values, None
    return bases.moved_to(form, values, draft.before)


def _is_current(form: EntryForm, draft: Change) -> bool:
    """Whether the record is still the one that filled the draft; if there is no record, it cannot have changed."""
    version = form.known.version
    return version in (0, draft.record_version)


def _sent(request: HttpRequest, form: EntryForm) -> HttpResponse:
    """Save the input as a draft first, whichever button was pressed; then do what the button says."""
    token = _token(request.POST.get("token", ""))
    typed_in = _typed(request, form, token)
    values = _values(form, typed_in)
    try:
        draft = _kept(request, form, values, token)
    except ChangeError as error:
        messages.error(request, error.words)
        return _page(request, form, uuid.uuid4(), values, status=_refused(error))
    if draft.state != State.DRAFT:
        messages.info(request, "This form was submitted already. Here is the change that it became.")
        return redirect(draft)
    button = pressed(form.filling, request.POST)
    if button not in ("save", "whole") and not _is_current(form, draft):
        values, moved = _of_draft(form, draft)
        if moved:
            return _page(request, form, token, values, draft=draft, moved=moved, status=409)
        draft = operations.save_draft(form.kind, values, by=_me(request), token=token, base=form.known)
    if path_taken := request.POST.get("use"):
        return _page(request, form, token, _use_cleaned(form, values, path_taken), draft=draft, examine=True)
    if button == "save":
        messages.success(request, "Draft saved.")
        return redirect(form.draft_url(token))
    if button == "whole" and form.whole:
        return redirect(form.whole_url(token))
    if button != "check":
        edited = _edited(form, typed_in, button)
        return _page(
            request, form, token, edited, draft=draft, focus=button.split(":")[1] if ":" in button else ""
        )
    findings = form.examine(values).findings
    if errors(findings):
        return _page(request, form, token, values, findings, draft=draft)
    return redirect(form.address("check", token))


def _logged_out(request: HttpRequest, form: EntryForm) -> HttpResponse:
    """Answer a form whose login has ended: store nothing, and return the page with the typed values.

    It returns nothing else: without a login the page must not say whom a record is about.
    """
    anybody = replace(form, title=kinds.kind(form.kind).title, text="", back=("Today", reverse("desk:today")))
    values = read_values(form.message, request.POST)
    return _page(request, anybody, _token(request.POST.get("token", "")), values, logged_out=True, status=401)


@never_cache
@require_POST
def keep(request: HttpRequest, form: EntryForm, token: uuid.UUID) -> JsonResponse:
    """Save the present input as a draft; the script calls it every few seconds after a change."""
    if not request.user.is_authenticated:
        return not_kept()
    try:
        values = _values(form, _typed(request, form, token))
        draft = _kept(request, form, values, token)
    except ChangeError as error:
        return JsonResponse({"words": f"Not kept. {error.words}"}, status=_refused(error))
    if draft.state != State.DRAFT:
        return JsonResponse({"words": "Submitted already.", "url": draft.get_absolute_url()}, status=409)
    return JsonResponse({"words": f"Draft saved {ist(timezone.now(), 'time')}", "url": form.draft_url(token)})


def _kept(request: HttpRequest, form: EntryForm, values: Values, token: uuid.UUID) -> Change:
    """Return the draft of the input, with the record that filled the form. Raises ChangeError."""
    return operations.save_draft(
        form.kind,
        values,
        by=_me(request),
        token=token,
        corrects=_earlier(request, form),
        base=bases.opened(request.POST.get("base", "")),
    )


def _refused(error: ChangeError) -> int:
    """Return the answer's status if a draft was not saved."""
    return 403 if isinstance(error, NotAllowed) else 409


def not_kept() -> JsonResponse:
    """Return the answer to a person whose login has ended."""
    return JsonResponse({"words": "Not kept: you have been logged out."}, status=401)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, form: EntryForm, token: uuid.UUID) -> HttpResponse:
    """Check your answers: the message in words, the warnings, the reason; then submission."""
    if not form.may_propose(request.user):
        return forbidden(request, MAY_NOT)
    draft = _own(request, form, token)
    if draft.state != State.DRAFT:  # the second of two clicks, or the back button
        return redirect(draft)
    if not _is_current(form, draft):
        return redirect(form.draft_url(token))
    values = operations.draft_values(draft)
    reason = request.POST.get("reason", draft.reason)
    when = None if form.local else NotBeforeForm(request.POST if request.method == "POST" else None)
    problem, at = "", ""
    if request.method == "POST":
        if request.POST.get("seen") != _seen(values):
            problem = "The draft was changed after you opened this page. Review it again before you submit."
        elif when is None or when.is_valid():
            not_before = when.cleaned_data["not_before"] if when else None
            try:
                change = operations.submit(
                    form.kind,
                    values,
                    by=_me(request),
                    reason=reason,
                    token=token,
                    typed=True,
                    not_before=not_before,
                )
            except HasErrors:
                return redirect(f"{form.draft_url(token)}&look=1")
            except ChangeError as error:
                problem, at = error.words, "reason" if isinstance(error, ReasonMissing) else ""
            else:
                messages.success(request, "Submitted for approval.")
                return redirect(change)
    examined = form.examine(values)
    if errors(examined.findings):
        return redirect(f"{form.draft_url(token)}&look=1")
    proposed = operations.proposed(form.kind, _with_a_word_for_references(form, examined))
    shown = in_words(form.kind, operations.messages(proposed), proposed.before, reveal=True)
    context = {
        "draft": draft,
        "seen": _seen(values),
        "local": form.local,
        "summary": summary(proposed, reveal=True),
        "shows_personal": True,
        "risks": risks.labels(proposed.risks),
        "consequences": [line.consequence for one in shown for line in one.lines if line.consequence],
        "shown_messages": shown,
        "warnings": named(MessageForm(form.message, values, examined.findings)),
        "reason": reason,
        "reasons": last_reasons(_me(request)),
        "problem": problem,
        "at": at,
        "when": when,
        "form": form,
        "form_url": form.draft_url(token),
    }
    code = 409 if problem else 422 if when and when.errors else 200
    return render(request, "changes/entry_check.html", context, status=code)


def _with_a_word_for_references(form: EntryForm, examined: Examined) -> Examined:
    values = examined.values
    if REFERENCE in kinds.kind(form.kind).message.fields and not values.get(REFERENCE):
        values = {**values, REFERENCE: ALLOTTED}
    return replace(examined, values=values, follow_ups=refer(examined.follow_ups, ALLOTTED))


def _page(
    request: HttpRequest,
    form: EntryForm,
    token: uuid.UUID,
    values: Typed,
    findings: list[Finding] | None = None,
    *,
    draft: Change | None = None,
    examine: bool = False,
    focus: str = "",
    logged_out: bool = False,
    moved: MovedOn | None = None,
    status: int = 200,
) -> HttpResponse:
    found = form.examine(values).findings if examine else findings or []
    shown = MessageForm(form.message, values, found)
    here, elsewhere = _split(form, named(shown))
    folded = form.filling.folds(values) if form.filling and not logged_out else ()
    context: dict[str, Any] = {
        "token": token,
        "corrected": {name: value for name in ("again", "part") if (value := _asked(request).get(name))},
        "draft": draft,
        "form": form,
        "keep_url": form.address("keep", token),
        "findings": here,
        "elsewhere": elsewhere,
        "whole_url": form.whole_url(token) if draft else form.whole,
        "sections": divide(shown, form.sections, folded),
        "focus": focus,
        "logged_out": logged_out,
        "moved": moved,
        "base": request.POST.get("base", "") if logged_out else bases.sealed(form),
    }
    return render(request, "changes/entry.html", context, status=status)


def _split(form: EntryForm, found: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return findings on this form's fields, and on fields that only the longer form shows."""
    if not form.whole:
        return found, []
    here = [one for one in found if not one.path or one.path.partition(".")[0] in form.names]
    return here, [one for one in found if one not in here]


def _begun(request: HttpRequest, form: EntryForm) -> tuple[Values, MovedOn | None]:
    """Return the form's initial values: the present ones, or those of the corrected change, and later changes."""
    earlier = _earlier(request, form)
    return values_again(form, earlier) if earlier else ({**form.starting(), **form.fixed}, None)


def _typed(request: HttpRequest, form: EntryForm, token: uuid.UUID) -> Typed:
    """Return the typed values, with the draft's password if none was typed.

    Fields that a part of a longer form does not show come from the draft, or from the form's initial values.
    """
    draft = Change.objects.filter(token=token, made_by=_me(request), state=State.DRAFT).first()
    kept = operations.draft_values(draft) if draft else None
    typed_in: Typed = read_form(form.message, request.POST, kept)
    if form.whole:
        around = _begun(request, form)[0] if kept is None else kept
        typed_in = {**around, **{name: typed_in[name] for name in form.names}}
    return {**typed_in, **form.fixed}


def _values(form: EntryForm, typed_in: Typed) -> Values:
    """Return the typed values. Those fixed by the record are not cleaned, which might make them name another record."""
    return {**clean(form.message, typed_in), **form.fixed}


def _me(request: HttpRequest) -> "User":
    """Return the logged-in person."""
    return cast("User", request.user)


def _asked(request: HttpRequest) -> QueryDict:
    """Return the parameters that name the change to correct: first in the address, then in hidden fields."""
    return request.POST or request.GET


def _earlier(request: HttpRequest, form: EntryForm) -> Corrected | None:
    return earlier_change(form, _asked(request), _me(request))


def _own(request: HttpRequest, form: EntryForm, token: uuid.UUID) -> Change:
    return get_object_or_404(Change, token=token, made_by=_me(request), kind=form.kind)


def _edited(form: EntryForm, typed_in: Typed, button: str) -> Typed:
    """Return the input after a button that edits it: add, remove, default, copy. Scripts do this in the page."""
    match button.split(":"):
        case ["add", name] if name in form.groups:
            return add_record(typed_in, name)
        case ["remove", name, number] if name in form.groups and (index := whole(number)) is not None:
            return remove_record(typed_in, name, index)
        case ["default", name, number] if name in form.groups and (index := whole(number)) is not None:
            return make_default(typed_in, form.groups[name], index)
        case ["copy", source, target] if {source, target} <= form.sets:
            return {**typed_in, target: list(typed_in[source])}
        case ["preset", slug]:
            return {**typed_in, **form.preset(slug)}
        case ["fill", before] if form.filling:
            return form.filling.fill(typed_in, before)
    return typed_in


def _use_cleaned(form: EntryForm, values: Typed, path_taken: str) -> Typed:
    """Return the values with the cleaned value that a finding offers for this path."""
    offered = {f.path: f.cleaned for f in form.examine(values).findings if f.cleaned is not None}
    if path_taken not in offered:
        return values
    match path_taken.split("."):
        case [name]:
            return {**values, name: form.message.fields[name].clean(offered[path_taken])}
        case [name, part]:
            return {**values, name: {**values[name], part: offered[path_taken]}}
        case [name, number, part]:
            records = list(values[name])
            records[int(number)] = {**records[int(number)], part: offered[path_taken]}
            return {**values, name: records}
    return values


def _token(text: str) -> uuid.UUID:
    """Return the form's token; a new one if it cannot be read."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _seen(values: Values) -> str:
    """Return a digest of the check page's content, so that a draft changed in another tab is not submitted unseen.

    Keyed, since a plain hash would allow guessing the password in it.
    """
    plain = {
        name: value.reveal() if isinstance(value, SecretText) else value for name, value in values.items()
    }
    return salted_hmac(
        "accounts.entry.seen", json.dumps(plain, sort_keys=True), algorithm="sha256"
    ).hexdigest()
