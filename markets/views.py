"""Pages of the scrip masters: how current each is, an import, the search, and one scrip with all its listings."""

from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.kit.polling import polled
from backoffice.rest.api.codes import EQUITY, Exchange
from markets import operations, search
from markets.forms import SearchForm, UploadForm
from markets.master_file import PUBLISHED
from markets.models import Scrip, ScripImport, State
from markets.securities import choices

#: Imports that the overview lists below the exchanges.
LISTED = 30
SEE = "markets.view_scrip"


@dataclass(frozen=True)
class Master:
    """An exchange's scrip master on the overview: the current import, and the newest if it is another."""

    exchange: Exchange
    as_of: search.AsOf | None
    newest: ScripImport | None

    @property
    def under_way(self) -> bool:
        """Whether an import is being read, or waits for a person."""
        return self.newest is not None and self.newest.state in (State.READING, State.HELD)

    @property
    def failed(self) -> bool:
        """Whether the last try failed to become current."""
        return self.newest is not None and self.newest.state == State.REFUSED


@never_cache
@require_safe
@for_staff(SEE)
def overview(request: StaffRequest) -> HttpResponse:
    """The age of each exchange's scrip master. The page refreshes while a file is read."""
    known = search.masters()
    imports = list(ScripImport.objects.select_related("asked_by")[:LISTED])
    newest: dict[str, ScripImport] = {}
    for found in reversed(imports):
        newest[found.exchange] = found
    masters = [Master(one, known.get(one.value), newest.get(one.value)) for one in PUBLISHED]
    moving = any(found.state == State.READING for found in imports)
    context = {
        "masters": masters,
        "imports": imports,
        "every": "2s" if moving else "",
        "may_import": request.user.has_perm(operations.IMPORT),
        "form": UploadForm(),
    }
    part = polled(request, "masters")
    return render(request, "markets/_masters.html" if part else "markets/overview.html", context)


@for_staff(operations.IMPORT)
@require_POST
def upload(request: StaffRequest) -> HttpResponse:
    """Import an uploaded file."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "Choose the exchange and its file.")
        return redirect("markets:overview")
    file = form.cleaned_data["file"]
    exchange = form.cleaned_data["exchange"]
    return _asked(request, lambda by: operations.upload(exchange, str(file.name), file.chunks(), by=by))


@for_staff(operations.IMPORT)
@require_POST
def fetch(request: StaffRequest) -> HttpResponse:
    """Let a worker fetch the file of one exchange."""
    exchange = request.POST.get("exchange", "")
    return _asked(request, lambda by: operations.ask_fetch(exchange, by=by))


def _asked(request: StaffRequest, ask: Any) -> HttpResponse:
    try:
        made = ask(request.user)
    except operations.ImportProblem as error:
        messages.error(request, str(error))
        return redirect("markets:overview")
    return redirect(made)


@never_cache
@require_safe
@for_staff(SEE)
def scrip_import(request: StaffRequest, pk: int) -> HttpResponse:
    """One import: its progress, its changes, its findings."""
    found = get_object_or_404(
        ScripImport.objects.select_related("asked_by", "decided_by", "compared_with"), pk=pk
    )
    moving = found.state == State.READING
    context = {
        "scrips": found,
        "every": "1s" if moving else "",
        "may_decide": found.state in (State.HELD, State.READING) and request.user.has_perm(operations.IMPORT),
    }
    if not polled(request, "progress"):
        return render(request, "markets/import.html", context)
    if moving:
        return render(request, "markets/_progress.html", context)
    return HttpResponse(headers={"HX-Refresh": "true"})


@for_staff(operations.IMPORT)
@require_POST
def accept(request: StaffRequest, pk: int) -> HttpResponse:
    """Make an import on hold current."""
    return _decided(request, pk, operations.accept)


@for_staff(operations.IMPORT)
@require_POST
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Discard an import on hold or in progress."""
    return _decided(request, pk, operations.discard)


def _decided(request: StaffRequest, pk: int, decide: Any) -> HttpResponse:
    found = get_object_or_404(ScripImport, pk=pk)
    try:
        decide(found, by=request.user, reason=request.POST.get("reason", ""))
    except operations.ImportProblem as error:
        messages.error(request, str(error))
    return redirect(found)


@never_cache
@require_safe
@for_staff(SEE)
def find(request: StaffRequest) -> HttpResponse:
    """Scrips by symbol, ISIN or token, with the age of each exchange's master."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    known = search.masters()
    found = search.find(text, known) if text else []
    context = {
        "form": form,
        "text": text,
        "scrips": found,
        "limit": search.LIMIT,
        "more": len(found) >= search.LIMIT,
        "any": bool(known),
        "masters": [known[name] for name in sorted({one.exchange for one in found})] or known.values(),
    }
    return render(request, "markets/search.html", context)


@never_cache
@require_safe
@for_staff(SEE)
def scrip(request: StaffRequest, exchange: str, number: int) -> HttpResponse:
    """One scrip of a current master, by its token, and the same security on other exchanges."""
    known = search.masters()
    own = known.get(exchange)
    found = Scrip.objects.filter(scrip_import=own.current, token=number).first() if own else None
    if found is None:
        raise Http404("The current scrip master has no such scrip.")
    listings = search.listings(found.isin, known)
    context = {
        "scrip": found,
        "as_of": own,
        "listings": listings,
        "masters": [known[name] for name in sorted({exchange, *(one.exchange for one in listings)})],
    }
    return render(request, "markets/scrip.html", context)


@never_cache
@require_safe
@for_staff(SEE)
def securities(request: StaffRequest) -> JsonResponse:
    """Return suggestions for a symbol's beginning or an ISIN: securities, their date, and findings on them."""
    form = SearchForm(request.GET)
    known = search.masters()
    equity = [one for name, one in known.items() if name in EQUITY]
    text = form.cleaned_data["q"] if form.is_valid() else ""
    return JsonResponse(
        {
            "securities": [asdict(one) for one in choices(text, known)],
            "as_of": ", ".join(map(str, equity)) or "No scrip master of shares yet",
            "trouble": " ".join(f"{one}: {one.trouble}" for one in equity if one.trouble),
        }
    )
