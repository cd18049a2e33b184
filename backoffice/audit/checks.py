"""Verifications of the chain that people request on a page: done by a worker, stored with their result."""

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.models import Check
from backoffice.audit.operations import record
from backoffice.audit.seals import Verification, seal_new, verify

if TYPE_CHECKING:
    from backoffice.logins.models import User

LEASE = timedelta(minutes=2)
GIVEN_UP = Verification(
    fault=f"Not verified: {leases.MOST_FAILURES} workers in a row crashed or were killed at it. Ask an administrator "
    "for the worker's log, or verify it with audit_verify on the server."
)


class LeaseLost(Exception):
    """Another worker has taken over the verification."""


def ask(by: "User") -> Check:
    """Request a verification; a running one is returned. Raises PermissionError."""
    if not by.has_perm("audit.verify_entry"):
        raise PermissionError("You may not verify the audit trail.")
    with transaction.atomic():
        if under_way := Check.objects.filter(ended_at=None).first():
            return under_way
        check = Check.objects.create(asked_by=by)
        record(
            "audit.verification_asked", by=by, subject="", text="Verification of the audit trail asked for."
        )
    return check


def run_asked() -> int:
    """Seal new entries and verify the chain as requested. Returns how many verifications were made."""
    asked = Check.objects.filter(leases.free(), ended_at=None)
    done = 0
    for number in asked.values_list("pk", flat=True):
        if lease := leases.take(asked.filter(pk=number), LEASE, **leases.if_lost()):
            check = Check.objects.get(pk=number)
            try:
                found = GIVEN_UP if check.failures >= leases.MOST_FAILURES else _verified(check, lease.token)
            except LeaseLost:
                continue
            done += _end(check, lease.token, found)
    return done


def _verified(check: Check, token: uuid.UUID) -> Verification:
    """Seal new entries and verify the chain. Raises LeaseLost."""
    kept = time.monotonic()

    def beat() -> None:
        nonlocal kept
        if time.monotonic() > kept + LEASE.total_seconds() / 6:
            kept = time.monotonic()
            if not leases.extend(Check.objects.filter(pk=check.pk), token, LEASE):
                raise LeaseLost

    seal_new()
    return verify(beat=beat)


@transaction.atomic
def _end(check: Check, token: uuid.UUID, found: Verification) -> bool:
    """Store the result of a verification. False if the lease was lost."""
    ended = leases.release(
        Check.objects.filter(pk=check.pk),
        token,
        entries=found.entries,
        unsealed=found.unsealed,
        head=found.head,
        fault=found.fault,
        ended_at=timezone.now(),
    )
    if ended:
        words = found.fault or f"{found.entries} entries in {found.seals} seals fit."
        record("audit.verified", by=check.asked_by, subject="", text=words, details={"head": found.head})
    return ended
