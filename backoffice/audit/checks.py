"""Verifications of the chain that people request on a page: done by a worker, stored with their result."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.audit.models import Check
from backoffice.audit.operations import record
from backoffice.audit.seals import seal_new, verify

if TYPE_CHECKING:
    from backoffice.logins.models import User


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
    asked = list(Check.objects.filter(ended_at=None))
    for check in asked:
        seal_new()
        found = verify()
        check.entries, check.unsealed = found.entries, found.unsealed
        check.head, check.fault, check.ended_at = found.head, found.fault, timezone.now()
        with transaction.atomic():
            check.save()
            words = found.fault or f"{found.entries} entries in {found.seals} seals fit."
            record("audit.verified", by=check.asked_by, subject="", text=words, details={"head": found.head})
    return len(asked)
