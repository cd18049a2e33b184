"""Comments on what is proposed, be it one change or a file of them. Each is an audit entry, so nobody alters it."""

from typing import TYPE_CHECKING

from backoffice.changes.errors import NotAllowed, ReasonMissing, TooLong
from backoffice.changes.kinds import Kind

if TYPE_CHECKING:
    from backoffice.staff.models import User

LENGTH = 1000


def may_comment(kind: Kind, person: "User") -> bool:
    """Whether somebody proposes or decides this kind of change."""
    return person.has_perm(kind.propose) or person.has_perm(kind.decide)


def checked(kind: Kind, text: str, *, by: "User", submitted: bool) -> str:
    """The comment as it is kept: whole, with a browser's line breaks counted as one character each.

    Raises NotAllowed before it is submitted and for those who neither propose nor decide this kind, ReasonMissing
    without a text, or TooLong beyond LENGTH characters.
    """
    if not submitted or not may_comment(kind, by):
        raise NotAllowed("Only those who propose or decide such changes may comment on them.")
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ReasonMissing("Write your comment first.")
    if len(text) > LENGTH:
        raise TooLong(f"The comment has {len(text)} characters; at most {LENGTH} are kept. Shorten it.")
    return text
