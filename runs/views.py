"""Pages of staff: proposing a run, its monitor with each client and line, stopping, settling a client."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.changes.errors import ChangeError
from backoffice.kit import privacy
from backoffice.kit.csv_files import download
from backoffice.outside import whole
from partners import handing_over
from partners.errors import ConnectorProblem
from partners.models import BasketVersion
from partners.rights import MAKE_BASKET, SETTLE, STOP
from partners.views import ConnectorList, attempt, page, tabs
from runs import monitor, operations
from runs.filters import RunFilter
from runs.forms import RunForm
from runs.models import CLOSED, ClientState, Run, RunClient, RunLine, RunState
from runs.tables import RunTable
from trading.desk import doubt
from trading.desk.rights import VIEW

#: Clients on one page of a monitor.
CLIENTS = 25


class RunList(ConnectorList):
    """All runs."""

    template_name = "partners/list.html"
    table_class = RunTable
    filterset_class = RunFilter
    tab = "list"
    title = "Runs"
    subtitle = "Orders of a basket for clients who consented, placed by each client's own click."
    nouns = ("run", "runs")
    search_hint = "Retail user or Reco ID"
    empty_icon = "deliveries"
    empty_title = "No runs yet"
    empty_text = "Propose a run from the page of a published basket."

    def get_queryset(self) -> QuerySet[Run]:
        """All runs with their baskets."""
        own = Run.objects.select_related("version__basket__partner", "change", "made_by")
        return monitor.with_counts(own)


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose a run of a published version."""
    version = get_object_or_404(BasketVersion.objects.select_related("basket__partner"), pk=pk)
    form = RunForm(request.POST or None, initial={"token": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            run = operations.propose(
                version,
                form.lanes(),
                by=request.user,
                reason=form.cleaned_data["reason"],
                token=form.cleaned_data["token"],
            )
        except (ConnectorProblem, ChangeError) as error:
            form.add_error("clients", error.words)
        else:
            messages.success(request, "Submitted. A checker decides next.")
            return redirect(run)
    context = {
        "version": version,
        "form": form,
        "obstacle": operations.obstacle(version),
        "tabs": tabs("list"),
    }
    return render(request, "runs/new.html", context)


def _run(pk: int) -> Run:
    own = Run.objects.select_related("version__basket__partner", "change__made_by", "made_by", "stopped_by")
    return get_object_or_404(own, pk=pk)


@page()
@require_safe
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """The monitor of a run, with the links just made. It refreshes while anything can still arrive."""
    found = _run(pk)
    counted = monitor.numbers(found)
    state = request.GET.get("state", "")
    state = state if state in set(ClientState) else ""
    clients = monitor.with_lines(found.clients.order_by("id"))
    pages = Paginator(clients.filter(state=state) if state else clients, CLIENTS)
    shown = pages.get_page(whole(request.GET.get("page", "")) or 1)
    linkable = operations.linkable(found)
    context = {
        "run": found,
        "version": found.version,
        "partner": found.version.basket.partner,
        "change": found.change,
        "numbers": counted,
        "state": state,
        "page": shown,
        "without_consent": {one.pk for one in operations.without_consent(found)},
        "clients": monitor.show(list(shown), found.version.basket.partner),
        "every": "5s" if found.opened_at else "",
        "may_hand": request.user.has_perm(MAKE_BASKET) and linkable.exists(),
        "has_links": linkable.exclude(link_hash=None).exists(),
        "may_stop": found.state != RunState.STOPPED and request.user.has_perm(STOP),
        "sees_orders": _sees_orders(request),
        "tabs": tabs("list"),
    }
    part = request.headers.get("HX-Target") == "live"
    if not part:
        context["handed"] = handing_over.take(request, f"run {pk}")
    return render(request, "runs/_live.html" if part else "runs/run.html", context)


def _sees_orders(request: StaffRequest) -> bool:
    """Whether the pages of single orders, which are the order desk's, are there for this person."""
    return settings.ORDER_DESK and request.user.has_perm(VIEW)


@page()
@require_safe
def run_csv(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """The monitor of a run as a file."""
    found = _run(pk)
    return download(f"run-{found.pk}.csv", monitor.CSV_HEADER, monitor.export(found, by=request.user))


@page(MAKE_BASKET)
@require_POST
def links(request: StaffRequest, pk: int) -> HttpResponse:
    """Make links for all clients who may still place something. The run's page shows them once."""
    found = _run(pk)
    try:
        handed = operations.new_links(found, by=request.user)
    except ConnectorProblem as error:
        messages.error(request, error.words)
        return redirect(found)
    shown = [{"lane": one.own.client.lane, "name": one.own.client.name, "link": one.link} for one in handed]
    handing_over.keep(request, f"run {pk}", shown)
    return redirect(found)


@page(STOP)
@require_POST
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop a run permanently."""
    found, reason = _run(pk), request.POST.get("reason", "")
    attempt(request, lambda: operations.stop(found, by=request.user, reason=reason), "Run stopped.")
    return redirect(found)


# --- one client ---------------------------------------------------------------------------------------------------


def _client(pk: int) -> RunClient:
    own = RunClient.objects.select_related("run__change", "run__version__basket__partner", "closed_by")
    return get_object_or_404(monitor.with_lines(own), pk=pk)


@page()
@require_safe
def client(request: StaffRequest, pk: int) -> HttpResponse:
    """One client of a run: each line with its order, a link just made, and what a person can do."""
    own = _client(pk)
    (shown,) = monitor.show([own], own.run.version.basket.partner)
    settles = request.user.has_perm(SETTLE)
    doubtful = [row.own for row in shown.lines if row.order and row.order.in_doubt]
    is_open = own.run.stage == RunState.OPEN and own.state not in CLOSED
    context = {
        "own": own,
        "run": own.run,
        "lines": shown.lines,
        "link": handing_over.take(request, f"client {pk}"),
        "without_consent": [one for one in operations.without_consent(own.run) if one == own.client],
        "doubtful": doubtful,
        "decidable": [
            (line, doubt.caution(line.order))
            for line in doubtful
            if settles and line.order and doubt.may_decide(line.order)
        ],
        "may_hand": request.user.has_perm(MAKE_BASKET)
        and operations.linkable(own.run).filter(pk=pk).exists(),
        "may_go_on": settles
        and is_open
        and own.state == ClientState.STOPPED
        and not any(row.own.in_doubt for row in shown.lines),
        "may_end": settles and own.state not in CLOSED and not own.is_held,
        "shows_personal": privacy.shown(request, own.client.lane),
        "sees_orders": _sees_orders(request),
        "tabs": tabs("list"),
    }
    return render(request, "runs/client.html", context)


@page(MAKE_BASKET)
@require_POST
def client_link(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a new link with three new tries. The client's page shows it once."""
    own = _client(pk)
    try:
        (handed,) = operations.new_links(own.run, by=request.user, only=own)
    except ConnectorProblem as error:
        messages.error(request, error.words)
        return redirect(own)
    handing_over.keep(request, f"client {pk}", handed.link)
    return redirect(own)


@page(SETTLE)
@require_POST
def go_on(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a client place the rest."""
    own, reason = _client(pk), request.POST.get("reason", "")
    attempt(
        request, lambda: operations.go_on(own, by=request.user, reason=reason), "The client may continue."
    )
    return redirect(own)


@page(SETTLE)
@require_POST
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """End a run for one client."""
    own, reason = _client(pk), request.POST.get("reason", "")
    attempt(request, lambda: operations.end(own, by=request.user, reason=reason), "Ended for this client.")
    return redirect(own)


@page(SETTLE)
@require_POST
def not_placed(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide that a line in doubt was not placed."""
    line = get_object_or_404(RunLine.objects.select_related("line", "order", "run_client"), pk=pk)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: operations.not_placed(line, by=request.user, reason=reason), "Decided.")
    return redirect(line.run_client)
