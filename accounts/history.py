"""The time line of a retail user: changes, deliveries, attempts and audit entries, newest first."""

from collections.abc import Iterable, Iterator
from typing import Any

from backoffice.audit.models import Entry
from backoffice.audit.operations import SYSTEM
from backoffice.changes.kinds import declared
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Attempt, Delivery
from backoffice.protocol.message import REQUESTS
from backoffice.screens import privacy
from backoffice.screens.components import Event, status
from backoffice.screens.templatetags.portal import optional_url

#: So many of each kind are read; the lists of changes, deliveries and audit entries have the rest.
MOST = 100

#: What changes and attempts tell already.
TOLD_ELSEWHERE = (
    "change.submitted",
    "change.approved",
    "change.rejected",
    "delivery.claimed",
    "delivery.applied",
    "delivery.refused",
    "delivery.not_applied",
    "delivery.unknown",
)


def history(lane: str, viewer: Any, shows: bool) -> list[Event]:
    """What happened to this lane, as far as the viewer may see it. Four queries, however long it is.

    `shows`: whether personal data is shown.
    """
    events: list[Event] = []
    if viewer.has_perm("changes.view_change"):
        changes = Change.objects.filter(lane=lane).exclude(state=State.DRAFT)
        events += _of_changes(changes.select_related("made_by", "decided_by")[:MOST], shows)
    if viewer.has_perm("delivery.view_delivery"):
        deliveries = Delivery.objects.filter(lane=lane).prefetch_related("attempts")[:MOST]
        events += [event for delivery in deliveries for event in _of_delivery(delivery, shows)]
    if viewer.has_perm("audit.view_entry"):
        entries = Entry.objects.filter(subject=lane).exclude(action__in=TOLD_ELSEWHERE)[:MOST]
        events += [_of_entry(entry, shows) for entry in entries]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _of_changes(changes: Iterable[Change], shows: bool) -> Iterator[Event]:
    for change in changes:
        titles = ", ".join(
            dict.fromkeys(declared(change.kind, message["type"]).title for message in change.messages)
        )
        url = change.get_absolute_url()
        if change.submitted_at:
            shown = status("change", State.SUBMITTED)
            yield Event(
                at=change.submitted_at,
                who=str(change.made_by),
                what=f"{titles}: submitted (change {change.pk})",
                why=privacy.words(change.reason, shows),
                tone=shown.tone,
                icon=shown.icon,
                url=url,
            )
        if change.decided_at:
            shown = status("change", change.state)
            yield Event(
                at=change.decided_at,
                who=str(change.decided_by),
                what=f"{titles}: {shown.word.lower()} (change {change.pk})",
                why=privacy.words(change.decision_reason, shows),
                tone=shown.tone,
                icon=shown.icon,
                url=url,
            )


def _of_delivery(delivery: Delivery, shows: bool) -> Iterator[Event]:
    title = f"{REQUESTS[delivery.message_type].title} ({delivery.message_type})"
    now = status("delivery", delivery.state)
    details = [
        ("Now", now.word),
        ("Reference", delivery.reference),
        ("Why", privacy.words(delivery.reason, shows)),
    ]
    yield Event(
        at=delivery.created_at,
        who=SYSTEM,
        what=f"{title}: queued (delivery {delivery.pk})",
        tone="idle",
        icon="clock",
        url=delivery.get_absolute_url(),
        details=[(label, text) for label, text in details if text],
    )
    for attempt in delivery.attempts.all():
        yield _of_attempt(title, delivery, attempt, shows)


def _of_attempt(title: str, delivery: Delivery, attempt: Attempt, shows: bool) -> Event:
    shown = status("outcome", attempt.outcome)
    answer = " ".join(part for part in (attempt.code, attempt.text) if part)
    details = [
        ("ODIN's answer", privacy.words(answer, shows)),
        ("Read as", privacy.words(attempt.reason, shows)),
        ("Took", f"{attempt.duration_ms} ms" if attempt.duration_ms is not None else ""),
        ("What came back", privacy.words(attempt.answer, shows)),
    ]
    return Event(
        at=attempt.started_at,
        who=SYSTEM,
        what=f"{title}: attempt {attempt.number}, {shown.word.lower()}",
        why=privacy.words(attempt.text, shows),
        tone=shown.tone,
        icon=shown.icon,
        url=delivery.get_absolute_url(),
        details=[(label, text) for label, text in details if text],
        raw=attempt.request if shows else privacy.hide_message(attempt.request),
    )


def _of_entry(entry: Entry, shows: bool) -> Event:
    return Event(
        at=entry.at,
        who=entry.by_name,
        what=privacy.words(entry.text, shows),
        why=privacy.words(entry.reason, shows),
        icon="audit",
        url=optional_url("audit:detail", entry.pk),
    )
