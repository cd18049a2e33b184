"""Pages of a reconciliation up to its result: the list, the upload, the columns, the progress."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.models import Entry
from backoffice.audit.timeline import line
from backoffice.batches.errors import BatchError, FileProblem
from backoffice.batches.file import columns
from backoffice.batches.operations import ColumnsUnclear
from backoffice.batches.pages import columns_page
from backoffice.batches.pages.forms import HeadersForm, UploadForm
from backoffice.kit import privacy
from backoffice.kit.components import Tab
from backoffice.kit.list_view import ListView
from backoffice.kit.polling import polled
from backoffice.reconciliation import exported, operations, proposing
from backoffice.reconciliation.filters import ReconciliationFilter
from backoffice.reconciliation.models import Reconciliation, State
from backoffice.reconciliation.proposing import VIEW
from backoffice.reconciliation.tables import ReconciliationTable

#: How many entries of its time line are shown; the audit list has the rest.
ENTRIES = 50

may_view = for_staff(VIEW)
may_compare = for_staff(operations.ADD)


class ReconciliationList(ListView):
    """All comparisons."""

    permission_required = VIEW
    model = Reconciliation
    table_class = ReconciliationTable
    filterset_class = ReconciliationFilter
    title = "Reconciliation"
    subtitle = "An export of ODIN's WebAdmin compared with the portal, field by field."
    nouns = ("comparison", "comparisons")
    empty_icon = "refresh"
    empty_title = "Nothing compared yet"
    empty_text = "Upload an export of ODIN's WebAdmin to see what differs from the portal."
    empty_action = ("reconciliation:new", "Compare an export")
    empty_action_permission = operations.ADD

    def get_queryset(self) -> QuerySet[Reconciliation]:
        return Reconciliation.objects.select_related("made_by").order_by("-pk")


@never_cache
@require_http_methods(["GET", "POST"])
@may_compare
def new(request: StaffRequest) -> HttpResponse:
    """Upload an export; it is compared at once if every column is understood."""
    form = UploadForm(request.POST or None, request.FILES or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            one = operations.upload(
                file.chunks(), file.name, by=request.user, token=form.cleaned_data["token"]
            )
            if one.state == State.UPLOADED and not operations.problems(one):
                one = operations.compare(one.pk, by=request.user)
        except (BatchError, FileProblem) as error:
            problem = error.words
        else:
            return redirect(one)
    context = {"form": form, "problem": problem, "columns": columns.columns(exported.LAYOUT)}
    return render(
        request, "reconciliation/new.html", context, status=422 if request.method == "POST" else 200
    )


@never_cache
@require_safe
@may_view
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """The progress of a comparison, then its totals and the batches made of it."""
    one = get_object_or_404(Reconciliation.objects.select_related("made_by"), pk=pk)
    mine = one.made_by_id == request.user.pk
    if one.state == State.UPLOADED and mine and not one.problem:
        return redirect("reconciliation:mapping", pk=pk)
    moving = one.state == State.COMPARING
    context: dict[str, Any] = {"one": one, "bar": progress(one), "every": "1s" if moving else ""}
    if polled(request, "progress"):  # the whole page changes at the end
        if not moving:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "reconciliation/_progress.html", context)
    context |= {
        "mine": mine,
        "tabs": tabs(one, "detail"),
        "fields": _fields(one),
        "batches": proposing.batches_of(one) if one.state == State.COMPARED else [],
        "events": [
            line(entry, privacy.sees_at_once(request.user))
            for entry in Entry.objects.filter(subject=one.subject)
            .select_related("by")
            .order_by("-at", "-id")[:ENTRIES]
        ],
        "gives_reason": privacy.gives_reason(request.user),
    }
    return render(request, "reconciliation/detail.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@may_compare
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    """What each column of the file means: shown, corrected, remembered for the same headers."""
    one = get_object_or_404(Reconciliation, pk=pk)
    if request.method != "POST":
        return _columns(request, one)
    names = columns_page.typed(request, exported.LAYOUT, one.headers)
    try:
        operations.compare(pk, by=request.user, names=names)
    except ColumnsUnclear as unclear:
        return _columns(request, one, problems=unclear.problems, names=names)
    except BatchError as error:
        return _columns(request, one, problems=[error.words], names=names)
    return redirect(one)


def _columns(request: StaffRequest, one: Reconciliation, **shown: Any) -> HttpResponse:
    around = columns_page.Around(
        label=one.label,
        crumbs=[("Reconciliation", reverse("reconciliation:list")), (one.label, "")],
        headers_url=reverse("reconciliation:headers", args=[one.pk]),
        upload_url=reverse("reconciliation:new"),
        discard_url=reverse("reconciliation:discard", args=[one.pk]),
        done="compared",
        begin="Compare with the portal",
        confirm="Confirm and compare",
    )
    shown.setdefault("problems", exported.problems(one.headers, one.mapping))
    mine = one.made_by_id == request.user.pk and one.state == State.UPLOADED
    return columns_page.show(request, one, exported.LAYOUT, around, mine=mine, **shown)


@never_cache
@require_POST
@may_compare
def headers(request: StaffRequest, pk: int) -> HttpResponse:
    """Read the headers from the chosen sheet and row."""
    one = get_object_or_404(Reconciliation, pk=pk)
    form = HeadersForm(request.POST, shape=one.shape)
    if not form.is_valid():
        return _columns(request, one, headers_form=form)
    try:
        operations.read_again(pk, by=request.user, **form.cleaned_data)
    except (BatchError, FileProblem) as error:
        form.add_error("header_row", error.words)
        return _columns(request, one, headers_form=form)
    messages.success(request, "Headers read. Check what the columns mean.")
    return redirect("reconciliation:mapping", pk=pk)


@never_cache
@require_POST
@may_compare
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Discard a file before its comparison."""
    one = get_object_or_404(Reconciliation, pk=pk)
    try:
        operations.discard(pk, by=request.user)
    except BatchError as error:
        messages.error(request, error.words)
        return redirect(one)
    messages.success(request, "Discarded. The uploaded file is deleted.")
    return redirect("reconciliation:list")


