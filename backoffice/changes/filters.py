"""Filters of the lists of changes."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from backoffice.audit.search import UserId, of_user
from backoffice.changes.deciders import decided_by, visible_to
from backoffice.changes.kinds import KINDS, with_status
from backoffice.changes.models import STATUSES, Change
from backoffice.changes.risks import Risk
from backoffice.kit import privacy
from backoffice.kit.filters import Filters, FromDay, PersonFilter, RupeesFilter, SearchFilter, ToDay
from backoffice.outside import whole

#: How many of the newest changes a search in reasons covers.
WORDS_WITHIN = 10_000
#: How long a change has waited, in hours, and the label of the choice.
AGES = (("1", "Over an hour"), ("4", "Over 4 hours"), ("24", "Over a day"), ("72", "Over 3 days"))


def kind_choices(slugs: Iterable[str]) -> list[tuple[str, str]]:
    """These kinds of change, by title."""
    return sorted(((slug, KINDS[slug].title) for slug in slugs), key=lambda pair: pair[1])


def makers(request: Any) -> QuerySet[Any]:
    """Everybody who made a change that this person may see."""
    made = Change.objects.filter(made_by=OuterRef("pk"))
    return get_user_model().objects.filter(Exists(made)).order_by("username")


class MineFilter(Filters):
    """One's own changes: search by retail user, number or reason; filter by state, kind, time."""

    q = SearchFilter(label="Retail user, number or reason", method="search")
    state = django_filters.MultipleChoiceFilter(label="Status", choices=STATUSES, method="with_status")
    kind = django_filters.ChoiceFilter(label="What")
    since = FromDay(field_name="created_at", label="Made from", by_time=True)
    until = ToDay(field_name="created_at", label="Made to", by_time=True)

    class Meta:
        model = Change
        fields: tuple[str, ...] = ("q", "state", "kind", "since", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = kind_choices(self.kinds(self.request.user))

    def kinds(self, person: Any) -> Iterable[str]:
        """Return the kinds that may be in the list."""
        return visible_to(person)

    def with_status(self, queryset: QuerySet[Change], name: str, value: list[str]) -> QuerySet[Change]:
        """Keep those with one of these statuses."""
        return queryset.filter(with_status(value)) if value else queryset

    def search(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """Search by retail user, change number, or words of the reason among the newest changes."""
        text = value.strip()
        fits = of_user("subject", text)
        if (number := whole(text)) is not None:
            fits |= Q(pk=number)
        newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        fits |= self._reason_says(text, Q(pk__gt=newest - WORDS_WITHIN))
        return queryset.alias(user_id=UserId("subject")).filter(fits)

    def _reason_says(self, text: str, among: Q) -> Q:
        """Those whose reason has these words. What is hidden of it is not found out by a search either."""
        says = among & Q(reason__icontains=text)
        if privacy.sees_at_once(self.request.user):
            return says
        reasons = Change.objects.filter(says).values_list("pk", "reason")
        return Q(
            pk__in=[pk for pk, reason in reasons if text.lower() in privacy.hide_in_text(reason).lower()]
        )


class DraftsFilter(MineFilter):
    """One's own drafts, which have one status."""

    state = None

    class Meta(MineFilter.Meta):
        fields = ("q", "kind", "since", "until")


class ChangeFilter(MineFilter):
    """All changes: also by maker and by flag."""

    made_by = PersonFilter(label="Maker", queryset=makers)
    risk = django_filters.ChoiceFilter(label="Flag", choices=Risk.choices, method="with_risk")

    class Meta(MineFilter.Meta):
        fields = ("q", "state", "kind", "made_by", "risk", "since", "until")

    def with_risk(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """Keep those with this flag. SQLite has no operator for "the list contains", so its text is searched."""
        flagged = queryset.exclude(risks=[]).alias(flags=Cast("risks", TextField()))
        return flagged.filter(flags__contains=f'"{value}"')


class InboxFilter(ChangeFilter):
    """Changes that wait for a checker: also by age and by rupees."""

    state = None
    since = None  # type: ignore[assignment]  # django-filter's way to leave one out
    until = None  # type: ignore[assignment]
    age = django_filters.ChoiceFilter(label="Waits", choices=AGES, method="older")
    amount_from = RupeesFilter(field_name="amount", lookup_expr="gte", label="Rupees from")
    amount_to = RupeesFilter(field_name="amount", lookup_expr="lte", label="Rupees to")

    class Meta(ChangeFilter.Meta):
        fields = ("q", "kind", "made_by", "risk", "age", "amount_from", "amount_to")

    def kinds(self, person: Any) -> Iterable[str]:
        """Return the kinds that may be in the list."""
        return decided_by(person)

    def older(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """Keep those submitted at least this many hours ago."""
        return queryset.filter(submitted_at__lte=timezone.now() - timedelta(hours=int(value)))
