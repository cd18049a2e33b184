"""Logins and failed logins become audit entries."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from backoffice.audit.operations import record


def connect() -> None:
    """Listen to Django's login signals."""
    user_logged_in.connect(_logged_in, dispatch_uid="staff.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="staff.logged_out")
    user_login_failed.connect(_failed, dispatch_uid="staff.login_failed")


def _logged_in(sender: object, user: Any, **kwargs: object) -> None:
    record("staff.logged_in", by=user, subject=user.get_username(), text="Logged in.")


def _logged_out(sender: object, user: Any, **kwargs: object) -> None:
    if user is not None:
        record("staff.logged_out", by=user, subject=user.get_username(), text="Logged out.")


def _failed(sender: object, credentials: dict[str, Any], **kwargs: object) -> None:
    # What was typed as a name may be a password typed in the wrong field: only its length is told.
    typed = str(credentials.get("username", ""))
    record(
        "staff.login_failed", by=None, subject="", text=f"A login failed (name of {len(typed)} characters)."
    )
