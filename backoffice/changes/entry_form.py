"""The form that proposes a kind of change: its fields, initial values, and the addresses of its pages."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.changes import kinds, operations
from backoffice.changes.deciders import may_propose
from backoffice.changes.examination import Examined, Known
from backoffice.changes.filling import Filling
from backoffice.changes.models import Change
from backoffice.kit.sections import Section
from backoffice.protocol.fields import Flags, Record, Records, Values
from backoffice.protocol.message import Request


@dataclass(frozen=True)
class EntryForm:
    """The form of one kind of change, and its addresses.

    `address("new")`, `address("keep", token)` and `address("check", token)` return its addresses; `fixed` are
    values that the record decides and nobody types, such as the retail user; `back` is the page that the
    person came from. `text` and `facts` describe the form: in its subtitle, and behind its (i).
    """

    kind: str
    title: str
    text: str
    sections: tuple[Section, ...]
    starting: Callable[[], Values]
    address: Callable[..., str]
    back: tuple[str, str]
    fixed: Values = field(default_factory=dict)
    facts: str = ""
    #: The record that filled the form, if the form's maker has read it.
    read: Known | None = None
    #: The form's initial values for a given record.
    begun: Callable[[Values], Values] = lambda known: known
    filling: Filling | None = None
    #: For a form that shows part of a longer one: the longer form's address. Hidden values stay unchanged.
    whole: str = ""
    #: Values of the form outside its own message, from the follow-ups of a change that came in a file.
    answers: Callable[[Sequence[tuple[type[Request], Values]]], Values] = lambda sent: {}

    @property
    def message(self) -> type[Request]:
        """The declaration of the fields: mostly the message that the change becomes."""
        kind = kinds.kind(self.kind)
        return kind.asks or kind.message

    def examine(self, values: Values) -> Examined:
        """Return all findings on the typed values."""
        return operations.examine(self.kind, values, typed=True)

    def may_propose(self, person: Any) -> bool:
        """Whether this person may propose this."""
        return may_propose(person, kinds.kind(self.kind))

    def is_about(self, subject: str) -> bool:
        """Whether a change of this subject can be corrected here; a form with a typed subject takes any."""
        return kinds.kind(self.kind).subject(self.fixed) in ("", subject)

    @property
    def known(self) -> Known:
        """The record that filled the form; none if the person types the subject."""
        if self.read or not self.fixed:
            return self.read or Known()
        kind = kinds.kind(self.kind)
        return kind.known(kind.subject(self.fixed))

    def is_current(self, draft: Change) -> bool:
        """Whether the record is still the one that filled the draft; if there is none, it cannot have changed."""
        version = self.known.version
        return version in (0, draft.record_version)

    @property
    def local(self) -> bool:
        """Whether the change stays in the portal."""
        return kinds.kind(self.kind).local

    @property
    def names(self) -> set[str]:
        """The fields that its sections show."""
        return {name for section in self.sections for name in section.names}

    @property
    def groups(self) -> dict[str, Records]:
        """The fields with several records."""
        return {
            name: declared
            for name, declared in self.message.fields.items()
            if isinstance(declared, Records) and not isinstance(declared, Record)
        }

    @property
    def sets(self) -> set[str]:
        """The fields with a set of codes."""
        return {name for name, declared in self.message.fields.items() if isinstance(declared, Flags)}

    def preset(self, slug: str) -> Values:
        """The codes that a preset of a section ticks, by field."""
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
        """The address of the longer form that this one is part of, with a draft; "" if there is none."""
        return f"{self.whole}?draft={token}" if self.whole else ""
