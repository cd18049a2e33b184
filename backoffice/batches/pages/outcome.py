"""The outcome of an approved file's messages, in words and as a bar, wherever a file is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backoffice.batches.counts import messages
from backoffice.batches.models import Batch
from backoffice.changes.results import result_of
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.components import status
from backoffice.kit.formats import indian

#: The order of outcomes: those that need attention come first.
ORDER = (
    DeliveryState.UNKNOWN,
    DeliveryState.REFUSED,
    DeliveryState.ON_HOLD,
    DeliveryState.APPLIED,
    DeliveryState.CANCELLED,
    DeliveryState.IN_FLIGHT,
    DeliveryState.QUEUED,
)


@dataclass(frozen=True)
class Part:
    """How many messages (or unsent rows) have one outcome, and the start and length of its piece in percent.

    `state` is "" for rows that were not sent.
    """

    state: str
    words: str
    count: int
    at: float
    length: float
    tone: str


@dataclass(frozen=True)
class Outcome:
    """The outcome of all messages, and of rows that were not sent."""

    words: str
    parts: Sequence[Part]


def outcome(counts: Mapping[str, int], not_sent: Mapping[str, int]) -> Outcome | None:
    """Return the outcome of messages counted by state; None if there are none. `not_sent`: rows by reason."""
    told = _told(counts)
    if not told:
        return None
    rows = [("", words, count, "warn") for words, count in not_sent.items() if count]
    pieces = [(s.value, _word(s), count, status("delivery", s).tone) for s, count in told] + rows
    total = sum(count for _, _, count, _ in pieces)
    parts, at = [], 0.0
    for state, words, count, tone in pieces:
        length = 100 * count / total
        parts.append(Part(state, words, count, round(at, 2), round(length, 2), tone))
        at += length
    one = len(told) == 1 and told[0][0] == DeliveryState.APPLIED
    said = [f"{messages(told[0][1])} applied" if one else in_words(counts)]
    said += [f"{indian(count, places=0)} {words}" for _, words, count, _ in rows]
    return Outcome(", ".join(said), parts)


def in_words(counts: Mapping[str, int]) -> str:
    """Return messages by state in words: "1 unknown, 2 refused by ODIN, 9 applied". Empty if there are none."""
    return ", ".join(f"{indian(count, places=0)} {_word(state)}" for state, count in _told(counts))


def status_of(batch: Batch, counts: Mapping[str, int]) -> str:
    """Return the status of a batch by its present messages; the stored one may be some seconds older."""
    states = [state.value for state in DeliveryState if counts.get(state)]
    return result_of(states) or batch.state if states else batch.status


def _told(counts: Mapping[str, int]) -> list[tuple[DeliveryState, int]]:
    return [(state, counts[state]) for state in ORDER if counts.get(state)]


def _word(state: DeliveryState) -> str:
    return "refused by ODIN" if state is DeliveryState.REFUSED else state.label.lower()
