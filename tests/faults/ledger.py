"""The judge: what ODIN received, against what was approved. Pure: `test_ledger.py` judges it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from backoffice.protocol.wire import split

#: Version, type, dealer, session and checksum differ between two sendings of the same; 227 and 252 are references.
HEADER = (63, 64, 67, 4, 999)
REFERENCES = (227, 252)
CREATE, LOGON = 301, 101
LIMITS = (303, 330)


class Wrong(StrEnum):
    """What can be wrong."""

    LOST = "lost"  # settled as applied, and ODIN never applied it
    DOUBLED = "doubled"  # a create or a deposit applied more than once
    UNAPPROVED = "unapproved"  # applied at ODIN, and never approved
    HIDDEN = "hidden"  # applied at ODIN, and settled as if it were not
    ORDER = "order"  # applied behind a later one of the same user
    OVERLAP = "overlap"  # two messages of one user under way at the same time
    UNSETTLED = "unsettled"  # neither settled nor waiting for a person, long after all faults were repaired
    SESSIONS = "sessions"  # more logons than there were reasons for


@dataclass(frozen=True)
class Owed:
    """A delivery: its content as `content` reads it, and how it was settled (`open`: a person still decides)."""

    id: int
    lane: str
    type: int
    content: str
    state: str


@dataclass(frozen=True)
class Received:
    """A line of ODIN's ledger, in the order in which ODIN applied. `start` and `end` are ODIN's ISO times."""

    lane: str
    type: int
    content: str
    applied: bool
    start: str
    end: str


def content(text: str) -> str:
    """What a message says, without what differs from one sending to the next, and without its reference."""
    pairs = [(tag, value) for tag, value in split(text) if tag not in (*HEADER, *REFERENCES)]
    return "|".join(f"{tag}={value}" for tag, value in pairs)


def judge(owed: Iterable[Owed], received: Iterable[Received]) -> list[tuple[Wrong, str]]:
    """All that is wrong, with the user and the message. Both come in order; two messages of one user differ.

    Expected effects come in the order in which they are due, which is that of the ids but for what confirms a create.
    """
    due: dict[str, list[Owed]] = defaultdict(list)
    came: dict[str, list[Received]] = defaultdict(list)
    for delivery in owed:
        due[delivery.lane].append(delivery)
    for line in received:
        came[line.lane].append(line)
    return [
        (wrong, f"{lane}: {words}")
        for lane in sorted({*due, *came})
        for wrong, words in (*_effects(due[lane], came[lane]), *_overlaps(came[lane]))
    ]


def _effects(owed: list[Owed], received: list[Received]) -> list[tuple[Wrong, str]]:
    """Of one user: each effect against what was approved, and their order."""
    applied = [line for line in received if line.applied]
    by_content = {(delivery.type, delivery.content): delivery for delivery in owed}
    times = Counter((line.type, line.content) for line in applied)
    found = []
    for key, count in times.items():
        delivery = by_content.get(key)
        if delivery is None:
            found.append((Wrong.UNAPPROVED, f"a {key[0]} that nobody approved"))
            continue
        if count > 1 and key[0] in (CREATE, *LIMITS):
            found.append((Wrong.DOUBLED, f"delivery {delivery.id} ({key[0]}) took effect {count} times"))
        if delivery.state not in ("applied", "open"):
            found.append((Wrong.HIDDEN, f"delivery {delivery.id} is {delivery.state} and took effect"))
    for key, delivery in by_content.items():
        if delivery.state == "applied" and key not in times:
            found.append((Wrong.LOST, f"delivery {delivery.id} ({key[0]}) is applied and took no effect"))
    # A repeat that directly follows its first effect changes nothing; one that comes later undoes what came between.
    turn = {delivery.id: place for place, delivery in enumerate(owed)}
    known = [
        by_content[key]
        for key, _ in groupby((line.type, line.content) for line in applied)
        if key in by_content
    ]
    found += [
        (Wrong.ORDER, f"delivery {second.id} took effect after delivery {first.id}")
        for first, second in pairwise(known)
        if turn[second.id] < turn[first.id]
    ]
    return found


def _overlaps(received: list[Received]) -> list[tuple[Wrong, str]]:
    """Of one user: messages that came while an earlier one was still being worked on."""
    in_time = sorted(received, key=lambda line: line.start)
    return [
        (
            Wrong.OVERLAP,
            f"a {second.type} at {second.start} came before a {first.type} had ended at {first.end}",
        )
        for first, second in pairwise(in_time)
        if second.start < first.end
    ]


def judge_sessions(logons: int, ended: int, unused: int) -> list[tuple[Wrong, str]]:
    """One logon, and one more for each session that ended or was lost with the worker that opened it."""
    allowed = 1 + ended + unused
    if logons <= allowed:
        return []
    return [(Wrong.SESSIONS, f"{logons} logons, where {allowed} were needed")]
