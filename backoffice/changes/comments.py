"""Comments on what is proposed, be it one change or a file of them. Each is an audit entry, so nobody alters it."""

from typing import TYPE_CHECKING

from backoffice.changes.errors import NotAllowed, ReasonMissing
from backoffice.changes.kinds import Kind

if TYPE_CHECKING:
    from backoffice.staff.models import User

LENGTH = 1000


def may_comment(kind: Kind, person: "User") -> bool:
    """Whether somebody proposes or decides this kind of change."""
    return person.has_perm(kind.propose) or person.has_perm(kind.decide)


def checked(kind: Kind, text: str, *, by: "User", submitted: bool) -> str:
    """The comment as it is kept, at most LENGTH characters.

    Raises NotAllowed before it is submitted and for those who neither propose nor decide this kind, or ReasonMissing
    without a text.
    """
    if not submitted or not may_comment(kind, by):
        raise NotAllowed("Only those who propose or decide such changes may comment on them.")
    if not text.strip():
        raise ReasonMissing("Write your comment first.")
    return text.strip()[:LENGTH]
