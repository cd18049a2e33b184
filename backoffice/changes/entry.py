"""The form on which a change is proposed, and its drafts. `entry_check` is the next page.

One set of pages serves every kind of change. A room describes its form with `EntryForm` and gives it addresses with
`form_pages`, which also decides who may open it.
"""

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from backoffice.access import StaffRequest
from backoffice.changes import bases, kinds, operations
from backoffice.changes.bases import MovedOn
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.entry_input import (
    asked,
    begun,
    cleaned,
    earlier,
    edited,
    own_draft,
    token_of,
    typed,
    with_cleaned,
)
from backoffice.changes.errors import ChangeError, NotAllowed
from backoffice.changes.filling import pressed
from backoffice.changes.models import Change, State
from backoffice.kit.formats import ist
from backoffice.kit.formsets import PLACE, MessageForm, Typed, read_values
from backoffice.kit.sections import divide, empty_card, named
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, errors


def new(request: StaffRequest, form: EntryForm) -> HttpResponse:
    """The form: empty, with a draft, or with input that has errors."""
    return _sent(request, form) if request.method == "POST" else _opened(request, form)


def _opened(request: StaffRequest, form: EntryForm) -> HttpResponse:
    if "card" in request.GET:
        return _empty_card(request, form)
    if "draft" in request.GET:
        token = token_of(request.GET.get("draft", ""))
        draft = own_draft(request, form, token)
        if draft.state != State.DRAFT:
            return became(request, draft)
        values, moved = _of_draft(form, draft)
        findings = form.examine(values).findings if "look" in request.GET else []
        return _page(request, form, token, values, findings, draft=draft, moved=moved)
    values, moved = begun(request, form)
    return _page(request, form, uuid.uuid4(), values, moved=moved)


def _empty_card(request: StaffRequest, form: EntryForm) -> HttpResponse:
    """Return one more card of a repeating group, for the script. Raises Http404 if the form has no such group."""
    name, number = request.GET["card"], request.GET.get("number", "")
    section = next((one for one in form.sections if one.record == name and name in form.groups), None)
    if section is None or not PLACE.fullmatch(number):
        raise Http404
    shown = empty_card(section, form.groups[name], int(number))
    return render(request, "forms/card.html", {"section": section, "shown_card": shown})


def became(request: HttpRequest, change: Change) -> HttpResponse:
    """Lead from a form that was submitted to its change."""
    messages.info(request, "This form was submitted already. Here is the change that it became.")
    return redirect(change)


def _of_draft(form: EntryForm, draft: Change) -> tuple[Values, MovedOn | None]:
    """Return the values of a draft, and what has changed in its record since it was filled from it, if anything."""
    values = operations.draft_values(draft)
    if form.is_current(draft):
        return values, None
    return bases.moved_to(form, values, draft.before)


def _sent(request: StaffRequest, form: EntryForm) -> HttpResponse:
    """Save the input as a draft first, whichever button was pressed; then do what the button says."""
    token = token_of(request.POST.get("token", ""))
    typed_in = typed(request, form, token)
    values = cleaned(form, typed_in)
    try:
        draft = _kept(request, form, values, token)
    except ChangeError as error:
        messages.error(request, error.words)
        return _page(request, form, uuid.uuid4(), values, status=_refused(error))
    if draft.state != State.DRAFT:
        return became(request, draft)
    button = pressed(form.filling, request.POST)
    if button not in ("save", "whole") and not form.is_current(draft):
        values, moved = _of_draft(form, draft)
        if moved:
            return _page(request, form, token, values, draft=draft, moved=moved, status=409)
        draft = operations.save_draft(form.kind, values, by=request.user, token=token, base=form.known)
    if path_taken := request.POST.get("use"):
        values = with_cleaned(form, values, path_taken)
        return _page(request, form, token, values, form.examine(values).findings, draft=draft)
    if button == "save":
        messages.success(request, "Draft saved.")
        return redirect(form.draft_url(token))
    if button == "whole" and form.whole:
        return redirect(form.whole_url(token))
    if button != "check":
        focus = button.split(":")[1] if ":" in button else ""
        return _page(request, form, token, edited(form, typed_in, button), draft=draft, focus=focus)
    findings = form.examine(values).findings
    if errors(findings):
        return _page(request, form, token, values, findings, draft=draft)
    return redirect(form.address("check", token))


def logged_out(request: HttpRequest, form: EntryForm) -> HttpResponse:
    """Answer a form whose login has ended: store nothing, and return the page with the typed values.

    It returns nothing else: without a login the page must not say whom a record is about.
    """
    anybody = replace(form, title=kinds.kind(form.kind).title, text="", back=("Today", reverse("desk:today")))
    values = read_values(form.message, request.POST)
    return _page(
        request, anybody, token_of(request.POST.get("token", "")), values, logged_out=True, status=401
    )


def keep(request: StaffRequest, form: EntryForm, token: uuid.UUID) -> JsonResponse:
    """Save the present input as a draft; the script calls it every few seconds after a change."""
    try:
        values = cleaned(form, typed(request, form, token))
        draft = _kept(request, form, values, token)
    except ChangeError as error:
        return JsonResponse({"words": f"Not kept. {error.words}"}, status=_refused(error))
    if draft.state != State.DRAFT:
        return JsonResponse({"words": "Submitted already.", "url": draft.get_absolute_url()}, status=409)
    return JsonResponse({"words": f"Draft saved {ist(timezone.now(), 'time')}", "url": form.draft_url(token)})


def _kept(request: StaffRequest, form: EntryForm, values: Values, token: uuid.UUID) -> Change:
    """Return the draft of the input, with the record that filled the form. Raises ChangeError."""
    return operations.save_draft(
        form.kind,
        values,
        by=request.user,
        token=token,
        corrects=earlier(request, form),
        base=bases.opened(request.POST.get("base", "")),
    )


def _refused(error: ChangeError) -> int:
    """Return the answer's status if a draft was not saved."""
    return 403 if isinstance(error, NotAllowed) else 409


def not_kept() -> JsonResponse:
    """Return the answer to a person whose login has ended."""
    return JsonResponse({"words": "Not kept: you have been logged out."}, status=401)


def _page(
    request: HttpRequest,
    form: EntryForm,
    token: uuid.UUID,
    values: Typed,
    findings: list[Finding] | None = None,
    *,
    draft: Change | None = None,
    focus: str = "",
    logged_out: bool = False,
    moved: MovedOn | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = MessageForm(form.message, values, findings or [])
    here, elsewhere = _split(form, named(shown))
    folded = form.filling.folds(values) if form.filling and not logged_out else ()
    context: dict[str, Any] = {
        "token": token,
        "corrected": {name: value for name in ("again", "part") if (value := asked(request).get(name))},
        "draft": draft,
        "form": form,
        "keep_url": form.address("keep", token),
        "draft_url": form.draft_url(token),
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
