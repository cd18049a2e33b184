"""Retention of entries: the retention time, legal holds, and the deletion of expired entries."""

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from backoffice.audit import partitions
from backoffice.audit.models import Entry, LegalHold, Pruning, Seal
from backoffice.audit.operations import record
from backoffice.audit.seals import PRUNED, seal_new
from backoffice.free_text import checked

if TYPE_CHECKING:
    from backoffice.logins.models import User

logger = logging.getLogger(__name__)


class RetentionError(Exception):
    """The request is not possible; the text says why."""


def place_hold(subject: str, *, by: "User", reason: str) -> LegalHold:
    """Keep all entries of a retail user (`GROUP/USER`) until the hold is lifted. Raises RetentionError."""
    reason = _reason(by, reason)
    subject = subject.strip()
    if not Entry.objects.filter(subject=subject).exists():
        raise RetentionError(
            f"The audit trail has no entry on {subject or 'nobody'}. Check the group and the user id."
        )
    with transaction.atomic():
        hold, placed = LegalHold.objects.get_or_create(
            subject=subject, lifted_at=None, defaults={"reason": reason, "placed_by": by}
        )
        if not placed:
            raise RetentionError(f"{subject} is under a legal hold already, since {hold.placed_at:%d-%m-%Y}.")
        record(
            "audit.held",
            by=by,
            subject=subject,
            text=f"Legal hold placed on {subject}.",
            reason=reason,
        )
    return hold


def lift_hold(hold_id: int, *, by: "User", reason: str) -> None:
    """End a legal hold. Raises RetentionError."""
    reason = _reason(by, reason)
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().filter(pk=hold_id, lifted_at=None).first()
        if hold is None:
            raise RetentionError("This legal hold is lifted already.")
        hold.lifted_by, hold.lifted_at = by, timezone.now()
        hold.save()
        record(
            "audit.released",
            by=by,
            subject=hold.subject,
            text=f"Legal hold on {hold.subject} lifted.",
            reason=reason,
        )


def prune() -> int:
    """Delete expired entries that no legal hold keeps. Returns how many. Run by beat.

    It deletes whole seals: the newest entry of a seal decides. The deletion is itself an entry, which is
    sealed at once; otherwise the verification would report the others as missing. On PostgreSQL partitions
    are dropped whole, the rest row by row.
    """
    now = timezone.now()
    cutoff = now.replace(year=now.year - settings.AUDIT_RETENTION_YEARS, day=min(now.day, 28))
    last = Pruning.objects.first()
    old = Seal.objects.filter(at__lt=cutoff, number__gt=last.seal_number if last else 0).order_by("-number")
    seal = old.defer("digests").first()
    if seal is None:
        return 0
    held = LegalHold.objects.filter(lifted_at=None).values("subject")
    gone = Entry.objects.filter(id__lte=seal.last_id, at__lt=cutoff).exclude(subject__in=held)
    with transaction.atomic():
        count = gone.count()
        record(
            PRUNED,
            by=None,
            subject="",
            text=f"{count} entries up to seal {seal.number} deleted after their time.",
            details={
                "seal": seal.number,
                "seal_hash": seal.hash,
                "before": cutoff.isoformat(),
                "years": settings.AUDIT_RETENTION_YEARS,
            },
        )
        Pruning.objects.create(seal_number=seal.number, up_to_id=seal.last_id, deleted=count)
    try:
        partitions.drop_over(connection)
    except OperationalError:
        logger.warning("Partitions of the trail are in use: their entries go one by one.", exc_info=True)
    gone._raw_delete(gone.db)
    seal_new()
    return count


def _reason(by: "User", reason: str) -> str:
    """Return the reason as stored, if this person may place and lift holds. Raises RetentionError."""
    if not by.has_perm("audit.verify_entry"):
        raise RetentionError("You may not place or lift legal holds. Compliance does.")
    return checked(reason, RetentionError, "Give a reason: it is kept in the audit trail.")
