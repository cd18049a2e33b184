"""Groups of answers: each becomes messages of one kind that follow a message about a retail user.

A group says which answers make which message, and to which field of the form a finding on the message belongs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from accounts.retail_users import IDENTITY
from accounts.values import records
from backoffice.changes.examination import FollowUp
from backoffice.changes.kinds import kind_of
from backoffice.changes.references import new_reference
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request, clean

#: The rule of findings that compare records.
RULE = "portal.follow_up"


@dataclass(frozen=True)
class Group:
    """Answers that go out as messages of one kind: records of a list in the form, and single fields of the form.

    `names` gives for each part of a record the field of the message, or of a record in its list. Each record becomes a
    message of its own; with `within`, all of them are that list of one message; with `prefixes`, the first one is
    in the fields that begin with the first prefix, and so on. `single` are fields of form and message alike. `filled`
    is what a record says where the form does not ask, or has no answer; `key` are the parts by which two records,
    each a message of its own, set the same thing.
    """

    message: type[Request]
    records: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    within: str = ""
    prefixes: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    filled: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()

    @cached_property
    def _identity(self) -> tuple[str, ...]:
        return tuple(name for name in IDENTITY if name in self.message.fields)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The fields of the form that these messages cover."""
        return (*self.single, self.records) if self.records else self.single

    @cached_property
    def _blank(self) -> Values:
        return clean(self.message, {})

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Return the parts of a record by the message's names."""
        return {name: part for part, name in self.names.items()}

    def follow_ups(self, values: Values) -> list[FollowUp]:
        """Return the messages for the answers; none if there are none."""
        if not any(map(values.get, self.asked)):
            return []
        answers = records(values, self.records)
        single: Values = {name: values[name] for name in self.single if values.get(name)}
        if not answers and not single:
            return []
        kind = kind_of(self.message).slug
        one: Values = {**self._blank, **{name: values.get(name, "") for name in self._identity}, **single}
        if "reference" in one:
            one["reference"] = new_reference()
        if self.within:
            return [FollowUp(kind, {**one, self.within: list(map(self._named, answers))}, self._in_list)]
        if self.prefixes:
            for prefix, answer in zip(self.prefixes, answers, strict=False):
                one |= {f"{prefix}{name}": part for name, part in self._named(answer).items()}
            return [FollowUp(kind, one, self._by_prefix)]
        if not answers:
            return [FollowUp(kind, one)]
        found = []
        for number, answer in enumerate(answers):
            own = {**one, "reference": new_reference()} if number and "reference" in one else one
            found.append(FollowUp(kind, {**own, **self._named(answer)}, self._of_record(number)))
        return found

    def _named(self, answer: Mapping[str, str]) -> dict[str, str]:
        given = {name: answer.get(part, "") for part, name in self.names.items()}
        return {**given, **{name: said for name, said in self.filled.items() if not given.get(name)}}

    def _in_list(self, path: str) -> str:
        name, _, rest = path.partition(".")
        if name != self.within:
            return path
        number, _, part = rest.partition(".")
        return ".".join(filter(None, (self.records, number, self._parts.get(part, ""))))

    def _by_prefix(self, path: str) -> str:
        for number, prefix in enumerate(self.prefixes):
            if path.startswith(prefix) and (part := self._parts.get(path.removeprefix(prefix))):
                return f"{self.records}.{number}.{part}"
        return path

    def _of_record(self, number: int) -> Callable[[str], str]:
        return lambda path: f"{self.records}.{number}.{self._parts[path]}" if path in self._parts else path

    def findings(self, values: Values) -> list[Finding]:
        """Return findings that compare records: too many for a message, or two with one key."""
        answers = records(values, self.records)
        if self.prefixes:
            words = f"A user has {len(self.prefixes)} of these at most. Take this one out."
            beyond = range(len(self.prefixes), len(answers))
            return [Finding(f"{self.records}.{number}", words, rule=RULE) for number in beyond]
        if not self.key or len(answers) < 2:
            return []
        first: dict[tuple[str, ...], int] = {}
        found = []
        for number, answer in enumerate(answers):
            same = first.setdefault(tuple(answer.get(name, "") for name in self.key), number)
            if same != number:
                words = f"Number {same + 1} sets the same. Take one of them out."
                found.append(Finding(f"{self.records}.{number}.{self.key[-1]}", words, rule=RULE))
        return found


def asked_by(groups: Sequence[Group]) -> dict[type[Request], tuple[str, ...]]:
    """The messages of follow-up groups, each with the fields of the form that ask for it."""
    found: dict[type[Request], tuple[str, ...]] = {}
    for group in groups:
        found[group.message] = (*found.get(group.message, ()), *group.asked)
    return found


def compose(groups: Sequence[Group], values: Values) -> tuple[list[FollowUp], list[Finding]]:
    """Return the messages of the answers, and findings that compare their parts."""
    follow_ups = [one for group in groups for one in group.follow_ups(values)]
    if not follow_ups:
        return [], []
    return follow_ups, [finding for group in groups for finding in group.findings(values)]
