"""Filters of the list of changes."""

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change, State

#: What the list can be narrowed to in one click; Today links to both.
SHOWS = (("waiting", "Waiting for me"), ("mine", "Mine, not settled"))


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of change that the rooms registered, by title."""
    return sorted(((slug, kind.title) for slug, kind in KINDS.items()), key=lambda pair: pair[1])


def makers(request: Any) -> QuerySet[Any]:
    """Everybody who made a change that one may see."""
    return get_user_model().objects.filter(changes_made__isnull=False).distinct().order_by("username")


class ChangeFilter(django_filters.FilterSet):
    """Quick search by retail user, number or reason; state, kind, maker, and what waits for the person."""

    q = django_filters.CharFilter(label="Retail user, number or reason", method="search")
    show = django_filters.ChoiceFilter(label="Show", choices=SHOWS, method="narrow")
    state = django_filters.MultipleChoiceFilter(choices=State.choices)
    kind = django_filters.ChoiceFilter(label="What")
    made_by = django_filters.ModelChoiceFilter(label="Maker", queryset=makers)
    since = django_filters.DateFilter(field_name="created_at", lookup_expr="date__gte", label="Made from")
    until = django_filters.DateFilter(field_name="created_at", lookup_expr="date__lte", label="Made to")

    class Meta:
        model = Change
        fields = ("q", "show", "state", "kind", "made_by", "since", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = kind_choices()

    def search(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """By a part of the lane or of the reason, or by the change's number."""
        text = value.strip()
        number = Q(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else Q()
        return queryset.filter(number | Q(lane__icontains=text) | Q(reason__icontains=text))

    def narrow(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """Waiting: submitted by others, for those who may decide. Mine: what its maker still has to do with."""
        person = self.request.user
        if value == "waiting":
            may = person.has_perm("changes.approve_change")
            return queryset.filter(state=State.SUBMITTED).exclude(made_by=person) if may else queryset.none()
        return queryset.filter(made_by=person).exclude(state__in=(State.APPROVED, State.WITHDRAWN))
