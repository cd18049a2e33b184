"""How django-allauth is fitted to the portal: nobody signs up, and what happens at the door is in the audit trail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from backoffice.audit.operations import record
from backoffice.protocol.fields import SecretText
from backoffice.seal import seal, unseal
from backoffice.staff.models import User


class StaffAdapter(DefaultAccountAdapter):
    """Logging in with a password. Staff are made by administrators, never by themselves."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": (
            "This user name and password do not go together. Check both; passwords distinguish capital letters."
        ),
        "too_many_login_attempts": (
            "There were too many tries. Wait {minutes:.0f} minutes and try again, or ask an administrator for help."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse after too many failed tries with one name, whether or not somebody has it, and record that."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            locked_out(str(credentials.get("username", "")))
            words = self.error_messages["too_many_login_attempts"].format(minutes=settings.LOCKOUT_MINUTES)
            raise ValidationError(words, code="too_many_login_attempts") from None


def known(name: str) -> str:
    """The name, if a member of staff has it: what was typed otherwise may be a password in the wrong field."""
    return name if User.objects.filter(username=name).exists() else ""


def locked_out(name: str) -> None:
    """Record that a login was refused because of too many failed tries."""
    record(
        "staff.locked_out",
        by=None,
        subject=known(name),
        text=f"A login was refused: too many failed tries within {settings.LOCKOUT_MINUTES:.0f} minutes.",
    )


class SecondFactorAdapter(DefaultMFAAdapter):
    """The second factor. Its secrets are sealed like all others that the portal keeps."""

    def encrypt(self, text: str) -> str:
        """The sealed text."""
        return seal(SecretText(text))

    def decrypt(self, encrypted_text: str) -> str:
        """The text that was sealed."""
        return unseal(encrypted_text).reveal()

    def get_totp_label(self, user: Any) -> str:
        """The user name: an e-mail address is not needed in an authenticator app."""
        return str(user.get_username())


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on, for staff that the portal knows already."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: somebody whom the portal does not know is recorded and turned away."""
        record(
            "staff.login_failed",
            by=None,
            subject="",
            text="Single sign-on by somebody who is no member of staff.",
        )
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Record that the provider did not confirm who it is."""
        record("staff.login_failed", by=None, subject="", text="Single sign-on failed at the provider.")


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Somebody's sessions."""

    def end_sessions(self, sessions: Any) -> None:
        """End them, and record it."""
        for session in sessions:
            name = session.user.get_username()
            record(
                "staff.session_ended", by=session.user, subject=name, text=f"A session of {name} was ended."
            )
        super().end_sessions(sessions)
