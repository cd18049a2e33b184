"""Pages of the batches: the history, and one batch through all its states with its possible actions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.models import Entry
from backoffice.audit.timeline import line
from backoffice.batches import counts, fixing, operations, pausing
from backoffice.batches.check import summary
from backoffice.batches.chip import chip
from backoffice.batches.decide import completion, decisions
from backoffice.batches.decide.deciders import OF_A_FILE, asks_total, change_kind, decides
from backoffice.batches.errors import BatchError, NotAllowed, ReasonMissing, field_of
from backoffice.batches.file import columns
from backoffice.batches.file.marks import HIDDEN
from backoffice.batches.models import CAME_BACK, Batch, State
from backoffice.batches.pages import approval, outcome, timing
from backoffice.batches.pages.filters import BatchFilter
from backoffice.batches.pages.forms import SubmitForm
from backoffice.batches.pages.steps import of_batch
from backoffice.batches.pages.tables import BatchTable
from backoffice.changes.deciders import may_comment, why_not
from backoffice.changes.files import FileKind
from backoffice.changes.kinds import file_kind
from backoffice.delivery import urgent
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.errors import ReasonMissing as LacksReason
from backoffice.delivery.stops import stops
from backoffice.kit import privacy
from backoffice.kit.components import Event
from backoffice.kit.list_view import ListView
from backoffice.odin import session

#: How many entries of a batch's time line are shown; the audit list has the rest.
ENTRIES = 100
#: How many files that correct rows of this one are named.
CORRECTIONS = 5

may_view = for_staff("batches.view_batch")
may_upload = for_staff("changes.add_change")


class BatchList(ListView):
    """The history of files."""

    permission_required = "batches.view_batch"
    model = Batch
    table_class = BatchTable
    filterset_class = BatchFilter
    template_name = "batches/list.html"
    title = "Batches"
    subtitle = "Files with a row for each retail user. A checker approves a file as a whole."
    nouns = ("file", "files")
    search_hint = "File, number or SHA-256"
    empty_icon = "batches"
    empty_title = "No files yet"
    empty_text = "Upload a file to create or change many retail users at once."
    empty_action = ("batches:new", "Upload a file")
    empty_action_permission = "changes.add_change"

    def get_queryset(self) -> QuerySet[Batch]:
        return Batch.objects.select_related("made_by", "decided_by")


@never_cache
@require_safe
@may_view
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One batch: its content, progress, findings, possible actions and outcome."""
    batch = batch_or_404(pk)
    if batch.state == State.UPLOADED and not batch.problem and batch.made_by_id == request.user.pk:
        return redirect("batches:mapping", pk=pk)
    return _page(request, batch)


@never_cache
@require_safe
@may_view
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of the page that changes. 204 if nothing has changed; the whole page if it needs another layout."""
    batch = batch_or_404(pk)
    context = progress_of(request, batch)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    if request.GET.get("seen", "").partition("-")[0] != batch.state:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "batches/_moved.html", {"batch": batch, **context})


@never_cache
@require_POST
@may_view
def act(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Do one of ACTIONS; if it is not possible, the batch's page says why, with the next step."""
    batch = batch_or_404(pk)
    try:
        done = ACTIONS[action](batch, request)
    except BatchError as error:
        batch.refresh_from_db()
        code = 403 if isinstance(error, NotAllowed) else 409
        return _page(request, batch, problem=error.words, at=field_of(error, action), tried=action, code=code)
    messages.success(request, done)
    return redirect(batch)


