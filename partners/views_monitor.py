"""The monitor: all published versions, and one of them with its clients, lines and reported orders, live."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.kit.csv_files import download
from backoffice.outside import whole
from partners import monitor, watch
from partners.filters import RecoFilter
from partners.models import BasketVersion, Partner
from partners.models.baskets import Stage
from partners.models.invitations import CLOSED, InvitationState
from partners.rights import SETTLE
from partners.tables import RecoTable
from partners.views import ConnectorList, attempt, page, tabs

#: Clients on one page of a monitor.
CLIENTS = 25


class RecoList(ConnectorList):
    """All versions that were published, with their counts."""

    template_name = "partners/monitor.html"
    table_class = RecoTable
    filterset_class = RecoFilter
    tab = "monitor"
    title = "ODIN Connector"
    subtitle = "Published baskets: how many clients were invited and served, and what is reported."
    nouns = ("published basket", "published baskets")
    search_hint = "Basket or Reco ID"
    empty_icon = "chart"
    empty_title = "Nothing published yet"
    empty_text = "A basket appears here with its Reco ID once a checker has approved it."
    empty_action = ("partners:baskets", "Open the basket desk")

    def get_queryset(self) -> QuerySet[BasketVersion]:
        """The versions, newest first."""
        own = BasketVersion.objects.exclude(reco_id=None).select_related("basket__partner")
        return monitor.with_counts(own).order_by("-published_at", "-id")

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The list, with the age of each partner's last message above it."""
        return super().get_context_data(**kwargs) | {"heard": monitor.last_messages()}


def _version(pk: int) -> BasketVersion:
    own = BasketVersion.objects.exclude(reco_id=None).select_related("basket__partner")
    return get_object_or_404(own, pk=pk)


@page()
@require_safe
def reco(request: StaffRequest, pk: int) -> HttpResponse:
    """One published version. The part that lives asks again while something can still come."""
    version = _version(pk)
    counted = monitor.numbers(version)
    state = request.GET.get("state", "")
    state = state if state in set(InvitationState) else ""
    invited = monitor.with_orders(version.invitations.order_by("-id"))
    pages = Paginator(invited.filter(state=state) if state else invited, CLIENTS)
    shown = pages.get_page(whole(request.GET.get("page", "")) or 1)
    lines = [row.line for row in counted.lines]
    open_ones = any(name not in set(CLOSED) for name, _, _ in counted.states)
    context = {
        "version": version,
        "basket": version.basket,
        "partner": version.basket.partner,
        "numbers": counted,
        "state": state,
        "page": shown,
        "clients": [(one, monitor.by_line(one, lines)) for one in shown],
        "every": "5s" if version.state == Stage.PUBLISHED or open_ones else "",
        "may_settle": request.user.has_perm(SETTLE),
        "tabs": tabs("monitor"),
    }
    part = request.headers.get("HX-Target") == "live"
    return render(request, "partners/_live.html" if part else "partners/reco.html", context)


@page()
@require_safe
def reco_csv(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """The monitor of one version as a file."""
    version = _version(pk)
    rows = monitor.export(version, by=request.user)
    return download(f"basket-{version.reco_id}.csv", monitor.CSV_HEADER, rows)


@page(SETTLE)
@require_POST
def sync(request: StaffRequest, code: str) -> HttpResponse:
    """Ask for order messages that may have been lost."""
    found = get_object_or_404(Partner, code=code)
    attempt(request, lambda: watch.ask_sync(found, by=request.user), "Sync asked for.")
    return redirect("partners:partner", code)
