"""Ending the sessions of others."""

from backoffice.audit.operations import record
from backoffice.logins import sessions
from backoffice.logins.models import User


def end_all(person: User, *, by: User) -> int:
    """End every session of a member of staff, and record who did it. Returns how many there were."""
    if ended := sessions.end(person):
        name = person.get_username()
        record(
            "staff.session_ended",
            by=by,
            subject=name,
            text=f"{ended} session{'' if ended == 1 else 's'} of {name} ended.",
        )
    return ended
