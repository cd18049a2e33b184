"""What is said of proposed values before anybody decides on them: the record, what is wrong, whether it is done.

A form is a file of one row: both compose values of a message (`Asked`), and one examination judges them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding


@dataclass(frozen=True)
class Known:
    """What the portal knows of a record: its version and its confirmed values. Version 0 and None: no such record.

    `record` is the record itself, for its own room.
    """

    version: int = 0
    values: Values | None = None
    record: Any = None


@dataclass(frozen=True)
class Records:
    """What is known of the records of many subjects, in their order.

    `find` gives those that are here, by subject, and `know` what is known of records that are at hand.
    """

    find: Callable[[Sequence[str]], Mapping[str, Any]]
    know: Callable[[Sequence[Any]], list[Known]]

    def __call__(self, subjects: Sequence[str]) -> list[Known]:
        found = self.find(subjects)
        known = dict(zip(found, self.know(list(found.values())), strict=True))
        return [known.get(subject, Known()) for subject in subjects]


class FollowUp(NamedTuple):
    """A message of another kind that a change sends behind its own: `kind` and the `values` of the message.

    `place` gives the path in the form or the row that shows what a path in the message speaks of.
    """

    kind: str
    values: Values
    place: Callable[[str], str] = lambda path: path


def refer(follow_ups: Sequence[FollowUp], reference: str) -> list[FollowUp]:
    """Follow-ups with this in the place of their references, which are made whenever they are composed."""
    return [
        one._replace(values={**one.values, "reference": reference}) if "reference" in one.values else one
        for one in follow_ups
    ]


class FilledFrom(NamedTuple):
    """The onboarding profile that values were filled from."""

    name: str = ""
    version: int = 0

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}" if self.name else ""


NO_PROFILE = FilledFrom()


class Asked(NamedTuple):
    """What somebody asks for, composed into the values of the message.

    `findings` are those on what was asked that the message does not show. `placed` moves findings on the message to
    where the form or the row shows what they speak of. `given` names what goes out though nothing about it changes.
    `follow_ups` go out behind it, in this order. `filled_from`: the profile, if any.
    """

    values: Values
    findings: Sequence[Finding] = ()
    placed: Callable[[list[Finding]], list[Finding]] = lambda findings: findings
    given: frozenset[str] = frozenset()
    follow_ups: Sequence[FollowUp] = ()
    filled_from: FilledFrom = NO_PROFILE


class Assessed(NamedTuple):
    """What a room finds beyond the protocol's rules. `done`: ODIN has confirmed exactly this already."""

    findings: list[Finding]
    done: bool = False


@dataclass
class Examined:
    """One of many proposals, examined: values of its message, what is known of its record, all findings on it.

    Findings are complete where it is `done`, too: a form shows them, and a row of a file needs none of them.
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
    """Values that are those of the message already."""
    return Asked(values)


def each(findings: Callable[[Values], list[Finding]]) -> Assess:
    """The assessment of a kind that is not proposed by the thousand: one after the other."""
    return lambda many, known: [Assessed(findings(asked.values)) for asked in many]
