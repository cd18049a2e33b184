"""The filters of every list: one reading of an address, for pages, exports and "all that match".

A value that cannot be read selects nothing, and `problems` says why. It is never ignored, which would select
everything.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.fields import ModelChoiceField

from backoffice.kit.formats import midnight
from backoffice.kit.widgets import DayInput, RupeesInput
from backoffice.outside import FIRST_YEAR, LAST_YEAR, MOST_DIGITS, rupees, whole
from backoffice.protocol.bent import is_negative
from backoffice.protocol.personal import names_a_person

#: Longer texts are not a person's search.
MOST_CHARACTERS = 100
#: Browsers and the logs of proxies keep addresses.
NOT_IN_ADDRESSES = (
    "A list cannot be searched by PAN, mobile number or e-mail address, since the address of the page would show "
    "it. Use the search at the top, which keeps it out of the address: press / to go there."
)
_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", re.ASCII)
_INDIAN_DAY = re.compile(r"(?P<day>[0-9]{2})-(?P<month>[0-9]{2})-(?P<year>[0-9]{4})", re.ASCII)


class WholeField(forms.Field):
    """A whole number, such as that of a change."""

    widget = forms.NumberInput(attrs={"min": 0, "step": 1})

    def to_python(self, value: Any) -> int | None:
        """Return the number. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        if (number := whole(text)) is None:
            raise ValidationError(f"{_short(text)} is not a number. Use up to {MOST_DIGITS} digits.")
        return number


class RupeesField(forms.Field):
    """An amount of rupees, with or without commas between its groups of digits."""

    widget = RupeesInput

    def to_python(self, value: Any) -> Any:
        """Return the amount. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        if is_negative(text):
            raise ValidationError(f"{_short(text)} is below 0. Type an amount that is not.")
        if (amount := rupees(text)) is None:
            raise ValidationError(
                f"{_short(text)} is not an amount. Use digits, with a point and two decimals at most."
            )
        return amount


class DayField(forms.DateField):
    """A day of the portal's time: DD-MM-YYYY as people type it, or YYYY-MM-DD as in bookmarks."""

    widget = DayInput

    def to_python(self, value: Any) -> date | None:
        """Return the day. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        parts = _DAY.fullmatch(text) or _INDIAN_DAY.fullmatch(text)
        try:
            found = date(*(int(parts[name]) for name in ("year", "month", "day"))) if parts else None
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(f"{_short(text)} is not a valid date. Use DD-MM-YYYY.")
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(
                f"{found:%d-%m-%Y} is out of range. Use a year from {FIRST_YEAR} to {LAST_YEAR}."
            )
        return found


class PersonField(ModelChoiceField):
    """One of some people, by number."""

    def to_python(self, value: Any) -> Any:
        """Return the person. Raises ValidationError."""
        if value in self.empty_values:
            return None
        if whole(value) is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class WholeFilter(django_filters.Filter):
    """Rows with this number."""

    field_class = WholeField


class RupeesFilter(django_filters.Filter):
    """Rows with an amount, compared by `lookup_expr`."""

    field_class = RupeesField


class _DayFilter(django_filters.Filter):
    """Rows on one side of a day in India.

    `by_time`: sort by this time, newest first, instead of by id. The order is equal, and an index of the time
    finds a day of long ago without reading the rows in between.
    """

    field_class = DayField

    def __init__(self, *args: Any, by_time: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_time = by_time

    def condition(self, day: date) -> dict[str, Any]:
        """Return the condition on the rows."""
        raise NotImplementedError

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        if not value:
            return qs
        found = qs.filter(**self.condition(value))
        return found.order_by(f"-{self.field_name}", "-pk") if self.by_time else found


class FromDay(_DayFilter):
    """Rows from the first moment of a day in India."""

    def condition(self, day: date) -> dict[str, Any]:
        """Return the condition for that day or later."""
        return {f"{self.field_name}__gte": midnight(day)}


class ToDay(_DayFilter):
    """Rows to the last moment of a day in India."""

    def condition(self, day: date) -> dict[str, Any]:
        """Return the condition for that day or earlier."""
        return {f"{self.field_name}__lt": midnight(day + timedelta(days=1))}


class TextFilter(django_filters.CharFilter):
    """Rows with a text, compared by `lookup_expr`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": MOST_CHARACTERS, **kwargs})


class SearchFilter(TextFilter):
    """A search text that people type. Text that identifies a person is refused, since addresses are kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[_nobody], **kwargs)


class YesNoFilter(django_filters.TypedChoiceFilter):
    """Rows that meet a condition, or do not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = (("", "Any"), ("true", "Yes"), ("false", "No"))
        super().__init__(*args, choices=choices, coerce=lambda value: value == "true", **kwargs)


class PersonFilter(django_filters.ModelChoiceFilter):
    """Rows of one person."""

    field_class = PersonField


class Filters(django_filters.FilterSet):
    """The base of the filters of all lists."""

    #: Set only by the link at the end of a list, which continues below its last row.
    below = WholeFilter(field_name="pk", lookup_expr="lt", label="Below number", widget=forms.HiddenInput)

    def is_valid(self) -> bool:
        """Whether each filter can be read, and the last day is not before the first."""
        if not super().is_valid():
            return False
        for name, first in list(self.form.cleaned_data.items()):
            until = f"{name.removesuffix('since')}until"
            last = self.form.cleaned_data.get(until) if name.endswith("since") else None
            if first and last and last < first:
                self.form.add_error(until, "The last day is before the first one. Change one of them.")
        return not self.form.errors

    @property
    def qs(self) -> QuerySet[Any]:
        """Return the rows that the filters select; none if one of them cannot be read."""
        if self.is_bound and not self.is_valid():
            return self.queryset.none()
        found: QuerySet[Any] = super().qs
        return found

    @property
    def problems(self) -> list[str]:
        """Return errors in words, one for each filter that cannot be read."""
        if not self.is_bound:
            return []
        found = self.form.errors.as_data()
        return [
            f"{self.form.fields[name].label or name}: {self._words(name, found[name][0])}" for name in found
        ]

    def _words(self, name: str, error: ValidationError) -> str:
        if error.code == "invalid_choice":
            return f"{_short(self.data.get(name, ''))} is not among its choices. Remove this filter, or choose another."
        return str(error.messages[0])

    @classmethod
    def searches(cls) -> list[str]:
        """Return the filters that must not contain personal data."""
        return [name for name, found in cls.base_filters.items() if isinstance(found, SearchFilter)]


def _nobody(text: str) -> None:
    if names_a_person(text):
        raise ValidationError(NOT_IN_ADDRESSES)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def chip_words(field: forms.Field, value: str) -> str:
    """Return a filter's value for its chip: a choice by its label, a date the Indian way."""
    if isinstance(field, forms.DateField):
        with suppress(forms.ValidationError):
            return f"{field.clean(value):%d-%m-%Y}"
    return dict(_flat_choices(getattr(field.widget, "choices", ()))).get(value, value)


def _flat_choices(choices: Any) -> Sequence[tuple[str, str]]:
    """Choices as pairs of text, groups opened."""
    flat: list[tuple[str, str]] = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            flat += _flat_choices(label)
        else:
            flat.append((str(value), str(label)))
    return flat
