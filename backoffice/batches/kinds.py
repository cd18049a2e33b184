"""The kinds of batch, registered by the rooms whose records they change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from backoffice.batches.file.columns import Layout
from backoffice.changes.kinds import Known
from backoffice.kit.components import Comparison
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity

if TYPE_CHECKING:
    from backoffice.changes.models import Change


@dataclass
class Looked:
    """What a room says of one row: the values of the message that it becomes, what the portal knows of the record,
    what speaks against it. `done`: ODIN has confirmed exactly this already. `placed` puts findings on the message where
    the row shows what they speak of.
    """

    values: Values
    known: Known = field(default_factory=Known)
    findings: list[Finding] = field(default_factory=list)
    done: bool = False
    placed: Callable[[list[Finding]], list[Finding]] = lambda findings: findings


@dataclass(frozen=True)
class Unique:
    """What should stand in a file once: the texts of these fields together, or in each record of the list `each`.

    `words` go on after "Row 5"; the finding stands on the last of the fields.
    """

    fields: tuple[str, ...]
    words: str
    each: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class BatchKind:
    """A kind of file: its name, and the kind of change that each of its rows is.

    `money`: its rows carry rupees, so that the maker types a control total. `moved_on` gives a condition on changes
    (their lane and record version) that holds where the record is no longer the one that the row was checked on.
    `layout`: its columns. `compare`: what the values of a row, and what is known of its record, say more than once.
    `look` is what the room says of many rows at once, in their order; `unique`: what must not
    stand in a file twice. `take` lets the records take many approved changes, for kinds of which nothing goes to ODIN.
    """

    slug: str
    title: str
    change_kind: str
    moved_on: Callable[[], Q]
    layout: Layout
    look: Callable[[Sequence[Values]], list[Looked]]
    unique: tuple[Unique, ...]
    money: bool = False
    compare: Callable[[Values, Values | None], list[Comparison]] = lambda values, known: []
    take: "Callable[[Sequence[Change]], None] | None" = None


BATCH_KINDS: dict[str, BatchKind] = {}


def register(kind: BatchKind) -> None:
    """Make a kind known. Called from `AppConfig.ready` of the room that keeps the records."""
    BATCH_KINDS[kind.slug] = kind


def batch_kind(slug: str) -> BatchKind:
    """The kind of this name. Raises KeyError for an unknown one."""
    return BATCH_KINDS[slug]
