"""The messages of a change for people: in words, and as the text that goes over the wire."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from backoffice.changes import operations
from backoffice.changes.effects import effect
from backoffice.changes.kinds import KINDS, declared, kinds_of
from backoffice.changes.models import Change, State
from backoffice.changes.risks import PROFILE_RULE
from backoffice.changes.subjects import names_of
from backoffice.config import odin_config
from backoffice.kit.components import Beside
from backoffice.kit.message_words import Sections, explain
from backoffice.kit.templatetags.portal import optional_url
from backoffice.protocol.explanation import Line
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.message import Request
from backoffice.protocol.secret import MASK
from backoffice.protocol.wire import Header, encode, hide_personal, mask

#: The checksum of the sent text differs, since it covers the session.
CHECKSUM = re.compile(r"\|999=[0-9]{3}$")
#: At most this many other waiting changes are named over the messages of one.
MOST_OTHERS = 5
#: A placeholder for the session until the worker fills it in; masked like the real one.
NO_SESSION = SecretText("session")


@dataclass(frozen=True)
class Summary:
    """The head above the messages, in large type: the subject of the change and its effect. Rupees.

    `profile` is the one that filled it, with its version; `differences` is how many values differ from it.
    `others` are changes on the same record that wait for a checker beside this undecided one, the oldest first.
    """

    name: str
    subject: str
    effect: str
    amount: Decimal | None
    beside: Beside | None
    profile: str = ""
    profile_url: str = ""
    differences: int = 0
    others: Sequence["Waiting"] = ()


@dataclass(frozen=True)
class Waiting:
    """A change that waits for a checker, and what it does in one line."""

    change: Change
    effect: str


@dataclass(frozen=True)
class ShownMessage:
    """One message of a change: its declaration, its lines in words, its text with secrets masked."""

    message: type[Request]
    lines: Sequence[Line]
    text: str
    has_old: bool
    sections: Sections = ()


def shown_messages(change: Change, *, reveal: bool) -> list[ShownMessage]:
    """Return the messages that will go out; of a draft, its present content. Never contains secrets.

    `reveal`: show personal data unmasked, for people who have to decide.
    """
    parts = operations.messages(change)
    shown = in_words(change.kind, parts, change.before, reveal=reveal)
    texts = [_wire_text(message, values) for message, values in parts]
    return [
        replace(one, text=text if reveal else hide_personal(text))
        for one, text in zip(shown, texts, strict=True)
    ]


def in_words(
    slug: str, parts: Iterable[tuple[type[Request], Values]], before: Values | None, *, reveal: bool
) -> list[ShownMessage]:
    """Return the messages of a kind of change in words, for its maker before and its checker after submission."""
    sections = [(section.title, section.names) for section in KINDS[slug].sections] if slug in KINDS else []
    return [
        ShownMessage(message, explain(message, values, before, reveal=reveal), "", bool(before), sections)
        for message, values in parts
    ]


def summary(change: Change, *, reveal: bool) -> Summary:
    """Return the head above the messages of a change."""
    kinds = kinds_of(change.kind, (message["type"] for message in change.messages))
    return Summary(
        names_of([change]).get(change.subject, ""),
        change.subject,
        effect(change, reveal=reveal),
        change.amount,
        next((kind.beside(change) for kind in kinds if kind.beside), None),
        str(change.filled_from),
        optional_url("onboarding:detail", *change.filled_from) if change.profile else "",
        sum(found["rule"] == PROFILE_RULE for found in change.findings),
        _waiting_beside(change, reveal),
    )


def _waiting_beside(change: Change, reveal: bool) -> list[Waiting]:
    if not change.subject or change.state not in (State.DRAFT, State.SUBMITTED):
        return []
    same = Change.objects.filter(subject=change.subject, state=State.SUBMITTED).exclude(pk=change.pk)
    found = same.select_related("made_by").order_by("pk")[:MOST_OTHERS]
    return [Waiting(other, effect(other, reveal=reveal)) for other in found]


def told_messages(change: Change, *, reveal: bool) -> list[ShownMessage]:
    """Return the messages of a submitted change in words, without opening sealed values."""
    parts = [(declared(change.kind, part["type"]), part["values"]) for part in change.messages]
    return in_words(change.kind, parts, change.before, reveal=reveal)


def _wire_text(message: type[Request], values: Values) -> str:
    if not message.type:
        return ""
    config = odin_config()
    try:
        text = mask(encode(message, values, Header(config.dealer_id, NO_SESSION), config.cipher()))
    except EncodeError as error:
        return f"This cannot be written as a message yet. {error}"
    return CHECKSUM.sub(f"|999={MASK}", text)
