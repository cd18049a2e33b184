"""The inbox of order messages: received and committed at once, read by a worker (C33 to C35)."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.cache import caches
from django.db import InterfaceError, OperationalError, transaction
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

logger = logging.getLogger(__name__)

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
    """Read some messages of one partner, in one transaction. If that fails, read the oldest alone, or set it aside.

    So a message that the portal cannot process delays no later one. A database that does not answer is no fault of
    the messages: it raises.
    """
    oldest = (
        InboxMessage.objects.filter(read_at=None).order_by("id").values_list("partner", flat=True).first()
    )
    if oldest is None:
        return 0
    try:
        return _read(oldest, AT_ONCE)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Order messages of partner %s failed together. The oldest is read alone.", oldest)
    try:
        return _read(oldest, 1)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return _set_aside(oldest, error)


@transaction.atomic
def _read(partner_id: int, most: int) -> int:
    """Read the oldest messages of a partner. One reader a partner at a time."""
    partner, messages = _unread(partner_id, most)
    rows = [(message, row) for message in messages for row in _rows(message, partner)]
    orders.take(partner, rows)
    now = timezone.now()
    for message in messages:
        message.read_at = now
    InboxMessage.objects.bulk_update(messages, ["read_at", "rows", "problem"])
    return len(messages)


@transaction.atomic
def _set_aside(partner_id: int, error: Exception) -> int:
    """Mark the oldest message as one that could not be processed, with a finding. Its body stays."""
    partner, messages = _unread(partner_id, 1)
    for message in messages:
        logger.error("Order message %s could not be processed.", message.pk, exc_info=error)
        message.read_at, message.problem = timezone.now(), f"Not processed: {type(error).__name__}"
        message.save(update_fields=["read_at", "problem"])
        words = (
            f"Order message {message.pk} of {partner.name} could not be processed, and its orders are missing here. "
            "Give its number and the worker's log to whoever maintains the portal, and compare the orders with ODIN."
        )
        key = f"{partner.subject}/{message.pk}"
        findings.found(FindingKind.UNREADABLE, key, words, partner=partner)
    return len(messages)


def _unread(partner_id: int, most: int) -> tuple[Partner, list[InboxMessage]]:
    """Lock a partner in the caller's transaction. Returns it with its oldest messages."""
    # Not FOR UPDATE: a webhook that refers to the partner must not wait for it.
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner_id)
    unread = InboxMessage.objects.filter(read_at=None, partner=partner).order_by("id")[:most]
    return partner, list(unread)


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
