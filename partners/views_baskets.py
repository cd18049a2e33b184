"""The basket desk: baskets, versions with their lines and differences, submitting, deciding, withdrawing."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.changes.models import State
from backoffice.connector.api.lines import MOST_LINES
from backoffice.kit.csv_files import download
from backoffice.kit.widgets import FileInput
from backoffice.outside import whole
from backoffice.protocol.findings import Finding, Severity
from markets import search
from partners import basket_lines, baskets, consents, forms
from partners.errors import ConnectorProblem, HasFindings
from partners.filters import BasketFilter
from partners.models import Basket, BasketVersion, Partner
from partners.models.baskets import Stage
from partners.rights import APPROVE_BASKET, MAKE_BASKET
from partners.tables import BasketTable
from partners.views import ConnectorList, attempt, page, tabs

#: Lines that an empty grid shows.
EMPTY_LINES = 3
#: Of submissions: one of a version's content is one change, however often it is sent.
SUBMISSIONS = uuid.UUID("6a1b1c70-52c4-4f6e-9a2e-0f3a5f1f7f15")
EXAMPLE = ("PEEPAL NSE_EQ 900001", "BUY", "RL", "10", "101.50", "", "", "DAY", "")


class BasketList(ConnectorList):
    """All baskets."""

    queryset = Basket.objects.select_related("partner", "made_by").prefetch_related(
        Prefetch("versions", BasketVersion.objects.select_related("change"))
    )
    table_class = BasketTable
    filterset_class = BasketFilter
    tab = "baskets"
    title = "Baskets"
    subtitle = "Recommendations for clients. A checker approves each version before it is published."
    nouns = ("basket", "baskets")
    search_hint = "Name, product or Reco ID"
    empty_title = "No baskets yet"
    empty_text = "A basket appears here as soon as it is made."
    empty_action = ("partners:basket_new", "Make a basket")
    empty_action_permission = MAKE_BASKET


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    """Make a basket; its first version follows."""
    form = forms.BasketForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code, _, product = form.cleaned_data["product"].partition("/")
        try:
            made = baskets.make(
                get_object_or_404(Partner, code=code), form.cleaned_data["name"], product, by=request.user
            )
        except ConnectorProblem as error:
            form.add_error("name", error.words)
        else:
            return redirect("partners:version_new", made.pk)
    return render(request, "partners/basket_new.html", {"form": form, "tabs": tabs("baskets")})


@page()
@require_safe
def basket(request: StaffRequest, pk: int) -> HttpResponse:
    """A basket: the newest version, with all others to choose from."""
    found = get_object_or_404(Basket, pk=pk)
    newest = found.versions.first()
    if newest:
        return redirect("partners:version", newest.pk)
    return render(request, "partners/basket_empty.html", {"basket": found, "tabs": tabs("baskets")})


def _version(pk: int) -> BasketVersion:
    own = BasketVersion.objects.select_related(
        "basket__partner", "change__made_by", "change__decided_by", "made_by"
    )
    return get_object_or_404(own, pk=pk)


@page()
@require_safe
def version(request: StaffRequest, pk: int) -> HttpResponse:
    """One version: lines in words, findings, differences from another version, and possible actions."""
    return _page(request, _version(pk))


def _page(request: StaffRequest, found: BasketVersion, status: int = 200) -> HttpResponse:
    others = list(found.basket.versions.select_related("change"))
    against = whole(request.GET.get("against", ""))
    before = next((one for one in others if one.number == against), None) or next(
        (one for one in others if one.number < found.number), None
    )
    lines = list(found.lines.all())
    stage, change, person = found.stage, found.change, request.user
    editable = stage in (Stage.DRAFT, Stage.REJECTED)
    looks = editable or stage in (Stage.SUBMITTED, Stage.PUBLISHED)
    findings = basket_lines.look(found) if looks else []
    makes = person.has_perm(MAKE_BASKET)
    decides = stage == Stage.SUBMITTED and person.has_perm(APPROVE_BASKET)
    partner = found.basket.partner
    context = {
        "version": found,
        "basket": found.basket,
        "lines": lines,
        "total": sum(line.value for line in lines),
        "market_lines": sum(not line.price for line in lines),
        "findings": [_numbered(one) for one in findings],
        "errors": sum(one.severity == Severity.ERROR for one in findings),
        "versions": others,
        "before": before,
        "differences": [one for one in basket_lines.difference(before, found) if one.changed]
        if before
        else [],
        "change": change,
        "unchanged": baskets.current_hash(found) == found.content_hash,
        "may_edit": editable and makes,
        "may_submit": editable and makes and not any(one.severity == Severity.ERROR for one in findings),
        "may_make": makes and not editable and stage != Stage.SUBMITTED,
        "may_withdraw": makes and stage in (Stage.DRAFT, Stage.REJECTED, Stage.PUBLISHED),
        "may_invite": makes and stage == Stage.PUBLISHED,
        "may_run": makes
        and stage == Stage.PUBLISHED
        and not consents.forbidden(partner, found.basket.product_code),
        "may_decide": decides and change is not None and change.made_by_id != person.pk,
        "own": change is not None and stage == Stage.SUBMITTED and change.made_by_id == person.pk,
        "tabs": tabs("baskets"),
    }
    return render(request, "partners/version.html", context, status=status)


def _numbered(finding: Finding) -> Finding:
    """A finding for a summary: it says which line it is about, and leads to that row."""
    match finding.path.split("."):
        case ["lines", place, *_] if place.isdigit():
            words = f"Line {int(place) + 1}: {finding.text}"
            return Finding(f"lines.{place}", words, finding.severity, finding.rule)
    return finding


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def version_new(request: StaffRequest, pk: int) -> HttpResponse:
    """The grid of a new version, which starts with the lines of the newest."""
    found = get_object_or_404(Basket.objects.select_related("partner"), pk=pk)
    return _grid(request, found, None, found.versions.first())


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def version_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """The grid of a draft, or of a version that was rejected."""
    found = _version(pk)
    if found.stage not in (Stage.DRAFT, Stage.REJECTED):
        messages.error(request, f"This version is {found.stage.label.lower()}. Make a new version.")
        return redirect("partners:version", pk)
    return _grid(request, found.basket, found, found)


def _grid(
    request: StaffRequest, found: Basket, draft: BasketVersion | None, source: BasketVersion | None
) -> HttpResponse:
    if request.method == "POST":
        return _sent(request, found, draft)
    starting: dict[str, Any] = forms.VersionForm.starting()
    typed: Sequence[forms.TypedLine] = ()
    if source:
        starting |= {"risk_text": source.risk_text, "goes_on": source.goes_on}
        typed = [forms.line_typed(line) for line in source.lines.all()]
    if draft:
        starting |= {"prices_as_of": draft.prices_as_of, "valid_until": draft.valid_until}
    return _grid_page(request, found, draft, forms.VersionForm(initial=starting), typed)


def _sent(request: StaffRequest, found: Basket, draft: BasketVersion | None) -> HttpResponse:
    """Save the input, or put the lines of a file into the grid. An unreadable line saves nothing."""
    form = forms.VersionForm(request.POST)
    typed = forms.typed_lines(request.POST)
    if request.POST.get("press") == "add":
        blanks = [*typed, *(forms.TypedLine() for _ in range(EMPTY_LINES))]
        return _grid_page(request, found, draft, form, blanks)
    if request.POST.get("press") == "upload":
        return _uploaded(request, found, draft, form, typed)
    judged = forms.judge(typed)
    findings = judged.findings
    if form.is_valid() and judged.readable:
        try:
            saved = baskets.save_version(
                found, judged.lines, **form.cleaned_data, by=request.user, version=draft
            )
        except ConnectorProblem as error:
            findings = [*findings, Finding("", error.words)]
        else:
            messages.success(request, f"Version {saved.number} saved.")
            return redirect("partners:version", saved.pk)
    return _grid_page(request, found, draft, form, typed, findings)


def _uploaded(
    request: StaffRequest,
    found: Basket,
    draft: BasketVersion | None,
    form: forms.VersionForm,
    typed: Sequence[forms.TypedLine],
) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        return _grid_page(request, found, draft, form, typed, [Finding("file", "Choose a CSV file first.")])
    try:
        read = forms.file_lines(file.read(forms.LIMIT.most + 1))
    except forms.CannotRead as error:
        return _grid_page(request, found, draft, form, typed, [Finding("file", str(error))])
    return _grid_page(request, found, draft, form, read, forms.judge(read).findings, uploaded=len(read))


def _grid_page(
    request: StaffRequest,
    found: Basket,
    draft: BasketVersion | None,
    form: forms.VersionForm,
    typed: Sequence[forms.TypedLine],
    findings: Sequence[Finding] = (),
    uploaded: int | None = None,
) -> HttpResponse:
    shown = [*typed] or [forms.TypedLine() for _ in range(EMPTY_LINES)]
    cells = [_cells(place, line, findings) for place, line in enumerate(shown)]
    summary = [_labelled(one) for one in findings]
    summary += [
        Finding(name, f"{form[name].label}: {text}") for name, texts in form.errors.items() for text in texts
    ]
    context = {
        "basket": found,
        "version": draft,
        "form": form,
        "rows": cells,
        "blank": _cells("__index__", forms.TypedLine(), ()),
        "labels": forms.LABELS.values(),
        "findings": summary if request.method == "POST" and request.POST.get("press") != "add" else [],
        "uploaded": uploaded,
        "most": MOST_LINES,
        "file": FileInput(forms.LIMIT, ".csv,text/csv").render("file", None, {"id": "id_file"}),
        "tabs": tabs("baskets"),
    }
    return render(request, "partners/grid.html", context)


def _cells(place: int | str, line: forms.TypedLine, findings: Sequence[Finding]) -> dict[str, Any]:
    """One row of the grid: each cell with its name, text, choices and findings."""
    cells = []
    for name in forms.COLUMNS:
        own = (name, *_SCRIP_PATHS) if name == "scrip" else (name,)
        paths = {f"lines.{place}.{one}" for one in own}
        cells.append(
            {
                "name": f"lines-{place}-{name}",
                "column": name,
                "label": forms.LABELS[name],
                "text": getattr(line, name),
                "choices": [(one.value, one.label) for one in forms.CHOICES.get(name, ())],
                "findings": [one for one in findings if one.path in paths],
            }
        )
    return {"place": place, "number": place + 1 if isinstance(place, int) else "", "cells": cells}


#: Findings of the rules on a scrip are shown at its one field.
_SCRIP_PATHS = ("symbol", "exchange", "token")


def _labelled(finding: Finding) -> Finding:
    match finding.path.split("."):
        case ["lines", place, name] if place.isdigit():
            own = "scrip" if name in _SCRIP_PATHS else name
            words = f"Line {int(place) + 1}, {forms.LABELS[own].removesuffix(' ₹').lower()}: {finding.text}"
            return Finding(f"lines.{place}.{own}", words, finding.severity, finding.rule)
    return finding


@page(MAKE_BASKET)
@require_safe
def template(request: StaffRequest) -> StreamingHttpResponse:
    """The CSV file to fill in, with one line as an example."""
    return download("basket-lines.csv", forms.COLUMNS, [EXAMPLE])


@page(MAKE_BASKET)
@require_safe
def scrips(request: StaffRequest) -> HttpResponse:
    """Scrips for the picker: by symbol, ISIN or token, each as its field shows it."""
    text = request.GET.get("q", "")[: forms.LONGEST]
    found = search.find(text, search.masters()) if text else []
    return JsonResponse(
        {
            "scrips": [
                {
                    "text": forms.chosen(one),
                    # The ISIN is among them, since a browser offers only what has the typed text in it.
                    "words": " ".join(
                        filter(None, (one.exchange_label, one.contract or one.description, one.isin))
                    ),
                }
                for one in found
            ]
        }
    )


# --- deciding -----------------------------------------------------------------------------------------------------


@page(MAKE_BASKET)
@require_POST
def submit(request: StaffRequest, pk: int) -> HttpResponse:
    """Submit a version to a checker. Sent twice, it is one change."""
    found = _version(pk)
    again = found.change_id if found.change and found.change.state != State.SUBMITTED else ""
    token = uuid.uuid5(SUBMISSIONS, f"{found.pk} {baskets.current_hash(found)} {again}")
    reason = request.POST.get("reason", "")

    def do() -> None:
        try:
            baskets.submit(found, by=request.user, reason=reason, token=token)
        except HasFindings as error:
            raise ConnectorProblem(error.words) from error

    attempt(request, do, "Submitted. A checker decides next.")
    return redirect("partners:version", pk)


@page(MAKE_BASKET)
@require_POST
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Withdraw a draft or a published version."""
    found = _version(pk)
    attempt(
        request,
        lambda: baskets.withdraw(found, by=request.user, reason=request.POST.get("reason", "")),
        "Withdrawn. Its open invitations have ended.",
    )
    return redirect(reverse("partners:version", args=[pk]))
