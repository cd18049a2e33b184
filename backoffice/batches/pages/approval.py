"""What a file will do, for submitter and checker. Nothing here reads all of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from backoffice.batches.check import tally
from backoffice.batches.check.summary import Totals
from backoffice.batches.check.tally import SENT
from backoffice.batches.models import Batch, Row
from backoffice.batches.pages.rows import names_of
from backoffice.changes.files import FileKind
from backoffice.changes.kinds import file_kind
from backoffice.kit import names
from backoffice.kit.charts import Dots, dots
from backoffice.kit.formats import indian, rupees
from backoffice.protocol.fields import Field, Flags, Records, Secret

#: How many different values of a column are named; the rest is one number.
VALUES = 8
#: How many values of a row are named.
NAMED = 4


@dataclass(frozen=True)
class Distinct:
    """The values of an important column: each with the number of rows, and how many rows have others."""

    label: str
    values: Sequence[tuple[str, int]]
    others: int


@dataclass(frozen=True)
class Shown:
    """A row shown to the checker: its retail user and its values, in words."""

    row: Row
    name: str
    words: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Effect:
    """The effect of a file in one sentence; then totals of its rows, and rows to look at.

    `differing`: how many rows differ from the onboarding profile that they were filled from. `dots`: the
    amounts on a strip, None if there are none.
    """

    words: str
    amount: Decimal | None
    dots: Dots | None
    distinct: Sequence[Distinct]
    differing: int
    risky: Sequence[Row]
    names: Mapping[str, str]
    largest: Sequence[Shown]
    sample: Sequence[Shown]


def effect(batch: Batch, totals: Totals, *, personal: bool, shows: bool) -> Effect:
    """Return the effect of a checked batch, in two queries. Rows are left out without the right to see personal data.

    `shows`: whether this page shows personal data unmasked.
    """
    file = file_kind(batch.kind)
    wanted = {name: batch.summary.get(name, []) for name in ("risky", "largest", "sample")}
    numbers = {number for some in wanted.values() for number in some}
    rows = (
        {row.number: row for row in batch.rows.filter(number__in=numbers, state__in=SENT)} if numbers else {}
    )
    some = {name: [rows[number] for number in found if number in rows] for name, found in wanted.items()}
    largest = some["largest"] if personal else []
    one, several = file.effect
    return Effect(
        words=f"{indian(totals.rows, places=0)} {one if totals.rows == 1 else several}",
        amount=totals.amount or Decimal(0),
        dots=_dots(tally.of(batch, file), largest),
        distinct=[*_profiles(batch.summary), *_distinct(file, batch.summary)],
        differing=batch.summary.get("differing", 0),
        risky=some["risky"],
        names=names_of(some["risky"]),
        largest=[_shown(file, row, shows) for row in largest],
        sample=[_shown(file, row, shows) for row in some["sample"]] if personal else [],
    )


def _dots(counted: tally.Tally, largest: Sequence[Row]) -> Dots | None:
    named = [
        (row.amount, f"{row.lane}, {rupees(row.amount)}", row.get_absolute_url())
        for row in largest
        if row.amount
    ]
    words = f"{indian(counted.amounts.total(), places=0)} amounts; a larger dot stands for more of them."
    if named:
        words += f" The largest: {named[0][1]}."
    return dots("Amounts", words, counted.amounts, named)


def _profiles(summary: Mapping[str, Any]) -> list[Distinct]:
    counted = sorted(summary.get("profiles", {}).items(), key=lambda pair: (-pair[1], pair[0]))
    others = sum(count for _, count in counted[VALUES:])
    return [Distinct("Onboarding profile", counted[:VALUES], others)] if counted else []


def _distinct(file: FileKind, summary: Mapping[str, Any]) -> list[Distinct]:
    found = []
    for name, field in file.matter_fields.items():
        counted = sorted(
            summary.get("values", {}).get(name, {}).items(), key=lambda pair: (-pair[1], pair[0])
        )
        if not counted:
            continue
        others = sum(count for _, count in counted[VALUES:]) + summary.get("others", {}).get(name, 0)
        values = [(_one(field, value), count) for value, count in counted[:VALUES]]
        found.append(Distinct(field.label, values, others))
    return found


def _one(field: Field, value: str) -> str:
    return names.in_words(field, [value] if isinstance(field, Flags) else value)


def _shown(file: FileKind, row: Row, shows: bool) -> Shown:
    """Return a row in a few words: the changes of an update, the important values of anything else."""
    fields = file.layout.message.fields
    said = row.values
    if file.layout.message.partial:
        before = row.before or {}
        wanted = [name for name in said if said[name] and said[name] != before.get(name)]
    else:
        wanted = [name for name in file.matters if said.get(name)]
    words = [
        (field.label, names.in_words(field, said[name], reveal=shows))
        for name in wanted
        if (field := fields.get(name)) and not isinstance(field, Records | Secret) and name not in WHOSE
    ]
    return Shown(row, str(said.get("name", "")), words[:NAMED])


#: The parts that identify the retail user, shown separately.
WHOSE = ("group_id", "user_id", "reference")
