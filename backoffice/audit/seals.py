"""Tamper evidence: entries are sealed in batches into a chain of hashes.

Writing an entry never waits for a seal. The sealer takes all unsealed entries, in whatever order their ids
were committed. It remembers missing ids below the newest, and seals their entries when they arrive.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.audit.guard import GENESIS, YOUNGEST_YEARS
from backoffice.audit.models import Entry, Pruning, Seal

#: Entries in one seal at most; the next seal takes the rest at once.
MOST = 5000
#: An id without an entry after this time was rolled back. No transaction of the portal is open that long.
ROLLED_BACK_AFTER = timedelta(hours=1)
#: The action of the entry in which a pruning records what it deletes.
PRUNED = "audit.pruned"
#: Bytes of an entry's SHA-256 that are kept.
DIGEST = 16

COLUMNS = (
    *("id", "at", "by_id", "by_name", "action", "subject", "change_id", "delivery_id"),
    *("text", "reason", "before", "after", "details", "address", "request_id", "code", "reference"),
)
_dump = json.JSONEncoder(
    ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=lambda value: value.isoformat()
).encode


def digest(row: tuple[Any, ...]) -> bytes:
    """Return the digest of one entry, given its COLUMNS. Times as ISO in UTC, JSON with sorted keys."""
    return hashlib.sha256(_dump(row).encode("ascii")).digest()[:DIGEST]


def rows(entries: "QuerySet[Entry]") -> Iterator[tuple[Any, ...]]:
    """Stream the COLUMNS of entries."""
    return iter(entries.values_list(*COLUMNS).iterator(chunk_size=2000))


def ranges(ids: Iterable[int]) -> str:
    """Return ascending ids as `1-500,503`."""
    parts: list[list[int]] = []
    for one in ids:
        if parts and one == parts[-1][1] + 1:
            parts[-1][1] = one
        else:
            parts.append([one, one])
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in parts)


def spans(text: str) -> list[tuple[int, int]]:
    """Return `1-500,503` as pairs of first and last."""
    found = (part.partition("-") for part in text.split(",") if part)
    return [(int(first), int(last or first)) for first, _, last in found]


def seal_hash(seal: Seal) -> str:
    """Return the hash of a seal: over its contents and the previous seal."""
    covered = [
        *(seal.number, seal.at.isoformat(), seal.ids, seal.last_id, seal.count),
        *(hashlib.sha256(seal.digests).hexdigest(), seal.waiting, seal.void, seal.previous),
    ]
    return hashlib.sha256(_dump(covered).encode("ascii")).hexdigest()


def seal_new() -> int:
    """Seal new entries. Returns how many; two sealers at once are harmless."""
    done = 0
    while count := _seal_some():
        done += count
        if count < MOST:
            break
    return done


def _seal_some() -> int:
    last = Seal.objects.order_by("-number").defer("digests").first()
    last_id = last.last_id if last else 0
    waiting: list[list[Any]] = last.waiting if last else []
    late = Q()
    for first, until, _ in waiting:
        late |= Q(id__gte=first, id__lte=until)
    unsealed = Entry.objects.filter(Q(id__gt=last_id) | late)
    found = list(rows(unsealed.order_by("id")[:MOST]))
    now = timezone.now()
    if not found and not any(_is_void(since, now) for _, _, since in waiting):
        return 0
    ids = [row[0] for row in found]
    missing, void = _missing(ids, last_id, waiting, now)
    seal = Seal(
        number=last.number + 1 if last else 1,
        at=now,
        ids=ranges(ids),
        last_id=max([last_id, *ids]),
        count=len(found),
        digests=b"".join(digest(row) for row in found),
        waiting=missing,
        void=",".join(void),
        previous=last.hash if last else GENESIS,
    )
    seal.hash = seal_hash(seal)
    try:
        with transaction.atomic():
            seal.save()
    except IntegrityError:
        if not Seal.objects.filter(number=seal.number).exists():
            raise
        return 0  # another sealer was quicker
    return len(found)


def _missing(
    ids: list[int], last_id: int, waiting: list[list[Any]], now: datetime
) -> tuple[list[list[Any]], list[str]]:
    """Return the ids still awaited, with since when, and those that were not written in time."""
    gaps = [
        (one, other, since) for first, until, since in waiting for one, other in _between(ids, first, until)
    ]
    # Below the first seal too: the first transactions may commit in another order than they began.
    gaps += [(one, other, now.isoformat()) for one, other in _between(ids, last_id + 1, max([last_id, *ids]))]
    still = [[one, other, since] for one, other, since in gaps if not _is_void(since, now)]
    void = [
        f"{one}-{other}" if one < other else str(one) for one, other, since in gaps if _is_void(since, now)
    ]
    return still, void


def _between(ids: list[int], first: int, until: int) -> list[tuple[int, int]]:
    """Return the ranges of `first` to `until` without an id. `ids` ascend."""
    inside = [one for one in ids if first <= one <= until]
    return [
        (one + 1, other - 1) for one, other in pairwise([first - 1, *inside, until + 1]) if other > one + 1
    ]


def _is_void(since: str, now: datetime) -> bool:
    return datetime.fromisoformat(since) + ROLLED_BACK_AFTER < now


@dataclass(frozen=True)
class Deleted:
    """The expired entries that were deleted: of seals up to `seal_number` that are older than `before`.

    `fault` names an invalid pruning.
    """

    seal_number: int = 0
    before: datetime | None = None
    fault: str = ""

    def covers(self, seal: Seal) -> bool:
        """Whether entries of this seal may be missing."""
        return self.before is not None and seal.number <= self.seal_number and seal.at < self.before


@dataclass
class Verification:
    """The result of a verification. `fault` names the first mismatch; "" if there is none."""

    entries: int = 0
    seals: int = 0
    unsealed: int = 0
    deleted: Deleted = Deleted()
    head: str = ""
    fault: str = ""


def verify(head: str = "", beat: Callable[[], None] = lambda: None) -> Verification:
    """Verify the chain from its first seal. `head`: a `NUMBER:HASH` kept elsewhere, which must be in it. `beat` is
    called before each seal, so that the caller can keep its lease.

    Entries are streamed: memory does not grow with their number. For seals whose entries were deleted after
    their time, only the remaining ones are compared.
    """
    found = Verification(deleted=_deleted())
    previous = GENESIS
    kept, _, kept_hash = head.partition(":")
    kept_number = int(kept or 0)
    for seal in Seal.objects.order_by("number").iterator(chunk_size=20):
        beat()
        found.fault = _seal_fault(seal, found.seals + 1, previous) or _entries_fault(seal, found)
        if found.fault:
            return found
        previous = seal.hash
        found.seals, found.head = seal.number, f"{seal.number}:{seal.hash}"
        if head and seal.number == kept_number and seal.hash != kept_hash:
            found.fault = f"Seal {seal.number} is not the one that was kept: the chain was written again."
            return found
    if head and not 1 <= kept_number <= found.seals:
        found.fault = (
            f"Seal {kept_number} was kept, but the chain ends at seal {found.seals}: its end was cut off."
        )
        return found
    last = Seal.objects.order_by("-number").defer("digests").first()
    found.fault = _stranger(found, last) or found.deleted.fault
    found.unsealed = Entry.objects.filter(id__gt=last.last_id if last else 0).count()
    return found


def _seal_fault(seal: Seal, number: int, previous: str) -> str:
    if seal.number != number:
        return f"Seal {number} is missing."
    if seal.previous != previous:
        return f"Seal {seal.number} does not follow the seal before it."
    if seal_hash(seal) != seal.hash:
        return f"Seal {seal.number} was altered."
    return ""


def _entries_fault(seal: Seal, found: Verification) -> str:
    """Return the fault in the entries of a seal; counts those that match."""
    digests, at = bytes(seal.digests), 0
    for first, last in spans(seal.ids):
        expected = first
        for row in rows(Entry.objects.filter(id__gte=first, id__lte=last).order_by("id")):
            if row[0] != expected and (fault := _missing_fault(expected, seal, found)):
                return fault
            place = at + (row[0] - first) * DIGEST
            if digest(row) != digests[place : place + DIGEST]:
                return f"Entry {row[0]} was altered after it was sealed in seal {seal.number}."
            expected = row[0] + 1
            found.entries += 1
        if expected != last + 1 and (fault := _missing_fault(expected, seal, found)):
            return fault
        at += (last - first + 1) * DIGEST
    return ""


def _missing_fault(entry_id: int, seal: Seal, found: Verification) -> str:
    """Return the fault of a missing entry of this seal; none if it was deleted after its time."""
    if not found.deleted.covers(seal):
        found.deleted = _deleted()  # it may have been pruned during the verification
    if found.deleted.covers(seal):
        return ""
    return f"Entry {entry_id} is missing: it was sealed in seal {seal.number}. {found.deleted.fault}".strip()


def _deleted() -> Deleted:
    """Return what the newest valid pruning deleted. If newer ones are invalid, the newest of them is the fault."""
    fault = ""
    for pruning in Pruning.objects.iterator():
        before, why = _time_over(pruning)
        if before:
            return Deleted(pruning.seal_number, before, fault)
        fault = fault or f"Pruning {pruning.pk} up to seal {pruning.seal_number} does not count: {why}."
    return Deleted(fault=fault)


def _time_over(pruning: Pruning) -> tuple[datetime | None, str]:
    """Return the time before which a pruning deleted, from its own sealed entry; None, and why, if it is invalid."""
    seal = Seal.objects.filter(number=pruning.seal_number).defer("digests").first()
    if seal is None or seal.last_id != pruning.up_to_id:
        return None, f"no such seal ends with entry {pruning.up_to_id}"
    same = Entry.objects.filter(action=PRUNED, details__seal=seal.number, details__seal_hash=seal.hash)
    entry = same.order_by("-id").first()
    if entry is None:
        return None, "no entry of the trail says so"
    if not _is_sealed(entry.pk):
        return None, f"entry {entry.pk}, which says so, is not sealed"
    try:
        before = datetime.fromisoformat(entry.details["before"])
        years = max(YOUNGEST_YEARS, int(entry.details["years"]))
        latest = min(entry.at, timezone.now()) - timedelta(days=365 * years)
        over = seal.at < before <= latest
    except (KeyError, TypeError, ValueError, OverflowError):
        over = False
    return (before, "") if over else (None, "its time was not over")


def _is_sealed(entry_id: int) -> bool:
    """Whether a seal covers this id. An entry that committed late is in a later seal than its neighbours."""
    later = Seal.objects.filter(last_id__gte=entry_id).order_by("number").values_list("ids", flat=True)
    return any(first <= entry_id <= last for ids in later.iterator() for first, last in spans(ids))


def _stranger(found: Verification, last: Seal | None) -> str:
    """Return an entry below the newest sealed id that no seal covers or awaits: it was slipped in."""
    if (
        lowest := Entry.objects.order_by("id").values_list("id", flat=True).first()
    ) is not None and lowest < 1:
        return f"Entry {lowest} was slipped in: ids begin at 1, and no seal covers it."
    if last is None or found.entries == Entry.objects.filter(id__lte=last.last_id).count():
        return ""
    waiting = [(first, until) for first, until, _ in last.waiting]
    covered = sorted(
        pair for ids in Seal.objects.values_list("ids", flat=True).iterator() for pair in spans(ids)
    )
    seen = 0
    for first, until in [*covered, (last.last_id + 1, last.last_id + 1)]:
        between = Entry.objects.filter(id__gt=seen, id__lt=first).order_by("id")
        for one in between.values_list("id", flat=True):
            if not any(low <= one <= high for low, high in waiting):
                return f"Entry {one} was slipped in: no seal covers it."
        seen = max(seen, until)
    return ""
