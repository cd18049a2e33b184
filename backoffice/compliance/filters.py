"""Filters of the list of audit entries."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from backoffice.audit.models import PORTAL, SYSTEM, Entry
from backoffice.audit.operations import client_name
from backoffice.audit.search import Group, UserId
from backoffice.compliance.actions import offered
from backoffice.kit.filters import Filters, FromDay, SearchFilter, TextFilter, ToDay, WholeFilter
from backoffice.kit.formats import indian
from backoffice.logins.models import User
from backoffice.logins.subjects import subject_of

#: Words are looked for in so many entries at most, the newest.
WORDS_WITHIN = 20_000
#: Stands for the response code of attempts that ended without one.
NO_CODE = "none"
#: How an attempt was read, as the action of its entry ends.
OUTCOMES = (
    ("applied", "Applied"),
    ("refused", "Refused"),
    ("not_applied", "Not applied"),
    ("unknown", "Unknown"),
)


class EntryFilter(Filters):
    """Retail user or staff, person, action, outcome, change, delivery, request, time; words within the newest entries.

    Each compares like an index of the model, so that a million entries are searched through one. Words have no
    index, so they are searched last, in the newest entries that match the other filters.
    """

    q = SearchFilter(label="Retail user or staff", method="search")
    by_name = TextFilter(label="Person", method="by_person")
    action = TextFilter(label="Action", method="by_action")
    since = FromDay(field_name="at", label="From")
    until = ToDay(field_name="at", label="To")
    outcome = django_filters.ChoiceFilter(label="Outcome", choices=OUTCOMES, method="by_outcome")
    code = TextFilter(label="Response code", method="by_code")
    reference = TextFilter(label="Reference")
    change_id = WholeFilter(label="Change")
    delivery_id = WholeFilter(label="Delivery")
    request_id = TextFilter(label="Request id")
    words = SearchFilter(label=f"Words in the newest {indian(WORDS_WITHIN, places=0)}", method="by_words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The address may contain an action that never occurred: the field takes any text.
        self.filters["action"].extra["widget"] = forms.Select(choices=[("", "Any"), *offered()])

    class Meta:
        model = Entry
        fields = (
            *("q", "by_name", "action", "since", "until", "outcome", "code", "reference"),
            *("change_id", "delivery_id", "request_id", "words"),
        )

    def search(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """A retail user as GROUP/USER, or its beginning; a user id or a login name whole."""
        text = value.strip()
        if "/" in text:
            return queryset.filter(Q(subject__begins=text) | Q(subject__begins=text.upper()))
        about = queryset.alias(user_id=UserId("subject"))
        if person := User.objects.filter(username__iexact=text).first():
            # Logins are about the bare name; changes and settings name a member of staff otherwise.
            return about.filter(user_id__in=[text.upper(), subject_of(person).upper()])
        return about.filter(user_id=text.upper())

    def by_person(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Staff by login or full name, a client as `Client GROUP/USER` or `GROUP/USER`, workers as “the portal”."""
        text = " ".join(value.split())
        if text.lower() == PORTAL:
            return queryset.filter(by_name=SYSTEM)
        if "/" in text:
            return queryset.filter(by_name=client_name(text.rpartition(" ")[2].upper()))
        if " " not in text:
            return queryset.filter(by_name=text)
        full = Concat("first_name", Value(" "), "last_name")
        staff = User.objects.alias(full=full).filter(full__iexact=text)
        return queryset.filter(by_name__in=list(staff.order_by().values_list("username", flat=True)))

    def by_action(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """One action, `change.approved`, or all of a group: `change.` or `change`."""
        group, _, rest = value.strip().lower().partition(".")
        if rest:
            return queryset.filter(action=f"{group}.{rest}")
        return queryset.alias(group=Group("action")).filter(group=f"{group}.")

    def by_outcome(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Attempts that were read like this."""
        return queryset.filter(action=f"delivery.{value}")

    def by_code(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """One response code; `NO_CODE` for attempts that ended without one."""
        return queryset.filter(code="" if value == NO_CODE else value)

    def by_words(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        """Those of the newest whose text has these words."""
        older = queryset.order_by("-at", "-id").values_list("at", flat=True)[WORDS_WITHIN : WORDS_WITHIN + 1]
        for last in older:
            queryset = queryset.filter(at__gt=last)
        return queryset.filter(text__icontains=value.strip())
