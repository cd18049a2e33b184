"""The page of the holidays of NSE and BSE."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.delivery.hours import SendingTimes
from markets import holidays
from markets.forms import HolidayFileForm, HolidayForm
from markets.models import Holiday

SEE = "markets.view_holiday"


@never_cache
@require_safe
@for_staff(SEE)
def page(request: StaffRequest) -> HttpResponse:
    """The list, from this year on, and what it does."""
    return _page(request)


@require_POST
@for_staff(holidays.KEEP)
def add(request: StaffRequest) -> HttpResponse:
    """Add a holiday."""
    form = HolidayForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    given = form.cleaned_data
    return _kept(
        request, form, lambda: holidays.add(given["day"], given["name"], given["exchanges"], by=request.user)
    )


@require_POST
@for_staff(holidays.KEEP)
def upload(request: StaffRequest) -> HttpResponse:
    """Take the holidays of a file."""
    form = HolidayFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, file_form=form)
    file, whose = form.cleaned_data["file"], form.cleaned_data["whose"]
    return _kept(
        request, form, lambda: holidays.upload(file.chunks(), str(file.name), whose, by=request.user)
    )


@require_POST
@for_staff(holidays.KEEP)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove a holiday of one exchange."""
    holidays.remove(pk, by=request.user)
    messages.success(request, "Removed.")
    return redirect("markets:holidays")


def _kept(
    request: StaffRequest, form: HolidayForm | HolidayFileForm, keep: Callable[[], int]
) -> HttpResponse:
    try:
        changed = keep()
    except holidays.HolidayProblem as error:
        for fault in error.faults:
            form.add_error(None, fault)
        return _page(request, **{"form" if isinstance(form, HolidayForm) else "file_form": form})
    messages.success(request, f"Saved: {changed} new or changed.")
    return redirect("markets:holidays")


def _page(request: StaffRequest, **forms: Any) -> HttpResponse:
    now = timezone.localtime()
    shown = Holiday.objects.filter(day__year__gte=now.year)
    context = {
        "days": [(day, list(found)) for day, found in groupby(shown, lambda one: one.day)],
        "may_keep": request.user.has_perm(holidays.KEEP),
        "closes": bool(settings.SENDING_DAYS),
        "opening": SendingTimes().goes_out(None, now),
        "form": HolidayForm(),
        "file_form": HolidayFileForm(),
        **forms,
    }
    return render(request, "markets/holidays.html", context, status=422 if forms else 200)
