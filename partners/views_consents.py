"""Consents: asking for them, links to hand over, signed forms, and the state of each (C40)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.retail_users import by_lane
from backoffice.access import StaffRequest
from backoffice.changes.errors import ChangeError, HasErrors
from backoffice.kit import privacy
from partners import consent_desk, consent_text, consents, handing_over, signed_forms
from partners.errors import ConnectorProblem
from partners.filters_consents import ConsentFilter
from partners.forms_consents import AskForm, EnterForm
from partners.models import Consent, ConsentForm
from partners.models.consents import ConsentState
from partners.rights import MAKE_BASKET, SETTLE
from partners.tables_consents import ConsentTable
from partners.views import ConnectorList, attempt, page, tabs


class ConsentList(ConnectorList):
    """All consents."""

    table_class = ConsentTable
    filterset_class = ConsentFilter
    tab = "consents"
    title = "Consents"
    subtitle = "What clients agreed to: orders after the baskets of one product, within caps."
    nouns = ("consent", "consents")
    search_hint = "Retail user"
    empty_icon = "check-circle"
    empty_title = "No consents yet"
    empty_text = "A consent appears here once a client is asked for it."
    empty_action = ("partners:consent_ask", "Ask for consent")
    empty_action_permission = MAKE_BASKET
    template_name = "partners/consents.html"

    def get_queryset(self) -> QuerySet[Consent]:
        """All consents with their clients and partners, without their texts."""
        return Consent.objects.select_related("client", "partner").defer("text")


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def ask(request: StaffRequest) -> HttpResponse:
    """Ask one client or a list for consent. The page after it shows the links once."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        partner, product = form.chosen()
        try:
            made = consent_desk.ask_many(partner, product, form.lanes(), form.terms(), by=request.user)
        except ConnectorProblem as error:
            form.add_error(None, error.words)
        else:
            shown = [handing_over.shown(one.lane, one.consent, one.link, one.problem) for one in made]
            handing_over.keep(request, "consents", shown)
            return redirect("partners:consent_ask")
    done = handing_over.take(request, "consents")
    context = {
        "form": form,
        "done": done,
        "made": sum(bool(one["link"]) for one in done or ()),
        "tabs": tabs("consents"),
    }
    return render(request, "partners/consent_ask.html", context)


@page(MAKE_BASKET)
@require_http_methods(["GET", "POST"])
def enter(request: StaffRequest) -> HttpResponse:
    """Enter a form that a client signed, for a checker; or show the text that the client is to sign."""
    form, text = EnterForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and "show" in request.POST:
        text = _text(form)
    elif request.method == "POST" and form.is_valid():
        change = _propose(request, form)
        if change is not None:
            return change
    context = {"form": form, "text": text, "tabs": tabs("consents")}
    return render(request, "partners/consent_enter.html", context)


def _text(form: EnterForm) -> consent_text.ConsentText | None:
    if not form.says_terms():
        return None
    terms = form.terms()
    if terms.fault:
        form.add_error(None, terms.fault)
        return None
    partner, product = form.chosen()
    return consent_text.written(
        partner, product, cap_run=terms.cap_run, cap_day=terms.cap_day, valid_until=terms.valid_until
    )


def _propose(request: StaffRequest, form: EnterForm) -> HttpResponse | None:
    """Store the file and submit the change. None if there are errors, which the form then shows."""
    found, (partner, product) = form.cleaned_data, form.chosen()
    client = by_lane(found["client"].strip())
    if client is None:
        form.add_error("client", f"{found['client']} is not a retail user. Check the spelling.")
        return None
    try:
        change = signed_forms.enter(
            client,
            partner,
            product,
            form.terms(),
            signed_forms.Scan(found["file"].name, found["file"].read()),
            evidence=found["evidence"],
            by=request.user,
            reason=found["reason"],
            token=found["token"],
        )
    except HasErrors as error:
        for one in error.findings:
            form.add_error(None, one.text)
        return None
    except (ConnectorProblem, ChangeError) as error:
        form.add_error(None, error.words)
        return None
    messages.success(request, "Submitted. A checker decides next.")
    return redirect(change.get_absolute_url())


def _consent(pk: int) -> Consent:
    own = Consent.objects.select_related(
        "client", "partner", "asked_by", "revoked_by", "change__made_by", "change__decided_by"
    )
    return get_object_or_404(own, pk=pk)


@page()
@require_safe
def consent(request: StaffRequest, pk: int) -> HttpResponse:
    """One consent: its text, its terms, how it was given, and its possible actions."""
    return _page(request, _consent(pk))


def _page(request: StaffRequest, found: Consent) -> HttpResponse:
    in_force = found.shown_as == ConsentState.ACTIVE
    context = {
        "consent": found,
        "link": handing_over.take(request, f"consent {found.pk}"),
        "form": found.consent_form(),
        "forbidden": consents.forbidden_for(found.client, found.partner, found.product_code)
        if in_force
        else "",
        "may_link": request.user.has_perm(MAKE_BASKET) and found.is_open,
        "may_revoke": request.user.has_perm(SETTLE) and found.is_open,
        "sees_file": request.user.has_perm(SETTLE) and privacy.sees_at_once(request.user),
        "shows_personal": privacy.shown(request, found.client.lane),
        "tabs": tabs("consents"),
    }
    return render(request, "partners/consent.html", context)


@page(MAKE_BASKET)
@require_POST
def new_link(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a new link with three new tries. The consent's page shows it once."""
    found = _consent(pk)
    try:
        link = consent_desk.new_link(found, by=request.user)
    except ConnectorProblem as error:
        messages.error(request, error.words)
    else:
        handing_over.keep(request, f"consent {pk}", link)
    return redirect("partners:consent", pk)


@page(SETTLE)
@require_POST
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Revoke a consent at once."""
    found, reason = _consent(pk), request.POST.get("reason", "")
    attempt(request, lambda: consent_desk.revoke(found, by=request.user, reason=reason), "Consent revoked.")
    return redirect("partners:consent", pk)


@page(SETTLE)
@require_safe
def file(request: StaffRequest, pk: int) -> HttpResponse:
    """The scan of a signed form, for those of the desk who see personal data at once."""
    if not privacy.sees_at_once(request.user):
        raise PermissionDenied
    found = get_object_or_404(ConsentForm, pk=pk)
    response = HttpResponse(signed_forms.download(found, by=request.user), content_type=found.content_type)
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response["Content-Security-Policy"] = "sandbox"
    return response
