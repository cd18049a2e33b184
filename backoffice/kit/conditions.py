"""When a field or a part of a form is needed, by the protocol's rules, in a form that a page can use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from backoffice.protocol.ages import FULL_AGE, is_minor
from backoffice.protocol.formatted import as_date
from backoffice.protocol.rules import AnyOf, Condition, Filled, NotAnyOf, RequiredWhen, Rule


@dataclass(frozen=True)
class Minor:
    """Whether a date of birth makes a person a minor today. (The rule itself, U6, is a function; a page needs data.)"""

    field: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The field it reads."""
        return (self.field,)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the date is less than the full age ago."""
        born, today = as_date(values.get(self.field)), timezone.localdate()
        return born is not None and is_minor(born, today)


@dataclass(frozen=True)
class When:
    """A condition on values, and why it matters: `because` completes "Needed because ...".

    `record` is the path of the record whose values it reads; "" for the message itself.
    """

    condition: Condition
    because: str
    record: str = ""

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the values of its record meet it."""
        return self.condition.holds(values)

    def within(self, path: str) -> "When":
        """Return the condition for the record at another path."""
        return When(self.condition, self.because, path)

    @property
    def how(self) -> str:
        """The script's comparison: any, none, filled or minor."""
        match self.condition:
            case AnyOf():
                return "any"
            case NotAnyOf():
                return "none"
            case Minor():
                return "minor"
            case Filled():
                return "filled"
        raise TypeError(f"The page does not know the condition {self.condition!r}.")

    @property
    def watched(self) -> str:
        """The names of the controls it reads in the page."""
        prefix = f"{self.record.replace('.', '-')}-" if self.record else ""
        return " ".join(f"{prefix}{name}" for name in self.condition.fields)

    @property
    def codes(self) -> str:
        """The codes it looks for; for a minor, the full age."""
        if isinstance(self.condition, Minor):
            return str(FULL_AGE)
        return " ".join(sorted(getattr(self.condition, "values", ())))


def needs(rules: Iterable[Rule], name: str, record: str = "") -> list[When]:
    """Return the conditions under which the rules make a field mandatory."""
    return [
        When(rule.when, rule.because, record)
        for rule in rules
        if isinstance(rule, RequiredWhen) and rule.field == name
    ]


def need(rules: Iterable[Rule], name: str, record: str = "") -> When:
    """Return the first of them.

    Raises LookupError if there is none, so that a form and the rules cannot drift apart.
    """
    if found := needs(rules, name, record):
        return found[0]
    raise LookupError(f"No rule says when {name} is needed.")
