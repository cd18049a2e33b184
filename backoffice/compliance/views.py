"""Pages of the audit trail: the list, one entry, figures, verification, legal holds. None can change an entry."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffDetailView, StaffRequest, for_staff
from backoffice.audit import checks, retention
from backoffice.audit.models import Check, Entry, LegalHold, Pruning, Seal
from backoffice.compliance import days, export, statistics
from backoffice.compliance.actions import in_words
from backoffice.compliance.differences import differences, spaced
from backoffice.compliance.filters import EntryFilter
from backoffice.compliance.tables import EntryTable
from backoffice.exports.views import export_list
from backoffice.kit import privacy
from backoffice.kit.list_view import ListView
from backoffice.kit.polling import polled
from backoffice.kit.subjects import names_of
from backoffice.kit.templatetags.portal import optional_url

#: How many verifications are listed.
CHECKS = 20


class EntryList(ListView):
    """All audit entries."""

    permission_required = "audit.view_entry"
    queryset = Entry.objects.order_by("-at", "-id").prefetch_related("by")
    table_class = EntryTable
    filterset_class = EntryFilter
    title = "Audit"
    template_name = "compliance/list.html"
    subtitle = "All actions, with person, time, source and reason."
    nouns = ("entry", "entries")
    search_hint = "Retail user or staff"
    exported = False
    rare = ("outcome", "code", "reference", "change_id", "delivery_id", "request_id", "words")
    empty_icon = "audit"
    empty_title = "No audit entries"
    empty_text = "Every login, proposal, decision and message leaves an entry here."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the retail user whom the search names, so that what is hidden of them can be revealed here."""
        lane = self.request.GET.get("q", "").strip().upper()
        return super().get_context_data(**kwargs) | {
            "lane": lane,
            "may_reveal": privacy.may_reveal(self.request, lane),
            "history_url": history_url(lane, self.request.user),
            "list_tools": "compliance/_tools.html",
            "csv_url": f"{reverse('compliance:csv')}?{self.request.GET.urlencode()}",
            "gives_reason": privacy.gives_reason(self.request.user),
        }


class EntryPage(StaffDetailView):
    """One audit entry with everything it holds."""

    permission_required = "audit.view_entry"
    model = Entry
    template_name = "compliance/detail.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.object
        shows = privacy.shown(self.request, entry.subject)
        details = entry.details if shows else privacy.hide_values(entry.details)
        return super().get_context_data(**kwargs) | {
            "lane": entry.subject,
            "shows_personal": shows,
            "may_reveal": privacy.may_reveal(self.request, entry.subject),
            "name": names_of({entry.subject}).get(entry.subject, ""),
            "differences": differences(entry, shows),
            "action": in_words(entry.action),
            "history_url": history_url(entry.subject, self.request.user),
            # The message's text has a panel of its own.
            "facts": [(spaced(name), value) for name, value in details.items() if name != "sent"],
        }


def history_url(lane: str, person: Any) -> str:
    """The time line of a retail user, if this person may see it; "" for anything else."""
    if not privacy.known(lane, person):
        return ""
    url = optional_url("accounts:detail", *lane.split("/", 1))
    return url and f"{url}?tab=history"


@require_POST
@for_staff("audit.verify_entry")
def download(request: StaffRequest) -> HttpResponseBase:
    """The list as the address filters it, as a CSV file. The export is itself an entry, with its filters."""
    if problems := EntryFilter(request.GET).problems:
        messages.error(request, f"Nothing was exported. {' '.join(problems)}")
        return redirect(f"{reverse('compliance:list')}?{request.GET.urlencode()}")
    return export_list(request, export.KIND.slug, export.parameters(request.GET))


@require_safe
@for_staff("audit.view_entry")
def numbers(request: StaffRequest) -> HttpResponse:
    """ODIN's response codes by day, as a chart and a table."""
    asked = request.GET.get("days", "")
    period = int(asked) if asked in {str(one) for one in statistics.PERIODS} else statistics.PERIODS[0]
    counted = statistics.by_day(period)
    context = {
        "days": period,
        "periods": statistics.PERIODS,
        "since": counted[0][0].isoformat(),
        "chart": statistics.chart(counted),
        "codes": statistics.codes(counted),
        "by_message": statistics.by_message(period),
    }
    return render(request, "compliance/numbers.html", context)


@require_safe
@for_staff("audit.view_entry")
def verification(request: StaffRequest) -> HttpResponse:
    """The chain of seals: verified when, with what result, and what may be kept elsewhere."""
    shown = list(Check.objects.select_related("asked_by")[:CHECKS])
    last, pruning = Seal.objects.order_by("-number").defer("digests").first(), Pruning.objects.first()
    context = {
        "checks": shown,
        "under_way": any(check.ended_at is None for check in shown),
        "last": last,
        "pruning": pruning,
        "strip": days.last_days(last, pruning),
    }
    template = "compliance/_checks.html" if polled(request, "checks") else "compliance/verification.html"
    return render(request, template, context)


@require_POST
@for_staff("audit.verify_entry")
def verify(request: StaffRequest) -> HttpResponse:
    """Ask a worker to walk the chain; the result appears."""
    checks.ask(request.user)
    return redirect("compliance:verification")


@require_safe
@for_staff("audit.view_entry")
def holds(request: StaffRequest) -> HttpResponse:
    """The retail users whose entries are kept beyond their time."""
    found = LegalHold.objects.select_related("placed_by", "lifted_by").order_by("lifted_at", "-id")
    context = {
        "holds": found,
        "names": names_of({hold.subject for hold in found}),
        "subject": request.GET.get("on", ""),
    }
    return render(request, "compliance/holds.html", context)


@require_POST
@for_staff("audit.verify_entry")
def place_hold(request: StaffRequest) -> HttpResponse:
    """Place a legal hold."""
    try:
        retention.place_hold(
            request.POST.get("subject", ""), by=request.user, reason=request.POST.get("reason", "")
        )
    except retention.RetentionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The legal hold is placed. Its entries are kept until it is lifted.")
    return redirect("compliance:holds")


@require_POST
@for_staff("audit.verify_entry")
def lift_hold(request: StaffRequest, pk: int) -> HttpResponse:
    """Lift a legal hold."""
    try:
        retention.lift_hold(pk, by=request.user, reason=request.POST.get("reason", ""))
    except retention.RetentionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The legal hold is lifted.")
    return redirect("compliance:holds")
