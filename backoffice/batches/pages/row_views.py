"""Pages of a batch's rows, and the result to download. Only for those who may see personal data."""

from functools import cached_property
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.operations import record
from backoffice.batches import fixing
from backoffice.batches.check.offers import Offers, seen
from backoffice.batches.decide import decisions
from backoffice.batches.decide.deciders import decides
from backoffice.batches.errors import BatchError, field_of
from backoffice.batches.file import columns, uploads
from backoffice.batches.models import Batch, Row, RowState, State
from backoffice.batches.pages import result
from backoffice.batches.pages.filters import RowFilter
from backoffice.batches.pages.rows import shown_cell, with_outcome
from backoffice.batches.pages.tables import RowTable
from backoffice.changes.kinds import file_kind, kind_of_file
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.changes.presentation import ShownMessage, shown_messages
from backoffice.changes.risks import SHARED_RULE
from backoffice.delivery.models import Delivery
from backoffice.exports.workbooks import XLSX
from backoffice.kit import privacy
from backoffice.kit.components import matrix
from backoffice.kit.list_view import ListView
from backoffice.protocol import charset
from backoffice.protocol.findings import Severity
from backoffice.protocol.secret import MASK

PERMISSIONS = ("batches.view_batch", "accounts.see_personal_data")
#: Pairs of a value and its offer on one page.
OFFERS_A_PAGE = 50

may_see_rows = for_staff(*PERMISSIONS)


class RowList(ListView):
    """The rows of one batch."""

    permission_required = PERMISSIONS
    model = Row
    table_class = RowTable
    filterset_class = RowFilter
    template_name = "batches/rows.html"
    nouns = ("row", "rows")
    search_hint = "Row or retail user"
    empty_icon = "batches"
    empty_title = "No rows"
    empty_text = "Rows appear here as they are checked."

    @cached_property
    def batch(self) -> Batch:
        """Return the batch in the address."""
        return get_object_or_404(Batch, pk=self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[Row]:
        return with_outcome(self.batch).order_by("number")

    def get_filterset_kwargs(self, filterset_class: Any) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_filterset_kwargs(filterset_class)
        return kwargs | {"batch": self.batch}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"batch": self.batch}


