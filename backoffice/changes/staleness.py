"""What has changed in a record since a change of it was submitted, and whether that affects the change."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from backoffice.changes.kinds import KINDS, kind
from backoffice.changes.models import Change
from backoffice.kit.message_words import REFERENCE, explain
from backoffice.protocol.fields import Records
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class Moved:
    """One value of the record: at submission and now. `touched`: the change sets it too."""

    label: str
    old: str
    new: str
    touched: bool


def moved_on(change: Change) -> bool:
    """Whether the record has changed since the change was made."""
    return kind(change.kind).known(change.subject).version != change.record_version


def moved_on_among(changes: Sequence[Change]) -> set[int]:
    """The numbers of those whose record moved on: a query for all kinds that come in files, a look for each other."""
    by_kind: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.kind in KINDS:
            by_kind[change.kind].append(change)
    moved, found = Q(pk__in=()), set()
    for slug, several in by_kind.items():
        if files := kind(slug).files:
            moved |= Q(pk__in=[change.pk for change in several]) & files[0].moved_on()
            continue
        known = kind(slug).records([change.subject for change in several])
        found |= {
            change.pk
            for change, now in zip(several, known, strict=True)
            if now.version != change.record_version
        }
    return found | set(Change.objects.filter(moved).order_by().values_list("pk", flat=True))


def moved(change: Change, *, reveal: bool) -> list[Moved]:
    """Return each value that differs, in words. `reveal`: show personal data unmasked."""
    message = kind(change.kind).message
    now: Mapping[str, Any] = kind(change.kind).known(change.subject).values or {}
    set_here = {
        name
        for stored in change.messages
        for name, value in stored["values"].items()
        if value or message.partial
    }
    return differences(message, change.before or {}, now, set_here, reveal=reveal)


def differences(
    message: type[Request],
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    set_here: Collection[str],
    *,
    reveal: bool,
) -> list[Moved]:
    """Return each value of a record that differs now, in words. `set_here`: fields that the proposal sets too."""
    present = {name: now.get(name, field.empty) for name, field in message.fields.items()}
    found = [
        Moved(line.label, line.old or "–", line.meaning or "–", line.name.partition(".")[0] in set_here)
        for line in explain(message, present, dict(before), reveal=reveal)
        if line.kind in ("changed", "new", "cleared") and line.name != REFERENCE
    ]
    for name, field in message.fields.items():
        was, is_now = before.get(name), now.get(name)
        if isinstance(field, Records) and isinstance(was, list) and len(was) > len(is_now or []):
            words = f"{field.label}: how many"
            found.append(Moved(words, str(len(was)), str(len(is_now or [])), name in set_here))
    return found
