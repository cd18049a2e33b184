"""Adapters of django-allauth: nobody can sign up, and logins and refusals are audit entries."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.audit.refusals import refused
from backoffice.error_pages import forbidden
from backoffice.logins.models import User
from backoffice.protocol.fields import SecretText
from backoffice.seal import seal, unseal


class StaffAdapter(DefaultAccountAdapter):
    """Logging in with a password. Staff are created by administrators, never by signing up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": (
            "Incorrect username or password. Check both; passwords distinguish capital letters."
        ),
        "too_many_login_attempts": (
            "There were too many tries. Wait MINUTES minutes and try again, "
            "or ask an administrator for a password link."
        ),
        "too_many_codes": (
            "There were too many tries. Wait MINUTES minutes and try again. "
            "If the telephone is lost, ask an administrator to reset your second factor."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return the error with this code, with the minutes of a lockout in its words."""
        error: ValidationError = super().validation_error(code, *args)
        error.message = error.message.replace("MINUTES", f"{settings.LOCKOUT_MINUTES:.0f}")
        return error

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the key under which a name's failures are counted.

        Only the name: a Host header with another port, or letters that the database treats as equal, must not
        start a separate count.
        """
        return str(credentials.get("username", "")).upper().lower()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse after too many failed tries with one name, whether it exists or not, and record that."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            locked_out(str(credentials.get("username", "")))
            raise self.validation_error("too_many_login_attempts") from None

    def forget_failures(self, request: HttpRequest, name: str) -> None:
        """Forget the failed tries with this name: its password has just been replaced."""
        self._delete_login_attempts_cached_email(request, username=name)


def known(name: str) -> str:
    """Return the name, if a member of staff has it; other input may be a password in the wrong field."""
    return name if User.objects.filter(username=name).exists() else ""


def locked_out(name: str) -> None:
    """Record or count that a login was refused because of too many failed tries."""
    refused(
        "staff.locked_out",
        subject=known(name),
        text=f"A login was refused: too many failed tries within {settings.LOCKOUT_MINUTES:.0f} minutes.",
    )


def locked_out_at(person: User) -> datetime | None:
    """When a login of this person was last refused because of too many tries, if that can still be in force."""
    since = timezone.now() - timedelta(minutes=settings.LOCKOUT_MINUTES)
    entries = Entry.objects.filter(subject=person.get_username(), at__gte=since)
    last = entries.filter(action__in=("staff.locked_out", "staff.password_changed")).order_by("-at").first()
    return last.at if last and last.action == "staff.locked_out" else None


class SecondFactorAdapter(DefaultMFAAdapter):
    """The second factor. Its secrets are sealed like all stored secrets."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": (
            "This code is wrong, expired or used. Enter the one that the app shows now. "
            "If it fails again, check the telephone's clock."
        ),
    }

    def encrypt(self, text: str) -> str:
        """The sealed text."""
        return seal(SecretText(text))

    def decrypt(self, encrypted_text: str) -> str:
        """The text that was sealed."""
        return unseal(encrypted_text).reveal()

    def get_totp_label(self, user: Any) -> str:
        """Return the user name: an authenticator app needs no e-mail address."""
        return str(user.get_username())


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on, for staff that the portal knows already."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse whatever is not a login: an open session would bind the account of whoever found it."""
        if sociallogin.state.get("process") == AuthProcess.LOGIN:
            return
        words = "Single sign-on for something else than a login was refused."
        record("staff.login_failed", by=None, subject=request.user.get_username(), text=words)
        raise ImmediateHttpResponse(forbidden(request))

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the staff to bind a new account of the provider to: by an address that is verified there.

        Staff bound to another account of the provider are left out: a second account may be another person's.
        """
        for email, person in _named_by(sociallogin):
            if not _bound(person, sociallogin):
                return person, email
        return None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Refuse sign-up: an unknown person is recorded and turned away."""
        name, text = "", "Single sign-on by a person who is not on the staff."
        for _, person in _named_by(sociallogin):
            name = person.get_username()
            text = f"Single sign-on as {name} by another account at the provider than the one that is bound."
        record("staff.login_failed", by=None, subject=name, text=text)
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Record that the provider did not confirm the identity."""
        refused("staff.login_failed", subject="", text="Single sign-on failed at the provider.")


def _named_by(sociallogin: Any) -> Iterator[tuple[str, User]]:
    """The staff with the addresses that the provider has verified, as administrators entered them."""
    for address in sociallogin.email_addresses:
        if address.verified and (person := User.objects.filter(email__iexact=address.email).first()):
            yield address.email, person


def _bound(person: User, sociallogin: Any) -> bool:
    return bool(SocialAccount.objects.filter(user=person, provider=sociallogin.account.provider).exists())
