"""Audit entries of logins, failures, second factors, passwords and sessions."""

from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed
from allauth.mfa import signals as mfa
from allauth.socialaccount.signals import social_account_added
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from backoffice.audit.operations import record
from backoffice.logins import sessions
from backoffice.logins.adapters import known

#: The kinds of authenticator in words.
FACTORS = {"totp": "authenticator app", "recovery_codes": "recovery codes"}

#: The ways to re-authenticate.
METHODS = {"mfa": "a code", "password": "the password"}


def connect() -> None:
    """Listen to the signals of Django and of django-allauth."""
    user_logged_in.connect(_logged_in, dispatch_uid="staff.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="staff.logged_out")
    user_login_failed.connect(_failed, dispatch_uid="staff.login_failed")
    password_changed.connect(_password_changed, dispatch_uid="staff.password_changed")
    authentication_step_completed.connect(_said_again, dispatch_uid="staff.said_again")
    social_account_added.connect(_bound, dispatch_uid="staff.sso_bound")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="staff.factor_added")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="staff.factor_removed")
    mfa.authenticator_reset.connect(_factor_renewed, dispatch_uid="staff.factor_renewed")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="staff.factor_failed")


def _logged_in(sender: object, request: Any, user: Any, **kwargs: object) -> None:
    sessions.begin(request)
    record("staff.logged_in", by=user, subject=user.get_username(), text="Logged in.")


def _logged_out(sender: object, user: Any, **kwargs: object) -> None:
    if user is not None:
        record("staff.logged_out", by=user, subject=user.get_username(), text="Logged out.")


def _failed(sender: object, credentials: dict[str, Any], **kwargs: object) -> None:
    # A typed name may be a password in the wrong field: only its length is recorded.
    typed = str(credentials.get("username", ""))
    record(
        "staff.login_failed",
        by=None,
        subject=known(typed),
        text=f"A login failed (name of {len(typed)} characters).",
    )


def _password_changed(sender: object, request: Any, user: Any, **kwargs: object) -> None:
    sessions.end(user, sparing=request)
    _about(user, "staff.password_changed", "Changed the password. Other sessions ended.")


def _said_again(
    sender: object, user: Any, method: str, reauthenticated: bool = False, **kwargs: object
) -> None:
    if reauthenticated:
        _about(user, "staff.confirmed", f"Said again who it is, by {METHODS.get(method, method)}.")


def _bound(sender: object, sociallogin: Any, **kwargs: object) -> None:
    words = "Bound to an account at the provider of single sign-on. An earlier password is removed."
    _about(sociallogin.user, "staff.sso_bound", words)


def _factor_added(sender: object, user: Any, authenticator: Any, **kwargs: object) -> None:
    _about(user, "staff.second_factor_set", f"Set up: {_named(authenticator)}.")


def _factor_removed(sender: object, user: Any, authenticator: Any, **kwargs: object) -> None:
    _about(user, "staff.second_factor_removed", f"Removed: {_named(authenticator)}.")


def _factor_renewed(sender: object, user: Any, authenticator: Any, **kwargs: object) -> None:
    _about(user, "staff.recovery_codes_made", f"Made again: {_named(authenticator)}.")


def _factor_failed(sender: object, user: Any, **kwargs: object) -> None:
    record(
        "staff.login_failed",
        by=None,
        subject=user.get_username(),
        text="A wrong code was entered as second factor; the password before it was right.",
    )


def _about(user: Any, action: str, text: str) -> None:
    record(action, by=user, subject=user.get_username(), text=text)


def _named(authenticator: Any) -> str:
    return FACTORS.get(str(authenticator.type), str(authenticator.type))
