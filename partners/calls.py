"""Calls that the vendor makes to us: each leaves an audit entry, and the last unreadable one of each address stays."""

from datetime import timedelta

from django.utils import timezone

from backoffice.audit import refusals
from backoffice.audit.operations import record
from partners.findings import found
from partners.models import Partner, UnreadableCall
from partners.models.records import FindingKind

REFUSED_TOKEN = "connector.token_refused"  # noqa: S105  # the name of an action
#: How many refusals of a partner in how many minutes raise an alarm (C13).
ALARM_REFUSALS, ALARM_MINUTES = 20, 10
UNKNOWN = "partner:unknown"


def received(action: str, partner: Partner | None, text: str, **details: object) -> None:
    """Write the entry of a call that was received, with its real outcome (C47). Masking is up to the caller."""
    record(action, by=None, subject=partner.subject if partner else UNKNOWN, text=text, details=details)


def refused(action: str, partner: Partner | None, text: str, **details: object) -> None:
    """Note a call that was refused, or count it (`backoffice.audit.refusals`). `text` holds nothing of the call."""
    refusals.refused(action, subject=partner.subject if partner else UNKNOWN, text=text, **details)


def refused_token(partner: Partner | None, why: str) -> None:
    """Note a refused token check, and raise an alarm if a partner has too many."""
    refused(REFUSED_TOKEN, partner, f"Token check refused: {why}")
    subject = partner.subject if partner else UNKNOWN
    within = timedelta(minutes=ALARM_MINUTES)
    if refusals.counted(REFUSED_TOKEN, subject, within) >= ALARM_REFUSALS:
        words = f"{ALARM_REFUSALS} token checks or more were refused within {ALARM_MINUTES} minutes."
        found(FindingKind.TOKEN_ALARM, subject, words, partner=partner)


def unreadable(path: str, content_type: str, shape: list[str], why: str) -> None:
    """Keep the shape of an unreadable call, replacing the previous one (C14)."""
    UnreadableCall.objects.update_or_create(
        path=path,
        defaults={"content_type": content_type[:80], "shape": shape, "why": why[:200], "at": timezone.now()},
    )
