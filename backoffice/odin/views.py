"""The page of the shared dealer session: how it stands, logging off, lifting a stop."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from backoffice.config import odin_config
from backoffice.odin import session
from backoffice.odin.models import DealerSession

#: What the dialog asks where a change of the password is in doubt.
TOOK_NEW = {"new": True, "old": False}


@login_required
@permission_required("odin.view_dealersession", raise_exception=True)
@require_safe
def dealer_session(request: HttpRequest) -> HttpResponse:
    """State, since when, last status in words, days to the password's expiry."""
    row = DealerSession.objects.filter(pk=1).first() or DealerSession(pk=1)
    context = {
        "dealer_id": odin_config().dealer_id,
        "row": row,
        "may_take_over": session.may_take_over(row),
        "shown": session.status_for_screens(),
        "may_operate": request.user.has_perm("odin.operate_dealersession"),
    }
    return render(request, "odin/session.html", context)


@login_required
@permission_required("odin.operate_dealersession", raise_exception=True)
@require_POST
def log_off(request: HttpRequest) -> HttpResponse:
    """Close the session; the next message logs on again."""
    session.log_off(request.user)  # type: ignore[arg-type]  # logged in
    messages.success(request, "Logged off. The next message logs on again.")
    return redirect("odin:session")


@login_required
@permission_required("odin.operate_dealersession", raise_exception=True)
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """Let the next logon end the dealer's other session, with a reason."""
    try:
        session.take_over(request.user, request.POST.get("reason", ""))  # type: ignore[arg-type]  # logged in
    except session.NotAllowed as error:
        messages.error(request, error.words)
    else:
        messages.success(request, "The next message logs on by force, and ends the other session.")
    return redirect("odin:session")


@login_required
@permission_required("odin.operate_dealersession", raise_exception=True)
@require_POST
def lift_stop(request: HttpRequest) -> HttpResponse:
    """Allow logons again, with the reason that the audit trail keeps."""
    try:
        reason = request.POST.get("reason", "")
        session.lift_stop(request.user, reason, took_new=TOOK_NEW.get(request.POST.get("password", "")))  # type: ignore[arg-type]  # logged in
    except (session.NotAllowed, session.PasswordInDoubt) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Logons are allowed again. The next message tries one.")
    return redirect("odin:session")
