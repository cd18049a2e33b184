"""The history of a retail user: its changes, and entries that belong to none, newest first.

Changes come by id and audit entries by time, each from an index that begins with the retail user; a page
merges both. A page ends at a position in each, so that the next one starts there even if rows are added
above.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict

from backoffice.audit.models import Entry
from backoffice.changes.kinds import KINDS, with_status
from backoffice.changes.models import STATUSES, Change, State
from backoffice.kit.filters import Filters, FromDay, PersonFilter, ToDay
from backoffice.kit.formats import midnight
from backoffice.logins.models import User
from backoffice.outside import moment, whole

#: The choice for entries that belong to no change.
OTHER = "other"


@dataclass(frozen=True)
class Place:
    """Where a page begins: below this change, and below the entry of this time and id. None: at the newest."""

    change: int | None = None
    entry: tuple[datetime, int] | None = None

    def __str__(self) -> str:
        """The day in an address."""
        at, number = self.entry or ("", "")
        return f"{self.change or ''}_{at.isoformat() if isinstance(at, datetime) else ''}_{number}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the position in a text; the newest if there is none."""
        change, _, rest = text.partition("_")
        at, number = moment(rest.rpartition("_")[0]), whole(rest.rpartition("_")[2])
        return cls(whole(change), (at, number) if at and number is not None else None)


class HistoryFilter(Filters):
    """Filters of a history: one kind of change, a person involved, an outcome, days."""

    kind = django_filters.ChoiceFilter(label="What", method="of_kind", empty_label="Any")
    person = PersonFilter(label="Person", method="of_person", empty_label="Any")
    outcome = django_filters.ChoiceFilter(
        label="Outcome", choices=STATUSES[1:], method="with_outcome", empty_label="Any"
    )
    since = FromDay(field_name="submitted_at", label="From")
    until = ToDay(field_name="submitted_at", label="To")

    class Meta:
        model = Change
        fields = ("kind", "person", "outcome", "since", "until")

    def __init__(self, data: Mapping[str, Any], lane: str) -> None:
        changes = Change.objects.filter(subject=lane).exclude(state=State.DRAFT)
        super().__init__(data, queryset=changes)
        kinds = ((slug, kind.title) for slug, kind in KINDS.items() if not kind.guards_portal)
        self.filters["kind"].extra["choices"] = [
            *sorted(kinds, key=lambda pair: pair[1]),
            (OTHER, "What belongs to no change"),
        ]
        entries = Entry.objects.filter(subject=lane).order_by()
        mine = changes.order_by()
        self.filters["person"].queryset = User.objects.filter(
            Q(pk__in=mine.values("made_by"))
            | Q(pk__in=mine.values("decided_by"))
            | Q(pk__in=entries.values("by"))
        ).order_by("username")
        self.lane = lane

    def of_kind(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """The changes of one kind."""
        return queryset.none() if value == OTHER else queryset.filter(kind=value)

    def of_person(self, queryset: QuerySet[Change], name: str, value: User) -> QuerySet[Change]:
        """Keep the changes that this person made, approved or decided."""
        approved = Q(approvals__by=value) | Q(batch__approvals__by=value)
        took_part = Change.objects.filter(
            Q(made_by=value) | Q(decided_by=value) | approved, subject=self.lane
        )
        return queryset.filter(pk__in=took_part.order_by().values("pk"))

    def with_outcome(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """The changes of one status."""
        return queryset.filter(with_status([value]))

    @property
    def entries(self) -> QuerySet[Entry]:
        """Return entries that belong to no change, by these filters: they have neither kind nor outcome."""
        found = Entry.objects.filter(subject=self.lane, change_id=None)
        if not self.is_valid():
            return found.none()
        chosen = self.form.cleaned_data
        if chosen["outcome"] or chosen["kind"] not in ("", OTHER):
            return found.none()
        if chosen["person"]:
            found = found.filter(by=chosen["person"])
        if chosen["since"]:
            found = found.filter(at__gte=midnight(chosen["since"]))
        if chosen["until"]:
            found = found.filter(at__lt=midnight(chosen["until"] + timedelta(days=1)))
        return found


def chosen(lane: str, filters: Mapping[str, str], *, changes: bool, entries: bool) -> "History":
    """The history of a retail user `GROUP/USER` by these filters, as far as a person may see it."""
    query = QueryDict(mutable=True)
    query.update(dict(filters))
    found = HistoryFilter(query, lane)
    return History(
        found,
        found.qs if changes else found.qs.none(),
        found.entries if entries else found.entries.none(),
    )


@dataclass(frozen=True)
class History:
    """Return the changes and entries that match the filters."""

    filters: HistoryFilter
    changes: QuerySet[Change]
    entries: QuerySet[Entry]

    def after(self, place: Place, most: int) -> list[tuple[Change | Entry, Place]]:
        """Return at most this many from a position on, each with the position after it. A fixed number of queries."""
        changes, entries = self.changes.order_by("-pk"), self.entries.order_by("-at", "-pk")
        if place.change:
            changes = changes.filter(pk__lt=place.change)
        if place.entry:
            at, number = place.entry
            entries = entries.filter(Q(at__lt=at) | Q(pk__lt=number), at__lte=at)
        ours = deque(changes.select_related("made_by", "decided_by")[:most])
        theirs = deque(entries.select_related("by")[:most])
        merged: list[tuple[Change | Entry, Place]] = []
        while len(merged) < most and (ours or theirs):
            if ours and (not theirs or (ours[0].submitted_at or ours[0].created_at) >= theirs[0].at):
                change = ours.popleft()
                place = replace(place, change=change.pk)
                merged.append((change, place))
            else:
                entry = theirs.popleft()
                place = replace(place, entry=(entry.at, entry.pk))
                merged.append((entry, place))
        return merged

    def count(self, most: int | None) -> int:
        """Count them; at most `most` if given."""
        ours, theirs = self.changes.order_by(), self.entries.order_by()
        return (ours[:most].count() + theirs[:most].count()) if most else ours.count() + theirs.count()
