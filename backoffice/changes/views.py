"""Pages of the changes: the list, one change with its messages and deliveries, and the decision on it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.audit.models import Entry
from backoffice.changes import inbox, operations, risks, staleness
from backoffice.changes.again import next_step, step_of_part
from backoffice.changes.corrections import came_to_nothing
from backoffice.changes.deciders import OF_A_CHANGE, decides, why_not
from backoffice.changes.errors import ChangeError, NotAllowed, ReasonMissing, field_of
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change, State
from backoffice.changes.presentation import ShownMessage, shown_messages, summary
from backoffice.changes.steps import RELATED, of_change
from backoffice.changes.visibility import sees_changes, visible
from backoffice.delivery import urgent
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.errors import ReasonMissing as LacksReason
from backoffice.delivery.hours import SendingTimes
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import FINAL
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit import privacy, subjects
from backoffice.kit.components import Event, status
from backoffice.kit.templatetags.portal import optional_url
from backoffice.logins.models import User
from backoffice.logins.subjects import PREFIX, person_of
from backoffice.protocol.findings import Finding, Severity, restored
from backoffice.protocol.message import REQUESTS

#: A change has a handful of audit entries; this many are shown.
ENTRIES = 100


@never_cache
@require_safe
@sees_changes
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One change: its content in words; who asked and why; possible actions; its outcome."""
    return _page(request, _visible_or_404(request, pk))


