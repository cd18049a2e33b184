"""Decide many changes at once, each separately and bound to what was seen, with a result for each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from backoffice.changes import operations
from backoffice.changes.errors import ChangeError
from backoffice.changes.models import Change, State
from backoffice.kit.results import Result

if TYPE_CHECKING:
    from backoffice.logins.models import User


def approve(seen: Iterable[tuple[int, str]], *, by: "User", reason: str) -> list[Result]:
    """Approve each change (its number and the hash of what was seen) in a transaction of its own."""
    return [_approve(number, content_hash, by, reason) for number, content_hash in seen]


def reject(seen: Iterable[tuple[int, str]], *, by: "User", reason: str) -> list[Result]:
    """Reject each change (its number and the hash of what was seen) in a transaction of its own."""
    return [_reject(number, content_hash, by, reason) for number, content_hash in seen]


def _approve(number: int, content_hash: str, by: "User", reason: str) -> Result:
    try:
        change = operations.approve(number, by=by, content_hash=content_hash, reason=reason)
    except Change.DoesNotExist:
        return Result(number, False, "There is no such change.")
    except ChangeError as error:
        return Result(number, False, error.words)
    if change.state == State.SUBMITTED:
        return Result(number, True, "Approved by you; a second checker must approve it too.")
    return Result(number, True, "Approved.")


def _reject(number: int, content_hash: str, by: "User", reason: str) -> Result:
    try:
        operations.reject(number, by=by, content_hash=content_hash, reason=reason)
    except Change.DoesNotExist:
        return Result(number, False, "There is no such change.")
    except ChangeError as error:
        return Result(number, False, error.words)
    return Result(number, True, "Rejected. Its maker sees your reason.")