def tabs(one: Reconciliation, current: str) -> list[Tab]:
    """Return the parts of a result, with the count of each."""
    if one.state != State.COMPARED:
        return []
    parts = (
        ("detail", "Summary", None),
        ("different", "Different", one.differences),
        ("only_there", "Only in the file", one.only_there),
        ("only_here", "Only in the portal", one.only_here),
        ("unreadable", "Not readable", one.unreadable),
    )
    return [
        Tab(label, reverse(f"reconciliation:{name}", args=[one.pk]), name == current, count)
        for name, label, count in parts
        if count or name != "unreadable"
    ]


def progress(one: Reconciliation) -> dict[str, Any] | None:
    """Return the progress: rows compared and records looked up, of how many, and the rate a second.

    The number of rows of a file is an estimate until the last one is read.
    """
    if one.state != State.COMPARING or one.started_at is None:
        return None
    rows = one.rows if one.rows_done else max(one.rows, int(one.shape.get("rows") or 0))
    done, total = one.rows + one.looked, rows + max(one.users, one.looked)
    rate = one.rate(done)
    return {
        "done": done,
        "total": total,
        "about": not one.rows_done,
        "rate": rate,
        "seconds_left": (total - done) / rate if rate else None,
    }


def _fields(one: Reconciliation) -> list[tuple[str, str, int]]:
    """Return the fields that differ, with labels and counts, most frequent first."""
    if one.state != State.COMPARED:
        return []
    counted = (
        one.found.order_by().values_list("field").annotate(times=Count("id")).order_by("-times", "field")
    )
    return [(name, exported.label(name), times) for name, times in counted]
