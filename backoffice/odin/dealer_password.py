"""The dealer's password: the present one, an approved new one (tag 69), and which of them ODIN has."""

from backoffice.config import odin_config
from backoffice.odin.models import DealerSession
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.fields import SecretText
from backoffice.seal import seal, unseal

#: The new password itself was refused: the old one is still valid.
REFUSED = (LogonStatus.PASSWORD_REFUSED, LogonStatus.SAME_PASSWORD)
IN_DOUBT = (
    "The dealer's new password was sent, and ODIN did not say whether it took it. "
    "Ask the ODIN administrator, then lift the stop and say which password is right."
)


class PasswordInDoubt(Exception):
    """It is undecided whether ODIN took a new password."""


def present(row: DealerSession) -> SecretText:
    """Return the password for a logon: the one changed at ODIN, otherwise the configured one. Raises SealError."""
    return unseal(row.sealed_password) if row.sealed_password else odin_config().dealer_password


def proposed(row: DealerSession) -> SecretText:
    """Return the new password to send with the next logon, empty if there is none. Raises SealError."""
    return unseal(row.sealed_new_password) if row.sealed_new_password else SecretText("")


def propose(row: DealerSession, password: SecretText) -> None:
    """Set a new password in the row, for the caller to save. Raises PasswordInDoubt while an earlier one is."""
    if row.new_password_doubtful:
        raise PasswordInDoubt(
            "An earlier change of the password is in doubt. Lift the stop first and settle it."
        )
    row.sealed_new_password = seal(password)


def settle(row: DealerSession, took_new: bool | None) -> str:
    """Settle a doubt in the row, for the caller to save. Returns a sentence for the audit trail, "" without a doubt.

    Raises PasswordInDoubt if it is not decided whether ODIN took the new password.
    """
    if not row.new_password_doubtful:
        return ""
    if took_new is None:
        raise PasswordInDoubt("Say which password ODIN has now: the new one or the old one.")
    if took_new:
        row.sealed_password = row.sealed_new_password
    row.sealed_new_password, row.new_password_doubtful = "", False
    return f" The {'new' if took_new else 'old'} password is the right one."


def after_logon(row: DealerSession, status: str) -> dict[str, object]:
    """Return the columns of passwords after a successful logon: the old one is dropped once ODIN confirms the change.

    If ODIN opened a session without confirming it, the change is in doubt: the next logon must not guess.
    """
    if not row.sealed_new_password:
        return {}
    if status == LogonStatus.PASSWORD_CHANGED:
        return {"sealed_password": row.sealed_new_password, "sealed_new_password": ""}
    return {"new_password_doubtful": True}
