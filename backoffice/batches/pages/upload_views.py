"""Pages of an upload: the kinds of file, a file with the guide to its columns, what the columns mean."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.batches import operations
from backoffice.batches.errors import BatchError, FileProblem
from backoffice.batches.file import columns, templates
from backoffice.batches.models import Batch, State
from backoffice.batches.pages import columns_page
from backoffice.batches.pages.forms import HeadersForm, UploadForm, kinds_by_group
from backoffice.batches.pages.views import may_upload
from backoffice.batches.uploader import BEFORE_SUBMISSION
from backoffice.changes.files import FileKind
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.exports.workbooks import XLSX
from backoffice.outside import whole

if TYPE_CHECKING:
    from backoffice.logins.models import User


@never_cache
@require_safe
@may_upload
def choose(request: StaffRequest) -> HttpResponse:
    """Choose the kind of file."""
    return render(request, "batches/choose.html", {"groups": kinds_by_group()})


@never_cache
@require_http_methods(["GET", "POST"])
@may_upload
def new(request: StaffRequest, kind: str) -> HttpResponse:
    """Upload a file of a kind; beside it the guide to its columns."""
    wanted = _kind_or_404(kind)
    parent, problem = _corrected(request, kind)
    initial = {"corrects": parent.pk if parent else None}
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = operations.upload(
                kind,
                file.chunks(),
                file.name,
                by=request.user,
                token=form.cleaned_data["token"],
                corrects=form.cleaned_data["corrects"],
            )
        except (BatchError, FileProblem) as error:
            problem = error.words
        else:
            for batch in done.earlier:
                words = f"The same file was uploaded before: {batch.label}, by {batch.made_by}."
                messages.warning(
                    request, f"{words} Rows that were applied then are recognised and left alone."
                )
            return redirect(_begin(done.batch, request.user))
    context = {
        "kind": wanted,
        "form": form,
        "problem": problem,
        "corrects": parent,
        "columns": columns.columns(wanted.layout),
    }
    return render(request, "batches/new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@may_upload
def template(request: StaffRequest, kind: str) -> HttpResponse:
    """Download the template of a kind as CSV, with a byte order mark so that Excel reads it as UTF-8."""
    text = f"\ufeff{templates.csv(_kind_or_404(kind).layout)}"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{kind}.csv"'},
    )


@never_cache
@require_safe
@may_upload
def template_workbook(request: StaffRequest, kind: str) -> FileResponse:
    """The template of a kind as a workbook of Excel."""
    book = templates.workbook(_kind_or_404(kind).layout)
    return FileResponse(book, as_attachment=True, filename=f"{kind}.xlsx", content_type=XLSX)


@never_cache
@require_http_methods(["GET", "POST"])
@may_upload
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    """What each column of the file means: shown, corrected, remembered for the same headers."""
    batch = get_object_or_404(Batch, pk=pk)
    if request.method != "POST":
        return _columns(request, batch)
    names = columns_page.typed(request, file_kind(batch.kind).layout, batch.headers)
    try:
        operations.check(batch.pk, by=request.user, names=names)
    except operations.ColumnsUnclear as unclear:
        return _columns(request, batch, problems=unclear.problems, names=names)
    except BatchError as error:
        return _columns(request, batch, problems=[error.words], names=names)
    return redirect(batch)


def _columns(request: StaffRequest, batch: Batch, **shown: Any) -> HttpResponse:
    note = "Checking again discards what the last check found, accepted corrections included."
    around = columns_page.Around(
        label=batch.label,
        crumbs=[("Batches", reverse("batches:list")), (batch.label, batch.get_absolute_url())],
        headers_url=reverse("batches:headers", args=[batch.pk]),
        upload_url=reverse("batches:upload", args=[batch.kind]),
        discard_url=reverse("batches:act", kwargs={"pk": batch.pk, "action": "discard"}),
        done="checked",
        begin="Check the file",
        confirm="Confirm and check the file",
        note=note if batch.checked_at else "",
    )
    shown.setdefault("problems", operations.unclear(batch, batch.mapping))
    mine = batch.made_by_id == request.user.pk and batch.state in BEFORE_SUBMISSION
    return columns_page.show(request, batch, file_kind(batch.kind).layout, around, mine=mine, **shown)


@never_cache
@require_POST
@may_upload
def headers(request: StaffRequest, pk: int) -> HttpResponse:
    """Read the headers from the chosen sheet and row."""
    batch = get_object_or_404(Batch, pk=pk)
    form = HeadersForm(request.POST, shape=batch.shape)
    if not form.is_valid():
        return _columns(request, batch, headers_form=form)
    try:
        batch = operations.read_again(pk, by=request.user, **form.cleaned_data)
    except (BatchError, FileProblem) as error:
        form.add_error("header_row", error.words)
        return _columns(request, batch, headers_form=form)
    messages.success(request, "Headers read. Check what the columns mean.")
    return redirect("batches:mapping", pk=pk)


@never_cache
@require_POST
@may_upload
def hidden(request: StaffRequest, pk: int) -> HttpResponse:
    """Include the rows that the sheet hides, or leave them out."""
    batch = get_object_or_404(Batch, pk=pk)
    try:
        operations.decide_hidden(pk, include=request.POST.get("hidden") == "include", by=request.user)
    except BatchError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, "Decided. The file is checked again.")
    return redirect(batch)


def _corrected(request: StaffRequest, kind: str) -> tuple[Batch | None, str]:
    """Return the batch in the address whose failed rows the file corrects, or why it may not, in words."""
    number = whole(request.GET.get("corrects", ""))
    if number is None:
        return None, ""
    try:
        return operations.corrected(number, kind, request.user), ""
    except BatchError as error:
        return None, error.words


def _begin(batch: Batch, by: "User") -> str:
    """Check at once if every column is understood, otherwise ask for meanings. Returns the next page."""
    if batch.state == State.UPLOADED and not operations.problems(batch):
        operations.check(batch.pk, by=by)
    return batch.get_absolute_url()


def _kind_or_404(slug: str) -> FileKind:
    found = file_kinds().get(slug)
    if found is None:
        raise Http404("There is no such kind of file.")
    return found
