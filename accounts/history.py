"""The history of a retail user: its changes, and what belongs to none of them, newest first.

Changes come by their number and audit entries by their time, each from an index that begins with the retail user; a
page is where both are merged. A page ends at a place in either, so that the next begins there whatever is added above.
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
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import STATUSES, Change, State
from backoffice.changes.results import of_status
from backoffice.kit.filters import Filters, FromDay, PersonFilter, ToDay
from backoffice.kit.formats import midnight
from backoffice.logins.models import User
from backoffice.outside import moment, whole

#: Chosen as a kind: what belongs to no change.
OTHER = "other"


@dataclass(frozen=True)
class Place:
    """Where a page begins: below this change, and below the entry of this time and number. None: at the newest."""

    change: int | None = None
    entry: tuple[datetime, int] | None = None

    def __str__(self) -> str:
        """The day in an address."""
        at, number = self.entry or ("", "")
        return f"{self.change or ''}_{at.isoformat() if isinstance(at, datetime) else ''}_{number}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place in a text; the newest where it is none."""
        change, _, rest = text.partition("_")
        at, number = moment(rest.rpartition("_")[0]), whole(rest.rpartition("_")[2])
        return cls(whole(change), (at, number) if at and number is not None else None)


class HistoryFilter(Filters):
    """What of a history is shown: one kind of change, what somebody took part in, an outcome, some days."""

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
        """The changes that somebody made, approved or decided."""
        approved = Q(approvals__by=value) | Q(batch__approvals__by=value)
        took_part = Change.objects.filter(
            Q(made_by=value) | Q(decided_by=value) | approved, subject=self.lane
        )
        return queryset.filter(pk__in=took_part.order_by().values("pk"))

    def with_outcome(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """The changes of one status."""
        return queryset.filter(of_status([value]))

    @property
    def entries(self) -> QuerySet[Entry]:
        """What belongs to no change, by the same filters: it has neither a kind nor an outcome."""
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
    """The history of a retail user `GROUP/USER` by these filters, as far as somebody may see it."""
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
    """The changes and entries that filters leave."""

    filters: HistoryFilter
    changes: QuerySet[Change]
    entries: QuerySet[Entry]

    def after(self, place: Place, most: int) -> list[tuple[Change | Entry, Place]]:
        """At most so many from a place on, each with the place behind it. A fixed number of queries."""
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
        """How many there are; `most` at most, where it is given."""
        ours, theirs = self.changes.order_by(), self.entries.order_by()
        return (ours[:most].count() + theirs[:most].count()) if most else ours.count() + theirs.count()
