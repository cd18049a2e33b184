"""The story of a retail user on one time line: changes, deliveries, attempts and audit entries, newest first.

Changes and attempts tell of themselves, since those that came in a file have no audit entries of their own; the audit
trail adds the rest: first approvals, comments, reveals, legal holds, what a person decided, and the record's values
before and after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from backoffice.audit.models import Entry
from backoffice.audit.operations import SYSTEM
from backoffice.changes.effects import effect
from backoffice.changes.kinds import declared
from backoffice.changes.models import Change, State
from backoffice.changes.presentation import told_messages
from backoffice.compliance.differences import differences
from backoffice.delivery.models import Attempt, Delivery
from backoffice.kit import privacy
from backoffice.kit.components import Event, status
from backoffice.kit.templatetags.portal import optional_url
from backoffice.protocol.message import REQUESTS

#: So many events are on a page of the story.
PAGE = 30

#: What changes and attempts tell already.
TOLD_ELSEWHERE = (
    "change.submitted",
    "change.approved",
    "change.rejected",
    "delivery.claimed",  # which earlier versions wrote
    "delivery.applied",
    "delivery.refused",
    "delivery.not_applied",
    "delivery.unknown",
)


@dataclass(frozen=True)
class Story:
    """One page of a time line. `earlier` is the time before which the next page begins; None where there is none."""

    events: list[Event]
    earlier: datetime | None


def story(lane: str, viewer: Any, shows: bool, before: datetime | None = None) -> Story:
    """What happened to this lane before a time, as far as the viewer may see it. Seven queries, however long it is.

    `shows`: whether personal data is shown.
    """

    def newest(rows: QuerySet[Any], by: str) -> QuerySet[Any]:
        rows = rows.filter(**{f"{by}__lt": before}) if before else rows.filter(**{f"{by}__isnull": False})
        return rows.order_by(f"-{by}", "-pk")[: PAGE + 1]

    events: list[Event] = []
    if viewer.has_perm("changes.view_change"):
        changes = Change.objects.filter(subject=lane).exclude(state=State.DRAFT)
        changes = changes.select_related("made_by", "decided_by")
        events += _submitted(newest(changes, "submitted_at"), shows)
        events += _decided(newest(changes.defer("values", "before", "findings"), "decided_at"), shows)
    if viewer.has_perm("delivery.view_delivery"):
        events += _queued(newest(Delivery.objects.filter(lane=lane), "created_at"), shows)
        attempts = Attempt.objects.filter(delivery__lane=lane).select_related("delivery")
        events += _attempts(list(newest(attempts, "started_at")), shows)
    if viewer.has_perm("audit.view_entry"):
        entries = Entry.objects.filter(subject=lane).select_related("by").exclude(action__in=TOLD_ELSEWHERE)
        events += (_of_entry(entry, shows) for entry in newest(entries, "at"))
    events.sort(key=lambda event: event.at, reverse=True)
    shown = events[:PAGE]
    # Two of the same moment stay together: the next page begins before it.
    shown += [event for event in events[PAGE:] if event.at == shown[-1].at]
    return Story(shown, shown[-1].at if len(events) > len(shown) else None)


def _submitted(changes: Iterable[Change], shows: bool) -> Iterator[Event]:
    for change in changes:
        shown = status("change", State.SUBMITTED)
        yield Event(
            at=change.submitted_at,  # type: ignore[arg-type]  # drafts are left out
            who=str(change.made_by),
            what=f"{_titles(change)}: submitted (C-{change.pk})",
            effect=effect(change, reveal=shows),
            now=change.status,
            why=privacy.words(change.reason, shows),
            tone=shown.tone,
            icon=shown.icon,
            url=change.get_absolute_url(),
            messages=told_messages(change, reveal=shows),
        )


def _decided(changes: Iterable[Change], shows: bool) -> Iterator[Event]:
    for change in changes:
        shown = status("change", change.state)
        yield Event(
            at=change.decided_at,  # type: ignore[arg-type]  # only decided ones are asked for
            who=str(change.decided_by or SYSTEM),
            what=f"{_titles(change)}: {shown.word.lower()} (C-{change.pk})",
            why=privacy.words(change.decision_reason, shows),
            tone=shown.tone,
            icon=shown.icon,
            url=change.get_absolute_url(),
        )


def _titles(change: Change) -> str:
    return ", ".join(dict.fromkeys(declared(change.kind, part["type"]).title for part in change.messages))


def _queued(deliveries: Iterable[Delivery], shows: bool) -> Iterator[Event]:
    for delivery in deliveries:
        now = status("delivery", delivery.state)
        details = [
            ("Now", now.word),
            ("Reference", delivery.reference),
            ("Why", privacy.words(delivery.reason, shows)),
        ]
        yield Event(
            at=delivery.created_at,
            who=SYSTEM,
            what=f"{_title(delivery)}: queued (D-{delivery.pk})",
            tone="idle",
            icon="clock",
            url=delivery.get_absolute_url(),
            details=[(label, text) for label, text in details if text],
        )


def _attempts(attempts: list[Attempt], shows: bool) -> Iterator[Event]:
    """Each try, with what the record took from it: the audit entry of its outcome has the values."""
    outcomes = Entry.objects.filter(delivery_id__in={attempt.delivery_id for attempt in attempts})
    applied = outcomes.filter(action="delivery.applied").order_by("id")
    effects = {entry.delivery_id: differences(entry, shows) for entry in applied}
    for attempt in attempts:
        shown = status("outcome", attempt.outcome)
        answer = " ".join(part for part in (attempt.code, attempt.text) if part)
        details = [
            ("ODIN's answer", privacy.words(answer, shows)),
            ("Read as", privacy.words(attempt.reason, shows)),
            ("Reference", attempt.delivery.reference),
            ("Took", f"{attempt.duration_ms} ms" if attempt.duration_ms is not None else ""),
            ("What came back", privacy.words(attempt.answer, shows)),
        ]
        yield Event(
            at=attempt.started_at,
            who=SYSTEM,
            what=f"{_title(attempt.delivery)}: attempt {attempt.number}, {shown.word.lower()}",
            why=privacy.words(answer, shows),
            tone=shown.tone,
            icon=shown.icon,
            url=attempt.delivery.get_absolute_url(),
            details=[(label, text) for label, text in details if text],
            raw=attempt.request if shows else privacy.hide_message(attempt.request),
            differences=effects.get(attempt.delivery_id, []) if attempt.outcome == "applied" else [],
        )


def _title(delivery: Delivery) -> str:
    return f"{REQUESTS[delivery.message_type].title} ({delivery.message_type})"


def _of_entry(entry: Entry, shows: bool) -> Event:
    details = [("From", entry.address or ""), ("Response code", entry.code), ("Reference", entry.reference)]
    return Event(
        at=entry.at,
        who=entry.who,
        what=privacy.words(entry.text, shows),
        why=privacy.words(entry.reason, shows),
        icon="audit",
        url=optional_url("compliance:detail", entry.pk),
        details=[(label, text) for label, text in details if text],
        differences=differences(entry, shows),
    )
