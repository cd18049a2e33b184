"""Columns and constraints from the protocol's declarations, so that lengths and codes are defined once."""

from typing import Any, cast

from django.db import models
from django.db.models import Q

from backoffice.protocol.fields import Amount, Code, Integer, SubRecord
from backoffice.protocol.message import Request

#: Where a field is declared: a message or a sub-record.
Declared = type[Request] | type[SubRecord]


def text(declared: Declared, name: str, **options: Any) -> "models.CharField[str, str]":
    """A text column with the declared length and label; "" is absent."""
    field = declared.fields[name]
    options.setdefault("max_length", field.max_length)
    return models.CharField(field.label, blank=True, default="", **options)


def code(declared: Declared, name: str, **options: Any) -> "models.CharField[str, str]":
    """A column that holds a declared code as ODIN writes it; "" is absent."""
    field = cast(Code, declared.fields[name])
    choices = [(member.value, member.label) for member in field.choices]
    longest = max(len(value) for value, _ in choices)
    return models.CharField(
        field.label, max_length=longest, choices=choices, blank=True, default="", **options
    )


def codes(declared: Declared, name: str) -> "models.JSONField[list[str], list[str]]":
    """A column that holds a set of declared codes, a list of their ids."""
    return models.JSONField(declared.fields[name].label, default=list, blank=True)


def number(declared: Declared, name: str) -> "models.BigIntegerField[int | None, int | None]":
    """A column of whole numbers; null is not known."""
    return models.BigIntegerField(declared.fields[name].label, null=True, blank=True)


def date(declared: Declared, name: str) -> "models.DateField[Any, Any]":
    """A column of dates; null is absent."""
    return models.DateField(declared.fields[name].label, null=True, blank=True)


def rupees(declared: Declared, name: str) -> "models.DecimalField[Any, Any]":
    """A column of rupees with two decimals, wide enough for the declared maximum; null is absent."""
    field = cast(Amount, declared.fields[name])
    return models.DecimalField(
        field.label, max_digits=len(str(int(field.max))) + 2, decimal_places=2, null=True, blank=True
    )


def percent(declared: Declared, name: str) -> "models.DecimalField[Any, Any]":
    """A column of percentages from 0.01 to 99.99; 0 is switched off, null is absent."""
    return models.DecimalField(
        declared.fields[name].label, max_digits=4, decimal_places=2, null=True, blank=True
    )


def code_known(declared: Declared, name: str, prefix: str, *, column: str = "") -> models.CheckConstraint:
    """The constraint that a code column holds a declared code or nothing."""
    field = cast(Code, declared.fields[name])
    column = column or name
    values = ["", *(member.value for member in field.choices)]
    return models.CheckConstraint(condition=Q(**{f"{column}__in": values}), name=f"{prefix}_{column}_known")


def codes_known(declared: Declared, prefix: str) -> list[models.CheckConstraint]:
    """The constraints that every code column of a declaration holds a declared code or nothing."""
    names = [name for name, field in declared.fields.items() if isinstance(field, Code)]
    return [code_known(declared, name, prefix) for name in names]


def number_in_range(declared: Declared, name: str, prefix: str) -> models.CheckConstraint:
    """The constraint that a number is within its declared range, or is one that stands for a default (U8)."""
    field = cast(Integer, declared.fields[name])
    inside = Q(**{f"{name}__gte": field.min, f"{name}__lte": field.max})
    special = Q(**{f"{name}__in": [int(number) for number in field.special]})
    return models.CheckConstraint(condition=inside | special, name=f"{prefix}_{name}_in_range")


def not_empty(*columns: str, prefix: str) -> models.CheckConstraint:
    """The constraint that none of these text columns is empty."""
    condition = Q()
    for column in columns:
        condition &= ~Q(**{column: ""})
    return models.CheckConstraint(condition=condition, name=f"{prefix}_has_{'_and_'.join(columns)}")
