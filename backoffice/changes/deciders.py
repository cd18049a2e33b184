"""Who may propose, see and decide: for single changes, for several at once, and for whole files."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet

from backoffice.changes.errors import NotAllowed
from backoffice.changes.kinds import KINDS, ChangeKind

if TYPE_CHECKING:
    from backoffice.logins.models import User

T = TypeVar("T", bound=Model)


@dataclass(frozen=True)
class Words:
    """Why this person may not propose, approve or reject something, in words that name it."""

    propose: str
    approve: str
    approve_own: str
    reject: str
    reject_own: str
    no_checker: str
    approved_already: str


OF_A_CHANGE = Words(
    propose="You may not propose this.",
    approve="You may not approve this. Ask a checker.",
    approve_own="You made this change; another person must approve it.",
    reject="You may not reject this. Ask a checker.",
    reject_own="You made this change: withdraw it instead.",
    no_checker="Another person decides on this change. Your role does not include it.",
    approved_already="You approved this; a second checker must approve it too.",
)


def may_propose(person: Any, kind: ChangeKind) -> bool:
    """Whether this person may propose changes of this kind."""
    return bool(person.has_perm(kind.propose))


def decides(person: Any, kind: ChangeKind) -> bool:
    """Whether this person may decide on changes of this kind. Four eyes are checked elsewhere."""
    return bool(person.has_perm(kind.decide))


def may_comment(person: Any, kind: ChangeKind) -> bool:
    """Whether this person may propose or decide changes of this kind."""
    return may_propose(person, kind) or decides(person, kind)


def decided_by(person: Any) -> list[str]:
    """Return the kinds of change that this person may approve or reject."""
    return [slug for slug, kind in KINDS.items() if decides(person, kind)]


def visible_to(person: Any) -> list[str]:
    """Return the kinds of change that this person may see: all with the permission for it, else their own kinds."""
    if person.has_perm("changes.view_change"):
        return list(KINDS)
    return [slug for slug, kind in KINDS.items() if may_comment(person, kind)]


def open_to(person: Any, submitted: QuerySet[T]) -> QuerySet[T]:
    """Keep the changes or files that this person may still decide: not their own, nor already approved by them."""
    return submitted.exclude(made_by=person).exclude(approvals__by=person)


def require_maker(person: "User", kind: ChangeKind, words: Words) -> None:
    """Raise NotAllowed if this person may not propose changes of this kind."""
    if not may_propose(person, kind):
        raise NotAllowed(words.propose)


def require_approver(person: "User", kind: ChangeKind, made_by: int, words: Words) -> None:
    """Raise NotAllowed if this person may not decide on this kind, or is the maker (the key of a person)."""
    if not decides(person, kind):
        raise NotAllowed(words.approve)
    if made_by == person.pk:
        raise NotAllowed(words.approve_own)


def require_rejecter(person: "User", kind: ChangeKind, made_by: int, words: Words) -> None:
    """Raise NotAllowed if this person may not decide on this kind of file, or is the maker (the key of a person)."""
    if not decides(person, kind):
        raise NotAllowed(words.reject)
    if made_by == person.pk:
        raise NotAllowed(words.reject_own)


def why_not(person: Any, kind: ChangeKind | None, made_by: int, approved: bool, words: Words) -> str:
    """Return why this person may not approve; "" if they may. `approved`: they did already."""
    if made_by == person.pk:
        return words.approve_own
    if approved:
        return words.approved_already
    return "" if kind is not None and decides(person, kind) else words.no_checker
