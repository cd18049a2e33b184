"""Pages of an upload: the kinds of file, a file with the guide to its columns, what the columns mean."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.batches import operations
from backoffice.batches.errors import BatchError, FileProblem
from backoffice.batches.file import columns, matching
from backoffice.batches.models import Batch, State
from backoffice.batches.pages.forms import HeadersForm, UploadForm, kind_choices
from backoffice.batches.pages.views import may_upload
from backoffice.changes.files import FileKind, Layout
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.outside import whole

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Characters that one may type for the meaning of a column.
MOST_TYPED = 100


@never_cache
@require_safe
@may_upload
def choose(request: StaffRequest) -> HttpResponse:
    """Which kind of file."""
    return render(request, "batches/choose.html", {"kinds": kind_choices()})


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
                by=_person(request),
                token=form.cleaned_data["token"],
                corrects=form.cleaned_data["corrects"],
            )
        except (BatchError, FileProblem) as error:
            problem = error.words
        else:
            for batch in done.earlier:
                words = f"The same file was uploaded before: batch {batch.pk}, by {batch.made_by}."
                messages.warning(
                    request, f"{words} Rows that were applied then are recognised and left alone."
                )
            return redirect(_begin(done.batch, _person(request)))
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
    """The template of a kind as CSV, with a byte order mark so that Excel reads it as UTF-8."""
    text = f"\ufeff{columns.template(_kind_or_404(kind).layout)}"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{kind}.csv"'},
    )


@never_cache
@require_http_methods(["GET", "POST"])
@may_upload
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    """What each column of the file means: shown, corrected, remembered for the same headers."""
    batch = get_object_or_404(Batch, pk=pk)
    if request.method != "POST":
        return _mapping_page(request, batch)
    typed = [request.POST.get(f"column-{place}", "") for place in range(len(batch.headers))]
    names = matching.chosen(file_kind(batch.kind).layout, [text[:MOST_TYPED].strip() for text in typed])
    try:
        operations.check(batch.pk, by=_person(request), names=names)
    except operations.ColumnsUnclear as unclear:
        return _mapping_page(request, batch, names=names, problems=unclear.problems, code=422)
    except BatchError as error:
        return _mapping_page(request, batch, names=names, problems=[error.words], code=422)
    return redirect(batch)


def _mapping_page(
    request: StaffRequest,
    batch: Batch,
    *,
    names: Sequence[str] | None = None,
    problems: Sequence[str] | None = None,
    headers_form: HeadersForm | None = None,
    code: int = 200,
) -> HttpResponse:
    layout = file_kind(batch.kind).layout
    names = batch.mapping if names is None else names
    context = {
        "batch": batch,
        "problems": operations.unclear(batch, names) if problems is None else problems,
        "headers_form": headers_form or HeadersForm(shape=batch.shape),
        "columns": shown_columns(layout, batch.headers, names, batch.shape),
        "choices": [(column.label, column.name) for column in columns.offered(layout)],
        "leave_out": matching.LEAVE_OUT,
        "most_typed": MOST_TYPED,
        "mine": batch.made_by_id == request.user.pk,
    }
    return render(request, "batches/mapping.html", context, status=code)


def shown_columns(
    layout: Layout, headers: Sequence[str], names: Sequence[str], shape: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The columns of a file as its page shows them: each header with what it means, and what is odd about that."""
    by_header = matching.match(layout, headers)
    hidden_columns = set(shape.get("hidden_columns", ()))
    known = columns.by_name(layout)
    shown = zip(headers, names, matching.in_words(layout, names), by_header, strict=True)
    return sorted(
        (
            {
                "place": place,
                "header": header,
                "words": words,
                "understood": name in known or name == matching.IGNORED,
                "hidden": place in hidden_columns,
                "by_header": known[usual].label if usual in known and usual != name else "",
            }
            for place, (header, name, words, usual) in enumerate(shown)
        ),
        # What is not understood stands first, then what its header alone would not mean.
        key=lambda column: (column["understood"], not (column["by_header"] or column["hidden"])),
    )


@never_cache
@require_POST
@may_upload
def headers(request: StaffRequest, pk: int) -> HttpResponse:
    """Read the headers from the sheet and the row that were chosen."""
    batch = get_object_or_404(Batch, pk=pk)
    form = HeadersForm(request.POST, shape=batch.shape)
    if not form.is_valid():
        return _mapping_page(request, batch, headers_form=form, code=422)
    try:
        batch = operations.read_again(pk, by=_person(request), **form.cleaned_data)
    except (BatchError, FileProblem) as error:
        form.add_error("header_row", error.words)
        return _mapping_page(request, batch, headers_form=form, code=422)
    messages.success(request, "Headers read. Check what the columns mean.")
    return redirect("batches:mapping", pk=pk)


@never_cache
@require_POST
@may_upload
def hidden(request: StaffRequest, pk: int) -> HttpResponse:
    """Include the rows that the sheet hides, or leave them out."""
    batch = get_object_or_404(Batch, pk=pk)
    try:
        operations.decide_hidden(pk, include=request.POST.get("hidden") == "include", by=_person(request))
    except BatchError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, "Decided. The file is checked again.")
    return redirect(batch)


def _corrected(request: StaffRequest, kind: str) -> tuple[Batch | None, str]:
    """The batch whose failed rows the file is to correct, if the address names one; or why it may not, in words."""
    number = whole(request.GET.get("corrects", ""))
    if number is None:
        return None, ""
    try:
        return operations.corrected(number, kind, _person(request)), ""
    except BatchError as error:
        return None, error.words


def _begin(batch: Batch, by: "User") -> str:
    """Check at once where every column is understood; otherwise ask what the columns mean. Gives the next page."""
    if batch.state == State.UPLOADED and not operations.problems(batch):
        operations.check(batch.pk, by=by)
    return batch.get_absolute_url()


def _kind_or_404(slug: str) -> FileKind:
    found = file_kinds().get(slug)
    if found is None:
        raise Http404("There is no such kind of file.")
    return found


def _person(request: StaffRequest) -> "User":
    return request.user