@never_cache
@require_safe
@sees_changes
def outcome(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of the page that changes: the states of the change and its deliveries, until all are settled.

    Answers 204 if nothing has changed, so that the page neither flickers nor announces anything.
    """
    change = _visible_or_404(request, pk)
    context = _outcome(request, change)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    if request.GET.get("seen", "").partition("-")[0] != _page_of(change):
        return HttpResponse(
            headers={"HX-Refresh": "true"}
        )  # decided meanwhile: the whole page is another one
    return render(
        request,
        "changes/_moved.html",
        context | {"events": _events(change, _shows(request, change)), "change": change},
    )


@never_cache
@require_POST
@sees_changes
def decide(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Approve, reject, withdraw, discard or comment. If it is not possible, the change's page says why."""
    change = _visible_or_404(request, pk)
    reason = request.POST.get("reason", "")
    person = request.user
    try:
        if action == "approve":
            content_hash = request.POST.get("content_hash", "")
            decided = operations.approve(change.pk, by=person, content_hash=content_hash, reason=reason)
            messages.success(request, _approved_words(decided))
        elif action == "reject":
            operations.reject(change.pk, by=person, reason=reason)
            messages.success(request, "Rejected. Its maker sees your reason.")
        elif action == "discard":
            operations.discard(change.pk, by=person)
            messages.success(request, "Draft deleted.")
            return redirect("changes:mine")
        elif action == "comment":
            operations.comment(change.pk, by=person, text=reason)
        elif action == "urgent":
            messages.success(request, _let_through(change, person, reason))
        else:
            operations.withdraw(change.pk, by=person, reason=reason)
            messages.success(request, "Withdrawn. Nothing was sent.")
    except ChangeError as error:
        change.refresh_from_db()
        code = 403 if isinstance(error, NotAllowed) else 409
        return _page(
            request,
            change,
            problem=error.words,
            tried=action,
            reason=reason,
            code=code,
            at=field_of(error, action),
        )
    return redirect(change)


def _let_through(change: Change, person: User, reason: str) -> str:
    try:
        urgent.let_change_through(change.pk, by=person, reason=reason)
    except LacksReason as error:
        raise ReasonMissing(error.words) from None
    except DeliveryError as error:
        raise ChangeError(error.words) from None
    return "Let through. It is on its way to ODIN."


def _approved_words(change: Change) -> str:
    if change.state == State.SUBMITTED:
        return "Approved by you. A second checker must approve it too before anything happens."
    if KINDS[change.kind].local:
        return "Approved and done."
    if goes_out := SendingTimes().goes_out(change.not_before, timezone.now()):
        return f"Approved. {goes_out}"
    return "Approved and queued."


def _page(
    request: StaffRequest,
    change: Change,
    *,
    problem: str = "",
    at: str = "",
    tried: str = "",
    reason: str = "",
    code: int = 200,
) -> HttpResponse:
    kind = KINDS.get(change.kind)
    mine = change.made_by_id == request.user.pk
    shows = _shows(request, change)
    shown: list[ShownMessage] = shown_messages(change, reveal=shows)
    waits = change.state in (State.SUBMITTED, State.STALE)
    moved_on = kind is not None and waits and staleness.moved_on(change)
    context = {
        "change": change,
        "title": kind.title if kind else change.kind,
        "local": kind is not None and kind.local,
        "user_url": _user_url(change),
        "of_retail_user": subjects.is_retail_user(change.subject),
        "of_staff": change.subject.startswith(PREFIX),
        "problem": problem,
        "at": at,
        "tried": tried,
        "reason": reason,
        "summary": summary(change, reveal=shows),
        "shown_messages": shown,
        "shows_personal": shows,
        "may_reveal": privacy.may_reveal(request, change.subject),
        "consequences": [line.consequence for message in shown for line in message.lines if line.consequence],
        "warnings": _warnings(change),
        "risks": risks.labels(change.risks),
        "approvals": change.approvals.all(),
        "why_not": _why_hidden(request, change),
        "may_decide": _may_decide(request, change),
        "may_withdraw": mine and change.state == State.SUBMITTED and change.batch_id is None,
        "next_step": next_step(change, request.user),
        "corrections": sorted(
            (each for each in change.corrections.all() if each.state != State.DRAFT), key=lambda each: each.pk
        ),
        "events": _events(change, shows),
        "comment_failed": tried == "comment" and bool(problem),
        "let_through": _urgent_entry(change),
        "urgent_failed": tried == "urgent" and bool(problem),
        "may_comment": change.state != State.DRAFT and (mine or _may_approve(request, change)),
        "moved_on": moved_on,
        "moved": staleness.moved(change, reveal=shows) if moved_on else [],
        "next_waiting": inbox.oldest(request.user, beside=change.pk),
        **_outcome(request, change),
    }
    return render(request, "changes/detail.html", context, status=code)


def _visible_or_404(request: StaffRequest, pk: int) -> Change:
    changes = visible(request.user).select_related("made_by", "decided_by")
    found = changes.prefetch_related(*RELATED, "corrections", "deliveries__attempts").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such change.")
    return found


def _may_decide(request: StaffRequest, change: Change) -> bool:
    return change.state == State.SUBMITTED and change.batch_id is None and not _hindrance(request, change)


def _hindrance(request: StaffRequest, change: Change) -> str:
    """Return why this person may not approve a waiting change; "" if they may."""
    approved = any(approval.by_id == request.user.pk for approval in change.approvals.all())
    return why_not(request.user, KINDS.get(change.kind), change.made_by_id, approved, OF_A_CHANGE)


def _may_approve(request: StaffRequest, change: Change) -> bool:
    kind = KINDS.get(change.kind)
    return kind is not None and decides(request.user, kind)


def _why_hidden(request: StaffRequest, change: Change) -> str:
    """Return why this person sees no buttons; "" if they do or nothing is to decide."""
    if change.state != State.SUBMITTED:
        return ""
    if change.batch_id:
        return f"It is row {change.row_number} of a file, which is decided as a whole."
    return _hindrance(request, change)


def _user_url(change: Change) -> str:
    if change.subject.startswith(PREFIX):
        there = change.before is not None or change.state == State.APPROVED
        person = person_of(change.subject)
        return person.get_absolute_url() if there and person else ""
    group_id, _, user_id = change.subject.partition("/")
    return optional_url("accounts:detail", group_id, user_id) if group_id and user_id else ""


def _warnings(change: Change) -> list[Finding]:
    """Return the warnings that the maker saw at submission."""
    found = map(restored, change.findings)
    return [finding for finding in found if finding.severity is Severity.WARNING]


def _outcome(request: StaffRequest, change: Change) -> dict[str, Any]:
    """Return the states of the deliveries, when to ask again, and a mark that changes with the page."""
    deliveries = sorted(change.deliveries.all(), key=lambda delivery: delivery.pk)
    times, now = SendingTimes(), timezone.now()
    waiting = [found for delivery in deliveries if (found := times.of(delivery, now))]
    goes_out = waiting[0] if waiting else None
    if change.state == State.SUBMITTED and (kind := KINDS.get(change.kind)) and not kind.local:
        goes_out = times.goes_out(change.not_before, now)
    marks = [f"{d.pk}{d.state}{d.attempt_count}{int(d.needs_person)}{d.code}" for d in deliveries]
    marks.append(f"{goes_out.at:%Y%m%d%H%M}" if goes_out and goes_out.at else str(bool(goes_out)))
    return {
        "status": change.status,
        "steps": of_change(change),
        "goes_out": goes_out,
        "may_let_through": bool(waiting) and request.user.has_perm(urgent.RIGHT),
        "deliveries": [
            (
                delivery,
                REQUESTS[delivery.message_type],
                _last_ms(delivery),
                step_of_part(change, delivery, request.user),
            )
            for delivery in deliveries
        ],
        "seen": "-".join([_page_of(change), *marks]),
        "every": _every(request, change, deliveries, waits=bool(waiting)),
    }


def _page_of(change: Change) -> str:
    """Return what decides about the page's buttons: the change's state, or that all of it failed."""
    return "nothing" if change.state == State.APPROVED and came_to_nothing(change) else change.state


def _every(request: StaffRequest, change: Change, deliveries: Sequence[Delivery], *, waits: bool) -> str:
    """Return how often the page asks again.

    Each second while something moves automatically, rarely while a person is awaited or all `waits` for its
    time.
    """
    if change.state == State.SUBMITTED:
        return "" if _may_decide(request, change) else "3s"
    waiting = [delivery for delivery in deliveries if delivery.state not in FINAL]
    if not waiting:
        return ""
    moving = [d for d in waiting if not d.needs_person and d.state != DeliveryState.ON_HOLD]
    return "1s" if moving and not waits else "5s"


def _last_ms(delivery: Delivery) -> int | None:
    attempts = list(delivery.attempts.all())
    return attempts[-1].duration_ms if attempts else None


def _shows(request: StaffRequest, change: Change) -> bool:
    """Whether the page shows personal data. A change of rights or rules, whose subject has no slash, has none."""
    return "/" not in change.subject or privacy.shown(request, change.subject)


def _urgent_entry(change: Change) -> Entry | None:
    """Return who last let it, or its whole file, through before its time, and why."""
    of_file = Q(subject=f"batch:{change.batch_id}") if change.batch_id else Q()
    found = Entry.objects.filter(Q(change_id=change.pk) | of_file, action=urgent.ACTION)
    return found.select_related("by").order_by("-id").first() if change.state == State.APPROVED else None


def _events(change: Change, shows: bool) -> list[Event]:
    """Return the audit entries of this change as a time line, newest first."""
    entries = Entry.objects.filter(change_id=change.pk).select_related("by").order_by("-id")[:ENTRIES]
    return [_event(entry, shows) for entry in entries]


def _event(entry: Entry, shows: bool) -> Event:
    thing, _, what = entry.action.partition(".")
    shown = status("outcome" if thing == "delivery" and what == "not_applied" else thing, what)
    answer = " ".join(str(entry.details.get(name) or "") for name in ("code", "answer")).strip()
    sent = str(entry.details.get("sent") or "")
    duration = entry.details.get("duration_ms")
    details = [
        ("ODIN's answer", privacy.words(answer, shows)),
        ("Took", f"{duration} ms" if duration is not None else ""),
    ]
    return Event(
        at=entry.at,
        who=entry.who,
        what=privacy.words(entry.text, shows),
        why=privacy.words(entry.reason, shows),
        tone=shown.tone,
        icon=shown.icon,
        details=[(label, text) for label, text in details if text],
        raw=sent if shows else privacy.hide_message(sent),
    )