@never_cache
@require_POST
@may_upload
def submit(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose a checked batch."""
    batch = batch_or_404(pk)
    form = submit_form(batch, request.POST)
    problem = ""
    if form.is_valid():
        try:
            decisions.submit(batch.pk, by=request.user, **form.cleaned_data)
        except BatchError as error:
            problem = error.words
            batch.refresh_from_db()
        else:
            messages.success(request, "Submitted. Waiting for a checker.")
            return redirect(batch)
    return _page(request, batch, problem=problem, form=form, code=422)


def submit_form(batch: Batch, data: QueryDict | None = None) -> SubmitForm:
    """Return the form that proposes this batch, without fields that do not apply."""
    return SubmitForm(data, money=asks_total(batch), wrong=batch.wrong, local=change_kind(batch).local)


def _check(batch: Batch, request: StaffRequest) -> str:
    operations.check(batch.pk, by=request.user)
    return "The file is being checked."


def _pause(batch: Batch, request: StaffRequest) -> str:
    pausing.pause(batch.pk, by=request.user)
    return "Paused. Resume at any time."


def _resume(batch: Batch, request: StaffRequest) -> str:
    pausing.resume(batch.pk, by=request.user)
    return "Resumed."


def _discard(batch: Batch, request: StaffRequest) -> str:
    operations.discard(batch.pk, by=request.user)
    return "Discarded. The uploaded file is deleted."


def _clean(batch: Batch, request: StaffRequest) -> str:
    path, rule, seen = (request.POST.get(name, "") for name in ("path", "rule", "seen"))
    altered = fixing.accept_cleaned(batch.pk, path=path, rule=rule, seen=seen, by=request.user)
    return f"Accepted in {counts.rows(altered)}. They are being checked again."


def _withdraw(batch: Batch, request: StaffRequest) -> str:
    decisions.withdraw(batch.pk, by=request.user, reason=request.POST.get("reason", ""))
    return "Withdrawn. Nothing was sent."


def _approve(batch: Batch, request: StaffRequest) -> str:
    done = decisions.approve(
        batch.pk,
        by=request.user,
        content_hash=request.POST.get("content_hash", ""),
        reason=request.POST.get("reason", ""),
    )
    if done.given < done.needed:
        return "Approved by you. A second checker must approve it too before anything goes out."
    left_out = (
        f" Left out: {counts.rows(done.stale)} whose records changed after the check." if done.stale else ""
    )
    return f"Approved: {counts.rows(done.rows)}.{left_out}"


def _reject(batch: Batch, request: StaffRequest) -> str:
    decisions.reject(batch.pk, by=request.user, reason=request.POST.get("reason", ""))
    return "Rejected. Its maker sees your reason."


def _comment(batch: Batch, request: StaffRequest) -> str:
    decisions.comment(batch.pk, by=request.user, text=request.POST.get("reason", ""))
    return "Comment saved."


def _cancel(batch: Batch, request: StaffRequest) -> str:
    count = completion.cancel_unsent(batch.pk, by=request.user, reason=request.POST.get("reason", ""))
    return f"Cancelled before being sent: {counts.messages(count)}."


def _urgent(batch: Batch, request: StaffRequest) -> str:
    try:
        count = urgent.let_batch_through(batch.pk, by=request.user, reason=request.POST.get("reason", ""))
    except LacksReason as error:
        raise ReasonMissing(error.words) from None
    except DeliveryError as error:
        raise BatchError(error.words) from None
    return f"Let through: {counts.messages(count)}."


#: The actions on a batch, by the word in the address.
ACTIONS: dict[str, Callable[[Batch, StaffRequest], str]] = {
    "check": _check,
    "pause": _pause,
    "resume": _resume,
    "discard": _discard,
    "clean": _clean,
    "withdraw": _withdraw,
    "approve": _approve,
    "reject": _reject,
    "cancel": _cancel,
    "comment": _comment,
    "urgent": _urgent,
}


def _page(
    request: StaffRequest,
    batch: Batch,
    *,
    problem: str = "",
    at: str = "",
    tried: str = "",
    form: SubmitForm | None = None,
    code: int = 200,
) -> HttpResponse:
    kind = file_kind(batch.kind)
    mine = batch.made_by_id == request.user.pk
    context: dict[str, Any] = {
        "batch": batch,
        "kind": kind,
        "money": asks_total(batch),
        "problem": problem,
        "at": at,
        "tried": tried,
        "reason": request.POST.get("reason", ""),
        "mine": mine,
        "came_back": batch.state in CAME_BACK,
        "earlier": operations.earlier(batch),
        "corrected_by": batch.corrected_by.order_by("pk")[:CORRECTIONS],
        "cells_corrected": Entry.objects.filter(subject=batch.subject, action="batch.corrected").count(),
        "events": _events(batch, privacy.sees_at_once(request.user)),
        "shows_personal": privacy.sees_at_once(request.user),
        "comment_failed": tried == "comment" and bool(problem),
        "let_through": timing.let_through(batch),
        "urgent_failed": tried == "urgent" and bool(problem),
        "may_fix": fixing.may_fix(batch, request.user),
        "may_comment": batch.submitted_at is not None and may_comment(request.user, change_kind(batch)),
        **_decision(request, batch, mine),
        **progress_of(request, batch),
    }
    if batch.state not in (State.UPLOADED, State.CHECKING):
        context["finding_kinds"] = _named(kind, summary.finding_kinds(batch))
        context["totals"] = summary.totals(batch)
        context["will"] = approval.effect(
            batch, context["totals"], personal=context["personal"], shows=context["shows_personal"]
        )
        hidden = (one.rows for _, one in context["finding_kinds"] if one.rule == HIDDEN)
        context["hidden"] = next(hidden, batch.shape.get("hidden_rows", 0))
    if batch.state == State.CHECKED and mine:
        context["form"] = form or submit_form(batch)
    return render(request, "batches/detail.html", context, status=code)


def _decision(request: StaffRequest, batch: Batch, mine: bool) -> dict[str, Any]:
    """Return who may decide, and why this person sees no buttons."""
    kind, checker = change_kind(batch), decides(request.user, batch)
    submitted = batch.state == State.SUBMITTED
    approved = submitted and batch.approvals.filter(by=request.user.pk).exists()
    return {
        "may_decide": submitted and checker and not mine,
        "may_approve": not approved,
        "local": kind.local,
        "approvals": list(batch.approvals.select_related("by").order_by("pk")) if submitted else [],
        "checkers": batch.changes.aggregate(most=Max("checkers"))["most"] if submitted else 1,
        "may_withdraw": submitted and mine,
        "may_steer": mine or checker,
        "may_cancel": checker and request.user.has_perm("delivery.resolve_delivery"),
        "why_not": why_not(request.user, kind, batch.made_by_id, approved, OF_A_FILE) if submitted else "",
    }


def progress_of(request: StaffRequest, batch: Batch) -> dict[str, Any]:
    """Return the bar, and a mark that changes with the page; `every` is how often the page asks again."""
    counts: dict[str, int] = {}
    bar = None
    every = ""
    if batch.state == State.CHECKING:
        bar = summary.checking(batch)
        every = "1s" if bar.moving else "5s"
    elif batch.state == State.APPROVED and change_kind(batch).local:
        bar = summary.applying(batch)
        every = ("1s" if bar.moving else "5s") if bar.done < bar.total else ""
    elif batch.state == State.APPROVED:
        counts = summary.deliveries(batch)
        bar = summary.sending(batch, counts)
        every = ("1s" if bar.moving else "5s") if bar.done < bar.total else ""
    elif batch.state == State.SUBMITTED and not decides(request.user, batch):
        every = "5s"
    goes_out = timing.goes_out(batch, counts)
    if goes_out and bar:
        every = "5s"
    stopped = bool(counts and bar and bar.moving and stops(session.status_for_screens()))
    marks = [
        batch.state,
        str(batch.paused),
        str(stopped),
        str(goes_out or ""),
        str(bar.done if bar else ""),
        *map(str, counts.values()),
    ]
    return {
        "personal": request.user.has_perm("accounts.see_personal_data"),
        "bar": bar,
        "steps": of_batch(batch, counts),
        "counts": counts,
        "outcome": outcome.outcome(counts, {"held back": batch.wrong, "applied before": batch.done_before}),
        "chip": chip(outcome.status_of(batch, counts), counts),
        "every": every,
        "stopped": stopped,
        "goes_out": goes_out,
        "may_let_through": bool(goes_out and bar) and request.user.has_perm(urgent.RIGHT),
        "seen": "-".join(marks),
        "may_steer": batch.made_by_id == request.user.pk or decides(request.user, batch),
        "may_correct": operations.may_correct(batch, request.user),
    }


def _named(kind: FileKind, found: list[summary.FindingKind]) -> list[tuple[str, summary.FindingKind]]:
    """Return the kinds of findings with the name of the column of each."""
    labels = {column.path: column.label for column in columns.by_name(kind.layout).values()}
    return [(labels.get(one.path, "The row as a whole"), one) for one in found]


def _events(batch: Batch, shows: bool) -> list[Event]:
    entries = (
        Entry.objects.filter(subject=batch.subject)
        .select_related("by")
        .exclude(action="batch.corrected")
        .order_by("-id")[:ENTRIES]
    )
    return [line(entry, shows) for entry in entries]


def batch_or_404(pk: int) -> Batch:
    """Return the batch with this number, with the people that its page names."""
    found = Batch.objects.select_related("made_by", "decided_by", "corrects").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such batch.")
    return found
