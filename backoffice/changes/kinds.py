"""The kinds of change, registered by the rooms whose records they change."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from backoffice.changes.risks import Risk
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import REQUESTS, Request
from backoffice.protocol.split import split_message

if TYPE_CHECKING:
    from backoffice.changes.models import Change
    from backoffice.logins.models import User

#: Stands for the type where nothing goes to ODIN.
LOCAL = 0
#: The permissions to propose and to decide what has none of its own.
PROPOSE, DECIDE = "changes.add_change", "changes.approve_change"


@dataclass(frozen=True)
class Known:
    """What the portal knows of a record: its version and its confirmed values. Version 0 and None: no such record."""

    version: int = 0
    values: Values | None = None


def lane_of(values: Values) -> str:
    """`GROUP/USER` of the retail user that the values name; "" where they name none yet."""
    group_id, user_id = values.get("group_id", ""), values.get("user_id", "")
    return f"{group_id}/{user_id}" if group_id and user_id else ""


@dataclass(frozen=True)
class Kind:
    """A kind of change: its name, the message it becomes, and what its room knows about the record.

    A kind with `take` is the portal's own and nothing goes to ODIN: `message` then only declares its fields (an
    abstract request), and the approval itself lets the record take the values, in its transaction. `subject` says whom
    or what a change is about, `propose` and `decide` are the permissions for it. `amount` is what it adds, in rupees;
    `risks` are what a checker should look at twice, beside what findings say (see `risks`).
    """

    slug: str
    title: str
    message: type[Request]
    known: Callable[[str], Known]
    findings: Callable[[Values], list[Finding]]
    take: "Callable[[Change, User], Applied] | None" = None
    subject: Callable[[Values], str] = lane_of
    propose: str = PROPOSE
    decide: str = DECIDE
    amount: Callable[[Values], Decimal | None] | None = None
    risks: Callable[[Values, Known], set[Risk]] = lambda values, known: set()

    @property
    def guards_portal(self) -> bool:
        """Whether it changes who may do what: a kind with permissions of its own always needs a checker."""
        return self.decide != DECIDE

    def parts(self, values: Values) -> list[tuple[int, type[Request], Values]]:
        """What is approved: each message that will go out, with its type."""
        if self.take:
            return [(LOCAL, self.message, values)]
        return [(message.type, message, part) for message, part in split_message(self.message, values)]


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Called from `AppConfig.ready` of the room that keeps the record."""
    KINDS[kind.slug] = kind


def kind(slug: str) -> Kind:
    """The kind of this name. Raises KeyError for an unknown one."""
    return KINDS[slug]


def declared(slug: str, message_type: int) -> type[Request]:
    """The declaration of a stored message of a change."""
    return REQUESTS[message_type] if message_type != LOCAL else kind(slug).message


def decided_by(person: "User") -> list[str]:
    """The kinds of change that this person may approve or reject."""
    return [slug for slug, known in KINDS.items() if person.has_perm(known.decide)]


def seen_by(person: "User") -> list[str]:
    """The kinds of change that this person may look at: all with the permission for it, else those they work with."""
    if person.has_perm("changes.view_change"):
        return list(KINDS)
    return [
        slug
        for slug, known in KINDS.items()
        if person.has_perm(known.propose) or person.has_perm(known.decide)
    ]
