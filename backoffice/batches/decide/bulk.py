"""A whole batch in single statements: its rows become changes, its changes become deliveries.

One statement costs a tenth of as many objects. Both databases have INSERT ... SELECT; only reading a JSON
array differs.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, models

from backoffice.batches.models import Batch, Row
from backoffice.changes import queueing
from backoffice.changes.errors import Stale
from backoffice.changes.kinds import file_kind, kind_of_file
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.holding import replace_held
from backoffice.delivery.models import CREATES, Delivery
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Lower than messages that people send one by one, so that a file does not delay them.
BATCH_PRIORITY = 1

#: The messages of the row of a change, selected change by change. For a file newer than its statistics
#: PostgreSQL expects one row, and would compare all its rows with all its changes in a join.
_OWED = "(SELECT r.owed FROM batches_row r WHERE r.batch_id = c.batch_id AND r.number = c.row_number)"

#: Whether the first message of a row equals the row's values; each message one by one; what is removed from
#: it.
_POSTGRESQL = {
    # Asked once a row, since both values are opened for it: OFFSET keeps PostgreSQL from repeating it.
    "compared": "CROSS JOIN LATERAL (SELECT r.messages -> 0 -> 'values' = r.values AS alike OFFSET 0) AS s",
    "alike": "s.alike",
    "nothing": "'[]'::jsonb",
    "owed": f"CROSS JOIN LATERAL jsonb_array_elements({_OWED}) WITH ORDINALITY AS m(owed, n)",
    "part": "m.n - 1",
    "type": "(m.owed ->> 0)::integer",
    "reference": "m.owed ->> 1",
    "hash": "m.owed ->> 2",
}
_SQLITE = {
    "compared": "",
    "alike": "json_extract(r.messages, '$[0].values') = json(r.values)",
    "nothing": "'[]'",
    "owed": f"CROSS JOIN json_each({_OWED}) AS m",
    "part": "m.key",
    "type": "json_extract(m.value, '$[0]')",
    "reference": "json_extract(m.value, '$[1]')",
    "hash": "json_extract(m.value, '$[2]')",
}
_DIALECTS = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}


def propose(batch: Batch, states: Sequence[str], checkers: int) -> int:
    """Make a submitted change of each row in these states that has a message. Returns how many.

    Runs in the caller's transaction. The changes get the batch's kind, maker, reason and time of submission;
    `checkers` must approve them.
    """
    dialect = _DIALECTS[connection.vendor]
    alike = dialect["alike"]
    return _insert(
        Change,
        {
            "subject": "r.lane",
            "profile": "r.profile",
            "profile_version": "r.profile_version",
            # Values that the message has too are stored there only, as for a single change
            # (`changes.stored_values`).
            "own_values": f"CASE WHEN {alike} THEN '{{}}' ELSE r.values END",
            "message_adds": f"CASE WHEN {alike} THEN {dialect['nothing']} END",
            "before": "r.before",
            "messages": "r.messages",
            "findings": "r.findings",
            "risks": "r.flags",
            "content_hash": "r.content_hash",
            "amount": "r.amount",
            "record_version": "r.record_version",
            "batch": "r.batch_id",
            "row_number": "r.number",
        },
        {
            "token": None,
            "kind": kind_of_file(batch.kind).slug,
            "state": ChangeState.SUBMITTED,
            "checkers": checkers,
            "reason": batch.reason,
            "not_before": batch.not_before,
            "made_by": batch.made_by_id,
            "created_at": batch.submitted_at,
            "updated_at": batch.submitted_at,
            "submitted_at": batch.submitted_at,
        },
        f"FROM {_table(Row)} r {_quoted(dialect['compared'])} "
        f"WHERE r.batch_id = %s AND r.state IN ({_marks(states)}) ORDER BY r.number",
        [batch.pk, *states],
    )


def enqueue_all(batch: Batch, by: "User") -> None:
    """Put every message of the batch's approved changes in the queue, as `queueing` does with those of one change.

    In the transaction of the approval, whose last checker is `by`, and in the turn of its retail users
    (`changes.turns`). Raises ChangeError.
    """
    kind = kind_of_file(batch.kind)
    if any(message.restates for message in (kind.message, *kind.follows)):
        approved = Change.objects.filter(batch=batch, state=ChangeState.APPROVED)
        queueing.require_none_undone(approved, Delivery.objects.all())
        # A message that was on its way when the approval began may have been confirmed since.
        if approved.filter(file_kind(batch.kind).moved_on()).exists():
            raise Stale(queueing.MOVED_ON)
    with queueing.used_once(lambda: batch.rows.exclude(reference="").values("reference")):
        owe(batch)
    creates = Delivery.objects.filter(change__batch=batch).meeting(message_type__in=CREATES)
    replace_held(creates, by)
    wake_after_commit(Work.DELIVERIES)


def owe(batch: Batch) -> int:
    """Queue every message of the batch's approved changes, in the order of the rows. Returns how many.

    Runs in the caller's transaction, that of the approval.
    """
    dialect = _DIALECTS[connection.vendor]
    return _insert(
        Delivery,
        {
            "change": "c.id",
            "message_type": dialect["type"],
            "lane": "c.subject",
            "part": dialect["part"],
            "content_hash": dialect["hash"],
            "reference": dialect["reference"],
        },
        {"created_at": batch.decided_at, "priority": BATCH_PRIORITY, "not_before": batch.not_before},
        f"FROM {_table(Change)} c {dialect['owed']} "
        f"WHERE c.batch_id = %s AND c.state = %s ORDER BY c.row_number, {dialect['part']}",
        [batch.pk, ChangeState.APPROVED],
    )


def _compress_fast() -> None:
    """Let PostgreSQL compress inserted values with lz4 in this transaction, if available: half the time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(name, 'lz4', true) FROM pg_settings "
                "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
            )


def _insert(
    model: type[models.Model],
    selected: Mapping[str, str],
    same: Mapping[str, Any],
    source: str,
    parameters: list[Any],
) -> int:
    """Build an INSERT ... SELECT: `selected` expressions, `same` values in every row, defaults for the rest."""
    _compress_fast()
    columns, expressions, constants = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.column is None:
            continue
        columns.append(connection.ops.quote_name(field.column))
        if field.name in selected:
            expressions.append(_quoted(selected[field.name]))
        else:
            value = same[field.name] if field.name in same else field.get_default()
            constants.append(field.get_db_prep_save(value, connection))
            expressions.append(f"%s{_cast(field)}")
    # Names and expressions are constants of the portal; every value is a parameter.
    into = f"INSERT INTO {_table(model)} ({', '.join(columns)})"
    statement = f"{into} SELECT {', '.join(expressions)} {source}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*constants, *parameters])
        return int(cursor.rowcount)


def _cast(field: Any) -> str:
    """Cast a constant in a SELECT, which PostgreSQL would otherwise treat as text."""
    if connection.vendor != "postgresql":
        return ""
    return f"::{field.cast_db_type(connection)}"


def _quoted(expression: str) -> str:
    """`values` is a keyword of SQL."""
    return expression.replace("r.values", f"r.{connection.ops.quote_name('values')}")


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _marks(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))
