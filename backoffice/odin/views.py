"""The page of the shared dealer session: its state, logging off, lifting a stop."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.config import odin_config
from backoffice.odin import session
from backoffice.odin.dealer_password import PasswordInDoubt
from backoffice.odin.models import DealerSession
from backoffice.odin.uptime import uptime

#: The dialog's question if a change of the password is in doubt.
TOOK_NEW = {"new": True, "old": False}


@for_staff("odin.view_dealersession")
@require_safe
def dealer_session(request: StaffRequest) -> HttpResponse:
    """State, since when, last status in words, days to the password's expiry."""
    row = DealerSession.objects.filter(pk=1).first() or DealerSession(pk=1)
    context = {
        "dealer_id": odin_config().dealer_id,
        "row": row,
        "may_take_over": session.may_take_over(row),
        "shown": session.status_for_screens(),
        "uptime": uptime(),
        "may_operate": request.user.has_perm("odin.operate_dealersession"),
    }
    return render(request, "odin/session.html", context)


@for_staff("odin.operate_dealersession")
@require_POST
def log_off(request: StaffRequest) -> HttpResponse:
    """Close the session; the next message logs on again."""
    session.log_off(request.user)
    messages.success(request, "Logged off. The next message logs on again.")
    return redirect("odin:session")


@for_staff("odin.operate_dealersession")
@require_POST
def take_over(request: StaffRequest) -> HttpResponse:
    """Let the next logon end the dealer's other session, with a reason."""
    try:
        session.take_over(request.user, request.POST.get("reason", ""))
    except session.NotAllowed as error:
        messages.error(request, error.words)
    else:
        messages.success(request, "The next message logs on by force, and ends the other session.")
    return redirect("odin:session")


@for_staff("odin.operate_dealersession")
@require_POST
def lift_stop(request: StaffRequest) -> HttpResponse:
    """Allow logons again, with a reason for the audit trail."""
    try:
        reason = request.POST.get("reason", "")
        session.lift_stop(request.user, reason, took_new=TOOK_NEW.get(request.POST.get("password", "")))
    except (session.NotAllowed, PasswordInDoubt) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Logons are allowed again. The next message tries one.")
    return redirect("odin:session")
