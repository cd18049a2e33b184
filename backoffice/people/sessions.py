"""Ending the sessions of others."""

from allauth.usersessions.models import UserSession

from backoffice.audit.operations import record
from backoffice.staff.models import User


def end_all(person: User, *, by: User) -> int:
    """End every session of a member of staff, and record who did it. Returns how many there were."""
    sessions = list(UserSession.objects.filter(user=person))
    for session in sessions:
        session.end()
    if sessions:
        name = person.get_username()
        record(
            "staff.session_ended",
            by=by,
            subject=name,
            text=f"{len(sessions)} session{'' if len(sessions) == 1 else 's'} of {name} ended.",
        )
    return len(sessions)
