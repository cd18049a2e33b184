"""Refusals that people without a login can cause: one entry a minute and address, and the rest counted.

Without this bound, a flood from one address would bury the trail. A later entry says how many there were.
"""

import ipaddress
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from backoffice.audit.middleware import current_origin
from backoffice.audit.models import SUBJECT_LENGTH, Refusal
from backoffice.audit.operations import record

#: Counts of a minute are final when a request that began in it has ended.
FINAL_AFTER = timedelta(minutes=2)
#: How long counts are kept for `counted`.
KEPT = timedelta(hours=1)
TEXT_LENGTH = 500
#: How many counts one task records.
AT_ONCE = 1000


def refused(action: str, *, subject: str, text: str, **details: object) -> None:
    """Record a refusal in the caller's transaction, if it is the first of its kind; otherwise count it.

    Refusals are of one kind if action, subject, text, minute and address are the same. `text` and `subject` must not
    contain what the caller chose, or each call would be of another kind.
    """
    kind = {
        "action": action,
        "subject": subject[:SUBJECT_LENGTH],
        "text": text[:TEXT_LENGTH],
        "caller": network_of(current_origin().address),
        "minute": timezone.now().replace(second=0, microsecond=0),
    }
    same = Refusal.objects.filter(**kind, noted=False)
    if same.update(times=F("times") + 1):
        return
    try:
        with transaction.atomic():
            Refusal.objects.create(**kind)
    except IntegrityError:  # another request was faster
        same.update(times=F("times") + 1)
        return
    record(action, by=None, subject=subject, text=text, details=details)


def counted(action: str, subject: str, within: timedelta) -> int:
    """Return how many refusals there were within this time, at most `KEPT`."""
    found = Refusal.objects.filter(action=action, subject=subject, minute__gte=timezone.now() - within)
    return found.aggregate(times=Sum("times"))["times"] or 0


def note_counts() -> int:
    """Record how many refusals followed the first of a minute. Returns how many entries were written. Run by beat."""
    final = Refusal.objects.filter(noted=False, minute__lt=timezone.now() - FINAL_AFTER)
    written = 0
    for one in final.order_by("pk")[:AT_ONCE]:
        with transaction.atomic():
            if not final.filter(pk=one.pk, times=one.times).update(noted=True) or one.times == 1:
                continue
            more = one.times - 1
            record(
                one.action,
                by=None,
                subject=one.subject,
                text=f"{more:,} more within the same minute: {one.text}",
                details={"address": one.caller, "minute": one.minute.isoformat(), "times": one.times},
            )
            written += 1
    Refusal.objects.filter(noted=True, minute__lt=timezone.now() - KEPT).delete()
    return written


def network_of(address: str | None) -> str:
    """Return what an address stands for. Of IPv6 a customer has a whole network of 64 bits, and any address in it."""
    found = ipaddress.ip_address(address) if address else None
    if isinstance(found, ipaddress.IPv6Address) and not found.ipv4_mapped:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
