"""The page on which makers check their answers: the message in words, the warnings, the reason; then submission."""

import json
import uuid
from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac

from backoffice.access import StaffRequest
from backoffice.changes import kinds, operations, risks
from backoffice.changes.entry import became
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.entry_input import own_draft
from backoffice.changes.errors import ChangeError, HasErrors, ReasonMissing, Stale
from backoffice.changes.examination import Examined, refer
from backoffice.changes.models import Change, State
from backoffice.changes.presentation import in_words, summary
from backoffice.changes.reasons import last_reasons
from backoffice.delivery.forms import NotBeforeForm
from backoffice.kit.formsets import MessageForm
from backoffice.kit.message_words import REFERENCE
from backoffice.kit.sections import named
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import errors

#: Shown in place of a reference, which a change gets at submission.
ALLOTTED = "Allotted on submission"


def check(request: StaffRequest, form: EntryForm, token: uuid.UUID) -> HttpResponse:
    """Show the answers, and submit them as they were shown."""
    draft = own_draft(request, form, token)
    if draft.state != State.DRAFT:  # the second of two clicks, or the back button
        return became(request, draft)
    if not form.is_current(draft):
        return redirect(form.draft_url(token))
    values = operations.draft_values(draft)
    when = None if form.local else NotBeforeForm(request.POST if request.method == "POST" else None)
    trouble = None
    if request.method == "POST":
        try:
            if change := _submitted(request, form, token, values, when):
                messages.success(request, "Submitted for approval.")
                return redirect(change)
        except HasErrors:
            return redirect(f"{form.draft_url(token)}&look=1")
        except ChangeError as error:
            trouble = error
    examined = form.examine(values)
    if errors(examined.findings):
        return redirect(f"{form.draft_url(token)}&look=1")
    context = {
        "draft": draft,
        "form": form,
        "form_url": form.draft_url(token),
        "local": form.local,
        "seen": _seen(values),
        "reason": request.POST.get("reason", draft.reason),
        "reasons": last_reasons(request.user),
        "when": when,
        "problem": trouble.words if trouble else "",
        "at": "reason" if isinstance(trouble, ReasonMissing) else "",
        "warnings": named(MessageForm(form.message, values, examined.findings)),
        **_proposed(form, examined),
    }
    code = 409 if trouble else 422 if when and when.errors else 200
    return render(request, "changes/entry_check.html", context, status=code)


def _submitted(
    request: StaffRequest, form: EntryForm, token: uuid.UUID, values: Values, when: NotBeforeForm | None
) -> Change | None:
    """Submit the draft that the page showed; None if the time in `when` cannot be read. Raises ChangeError."""
    if request.POST.get("seen") != _seen(values):
        raise Stale("The draft was changed after you opened this page. Review it again before you submit.")
    if when is not None and not when.is_valid():
        return None
    return operations.submit(
        form.kind,
        values,
        by=request.user,
        reason=request.POST.get("reason", ""),
        token=token,
        typed=True,
        not_before=when.cleaned_data["not_before"] if when else None,
    )


def _proposed(form: EntryForm, examined: Examined) -> dict[str, object]:
    """Return what a checker would see of this change."""
    proposed = operations.proposed(form.kind, _with_a_word_for_references(form, examined))
    shown = in_words(form.kind, operations.messages(proposed), proposed.before, reveal=True)
    return {
        "summary": summary(proposed, reveal=True),
        "shows_personal": True,
        "risks": risks.labels(proposed.risks),
        "consequences": [line.consequence for one in shown for line in one.lines if line.consequence],
        "shown_messages": shown,
    }


def _with_a_word_for_references(form: EntryForm, examined: Examined) -> Examined:
    values = examined.values
    if REFERENCE in kinds.kind(form.kind).message.fields and not values.get(REFERENCE):
        values = {**values, REFERENCE: ALLOTTED}
    return replace(examined, values=values, follow_ups=refer(examined.follow_ups, ALLOTTED))


def _seen(values: Values) -> str:
    """Return a digest of the page's content, so that a draft changed in another tab is not submitted unseen.

    Keyed, since a plain hash would allow guessing the password in it.
    """
    plain = {
        name: value.reveal() if isinstance(value, SecretText) else value for name, value in values.items()
    }
    return salted_hmac(
        "changes.entry_check.seen", json.dumps(plain, sort_keys=True), algorithm="sha256"
    ).hexdigest()