@never_cache
@require_safe
@may_see_rows
def row(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """One row: its cells with findings, its messages in words, its outcome."""
    return _row_page(request, *_row_or_404(pk, number))


@never_cache
@require_POST
@may_see_rows
def reject(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Reject one row with a reason; the others still wait for a decision."""
    batch, found = _row_or_404(pk, number)
    reason = request.POST.get("reason", "")
    try:
        decisions.reject_row(pk, number, by=request.user, reason=reason)
    except BatchError as error:
        at = field_of(error, "reject")
        return _row_page(request, batch, found, problem=error.words, at=at, reason=reason, code=409)
    messages.success(request, f"Row {number} is rejected. The other rows still wait for a decision.")
    return redirect("batches:row", pk=pk, number=number)


@never_cache
@require_safe
@may_see_rows
def offers(request: StaffRequest, pk: int) -> HttpResponse:
    """The cleaned values that a rule offers for a column, beside the file's, for its maker to accept."""
    batch = get_object_or_404(Batch, pk=pk)
    path, rule = request.GET.get("path", ""), request.GET.get("rule", "")
    column = next(
        (one for one in columns.by_name(file_kind(batch.kind).layout).values() if one.path == path), None
    )
    try:
        place = fixing.place_of(batch, path)
    except BatchError as error:
        raise Http404(error.words) from None
    found = Offers(batch, place, path, rule)
    if column is None or not found.pairs:
        raise Http404("No cleaned value is offered for this.")
    pages = Paginator(cast("Any", found), OFFERS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shows = privacy.sees_at_once(request.user)
    context = {
        "batch": batch,
        "column": column,
        "path": path,
        "rule": rule,
        "seen": seen(batch),
        "found": found,
        "page": page,
        "page_numbers": pages.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "pairs": [
            (_offered(column, offer.before, shows), _offered(column, offer.after, shows), offer)
            for offer in page
        ],
        "may_accept": fixing.may_fix(batch, request.user),
    }
    return render(request, "batches/offers.html", context)


def _offered(column: columns.Column, text: str, shows: bool) -> str:
    """Return a value for the page of offers, with visible marks for invisible characters."""
    return shown_cell(column, charset.shown(str(text or "")), shows) or ""


@require_safe
@may_see_rows
def download(request: StaffRequest, pk: int, failed_only: bool) -> HttpResponseBase:
    """Download the uploader's file with outcomes, or only the failed rows. Who took it is recorded."""
    batch = _to_download(pk)
    headers = _taken(request, batch, "failed rows" if failed_only else "result", "csv")
    found = result.lines(batch, failed_only=failed_only)
    return StreamingHttpResponse(found, content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@may_see_rows
def download_workbook(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Download the failed rows as a workbook with findings at cells. Who took it is recorded."""
    batch = _to_download(pk)
    headers = _taken(request, batch, "failed rows", "xlsx")
    return FileResponse(result.workbook(batch), content_type=XLSX, headers=headers)


def _to_download(pk: int) -> Batch:
    batch = get_object_or_404(Batch, pk=pk)
    if batch.state in (State.UPLOADED, State.CHECKING):
        raise Http404("The file is not checked yet.")
    return batch


def _taken(request: StaffRequest, batch: Batch, part: str, ending: str) -> dict[str, str]:
    """Record who downloads part of a batch, and return the headers of the answer."""
    stem = batch.file_name.rpartition(".")[0] or batch.file_name
    record(
        "batch.downloaded",
        by=request.user,
        subject=batch.subject,
        text=f"{batch.label}: {part} downloaded.",
        details={"batch": batch.pk, "sha256": batch.sha256},
    )
    name = uploads.clean_name(f"{stem}-{part.replace(' ', '-')}.{ending}")
    return {
        "Content-Disposition": str(content_disposition_header(True, name)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _row_page(
    request: StaffRequest,
    batch: Batch,
    row: Row,
    *,
    problem: str = "",
    at: str = "",
    reason: str = "",
    code: int = 200,
) -> HttpResponse:
    change = Change.objects.filter(batch=batch, row_number=row.number).first()
    waits = change is not None and change.state == ChangeState.SUBMITTED
    checker = decides(request.user, batch) and batch.made_by_id != request.user.pk
    shows = privacy.shown(request, row.lane)
    cells = _cells(batch, row, shows)
    found = _found(cells, _on_no_column(batch, row))
    context = {
        "batch": batch,
        "row": row,
        "lane": row.lane,
        "next_row": batch.rows.filter(state=row.state, number__gt=row.number).order_by("number").first(),
        "shows_personal": shows,
        "may_fix": (found or row.corrections) and fixing.may_fix(batch, request.user),
        "may_reveal": privacy.may_reveal(request, row.lane),
        "change": change,
        "cells": [cell for cell in cells if _says_something(cell)],
        "empty": [cell["header"] for cell in cells if not _says_something(cell)],
        "errors": [pair for pair in found if pair[1]["severity"] == Severity.ERROR],
        "warnings": [pair for pair in found if pair[1]["severity"] != Severity.ERROR],
        "compared": matrix(
            file_kind(batch.kind).compare(
                row.messages[0]["values"] if row.messages else row.values, row.before
            )
        ),
        "shared": [finding for finding in row.findings if finding["rule"] == SHARED_RULE],
        "shown_messages": _messages(batch, row, change, shows),
        "deliveries": Delivery.objects.filter(change=change).order_by("id") if change else [],
        "may_reject": waits and checker and batch.state == State.SUBMITTED and batch.mode != "all",
        "problem": problem,
        "at": at,
        "reason": reason,
    }
    return render(request, "batches/row.html", context, status=code)


def _messages(batch: Batch, row: Row, change: Change | None, shows: bool) -> list[ShownMessage]:
    """Return the row's messages in words, like a change; before submission the row is shown as its change."""
    if not row.messages or row.state == RowState.WRONG:
        return []
    stands = change or Change(
        kind=kind_of_file(batch.kind).slug,
        state=ChangeState.SUBMITTED,
        messages=row.messages,
        before=row.before,
    )
    return shown_messages(stands, reveal=shows)


def _cells(batch: Batch, row: Row, shows: bool) -> list[dict[str, Any]]:
    """Return each column of the file: its header, meaning, uploaded and corrected cell, and findings."""
    known = columns.by_name(file_kind(batch.kind).layout)
    secrets = result.secret_places(batch)
    cells = []
    for place, (header, name) in enumerate(zip(batch.headers, batch.mapping, strict=True)):
        column = known.get(name)
        text = row.cells[place] if place < len(row.cells) else ""
        cells.append(
            {
                "id": f"cell-{place + 1}",
                "header": header,
                "label": column.label if column else "left out",
                "text": MASK if place in secrets and text else shown_cell(column, text, shows),
                "corrected": _corrected(column, row.corrections.get(str(place)), shows),
                "findings": [one for one in row.findings if column and one["path"] == column.path],
            }
        )
    return cells


def _corrected(column: columns.Column | None, text: Any, shows: bool) -> str | None:
    """Return the text that replaced a cell; sealed texts stay sealed."""
    return MASK if isinstance(text, dict) else shown_cell(column, text, shows)


def _says_something(cell: dict[str, Any]) -> bool:
    return bool(cell["text"] or cell["corrected"] or cell["findings"])


def _found(cells: list[dict[str, Any]], whole: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return every finding on the row with the id of its cell; those on the whole row, without id, come first."""
    return [
        *(("", finding) for finding in whole),
        *((cell["id"], finding) for cell in cells for finding in cell["findings"]),
    ]


def _on_no_column(batch: Batch, row: Row) -> list[dict[str, Any]]:
    """Return findings on the row as a whole, or on a value without a column in the file."""
    known = columns.by_name(file_kind(batch.kind).layout)
    paths = {known[name].path for name in batch.mapping if name in known}
    return [finding for finding in row.findings if finding["path"] not in paths]


def _row_or_404(pk: int, number: int) -> tuple[Batch, Row]:
    batch = get_object_or_404(Batch.objects.select_related("made_by"), pk=pk)
    return batch, get_object_or_404(Row, batch=batch, number=number)
