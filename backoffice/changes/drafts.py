"""Several drafts at once: discarded by their maker, or expired."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice.changes.errors import NotAllowed
from backoffice.changes.models import Change, State

if TYPE_CHECKING:
    from backoffice.logins.models import User


def require_same_form(draft: Change, kind: str, by: "User") -> None:
    """Raise NotAllowed where a form's token is of a draft of somebody else, or of another kind of change.

    What one kind examined would be shown, decided and carried out as the other.
    """
    if draft.made_by_id != by.pk:
        raise NotAllowed("This draft belongs to another person.")
    if draft.kind != kind:
        raise NotAllowed("This draft is of another kind of change. Open the form again.")


def kept_until(draft: Change) -> datetime | None:
    """Return when a draft expires unless it is edited; None if drafts do not expire."""
    days = settings.DRAFTS_EXPIRE_AFTER_DAYS
    return draft.updated_at + timedelta(days=days) if days else None


def discard(numbers: Iterable[int], *, by: "User") -> int:
    """Discard several drafts of one's own. Nothing was proposed, so nothing is kept. Returns how many there were.

    Drafts submitted meanwhile, and those of others, are left alone.
    """
    with transaction.atomic():
        found = Change.objects.filter(pk__in=list(numbers), made_by=by, state=State.DRAFT)
        return _delete(list(found.select_for_update().values_list("pk", flat=True)))


def expire() -> int:
    """Delete the drafts last edited longer ago than the setting allows. Returns how many. Run by beat."""
    if not settings.DRAFTS_EXPIRE_AFTER_DAYS:
        return 0
    latest = timezone.now() - timedelta(days=settings.DRAFTS_EXPIRE_AFTER_DAYS)
    with transaction.atomic():
        found = Change.objects.filter(state=State.DRAFT, result="", updated_at__lt=latest)
        return _delete(list(found.select_for_update().values_list("pk", flat=True)))


def _delete(numbers: list[int]) -> int:
    Change.objects.filter(pk__in=numbers).delete()
    return len(numbers)
