"""Filters of the lists of batches and of their rows."""

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet

from backoffice.batches.check.summary import finding_kinds, with_finding
from backoffice.batches.decide.deciders import waiting_for
from backoffice.batches.models import STATUSES, Batch, Row, RowState, State
from backoffice.batches.pages.forms import kind_choices
from backoffice.changes.results import of_status
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.filters import Filters, FromDay, PersonFilter, SearchFilter, ToDay
from backoffice.kit.search import number_of
from backoffice.kit.text_indexes import INSIDE_FROM
from backoffice.outside import whole

#: One-click filters of the list.
SHOWS = (("waiting", "Waiting for me"), ("mine", "Mine"), ("sending", "Being sent"))


def uploaders(request: Any) -> QuerySet[Any]:
    """Everybody who uploaded a file: asked for each person, not collected from all files."""
    own = Batch.objects.filter(made_by=OuterRef("pk")).order_by()
    return get_user_model().objects.filter(Exists(own)).order_by("username")


class BatchFilter(Filters):
    """Search by name, number or SHA-256; filter by state, kind, uploader, time."""

    q = SearchFilter(label="File name, number or SHA-256", method="search")
    show = django_filters.ChoiceFilter(label="Show", choices=SHOWS, method="narrow")
    state = django_filters.MultipleChoiceFilter(label="Status", choices=STATUSES, method="with_status")
    kind = django_filters.ChoiceFilter(label="What")
    made_by = PersonFilter(label="Uploaded by", queryset=uploaders)
    since = FromDay(field_name="created_at", label="From")
    until = ToDay(field_name="created_at", label="To")

    class Meta:
        model = Batch
        fields = ("q", "show", "state", "kind", "made_by", "since", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = kind_choices()

    def with_status(self, queryset: QuerySet[Batch], name: str, value: list[str]) -> QuerySet[Batch]:
        """Keep those with one of these statuses."""
        return queryset.filter(of_status(value, Q(finished_at__isnull=False))) if value else queryset

    def search(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Search by part of the name, the number, or the beginning of the SHA-256."""
        text = value.strip()
        number = Q(pk=found) if (found := number_of(text, "batch")) is not None else Q()
        named = "icontains" if len(text) >= INSIDE_FROM else "istartswith"
        return queryset.filter(number | Q(**{f"file_name__{named}": text}) | Q(sha256__begins=text.lower()))

    def narrow(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Waiting: submitted by others, for those who may decide. Being sent: approved and not all settled."""
        person = self.request.user
        if value == "waiting":
            return queryset.filter(pk__in=waiting_for(person).values("pk"))
        if value == "sending":
            return queryset.filter(state=State.APPROVED, finished_at__isnull=True)
        return queryset.filter(made_by=person)


class RowFilter(Filters):
    """The rows of one batch: by retail user or number, finding, outcome."""

    q = SearchFilter(label="Row or retail user", method="search")
    # Not distinct: that would sort all matching rows.
    state = django_filters.MultipleChoiceFilter(choices=RowState.choices, label="Check", distinct=False)
    outcome = django_filters.MultipleChoiceFilter(
        choices=DeliveryState.choices, label="Outcome", field_name="delivery_state", distinct=False
    )
    finding = django_filters.ChoiceFilter(label="Finding", method="by_finding")

    class Meta:
        model = Row
        fields = ("q", "state", "outcome", "finding")

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["finding"].extra["choices"] = [
            (f"{found.path}|{found.rule}", f"{found.text} ({found.rows})") for found in finding_kinds(batch)
        ]

    def search(self, queryset: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        """Search by the row's number in the file, or part of the lane."""
        text = value.strip()
        number = Q(number=found) if (found := whole(text)) is not None else Q()
        return queryset.filter(number | Q(lane__icontains=text))

    def by_finding(self, queryset: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        """Filter by a kind of finding, as PATH|RULE."""
        path, _, rule = value.partition("|")
        return with_finding(queryset, path, rule)
