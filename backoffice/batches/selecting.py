"""A batch without a file: a row for each selected retail user, all with the values of one form.

The rows are stored like those of an uploaded file, and are checked, submitted and approved like them.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backoffice.batches import operations
from backoffice.batches.check.checking import RowChecker
from backoffice.batches.file import uploads
from backoffice.batches.file.columns import BETWEEN, Column, by_name
from backoffice.batches.models import Batch
from backoffice.changes.deciders import may_propose
from backoffice.changes.files import FileKind
from backoffice.changes.kinds import file_kinds, kind_of_file
from backoffice.kit.csv_files import line
from backoffice.protocol.findings import Finding, Severity

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: The columns that name a retail user.
LANE = ("group_id", "user_id")
#: An error that this many of the first users have is an error of the values themselves.
TRIED = 10

Lane = Sequence[str]


def offered(person: "User") -> list[FileKind]:
    """Return the kinds of file that can be made of a selection, and that this person may propose."""
    return [
        file for slug, file in file_kinds().items() if file.once and may_propose(person, kind_of_file(slug))
    ]


def asked(file: FileKind) -> dict[str, Column]:
    """Return the columns whose values a form asks once for all rows, by name."""
    known = by_name(file.layout)
    return {name: known[name] for name in file.once}


def findings(file: FileKind, values: Mapping[str, Any], lanes: Sequence[Lane]) -> list[Finding]:
    """Return errors of the values that all of the first selected users have, by the names of the columns.

    The check of the rows finds errors that only some of them have.
    """
    checker = RowChecker(Batch(kind=file.slug, mapping=[*LANE, *values]))
    rows = [(number, _cells(lane, values)) for number, lane in enumerate(lanes[:TRIED])]
    seen = checker.seen()
    try:
        checked = checker.check(rows, seen)
    finally:
        seen.close()
    names = {column.path: name for name, column in asked(file).items()}
    wrong = [
        {
            Finding(names.get(one.path, ""), one.text, rule=one.rule)
            for one in row.findings
            if one.severity is Severity.ERROR and one.path not in LANE
        }
        for row in checked
    ]
    return sorted(set.intersection(*wrong), key=lambda one: list(values).index(one.path) if one.path else -1)


def propose(
    file: FileKind,
    values: Mapping[str, Any],
    lanes: Iterable[Lane],
    *,
    selected: str,
    details: Mapping[str, Any],
    by: "User",
    token: uuid.UUID,
) -> Batch:
    """Make a batch of these retail users with these values, by column, and begin to check it.

    `selected` says how they were selected, in words, and `details` is for the audit trail. The same token a
    second time (a double click) returns the first batch. Raises NotAllowed, BatchError, or FileProblem if
    they are too many for a batch.
    """
    if done := Batch.objects.filter(token=token, made_by=by).first():
        return done
    names = [*LANE, *values]
    lines = (text.encode() for text in _lines(names, values, lanes))
    with ExitStack() as undo:
        with transaction.atomic():
            batch = operations.upload(
                file.slug, lines, "Selection", by=by, token=token, selected=selected, details=details
            ).batch
            undo.callback(uploads.forget, batch.path)
            batch = operations.check(batch.pk, by=by, names=names)
        undo.pop_all()  # the rows are stored
    return batch


def _lines(names: Sequence[str], values: Mapping[str, Any], lanes: Iterable[Lane]) -> Iterator[str]:
    yield line(names)
    for lane in lanes:
        yield line(_cells(lane, values))


def _cells(lane: Lane, values: Mapping[str, Any]) -> list[str]:
    texts = (BETWEEN.join(value) if isinstance(value, list) else str(value) for value in values.values())
    return [*lane, *texts]
