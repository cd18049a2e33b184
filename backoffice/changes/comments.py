"""Comments on proposed changes and files. Each is an audit entry, so it cannot be altered."""

from typing import TYPE_CHECKING

from backoffice import free_text
from backoffice.changes.deciders import may_comment
from backoffice.changes.errors import NotAllowed, ReasonMissing
from backoffice.changes.kinds import ChangeKind

if TYPE_CHECKING:
    from backoffice.logins.models import User


def checked(kind: ChangeKind, text: str, *, by: "User", submitted: bool) -> str:
    """Return the comment as stored.

    Raises NotAllowed before submission and for people who neither propose nor decide this kind, or
    ReasonMissing for an empty or overlong text.
    """
    if not submitted or not may_comment(by, kind):
        raise NotAllowed("Only those who propose or decide such changes may comment on them.")
    return free_text.checked(text, ReasonMissing, "Write your comment first.", most=free_text.COMMENT_LENGTH)
