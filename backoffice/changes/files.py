"""The files in which changes of a kind come many at a time: their columns, and what must not stand in them twice."""

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
    """Which columns the files of a kind have.

    `only`: the fields, where not all of `message` are; `without`: those left out. `single`: the list of which a row
    is one record. `filled`: what the portal fills in where the cell is empty, so that no file need have it; `needed`:
    what every row must have, though the message need not. `seldom`: what the example of the template leaves empty.

    `defaults` gives sets of values by their name without case. Where the cell of the column `named_by` names one, the
    empty cells of the row take its values, before those with which the form starts. (A column that the file does not
    have counts as empty.) What has no column is kept beside them.
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
        """The fields of the message that a file may speak of, by name."""
        return {
            name: field
            for name, field in self.message.fields.items()
            if name not in self.without and (not self.only or name in self.only)
        }


@dataclass(frozen=True)
class Unique:
    """What should stand in a file once: the texts of these fields together, or in each record of the list `each`.

    `words` go on after "Row 5"; the finding stands on the last of the fields.
    """

    fields: tuple[str, ...]
    words: str
    each: str = ""
    severity: Severity = Severity.ERROR


class FileGroup(StrEnum):
    """What files are for, in the order in which a broker needs them."""

    ONBOARDING = "Onboarding"
    DETAILS = "Details and status"
    SETTINGS = "Settings"
    LIMITS = "Limits"


@dataclass(frozen=True)
class FileKind:
    """A kind of file, each row of which is one change: its columns, and what must not stand in it twice (`unique`).

    `effect` is what comes of one row and of several, to stand after a number. `matters` are the fields, `name` or
    `list.name`, whose different values a checker is shown with their counts: none of them personal or secret.

    `moved_on` gives a condition on changes (their subject and record version) that holds where the record is not the
    one any more that the row was examined on. `compose` makes the values of a row those of the message. `compare`:
    what the values of a row, and what is known of its record, say more than once. `once` are the columns whose values
    a form asks once for a whole selection of retail users; empty where there is no such form.
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
        """The declarations of the fields that matter, by name. Raises KeyError for one that is not declared."""
        return {name: _declared(self.layout.message, name) for name in self.matters}


def _declared(message: type[Request], name: str) -> Field:
    listed, _, part = name.rpartition(".")
    field = message.fields[listed or part]
    return field.record.fields[part] if listed and isinstance(field, Records) else field
