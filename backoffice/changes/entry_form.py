"""The form with which a kind of change is proposed: what it asks, what it starts with, where its pages are."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.changes import kinds, operations
from backoffice.changes.deciders import may_propose
from backoffice.changes.examination import Examined, Known
from backoffice.changes.filling import Filling
from backoffice.kit.sections import Section
from backoffice.protocol.fields import Flags, Record, Records, Values
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class EntryForm:
    """The form of one kind of change, and where it is.

    `address("new")`, `address("keep", token)` and `address("check", token)` give its addresses; `fixed` are values that
    the record decides and nobody types, such as the retail user; `back` is where the person came from.
    """

    kind: str
    title: str
    text: str
    sections: tuple[Section, ...]
    starting: Callable[[], Values]
    address: Callable[..., str]
    back: tuple[str, str]
    fixed: Values = field(default_factory=dict)
    #: The record that the form was filled from, where whoever made the form has read it.
    read: Known | None = None
    #: What the form would have started with, had this been known of the record.
    begun: Callable[[Values], Values] = lambda known: known
    filling: Filling | None = None
    #: Of a form that shows a part of a longer one: where that one is. What it does not show stays as it is.
    whole: str = ""
    #: What of the form is not in its own message, from the messages that a change of a file has behind it.
    answers: Callable[[Sequence[tuple[type[Request], Values]]], Values] = lambda sent: {}

    @property
    def message(self) -> type[Request]:
        """The declaration of what is asked: mostly the message that the change becomes."""
        kind = kinds.kind(self.kind)
        return kind.asks or kind.message

    def examine(self, values: Values) -> Examined:
        """All that is to be said of the values that were typed."""
        return operations.examine(self.kind, values, typed=True)

    def may_propose(self, person: Any) -> bool:
        """Whether somebody may propose this."""
        return may_propose(person, kinds.kind(self.kind))

    def is_about(self, subject: str) -> bool:
        """Whether a change about this subject can be corrected here; a form on which somebody types it takes any."""
        return kinds.kind(self.kind).subject(self.fixed) in ("", subject)

    @property
    def known(self) -> Known:
        """The record that the form was filled from; none where somebody types what it is about."""
        if self.read or not self.fixed:
            return self.read or Known()
        kind = kinds.kind(self.kind)
        return kind.known(kind.subject(self.fixed))

    @property
    def local(self) -> bool:
        """Whether nothing goes to ODIN."""
        return kinds.kind(self.kind).local

    @property
    def names(self) -> set[str]:
        """The fields that its sections show."""
        return {name for section in self.sections for name in section.names}

    @property
    def groups(self) -> dict[str, Records]:
        """The fields that hold several records."""
        return {
            name: declared
            for name, declared in self.message.fields.items()
            if isinstance(declared, Records) and not isinstance(declared, Record)
        }

    @property
    def sets(self) -> set[str]:
        """The fields that hold a set of codes."""
        return {name for name, declared in self.message.fields.items() if isinstance(declared, Flags)}

    def preset(self, slug: str) -> Values:
        """What a preset of one of its sections ticks, by field."""
        chosen = ((section, section.preset(slug)) for section in self.sections)
        return {
            name: list(ticked) for section, ticked in chosen if ticked is not None for name in section.names
        }

    @property
    def new_url(self) -> str:
        """The empty form."""
        return self.address("new")

    def draft_url(self, token: uuid.UUID) -> str:
        """The form with a draft in it."""
        return f"{self.new_url}?draft={token}"

    def whole_url(self, token: uuid.UUID) -> str:
        """The longer form that this one is a part of, with a draft in it; "" where it is all of it."""
        return f"{self.whole}?draft={token}" if self.whole else ""
