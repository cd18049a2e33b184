"""Pages of the access check: those of one retail user, the form that the client completes, a result."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.kinds.update_retail_user import UPDATE_RETAIL_USER
from accounts.models import RetailUser
from accounts.retail_users import by_lane
from accounts.user_page import frame
from backoffice.access import StaffRequest, for_staff
from backoffice.changes.kinds import kind
from backoffice.kit import privacy
from trading import operations
from trading.credentials import take_credentials
from trading.forms import CheckForm
from trading.models import AccessCheck
from trading.operations import CheckProblem

SEE = ("accounts.view_retailuser", "trading.view_accesscheck")
CHECK = ("accounts.view_retailuser", "trading.check_access")
GO_ON = "trading.lift_accessstop"
PROPOSE = "changes.add_change"
#: Checks that the page of a retail user lists.
LISTED = 20


@never_cache
@require_safe
@for_staff(*SEE)
def access(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The checks of one retail user, and why none can be made now."""
    user = _user(group_id, user_id)
    found = AccessCheck.objects.filter(lane=user.lane).select_related("by", "result")
    obstacle = operations.obstacle(user)
    context = {
        **frame(request, user.lane, user, "trading:access"),
        "obstacle": obstacle,
        "checks": found[:LISTED],
        "may_check": request.user.has_perm("trading.check_access"),
        "may_go_on": bool(obstacle and obstacle.stopped and request.user.has_perm(GO_ON)),
        "update_url": _update_page(request, user) if obstacle and obstacle.login_types else "",
    }
    return render(request, "trading/access.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@for_staff(*CHECK)
def check(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """The form, and the check itself: it runs in this request, which alone holds what the client typed."""
    typed = take_credentials(request)
    user = _user(group_id, user_id)
    if found := operations.obstacle(user):
        if request.method == "POST":
            messages.error(request, found.words)
        return redirect("trading:access", group_id, user_id)
    if request.method != "POST":
        return _form(request, user, CheckForm())
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _form(request, user, form)
    try:
        made = operations.check_access(
            user,
            typed,
            factor=form.cleaned_data["factor"],
            identified=form.cleaned_data["identified"],
            reason=form.cleaned_data["reason"],
            token=form.cleaned_data["token"],
            by=request.user,
        )
    except CheckProblem as error:
        form.add_error(None, str(error))
        return _form(request, user, form)
    return redirect(made)


def _form(request: StaffRequest, user: RetailUser, form: CheckForm) -> HttpResponse:
    """The form. Shown again, it asks for another check."""
    token = uuid.uuid4()
    context = {
        **_frame(user),
        "form": form,
        "token": token,
        "progress_url": reverse("trading:progress", args=[token]),
    }
    return render(request, "trading/check.html", context)


@never_cache
@require_safe
@for_staff(*SEE)
def progress(request: StaffRequest, token: uuid.UUID) -> HttpResponse:
    """How far a check is; once it has ended, its result instead. Asked each second while the form is being sent."""
    found = AccessCheck.objects.filter(token=token).select_related("result").first()
    if found and found.state != "running":
        return HttpResponse(headers={"HX-Redirect": found.get_absolute_url()})
    context = {
        "running": True,
        "steps": found.steps.all() if found else [],
        "progress_url": request.path,
    }
    return render(request, "trading/_progress.html", context)


@never_cache
@require_safe
@for_staff(*SEE)
def result(request: StaffRequest, pk: int) -> HttpResponse:
    """One check: what ODIN confirmed beside what the API says, every call, who checked and why. Made to be printed."""
    found = get_object_or_404(AccessCheck.objects.select_related("by", "result"), pk=pk)
    user = _user(*found.lane.split("/", 1))
    steps = list(found.steps.all())
    repeat = operations.to_repeat(found)
    context = {
        **_frame(user),
        "check": found,
        "steps": steps,
        "may_be_open": any(one.call == "logout" and one.outcome != "success" for one in steps),
        "shows_personal": privacy.shown(request, user.lane),
        "may_reveal": privacy.may_reveal(request, user.lane),
        "differs": bool(repeat),
        "may_propose": bool(repeat) and request.user.has_perm(PROPOSE),
        "deposit_url": kind("cash_deposit").page(user.lane) if "cash" in repeat else "",
        "may_update": bool(operations.UPDATABLE.intersection(repeat)),
        "changed_since": user.version != found.record_version,
    }
    return render(request, "trading/result.html", context)


@require_POST
@for_staff(*SEE, PROPOSE)
def propose(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft of an update that sends what ODIN confirmed once more, in the fields that differ."""
    found = get_object_or_404(AccessCheck.objects.select_related("result"), pk=pk)
    if not operations.UPDATABLE.intersection(operations.to_repeat(found)):
        messages.error(request, "This check found no difference that an update can settle.")
        return redirect(found)
    return redirect(operations.propose_update(found, by=request.user))


@require_POST
@for_staff(*SEE, GO_ON)
def go_on(request: StaffRequest, group_id: str, user_id: str) -> HttpResponse:
    """Let the checks of a retail user go on after failed logins."""
    try:
        operations.go_on(_user(group_id, user_id), reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, "Checks continue.")
    except CheckProblem as error:
        messages.error(request, str(error))
    return redirect("trading:access", group_id, user_id)


def _update_page(request: StaffRequest, user: RetailUser) -> str:
    return kind(UPDATE_RETAIL_USER).page(user.lane) if request.user.has_perm(PROPOSE) else ""


def _frame(user: RetailUser) -> dict[str, Any]:
    """What every page says of the retail user."""
    return {
        "lane": user.lane,
        "retail_user": user,
        "user_url": user.get_absolute_url(),
        "access_url": reverse("trading:access", args=[user.group_id, user.user_id]),
    }


def _user(group_id: str, user_id: str) -> RetailUser:
    """A retail user that is here. Raises Http404."""
    user = by_lane(f"{group_id}/{user_id}")
    if user is None:
        raise Http404("There is no such retail user.")
    return user
