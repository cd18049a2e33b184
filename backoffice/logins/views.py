"""Pages of one's own login that django-allauth lacks, or that the portal needs to differ."""

from typing import Any

from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.audit.operations import record
from backoffice.logins import second_factor, sessions, step_up
from backoffice.logins.models import User


class CodeView(AuthenticateView):
    """Ask for a code after the password.

    If an administrator resets the second factor meanwhile, the login begins again. django-allauth alone would send
    the browser back and forth between its two pages.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page, or begin again."""
        login = unstash_login(request, peek=True)
        if login is not None and not second_factor.present(login.user):
            clear_login(request)
            messages.info(request, "Your second factor was reset. Log in again, then set up a new one.")
            return redirect("logins:login")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class SetUpAppView(ActivateTOTPView):
    """Set up an authenticator app.

    The code that proves it counts as used, so that it cannot log anybody in afterwards.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the portal opens only with it."""
        return super().get_context_data(**kwargs) | {"required": second_factor.missing(self.request.user)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the app, with its first code as the last one used."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            app = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
            second_factor.takes(app, form.cleaned_data["code"])
        return response


class RecoveryCodesView(ViewRecoveryCodesView):
    """Show the recovery codes, once.

    django-allauth then stores its whole record. Its row is locked meanwhile: a code that another request uses at this
    moment must stay used.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page."""
        with transaction.atomic():
            own = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES)
            own.select_for_update().first()
            response: HttpResponse = super().get(request, *args, **kwargs)
        return response


@for_staff()
@require_safe
def kept(request: StaffRequest) -> HttpResponse:
    """The form that a person had sent before a new login, with a button that sends it. For that person, once."""
    found = request.session.pop(step_up.KEPT, None)
    if not found or found["person"] != request.user.pk:
        messages.info(request, "Nothing of yours waits to be sent.")
        return redirect("desk:today")
    return step_up.waiting(request, found)


@for_staff()
@require_http_methods(["GET", "POST"])
def own_sessions(request: StaffRequest) -> HttpResponse:
    """One's own sessions, and ending one of them or all others. Those of other people are never among them."""
    me = request.user
    if request.method == "POST":
        return _end(request, me)
    found = sessions.of(me)
    here = sessions.stored(request.session.session_key or "")
    return render(request, "logins/sessions.html", {"sessions": found, "here": here})


def _end(request: StaffRequest, me: User) -> HttpResponse:
    only = request.POST.get("session", "")
    known = not only or only in {session.key for session in sessions.of(me)}
    ended = sessions.end(me, only=only, sparing=request) if known else 0
    if ended:
        name, words = me.get_username(), "A session" if ended == 1 else f"{ended} sessions"
        was = "was" if ended == 1 else "were"
        record("staff.session_ended", by=me, subject=name, text=f"{words} of {name} {was} ended.")
        messages.success(request, f"{words} ended.")
    else:
        messages.info(request, "That session had ended already.")
    return redirect("logins:sessions")
