"""The inbox of order messages: received and committed at once, read by a worker (C33 to C35)."""

from collections.abc import Mapping
from typing import Any

from django.core.cache import caches
from django.db import transaction
from django.utils import timezone

from backoffice.connector.api import webhook
from backoffice.connector.api.reading import Unreadable
from backoffice.outside import visible
from backoffice.wakeups import Work, wake_after_commit
from partners import findings, orders
from partners.hashing import sha256
from partners.models import InboxMessage, Partner
from partners.models.orders import Source
from partners.models.records import FindingKind

#: Messages that one transaction reads: short enough that a webhook on SQLite waits a moment only.
AT_ONCE = 100
#: Seconds between two wake-ups of one process.
WAKE_SECONDS = 0.5
#: Messages that one task reads before it makes room for others.
MOST_AT_A_TIME = 5000


def receive(partner: Partner, body: bytes, source: Source = Source.WEBHOOK) -> InboxMessage:
    """Store a body unchanged and wake a worker. Raises DatabaseError if it cannot be written; then nothing was."""
    message = InboxMessage(
        partner=partner,
        source=source,
        body=visible(body.decode("utf-8", "replace")),
        body_hash=sha256(body),
        received_at=timezone.now(),
    )
    message.save(force_insert=True)
    _wake()
    return message


def _wake() -> None:
    """Wake a worker, but not for each of many messages: it reads all that are there, and beat wakes it as well."""
    if caches["process"].add("connector/woken", True, WAKE_SECONDS):
        wake_after_commit(Work.ORDER_MESSAGES)


def read_due() -> int:
    """Read the messages in the inbox, oldest first. Returns how many."""
    done = 0
    while done < MOST_AT_A_TIME and (count := _read_some()):
        done += count
    return done


def _read_some() -> int:
    """Read some messages of one partner, in one transaction. One reader a partner at a time."""
    oldest = (
        InboxMessage.objects.filter(read_at=None).order_by("id").values_list("partner", flat=True).first()
    )
    if oldest is None:
        return 0
    with transaction.atomic():
        # Not FOR UPDATE: a webhook that refers to the partner must not wait for it.
        partner = Partner.objects.select_for_update(no_key=True).get(pk=oldest)
        unread = InboxMessage.objects.filter(read_at=None, partner=partner).order_by("id")[:AT_ONCE]
        messages = list(unread)
        rows: list[tuple[InboxMessage, webhook.Row]] = []
        for message in messages:
            rows += [(message, row) for row in _rows(message, partner)]
        orders.take(partner, rows)
        now = timezone.now()
        for message in messages:
            message.read_at = now
        InboxMessage.objects.bulk_update(messages, ["read_at", "rows", "problem"])
    return len(messages)


def _rows(message: InboxMessage, partner: Partner) -> list[webhook.Row]:
    """Return the rows of a message; an unreadable one only causes a finding (C34)."""
    try:
        found: list[Mapping[str, Any]] = [*webhook.raw_rows(message.body.encode("utf-8", "replace"))]
        read = [webhook.read_row(raw) for raw in found]
    except Unreadable as error:
        message.problem = str(error)[:200]
        words = f"An order message of {partner.name} cannot be read: {message.problem}"
        findings.found(FindingKind.UNREADABLE, partner.subject, words, partner=partner)
        return []
    message.rows = len(read)
    return read
