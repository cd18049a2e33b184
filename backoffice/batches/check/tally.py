"""Totals of the rows to be sent, counted during the check, so that a page of the file reads no rows.

Rows that are checked again, or that a checker rejects, are subtracted and added again. Memory is bounded:
only so many different values of each important column are counted separately, the rest together.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from backoffice.batches.models import Batch, RowState
from backoffice.changes.examination import FilledFrom
from backoffice.changes.files import FileKind
from backoffice.changes.risks import Risk
from backoffice.kit.charts import bin_of

#: Rows in these states are sent.
SENT = (RowState.GOOD, RowState.WARNED)
#: How many different values of one column are counted separately.
MOST_VALUES = 100
#: The members of the stored summary that a tally counts.
COUNTED = ("rows", "new", "amount", "amounts", "values", "others", "profiles", "differing")


class Tally:
    """Totals of rows to be sent, which can be stored and continued.

    Rows, rupees and new retail users; how often each value of the important columns occurs; the profiles that
    rows were filled from and how many rows differ from theirs; how many amounts are in each bin. `stored` is
    what `as_stored` returned before; empty for none. Lists count once for each of their values.
    """

    def __init__(self, file: FileKind, stored: Mapping[str, Any]) -> None:
        self.rows = int(stored.get("rows", 0))
        self.new = int(stored.get("new", 0))
        self.amount = Decimal(stored.get("amount", 0))
        self.amounts: Counter[int] = Counter(
            {int(one): count for one, count in stored.get("amounts", {}).items()}
        )
        self._kept = {name: value for name, value in stored.items() if name not in COUNTED}
        self._counts: dict[str, dict[str, int]] = {
            name: dict(stored.get("values", {}).get(name, {})) for name in file.matters
        }
        self._others: dict[str, int] = {name: stored.get("others", {}).get(name, 0) for name in file.matters}
        self._profiles: dict[str, int] = dict(stored.get("profiles", {}))
        self._differing = int(stored.get("differing", 0))
        self._readers = [(name, _reader(name)) for name in file.matters]

    def add(self, row: Any) -> None:
        """Count a row, stored or just checked, if it is to be sent."""
        self._count(row, 1)

    def remove(self, row: Any) -> None:
        """Subtract a row that was counted."""
        self._count(row, -1)

    def _count(self, row: Any, by: int) -> None:
        if row.state not in SENT:
            return
        self.rows += by
        if not row.record_version:
            self.new += by
        if row.amount:
            self.amount += row.amount * by
            if row.amount > 0:
                self.amounts[bin_of(row.amount)] += by
        if row.profile:
            profile = str(FilledFrom(row.profile, row.profile_version))
            self._profiles[profile] = self._profiles.get(profile, 0) + by
            self._differing += by * (Risk.PROFILE in row.flags)
        for name, read in self._readers:
            counts = self._counts[name]
            for value in read(row.values):
                if value in counts:
                    counts[value] += by
                elif by > 0 and len(counts) < MOST_VALUES:
                    counts[value] = by
                else:
                    self._others[name] += by

    def as_stored(self) -> dict[str, Any]:
        """Return the tally together with the other members of `batch.summary`."""
        return {
            **self._kept,
            "rows": self.rows,
            "new": self.new,
            "amount": str(self.amount),
            "amounts": {str(one): count for one, count in self.amounts.items() if count > 0},
            "values": {
                name: {value: count for value, count in counts.items() if count > 0}
                for name, counts in self._counts.items()
            },
            "others": {name: count for name, count in self._others.items() if count > 0},
            "profiles": {profile: count for profile, count in self._profiles.items() if count > 0},
            "differing": self._differing,
        }


def of(batch: Batch, file: FileKind) -> Tally:
    """Return the present tally of the batch."""
    return Tally(file, batch.summary)


def is_counted(batch: Batch) -> bool:
    """Whether the batch has a tally; one that was checked before tallies existed has none."""
    return "rows" in batch.summary


def _reader(name: str) -> Callable[[Mapping[str, Any]], Sequence[str]]:
    """Return a function that reads `name`, or `list.name` for each record of a list, as texts."""
    listed, dot, part = name.rpartition(".")
    if dot:
        return lambda values: list(_parts(values.get(listed), part))

    def read(values: Mapping[str, Any]) -> Sequence[str]:
        value = values.get(name)
        if not value:
            return ()
        return value if isinstance(value, list) else (value,)

    return read


def _parts(records: Any, part: str) -> Iterator[str]:
    for record in records or ():
        if value := record.get(part):
            yield value
