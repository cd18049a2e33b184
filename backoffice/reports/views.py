"""The report of changes, as a page and as a file."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.kit import csv_files
from backoffice.reports.figures import By, Line, Outcome, report
from backoffice.reports.forms import ReportForm

PERMISSION = "changes.view_change"


@never_cache
@require_safe
@for_staff(PERMISSION)
def show(request: StaffRequest) -> HttpResponse:
    """The page; where the days cannot be read, it says why and counts nothing."""
    form = ReportForm(request.GET)
    context = {"form": form, "outcomes": Outcome.labels}
    if form.is_valid():
        asked = form.cleaned_data
        found = report(request.user, asked["since"], asked["until"], asked["by"])
        context |= {"asked": asked, "report": found, "rows_are": asked["by"].label, "form": form.filled()}
    return render(request, "reports/report.html", context)


@never_cache
@require_safe
@for_staff(PERMISSION)
def download(request: StaffRequest) -> HttpResponseBase:
    """The rows as CSV, durations in minutes. Without readable days the page says why."""
    form = ReportForm(request.GET)
    if not form.is_valid():
        return show(request)
    asked = form.cleaned_data
    found = report(request.user, asked["since"], asked["until"], asked["by"])
    rows_are: By = asked["by"]
    header = [
        *(str(rows_are.label), "Changes", *Outcome.labels, "Corrections", "Rework in percent"),
        *("Minutes to approve, p50", "Minutes to approve, p95"),
        *("Minutes from approval to applied, p50", "Minutes from approval to applied, p95"),
    ]
    name = f"changes-by-{rows_are.value}-{asked['since']}-{asked['until']}.csv"
    return csv_files.download(name, header, map(_cells, [*found.lines, found.whole]))


def _cells(line: Line) -> list[object]:
    approve, apply = line.approved_after, line.applied_after
    numbers = [number for _, number in line.counted]
    counts = [line.total, *numbers, line.corrections, line.rework]
    return [line.label, *counts, approve.p50, approve.p95, apply.p50, apply.p95]
