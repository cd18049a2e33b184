"""Pages of one's own exports: their progress and files."""

import io
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.exports import lists, operations, workbooks
from backoffice.exports.kinds import LIST, Kind, Unreadable
from backoffice.exports.models import Export, Format, State
from backoffice.kit import csv_files
from backoffice.kit.polling import polled

#: How many of one's exports are listed.
LISTED = 50
CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.EXCEL: workbooks.XLSX,
}


def export_list(request: StaffRequest, slug: str, parameters: dict[str, Any]) -> HttpResponseBase:
    """Export a list for the posted reason: a short one as the answer, a long one by a worker. For views of rooms.

    Raises PermissionDenied.
    """
    person, reason = request.user, request.POST.get("reason", "")
    asked = request.POST.get("format", "")
    file_format = Format(asked) if asked in Format.values else Format.CSV
    try:
        export = operations.ask(slug, parameters, by=person, reason=reason, file_format=file_format)
    except PermissionError as error:
        raise PermissionDenied(str(error)) from None
    except operations.ExportError as error:
        messages.error(request, str(error))
        return redirect("exports:list")
    if export:
        return redirect(export)
    kind = lists.kind_of(slug, parameters, person)
    rows = kind.all_rows(parameters, operations.whole_for(person, reason))
    if file_format == Format.EXCEL:
        return _workbook(kind, rows)
    return csv_files.download(f"{kind.file_name}.csv", kind.header, rows)


def _workbook(kind: Kind, rows: Iterable[Sequence[object]]) -> HttpResponseBase:
    file = io.BytesIO()
    workbooks.write(file, chain([kind.header], rows), kind.numbers)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{kind.file_name}.xlsx", content_type=CONTENT_TYPES[Format.EXCEL]
    )


@never_cache
@require_POST
@for_staff()
def ask(request: StaffRequest) -> HttpResponseBase:
    """Export the list at the posted address, as the asker sees it."""
    path, query = request.POST.get("list", ""), request.POST.get("query", "")
    try:
        parameters = lists.parameters(path, query, request.user)
    except PermissionError as error:
        raise PermissionDenied(str(error)) from None
    except Unreadable as error:
        messages.error(request, f"Nothing was exported. {error}")
        return redirect("exports:list")
    return export_list(request, LIST, parameters)


@never_cache
@require_safe
@for_staff()
def mine(request: StaffRequest) -> HttpResponse:
    """One's own exports, newest first."""
    found = Export.objects.filter(asked_by=request.user.pk)[: LISTED + 1]
    exports = list(found)
    context = {"exports": exports[:LISTED], "most": LISTED if len(exports) > LISTED else 0}
    return render(request, "exports/list.html", context)


@never_cache
@require_safe
@for_staff()
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One export: its progress, then its file. The page refreshes that part until the file is there."""
    export = _mine_or_404(request, pk)
    moving = export.state == State.WRITING
    context = {
        "export": export,
        "chosen": lists.words_of(export.kind, export.parameters),
        "bar": _bar(export),
        "every": "1s" if moving else "",
    }
    if not polled(request, "progress"):
        return render(request, "exports/detail.html", context)
    # The page's buttons change at the end.
    return (
        render(request, "exports/_progress.html", context)
        if moving
        else HttpResponse(headers={"HX-Refresh": "true"})
    )


@never_cache
@require_safe
@for_staff()
def download(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Download the file, for its asker only."""
    export = _mine_or_404(request, pk)
    try:
        path = operations.fetch(export, by=request.user)
    except PermissionError as error:
        raise PermissionDenied(str(error)) from None
    except operations.ExportError as error:
        messages.error(request, str(error))
        return redirect(export)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{lists.file_name(export.kind, export.parameters)}.{export.file_format}",
        content_type=CONTENT_TYPES[Format(export.file_format)],
    )


@require_POST
@for_staff()
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete an export's file early, or stop writing it."""
    operations.discard(_mine_or_404(request, pk), by=request.user)
    messages.success(request, "The export is deleted.")
    return redirect("exports:list")


def _mine_or_404(request: StaffRequest, pk: int) -> Export:
    export = Export.objects.filter(pk=pk, asked_by=request.user.pk).first()
    if export is None:
        raise Http404("You have no such export.")
    return export


def _bar(export: Export) -> dict[str, Any] | None:
    """Return the progress: rows, rows a second, and the seconds left at this rate."""
    if export.total is None or export.started_at is None:
        return None
    rate = export.rate(export.done)
    left = max(export.total - export.done, 0) / rate if rate else None
    return {"done": export.done, "total": export.total, "rate": rate, "seconds_left": left}
