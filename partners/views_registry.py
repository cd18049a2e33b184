"""Pages of the partner registry (C3): the list, one partner, and the form by which an entry is proposed."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.form_pages import form_address
from backoffice.changes.models import Change, State
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Values
from partners import brokers, handing_over, key_fetches, registry
from partners.errors import ConnectorProblem
from partners.filters import PartnerFilter
from partners.keys import MODEL
from partners.kinds.partner import PartnerEntry
from partners.models import ApiKey, InboxMessage, KeyFetch, Partner, PartnerVersion
from partners.rights import PROPOSE_PARTNER
from partners.tables import PartnerTable
from partners.views import ConnectorList, attempt, page, tabs

#: Versions and changes that a partner's page lists.
LISTED = 20
#: Of fetches: one fetch of the keys of one partner is one change until it is decided.
FETCHES = uuid.UUID("7c0a6f43-5b1e-4a53-9d4f-0f6b8a3e2d90")

SECTIONS = (
    Section(
        "partner", "Partner", (Block(("code", "name", "kind", "state", "registration", "contact")),)
    ),
    Section(
        "connector",
        "Connector",
        (
            Block(
                (
                    "application_token", "models", "basket_callback", "login_callback",
                    "webhook_networks", "hosts",
                )
            ),
        ),
    ),
    Section(
        "partner-ids", "Partner IDs", (Block(("partner_id", "broker")),),
        template="forms/section_cards.html", record="partner_ids", noun="Partner ID", empty="No Partner ID yet.",
    ),
    Section(
        "products", "Products", (Block(("code", "name", "algo_id")),),
        template="forms/section_cards.html", record="products", noun="Product", empty="No product yet.",
    ),
)  # fmt: skip


class PartnerList(ConnectorList):
    """All partners of the registry."""

    queryset = Partner.objects.all()
    table_class = PartnerTable
    filterset_class = PartnerFilter
    tab = "registry"
    title = "Partners"
    subtitle = "Publishers that the broker works with. Each entry is proposed and approved."
    nouns = ("partner", "partners")
    search_hint = "Name or short name"
    empty_icon = "users"
    empty_title = "No partners yet"
    empty_text = "A partner appears here once a checker has approved its entry."
    empty_action = ("partners:partner_new", "Propose a partner")
    empty_action_permission = PROPOSE_PARTNER


@page()
@require_safe
def partner(request: StaffRequest, code: str) -> HttpResponse:
    """One partner: the approved entry, versions, open changes, and the flow of its order messages."""
    return _page(request, get_object_or_404(Partner, code=code))


def _page(request: StaffRequest, found: Partner, **more: Any) -> HttpResponse:
    changes = Change.objects.filter(subject=found.subject).exclude(state=State.DRAFT)
    versions = found.versions.select_related("change__made_by", "change__decided_by")[:LISTED]
    context = {
        "partner": found,
        "versions": [(one, _differences(one, older)) for one, older in _with_older(list(versions))],
        "waiting": list(changes.filter(state=State.SUBMITTED).select_related("made_by")[:LISTED]),
        "models": [
            label for value, label in PartnerEntry.models.labels.items() if value in found.models_allowed
        ],
        "last_message": InboxMessage.objects.filter(partner=found).order_by("-received_at").first(),
        "keys": ApiKey.objects.filter(partner=found, replaced_at=None).defer("sealed_key", "sealed_secret"),
        "fetch": KeyFetch.objects.filter(partner=found).first(),
        "uses_keys": str(MODEL) in found.models_allowed and found.serves,
        "may_propose": request.user.has_perm(PROPOSE_PARTNER),
        "tabs": tabs("registry"),
        "address": handing_over.take(request, f"partner {found.code}"),
        **more,
    }
    return render(request, "partners/partner.html", context)


def _with_older(versions: list[PartnerVersion]) -> list[tuple[PartnerVersion, PartnerVersion | None]]:
    return list(zip(versions, [*versions[1:], None], strict=False))


def _differences(version: PartnerVersion, older: PartnerVersion | None) -> list[str]:
    """Return the labels of a version's changed fields. A new token counts as a change."""
    if older is None:
        return []
    return [
        declared.label
        for name, declared in PartnerEntry.fields.items()
        if (version.values.get(name) or None) != (older.values.get(name) or None)
        and not (name == "application_token" and not version.values.get(name))
    ]


@page(PROPOSE_PARTNER)
@require_POST
def webhook_address(request: StaffRequest, code: str) -> HttpResponse:
    """Make a new address for order messages. The partner's page shows it once."""
    found = get_object_or_404(Partner, code=code)
    try:
        address = registry.new_webhook_address(found, by=request.user)
    except ConnectorProblem as error:
        messages.error(request, error.words)
    else:
        handing_over.keep(request, f"partner {code}", address)
    return redirect("partners:partner", code)


@page(PROPOSE_PARTNER)
@require_POST
def broker_list(request: StaffRequest, code: str) -> HttpResponse:
    """Fetch the vendor's broker list, and show how it differs from the registry. Nothing is kept of it."""
    found = get_object_or_404(Partner, code=code)
    try:
        compared = brokers.compare(found, by=request.user)
    except ConnectorProblem as error:
        messages.error(request, error.words)
        return redirect("partners:partner", code)
    return _page(request, found, compared=compared)


@page(PROPOSE_PARTNER)
@require_POST
def fetch_keys(request: StaffRequest, code: str) -> HttpResponse:
    """Propose to fetch the partner's keys, for the first time or again. A checker decides."""
    found = get_object_or_404(Partner, code=code)
    before = Change.objects.filter(subject=found.subject).exclude(state=State.SUBMITTED).count()
    token, reason = uuid.uuid5(FETCHES, f"{found.pk} {before}"), request.POST.get("reason", "")
    attempt(
        request,
        lambda: key_fetches.propose(found, by=request.user, reason=reason, token=token),
        "Submitted. A checker decides next.",
    )
    return redirect("partners:partner", code)


# --- proposing ----------------------------------------------------------------------------------------------------


def new_form() -> EntryForm:
    """The form for a new partner."""
    return _form("new", "Propose a partner", dict)


def change_form(code: str) -> EntryForm:
    """The form for the entry of a partner."""
    found = get_object_or_404(Partner, code=code)
    return _form("change", f"Change {found.name}", lambda: registry.values_of(found), found)


def _form(pages: str, title: str, starting: Any, found: Partner | None = None) -> EntryForm:
    fixed: Values = {"code": found.code} if found else {}
    sections = SECTIONS
    if found:
        first = Section("partner", "Partner", (Block(SECTIONS[0].names[1:]),))
        sections = (first, *SECTIONS[1:])
    arguments = [found.code] if found else []
    return EntryForm(
        kind=registry.PARTNER,
        title=title,
        text="The application token is sealed and never shown again.",
        sections=sections,
        starting=starting,
        address=form_address(f"partners:partner_{pages}", *arguments),
        back=(found.name, reverse("partners:partner", args=[found.code]))
        if found
        else ("Partners", reverse("partners:registry")),
        fixed=fixed,
    )
