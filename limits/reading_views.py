"""Pages that request funds, stocks and periodicities from ODIN. They never wait: the answer appears later."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from accounts.user_page import frame
from backoffice.access import StaffRequest, for_staff
from backoffice.audit.operations import record
from backoffice.incoming import page_of_this_site
from backoffice.kit import csv_files
from backoffice.kit.components import Tab
from backoffice.kit.names import offered
from backoffice.kit.polling import polled
from backoffice.odin import questions
from backoffice.odin.models import Question
from backoffice.protocol.message import REQUESTS
from limits import reading_page
from limits.models import Periodicity
from limits.reading_shapes import Kind, NotUnderstood
from markets import search
from markets.search import AsOf, Masters

#: The readings of one retail user, by name in addresses.
KINDS = {
    "summary": Kind.FUNDS_SUMMARY,
    "funds": Kind.FUNDS_VIEW,
    "stocks": Kind.STOCK_VIEW,
}
#: The kinds that need a periodicity.
BY_PERIODICITY = ("summary", "funds")
PERMISSION = ("accounts.view_retailuser", "limits.view_limitupdate")


@dataclass(frozen=True)
class Panel:
    """One kind of reading on a page: its newest answer, prepared for display."""

    name: str
    title: str
    reading: Question | None
    url: str
    ask_url: str
    periodicities: Any = ()

    @cached_property
    def shown(self) -> reading_page.Shown | None:
        """The answer; None if there is none yet. Stocks have the names of their tokens."""
        found = reading_page.read(self.reading) if self.reading else None
        if found is None or self.name != "stocks":
            return found
        return replace(found, rows=reading_page.named(found.rows, self.masters))

    @cached_property
    def masters(self) -> Masters:
        """The scrip masters that name the tokens."""
        return search.masters()

    @property
    def named_by(self) -> list[AsOf]:
        """Those of the exchanges that the stocks have tokens of."""
        rows = self.shown.rows if self.shown and self.name == "stocks" else ()
        exchanges = {token.exchange for holding in rows for token in holding.tokens}
        return [self.masters[name] for name in sorted(exchanges) if name in self.masters]


@require_safe
@for_staff(*PERMISSION)
def funds_and_stocks(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The newest readings of one retail user, and the buttons that ask again."""
    user = _user(group_id, user_id)
    panels = [_panel(group_id, user_id, kind) for kind in KINDS]
    context = {**frame(request, user.lane, user, "limits:readings"), "panels": panels}
    return render(request, "limits/readings.html", context)


@require_safe
@for_staff(*PERMISSION)
def panel(request: StaffRequest, group_id: str, user_id: str, kind: str) -> HttpResponse:
    """One panel, which refreshes until the answer is there."""
    _user(group_id, user_id)
    return render(request, "limits/_reading.html", {"panel": _panel(group_id, user_id, kind)})


@require_POST
@for_staff(*PERMISSION, "odin.add_question")
def ask(request: StaffRequest, group_id: str, user_id: str, kind: str) -> HttpResponse:
    """Ask ODIN; the answer appears in the panel, or on the page that asked (`next`)."""
    if kind not in KINDS:
        raise Http404("There is no such reading.")
    lane = _user(group_id, user_id).lane
    parameters = {}
    if kind in BY_PERIODICITY:
        parameters["periodicity"] = request.POST.get("periodicity", "").strip()
    if kind == "summary":
        parameters["product"] = "1"
    try:
        questions.want(KINDS[kind], by=request.user, lane=lane, parameters=parameters)
    except questions.NotAsked as error:
        messages.error(request, str(error))
    back = page_of_this_site(request.POST.get("next", ""))
    return redirect(back) if back else redirect("limits:readings", group_id, user_id)


@require_safe
@for_staff(*PERMISSION)
def download(request: StaffRequest, pk: int) -> HttpResponseBase:
    """A reading as a CSV file."""
    reading = get_object_or_404(Question, pk=pk, state=Question.State.ANSWERED)
    try:
        header, rows = reading_page.table(reading)
    except NotUnderstood as error:
        raise Http404(f"There is no table of this answer: {error}.") from error
    record(
        "limits.exported",
        by=request.user,
        subject=reading.lane,
        text=f"{reading} exported as CSV.",
        details={"reading": reading.pk},
    )
    name = f"{reading.title.lower().replace(' ', '-')}-{reading.pk}.csv"
    return csv_files.download(name, header, rows)


@require_safe
@for_staff("limits.view_limitupdate")
def periodicities(request: StaffRequest) -> HttpResponse:
    """The list of periodicities as last read."""
    reading = questions.newest("", Kind.PERIODICITIES)
    context = {
        "tabs": tabs(request.path),
        "rows": Periodicity.objects.all(),
        "reading": reading,
        "shown": reading_page.read(reading) if reading else None,
    }
    template = "limits/_periodicities.html" if polled(request, "periodicities") else None
    return render(request, template or "limits/periodicities.html", context)


@require_POST
@for_staff("odin.add_question")
def refresh_periodicities(request: StaffRequest) -> HttpResponse:
    """Request the list by hand."""
    try:
        questions.want(Kind.PERIODICITIES, by=request.user)
    except questions.NotAsked as error:
        messages.error(request, str(error))
    return redirect("limits:periodicities")


def tabs(current: str) -> list[Tab]:
    """The tabs between the pages of limits."""
    names = (
        ("Limit updates", "limits:list"),
        ("Square-off settings", "limits:square_off"),
        ("Periodicities", "limits:periodicities"),
    )
    return [Tab(label, reverse(name), current=current == reverse(name)) for label, name in names]


def _panel(group_id: str, user_id: str, kind: str) -> Panel:
    if kind not in KINDS:
        raise Http404("There is no such reading.")
    return Panel(
        name=kind,
        title=REQUESTS[KINDS[kind]].title,
        reading=questions.newest(f"{group_id}/{user_id}", KINDS[kind]),
        url=reverse("limits:panel", args=[group_id, user_id, kind]),
        ask_url=reverse("limits:ask", args=[group_id, user_id, kind]),
        periodicities=offered("periodicities") if kind in BY_PERIODICITY else None,
    )


def _user(group_id: str, user_id: str) -> RetailUser:
    """Return an existing retail user. Raises Http404."""
    user = by_lane(f"{group_id}/{user_id}")
    if user is None:
        raise Http404("There is no such retail user.")
    return user
