"""Pages of a result: its lists, selecting what to propose, the download."""

import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import StaffRequest, for_staff
from backoffice.batches.errors import BatchError, FileProblem
from backoffice.exports.views import export_list
from backoffice.kit.list_view import ListView
from backoffice.outside import form_token, wholes
from backoffice.reconciliation import export, proposing
from backoffice.reconciliation.exported import label
from backoffice.reconciliation.filters import DifferenceFilter, LineFilter
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation, State
from backoffice.reconciliation.proposing import VIEW
from backoffice.reconciliation.tables import DifferenceTable, LineTable, PlainLineTable, UnreadableTable
from backoffice.reconciliation.views import tabs

PROPOSE = "changes.add_change"


class ResultList(ListView):
    """A list of a comparison's results. `part` is its name among the pages, `settles` where selected ones go."""

    permission_required = VIEW
    template_name = "reconciliation/result.html"
    search_hint = "User id or GROUP/USER"
    empty_icon = "check-circle"
    empty_title = "Nothing here"
    exported = False
    part = ""
    settles = ""

    @cached_property
    def one(self) -> Reconciliation:
        """Return the compared reconciliation in the address. Raises Http404."""
        return compared(self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "one": self.one,
            "tabs": tabs(self.one, self.part),
            "settles": self.settles if self.request.user.has_perm(PROPOSE) else "",
        }


class DifferenceList(ResultList):
    """Values that differ."""

    model = Difference
    table_class = DifferenceTable
    filterset_class = DifferenceFilter
    part, settles = "different", "reconciliation:settle"
    nouns = ("value that differs", "values that differ")
    empty_text = "Every value of the file that was compared is the same in the portal."

    def get_queryset(self) -> QuerySet[Difference]:
        return self.one.found.order_by("pk")


class LineList(ResultList):
    """Rows or records of one outcome."""

    model = Line
    filterset_class = LineFilter
    outcome = Outcome.SAME

    def get_queryset(self) -> QuerySet[Line]:
        return self.one.lines.filter(outcome=self.outcome).order_by("pk")


class OnlyThereList(LineList):
    """Users of the file whom the portal does not have."""

    table_class = LineTable
    part, settles, outcome = "only_there", "reconciliation:register", Outcome.ONLY_THERE
    nouns = ("user only in the file", "users only in the file")
    empty_text = "The portal has every user of the file."


class OnlyHereList(LineList):
    """Users of the portal whom the file does not have."""

    table_class = PlainLineTable
    part, outcome = "only_here", Outcome.ONLY_HERE
    nouns = ("user only in the portal", "users only in the portal")
    empty_text = "The file has every user of the portal."


class UnreadableList(LineList):
    """Rows that could not be compared."""

    table_class = UnreadableTable
    part, outcome = "unreadable", Outcome.UNREADABLE
    nouns = ("row not readable", "rows not readable")
    empty_text = "Every row of the file could be compared."


@never_cache
@require_http_methods(["GET", "POST"])
@for_staff(VIEW, PROPOSE)
def propose_lines(request: StaffRequest, pk: int) -> HttpResponse:
    """Users only in the file: review, then registration by a batch."""
    one = compared(pk)
    found = one.lines.filter(outcome=Outcome.ONLY_THERE)
    chosen, problem = _chosen(request, found, LineFilter, "line")
    return _propose(request, one, chosen, (proposing.REGISTER,), problem)


@never_cache
@require_http_methods(["GET", "POST"])
@for_staff(VIEW, PROPOSE)
def propose_differences(request: StaffRequest, pk: int) -> HttpResponse:
    """Values that differ: review, then a batch that declares them or sends them again."""
    one = compared(pk)
    chosen, problem = _chosen(request, one.found.all(), DifferenceFilter, "difference")
    return _propose(request, one, chosen, (proposing.DECLARE, proposing.SEND), problem)


@require_POST
@for_staff(VIEW)
def download(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Download the result as CSV; personal data is masked without a reason."""
    return export_list(request, export.SLUG, export.parameters(compared(pk)))


def compared(pk: int) -> Reconciliation:
    """Return the reconciliation with this number, if it has a result. Raises Http404."""
    one = get_object_or_404(Reconciliation, pk=pk)
    if one.state != State.COMPARED:
        raise Http404("The file is not compared yet.")
    return one


def _chosen(
    request: StaffRequest, found: QuerySet[Any], filters: Any, name: str
) -> tuple[QuerySet[Any], str]:
    """Return the ticked ones or all that match the filters in the address, and errors in it, in words."""
    if "all" in request.GET:
        narrowed = filters(request.GET, found, request=request)
        return narrowed.qs, " ".join(narrowed.problems)
    return found.filter(pk__in=wholes(request.GET.getlist(name))), ""


def _propose(
    request: StaffRequest, one: Reconciliation, chosen: QuerySet[Any], ways: tuple[str, ...], problem: str
) -> HttpResponse:
    way = request.POST.get("way", "")
    token = form_token(request.POST.get("token", ""))
    if request.method == "POST" and not problem:
        if way not in ways:
            problem = "Choose what to propose."
        else:
            try:
                done = proposing.propose(one.pk, way, chosen, by=request.user, token=token)
            except (BatchError, FileProblem) as error:
                problem = error.words
            else:
                if done.left_out:
                    words = "left out: proposed before, changed since, or not possible in such a file."
                    messages.warning(request, f"{done.left_out} {words}")
                return redirect(done.batch)
    offers = [(name, proposing.usable(name, chosen).count()) for name in ways]
    context = {
        "one": one,
        "count": chosen.count(),
        "offers": dict(offers),
        "way": way,
        "token": token or uuid.uuid4(),
        "problem": problem,
        "fields": _fields(chosen),
    }
    code = 422 if request.method == "POST" else 200
    return render(request, "reconciliation/propose.html", context, status=code)


def _fields(chosen: QuerySet[Any]) -> list[tuple[str, int]]:
    """Count each field among selected differences."""
    if chosen.model is not Difference:
        return []
    counted = chosen.order_by().values_list("field").annotate(times=Count("id")).order_by("-times", "field")
    return [(label(name), times) for name, times in counted]
