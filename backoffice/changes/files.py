"""Kinds of file that bring many changes: their columns, and which values must be unique."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from backoffice.changes.examination import Compose, as_given
from backoffice.kit.components import Comparison
from backoffice.protocol.fields import Field, Records, Values
from backoffice.protocol.findings import Severity
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of file.

    `only`: the fields, if not all of `message`; `without`: those left out. `single`: the list that has each
    row as one record. `filled`: fields that the portal fills if the cell is empty, so the file need not have
    them; `needed`: fields that every row must have, even if the message need not. `seldom`: fields left empty
    in the template's example. `defaults` returns sets of values by name, ignoring case. If the cell of the
    column `named_by` names one, empty cells of the row take its values instead of the form's initial ones. (A
    missing column counts as empty.) Values without a column are kept beside them.
    """

    message: type[Request]
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    single: str = ""
    filled: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    seldom: tuple[str, ...] = ()
    named_by: str = ""
    defaults: Callable[[], Mapping[str, Values]] = dict

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of the message that a file may have, by name."""
        return {
            name: field
            for name, field in self.message.fields.items()
            if name not in self.without and (not self.only or name in self.only)
        }


@dataclass(frozen=True)
class Unique:
    """Values that must be unique in a file: the texts of these fields together, or in each record of the list `each`.

    `words` follow "Row 5"; the finding is on the last of the fields.
    """

    fields: tuple[str, ...]
    words: str
    each: str = ""
    severity: Severity = Severity.ERROR


class FileGroup(StrEnum):
    """Groups of kinds of file, in the order in which a broker needs them."""

    ONBOARDING = "Onboarding"
    DETAILS = "Details and status"
    SETTINGS = "Settings"
    LIMITS = "Limits"


@dataclass(frozen=True)
class FileKind:
    """A kind of file with one change in each row: its columns, and its unique values (`unique`).

    `effect` is the effect of one row and of several, after a number. `matters` are the important fields,
    `name` or `list.name`: the checker sees their different values with counts; none of them is personal or
    secret. `moved_on` returns a condition on changes (subject and record version) for records that changed
    since the row was examined. `compose` makes the values of a row those of the message. `compare`: values to
    search for duplicates, from a row and its record. `once` are the columns that a form asks once for a
    selection of retail users; empty if there is no such form.
    """

    slug: str
    title: str
    group: FileGroup
    layout: Layout
    unique: tuple[Unique, ...]
    moved_on: Callable[[], Q]
    effect: tuple[str, str] = ("row goes out", "rows go out")
    matters: tuple[str, ...] = ("group_id",)
    compose: Compose = as_given
    compare: Callable[[Values, Values | None], list[Comparison]] = lambda values, known: []
    once: tuple[str, ...] = ()

    @property
    def matter_fields(self) -> dict[str, Field]:
        """Return the declarations of the important fields, by name. Raises KeyError for undeclared ones."""
        return {name: _declared(self.layout.message, name) for name in self.matters}


def _declared(message: type[Request], name: str) -> Field:
    listed, _, part = name.rpartition(".")
    field = message.fields[listed or part]
    return field.record.fields[part] if listed and isinstance(field, Records) else field
