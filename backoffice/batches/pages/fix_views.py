"""The page on which the uploader of a checked file corrects its wrong rows, cell by cell."""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.batches import counts, fixing
from backoffice.batches.check.correcting import Corrected, Typed
from backoffice.batches.errors import BatchError
from backoffice.batches.models import Batch, State
from backoffice.batches.pages import grid
from backoffice.batches.pages.row_views import PERMISSIONS
from backoffice.batches.pages.views import batch_or_404, progress_of
from backoffice.kit import privacy
from backoffice.outside import whole

#: Characters of one cell: no value of a message is as long.
LONGEST = 2000
#: Cells of one page.
MOST = grid.ROWS * grid.COLUMNS

_NAME = re.compile(r"cell-([0-9]{1,9})-([0-9]{1,5})")
_ID = re.compile(r"([0-9]{1,9})-([0-9]{1,5})")


@never_cache
@require_http_methods(["GET", "POST"])
@for_staff(*PERMISSIONS, "changes.add_change")
def fix(request: StaffRequest, pk: int) -> HttpResponse:
    """The wrong rows of a file as a grid. Each cell is saved when the focus leaves it, or all by the button."""
    batch = batch_or_404(pk)
    if request.method == "POST":
        return _keep(request, batch)
    if batch.state != State.CHECKED and not batch.cleaning:
        return redirect(batch)
    return _page(request, batch)


def _page(request: StaffRequest, batch: Batch) -> HttpResponse:
    mine = batch.made_by_id == request.user.pk
    shows = privacy.sees_at_once(request.user)
    number = whole(request.GET.get("row", ""))
    if batch.state != State.CHECKED:
        shown = grid.Grid([], [])
    elif number is not None:
        shown = grid.of(batch, list(batch.rows.filter(number=number)), shows=shows)
    else:
        shown = grid.page(batch, after=whole(request.GET.get("after", "")) or 0, shows=shows)
    context = {
        "batch": batch,
        "grid": shown,
        "alone": number is not None,
        "after": whole(request.GET.get("after", "")) or 0,
        "mine": mine,
        "may_fix": fixing.may_fix(batch, request.user),
        "shows_personal": shows,
        "longest": LONGEST,
        **progress_of(request, batch),
    }
    return render(request, "batches/fix.html", context)


def _keep(request: StaffRequest, batch: Batch) -> HttpResponse:
    """Save typed texts. The script gets the new findings on the rows; a browser without it gets the page."""
    try:
        done = fixing.correct(batch.pk, _typed(request), by=request.user)
        alike = _ID.fullmatch(request.POST.get("alike", ""))
        found = fixing.correct_alike(batch.pk, *map(int, alike.groups()), by=request.user) if alike else 0
    except BatchError as error:
        messages.error(request, error.words)
        return _again(request, batch)
    if request.htmx and not alike:
        return _said(request, batch_or_404(batch.pk), done)
    if alike:
        messages.success(request, f"Correcting {counts.rows(found)} alike.")
    elif done.cells:
        messages.success(request, f"{counts.rows(len(done.rows))} checked again.")
    for one in done.refused:
        messages.error(request, f"Row {one.number} was changed in another window. Your value was not saved.")
    return _again(request, batch)


def _again(request: StaffRequest, batch: Batch) -> HttpResponse:
    where = {name: request.GET[name] for name in ("after", "row") if request.GET.get(name)}
    address = reverse("batches:fix", args=[batch.pk]) + (f"?{urlencode(where)}" if where else "")
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _typed(request: StaffRequest) -> Iterator[Typed]:
    """Return the texts typed into cells. Raises BatchError for a text that is too long."""
    named = [(name, found) for name in request.POST if (found := _NAME.fullmatch(name))]
    for name, found in named[:MOST]:
        text = request.POST[name]
        if len(text) > LONGEST:
            raise BatchError(f"A cell takes at most {LONGEST} characters. Shorten it.")
        number, place = map(int, found.groups())
        yield Typed(number, place, text, request.POST.get(f"seen-{number}-{place}", ""))


def _said(request: StaffRequest, batch: Batch, done: Corrected) -> HttpResponse:
    """Return the findings on the rows that were checked again, and the texts not stored, for the page's columns."""
    places = [
        found for text in request.POST.get("columns", "").split(",") if (found := whole(text)) is not None
    ]
    refused = [(one.number, one.place) for one in done.refused]
    numbers = {row.number for row in done.rows}
    rows = [*done.rows, *batch.rows.filter(number__in={number for number, _ in refused} - numbers)]
    shown = grid.of(batch, rows[:MOST], shows=True, places=places[: grid.COLUMNS], refused=refused)
    for cell in _typed_cells(request, shown):
        if cell.corrected and not cell.refused:
            number, place = map(int, cell.id.split("-"))
            cell.like = fixing.like(batch, number, place)
    context: dict[str, Any] = {"batch": batch, "grid": shown, "shows_personal": True, "may_fix": True}
    return render(request, "batches/_fix_said.html", context)


def _typed_cells(request: StaffRequest, shown: grid.Grid) -> Iterator[grid.Cell]:
    return (cell for line in shown.lines for cell in line.cells if f"cell-{cell.id}" in request.POST)
