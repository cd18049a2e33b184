"""Pages of compliance: export, statistics, verification, legal holds."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backoffice.audit import checks, export, retention, statistics
from backoffice.audit.filters import EntryFilter
from backoffice.audit.models import Check, LegalHold, Pruning, Seal
from backoffice.exports.views import export_list

if TYPE_CHECKING:
    from backoffice.staff.models import User

#: So many verifications are listed.
CHECKS = 20


@require_POST
@login_required
@permission_required("audit.verify_entry", raise_exception=True)
def download(request: HttpRequest) -> HttpResponseBase:
    """The list as the address filters it, as a CSV file. The export is itself an entry, with its filters."""
    if problems := EntryFilter(request.GET).problems:
        messages.error(request, f"Nothing was exported. {' '.join(problems)}")
        return redirect(f"{reverse('audit:list')}?{request.GET.urlencode()}")
    return export_list(request, export.KIND.slug, export.parameters(request.GET))


@require_safe
@login_required
@permission_required("audit.view_entry", raise_exception=True)
def numbers(request: HttpRequest) -> HttpResponse:
    """ODIN's response codes by day, as a chart and a table."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in statistics.PERIODS} else statistics.PERIODS[0]
    counted = statistics.by_day(days)
    context = {
        "days": days,
        "periods": statistics.PERIODS,
        "since": counted[0][0].isoformat(),
        "chart": statistics.chart(counted),
        "codes": statistics.codes(counted),
    }
    return render(request, "audit/numbers.html", context)


@require_safe
@login_required
@permission_required("audit.view_entry", raise_exception=True)
def verification(request: HttpRequest) -> HttpResponse:
    """The chain of seals: verified when, with what result, and what may be kept elsewhere."""
    shown = list(Check.objects.select_related("asked_by")[:CHECKS])
    context = {
        "checks": shown,
        "under_way": any(check.ended_at is None for check in shown),
        "last": Seal.objects.order_by("-number").defer("digests").first(),
        "pruning": Pruning.objects.first(),
    }
    template = (
        "audit/_checks.html" if request.headers.get("HX-Target") == "checks" else "audit/verification.html"
    )
    return render(request, template, context)


@require_POST
@login_required
@permission_required("audit.verify_entry", raise_exception=True)
def verify(request: HttpRequest) -> HttpResponse:
    """Ask a worker to walk the chain; the result appears."""
    checks.ask(_me(request))
    return redirect("audit:verification")


@require_safe
@login_required
@permission_required("audit.view_entry", raise_exception=True)
def holds(request: HttpRequest) -> HttpResponse:
    """The retail users whose entries are kept beyond their time."""
    found = LegalHold.objects.select_related("placed_by", "lifted_by").order_by("lifted_at", "-id")
    return render(request, "audit/holds.html", {"holds": found, "subject": request.GET.get("on", "")})


@require_POST
@login_required
@permission_required("audit.verify_entry", raise_exception=True)
def place_hold(request: HttpRequest) -> HttpResponse:
    """Place a legal hold."""
    try:
        retention.place_hold(
            request.POST.get("subject", ""), by=_me(request), reason=request.POST.get("reason", "")
        )
    except retention.RetentionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The legal hold is placed. Its entries are kept until it is lifted.")
    return redirect("audit:holds")


@require_POST
@login_required
@permission_required("audit.verify_entry", raise_exception=True)
def lift_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a legal hold."""
    try:
        retention.lift_hold(pk, by=_me(request), reason=request.POST.get("reason", ""))
    except retention.RetentionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The legal hold is lifted.")
    return redirect("audit:holds")


def _me(request: HttpRequest) -> "User":
    return cast("User", request.user)
