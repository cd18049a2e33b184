"""Propose selected differences as one batch, which is checked, submitted and approved like any other.

There are three ways. A user that only the file has is registered. A value of the file is declared, and
nothing goes to ODIN. A value of the portal is sent to ODIN again. A record that has changed since the
comparison is left out: the file is older than the record.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.kinds import declare_values, register_retail_user, update_retail_user
from accounts.models import RetailUser
from accounts.updates import ACCOUNTS
from backoffice.audit.operations import record
from backoffice.batches import counts
from backoffice.batches import operations as batches
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.file import uploads
from backoffice.batches.file.columns import BETWEEN, CLEAR, MOST, Column, by_name
from backoffice.batches.models import Batch
from backoffice.changes.kinds import file_kind
from backoffice.kit.csv_files import line
from backoffice.protocol.fields import Values
from backoffice.reconciliation.exported import LANE, RECORDS
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

VIEW = "reconciliation.view_reconciliation"
REGISTER, DECLARE, SEND = "register", "declare", "send"
#: Rows read from the database at a time.
AT_ONCE = 500


@dataclass(frozen=True)
class Way:
    """One way to propose differences: the kind of file, and which of the two values its rows have."""

    kind: str
    takes: str = ""


WAYS = {
    REGISTER: Way(register_retail_user.KIND.slug),
    DECLARE: Way(declare_values.SLUG, "there"),
    SEND: Way(update_retail_user.SEND_AGAIN, "here"),
}


@dataclass(frozen=True)
class Proposed:
    """The batch, how many of the selected are in it, and how many were left out."""

    batch: Batch
    taken: int
    left_out: int


def usable(way: str, chosen: QuerySet[Any]) -> QuerySet[Any]:
    """Keep the selected lines or differences that can be proposed in this way and were not proposed before."""
    chosen = chosen.filter(batch__isnull=True)
    user = RetailUser.objects.filter(group_id=OuterRef("group_id"), user_id=OuterRef("user_id"))
    if way == REGISTER:
        return chosen.filter(~Exists(user), outcome=Outcome.ONLY_THERE)
    takes = WAYS[way].takes
    fields = list(file_kind(WAYS[way].kind).layout.fields)
    same = user.filter(version=OuterRef("version"))
    if way == SEND:  # a value may be empty only because the portal never had it: ODIN must not lose its own
        chosen = chosen.exclude(here="").exclude(here=[])
    return chosen.filter(Exists(same), field__in=fields, **{f"{takes}__isnull": False})


def propose(
    pk: int, way: str, chosen: QuerySet[Any], *, by: "User", token: uuid.UUID | None = None
) -> Proposed:
    """Make a batch of the selected lines or differences of a reconciliation and begin to check it.

    Raises NotAllowed, BatchError if none of them can be proposed, or FileProblem if they are too many for a
    file.
    """
    if not by.has_perms((VIEW, "changes.add_change")):
        raise NotAllowed("You may not propose changes from a reconciliation. Ask a maker.")
    with ExitStack() as undo:
        with transaction.atomic():
            done = _propose(pk, way, chosen, by, token, undo)
        undo.pop_all()  # the file is stored
    return done


def _propose(
    pk: int, way: str, chosen: QuerySet[Any], by: "User", token: uuid.UUID | None, undo: ExitStack
) -> Proposed:
    # Locked: if two people propose at the same moment, the second finds it proposed.
    one = Reconciliation.objects.select_for_update().get(pk=pk)
    if one.state != State.COMPARED:
        raise BatchError("The comparison is not finished. Wait for its end.")
    if token and (done := Batch.objects.filter(token=token, made_by=by).first()):
        return Proposed(done, done.total_rows, 0)
    asked = chosen.count()
    taken = usable(way, chosen).order_by("group_id", "user_id", "id")
    count = taken.count()
    if not count:
        raise BatchError(
            "Nothing can be proposed of what you chose: it was proposed before, its record has changed since the "
            "comparison, or such a file has no column for it. Compare a new export."
        )
    lines = (text.encode() for text in _lines(one, way, taken))
    file_name = f"reconciliation-{one.pk}-{way}.csv"
    batch = batches.upload(WAYS[way].kind, lines, file_name, by=by, token=token).batch
    undo.callback(uploads.forget, batch.path)
    if taken.order_by().update(batch=batch) != count:
        raise BatchError("Records changed while the file was made. Propose the values again.")
    what = counts.rows(count) if way == REGISTER else counts.values(count)
    record(
        "reconciliation.proposed",
        by=by,
        subject=one.subject,
        text=f"{one.label}: {batch.label} made of {what}.",
        details={
            "reconciliation": one.pk,
            "batch": batch.pk,
            "way": way,
            "taken": count,
            "left_out": asked - count,
        },
    )
    if not batches.problems(batch):
        batch = batches.check(batch.pk, by=by)
    return Proposed(batch, count, asked - count)


def _lines(one: Reconciliation, way: str, taken: QuerySet[Any]) -> Iterator[str]:
    """Return the file, line by line with its header first, in pieces worth writing."""
    if way == REGISTER:
        known = by_name(file_kind(WAYS[way].kind).layout)
        columns = [known[name] for name in one.mapping if name in known]
        rows: Iterator[Values] = (found.given for found in taken.iterator(chunk_size=AT_ONCE))
    else:
        columns = _columns(way, taken)
        rows = _of_differences(way, taken)
    declares, source = way != SEND, _source(one, way)
    yield line([*(column.name for column in columns), *(["declared_from"] if declares else [])])
    cells = [_cell(column) for column in columns]
    for values in rows:
        yield line([*(cell(values) for cell in cells), *([source] if declares else [])])


def _source(one: Reconciliation, way: str) -> str:
    """Return the source of declared values, without a file name that has characters forbidden in messages."""
    declared = file_kind(WAYS[way].kind).layout.fields.get("declared_from")
    if declared is None:
        return ""
    whole = f"{one.label}: {one.file_name}"[: declared.max_length].strip()
    return one.label if any(declared.findings(whole, "")) else whole


def _columns(way: str, taken: QuerySet[Difference]) -> list[Column]:
    """Return the columns for the fields that differ, and for as many accounts as one user has among them."""
    most = _most(taken)
    return [
        column
        for column in by_name(file_kind(WAYS[way].kind).layout).values()
        if column.name in LANE or _wanted(column, most)
    ]


def _most(taken: QuerySet[Difference]) -> dict[str, int]:
    """Return the fields that differ, and the highest count of each for one user."""
    fields = set(taken.order_by().values_list("field", flat=True).distinct())
    most = dict.fromkeys(fields, 1)
    for name in fields & ACCOUNTS.keys():
        per_user = (
            taken.filter(field=name).order_by().values("group_id", "user_id").annotate(each=Count("id"))
        )
        most[name] = min(per_user.order_by("-each").values_list("each", flat=True)[0], MOST)
    return most


def _wanted(column: Column, most: dict[str, int]) -> bool:
    name, *rest = column.path.split(".")
    if name not in most:
        return False
    return name not in ACCOUNTS or (int(rest[0]) < most[name] and rest[1] != "action")


def _of_differences(way: str, taken: QuerySet[Difference]) -> Iterator[Values]:
    """Return the values of each retail user's row."""
    takes = WAYS[way].takes
    found = taken.values_list("group_id", "user_id", "field", takes).iterator(chunk_size=AT_ONCE)
    for (group_id, user_id), differences in groupby(found, key=lambda row: row[:2]):
        values: Values = {"group_id": group_id, "user_id": user_id}
        for _, _, name, value in differences:
            if name in ACCOUNTS:
                values[name] = [*values.get(name, []), value]  # type: ignore[misc]  # records
            else:
                values[name] = value or CLEAR
        yield values


def _cell(column: Column) -> Callable[[Values], str]:
    """Return a function that reads the text of this column's cell from the values of a row."""
    name, *rest = column.path.split(".")

    def text(values: Any) -> str:
        value = values.get(name, "")
        if name in RECORDS and rest:
            if len(rest) == 2:
                place = int(rest[0])
                value = value[place] if place < len(value) else {}
            return str(value.get(rest[-1], "")) if isinstance(value, dict) else ""
        return BETWEEN.join(value) if isinstance(value, list) else str(value)

    return text


def batches_of(one: Reconciliation) -> Sequence[Batch]:
    """Return the batches made of this reconciliation, newest first."""
    lines = Line.objects.filter(batch=OuterRef("pk"), reconciliation=one)
    found = Difference.objects.filter(batch=OuterRef("pk"), reconciliation=one)
    return list(Batch.objects.filter(Exists(lines) | Exists(found)).order_by("-pk"))
