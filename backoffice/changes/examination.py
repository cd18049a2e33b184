"""The examination of proposed values before a decision: the record, the findings, whether it is done already.

A form is a file of one row: both become values of a message (`Asked`), and one examination checks them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding


@dataclass(frozen=True)
class Known:
    """What the portal knows of a record: its version and confirmed values. Version 0 and None: no such record.

    `record` is the record itself, for its own room.
    """

    version: int = 0
    values: Values | None = None
    record: Any = None


@dataclass(frozen=True)
class Records:
    """What is known of the records of many subjects, in their order.

    `find` returns the existing ones by subject, and `know` the knowledge about given records.
    """

    find: Callable[[Sequence[str]], Mapping[str, Any]]
    know: Callable[[Sequence[Any]], list[Known]]

    def __call__(self, subjects: Sequence[str]) -> list[Known]:
        found = self.find(subjects)
        known = dict(zip(found, self.know(list(found.values())), strict=True))
        return [known.get(subject, Known()) for subject in subjects]


class FollowUp(NamedTuple):
    """A message of another kind that a change sends after its own: `kind` and the `values` of the message.

    `place` maps a path in the message to the path in the form or row that shows it.
    """

    kind: str
    values: Values
    place: Callable[[str], str] = lambda path: path


def refer(follow_ups: Sequence[FollowUp], reference: str) -> list[FollowUp]:
    """Return follow-ups with a fixed text for their references, which are new each time they are made."""
    return [
        one._replace(values={**one.values, "reference": reference}) if "reference" in one.values else one
        for one in follow_ups
    ]


class FilledFrom(NamedTuple):
    """The onboarding profile that filled values."""

    name: str = ""
    version: int = 0

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}" if self.name else ""


NO_PROFILE = FilledFrom()


class Asked(NamedTuple):
    """A proposal as values of the message.

    `findings` are on parts of the proposal that the message does not show. `placed` maps paths of findings on
    the message to those of the form or row. `given` names values to send although they do not change.
    `follow_ups` go out after it, in this order. `filled_from`: the profile, if any.
    """

    values: Values
    findings: Sequence[Finding] = ()
    placed: Callable[[list[Finding]], list[Finding]] = lambda findings: findings
    given: frozenset[str] = frozenset()
    follow_ups: Sequence[FollowUp] = ()
    filled_from: FilledFrom = NO_PROFILE


class Assessed(NamedTuple):
    """A room's findings beyond the protocol's rules. `done`: ODIN has confirmed exactly this already."""

    findings: list[Finding]
    done: bool = False


@dataclass
class Examined:
    """An examined proposal: values of its message, knowledge of its record, all findings.

    Findings are complete even if it is `done`: a form shows them, a row of a file does not need them.
    """

    values: Values
    known: Known = field(default_factory=Known)
    findings: list[Finding] = field(default_factory=list)
    done: bool = False
    follow_ups: Sequence[FollowUp] = ()
    filled_from: FilledFrom = NO_PROFILE


Compose = Callable[[Values, Known], Asked]
Assess = Callable[[Sequence[Asked], Sequence[Known]], list[Assessed]]


def as_given(values: Values, known: Known) -> Asked:
    """Return values that are those of the message already."""
    return Asked(values)


def each(findings: Callable[[Values], list[Finding]]) -> Assess:
    """Make an assessment of many from one of single proposals, for kinds that do not come by the thousand."""
    return lambda many, known: [Assessed(findings(asked.values)) for asked in many]
