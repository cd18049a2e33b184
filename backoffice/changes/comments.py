"""Comments on what is proposed, be it one change or a file of them. Each is an audit entry, so nobody alters it."""

from typing import TYPE_CHECKING

from backoffice import free_text
from backoffice.changes.deciders import may_comment
from backoffice.changes.errors import NotAllowed, ReasonMissing
from backoffice.changes.kinds import ChangeKind

if TYPE_CHECKING:
    from backoffice.logins.models import User


def checked(kind: ChangeKind, text: str, *, by: "User", submitted: bool) -> str:
    """The comment as it is kept.

    Raises NotAllowed before it is submitted and for those who neither propose nor decide this kind, or ReasonMissing
    without a text and for one that is too long.
    """
    if not submitted or not may_comment(by, kind):
        raise NotAllowed("Only those who propose or decide such changes may comment on them.")
    return free_text.checked(text, ReasonMissing, "Write your comment first.", most=free_text.COMMENT_LENGTH)
