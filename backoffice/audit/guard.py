"""What the database itself does to keep the trail as it was written.

- Nothing changes or deletes entries, seals and prunings. An entry goes only where a pruning covers it, no legal hold
  keeps it, and it is older than YOUNGEST_YEARS.
- An entry takes the next id and is not dated before the newest seal. A seal follows the newest one.
- A pruning names a seal that is old enough, and an entry written with it says the same.
- A legal hold is lifted once, and is otherwise as it was placed.

The owner of the tables can drop the triggers; the seals then show what was done (see `seals`).
"""

from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from backoffice import guarding
from backoffice.audit import partitions
from backoffice.guarding import Guard, Guards

ENTRIES = "audit_entry"
TABLES = (ENTRIES, "audit_seal", "audit_pruning")
#: The database deletes no entry younger than this, whatever the settings say.
YOUNGEST_YEARS = 5
#: Clocks of machines differ, and an entry is dated a moment before it is written.
SLACK_MINUTES = 5
#: The hash before the first seal.
GENESIS = "0" * 64

#: Where the SQL of the databases differs. SQLite stores times as text in UTC.
_WRITTEN: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "earlier": f"clock_timestamp() - interval '{SLACK_MINUTES} minutes'",
        "later": f"clock_timestamp() + interval '{SLACK_MINUTES} minutes'",
        "long_ago": f"clock_timestamp() - interval '{YOUNGEST_YEARS} years'",
        "before_seal": f"s.at - interval '{SLACK_MINUTES} minutes'",
        "next_id": "(SELECT q.last_value FROM audit_entry_id_seq q)",
        "said_seal": "e.details ->> 'seal'",
        "said_hash": "e.details ->> 'seal_hash'",
    },
    "sqlite": {
        "earlier": f"datetime('now', '-{SLACK_MINUTES} minutes')",
        "later": f"datetime('now', '+{SLACK_MINUTES} minutes')",
        "long_ago": f"datetime('now', '-{YOUNGEST_YEARS} years')",
        "before_seal": f"datetime(s.at, '-{SLACK_MINUTES} minutes')",
        "next_id": "coalesce((SELECT q.seq FROM sqlite_sequence q WHERE q.name = 'audit_entry'), 0) + 1",
        "said_seal": "json_extract(e.details, '$.seal')",
        "said_hash": "json_extract(e.details, '$.seal_hash')",
    },
}


def guards(vendor: str) -> Guards:
    """Return the guards of the trail in the SQL of this kind of database."""
    found: dict[str, Guard] = {}
    for table in TABLES:
        found |= guarding.append_only(
            table, vendor, "The audit trail is append-only: {event} on {table} is refused."
        )
    deleted = found[f"{ENTRIES}_not_deleted"]
    sql = _WRITTEN[vendor]
    found[f"{ENTRIES}_not_deleted"] = deleted._replace(
        condition=_NOT_OVER.format(**sql), looks_elsewhere=True
    )
    for name, guard in _IN_TURN.items():
        found[name] = guard._replace(condition=guard.condition.format(genesis=GENESIS, **sql))
    return {**found, **_HOLDS}


#: Condition: the retention time of the entry has not passed.
_NOT_OVER = """NOT (OLD.at < {long_ago} AND EXISTS (SELECT 1 FROM audit_pruning p WHERE OLD.id <= p.up_to_id)
    AND NOT EXISTS (SELECT 1 FROM audit_legalhold h WHERE h.subject = OLD.subject AND h.lifted_at IS NULL))"""

_IN_TURN: Guards = {
    f"{ENTRIES}_in_turn": Guard(
        "INSERT",
        ENTRIES,
        # A seal dated in the future, while a clock was wrong, must not stop the portal from writing.
        """NEW.id > {next_id} OR (NEW.at < {earlier}
            AND NEW.at < (SELECT {before_seal} FROM audit_seal s ORDER BY s.number DESC LIMIT 1))""",
        "An audit entry takes the next id, and is not dated before the newest seal.",
        looks_elsewhere=True,
    ),
    "audit_seal_in_turn": Guard(
        "INSERT",
        "audit_seal",
        """NEW.at > {later} OR NOT CASE NEW.number
            WHEN 1 THEN NEW.previous = '{genesis}' AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.number > 1)
            ELSE EXISTS (SELECT 1 FROM audit_seal s WHERE s.number = NEW.number - 1 AND s.hash = NEW.previous
                AND s.last_id <= NEW.last_id AND (NEW.at >= {before_seal} OR NEW.at >= {earlier})) END""",
        "A seal follows the newest one, and is dated when it is made.",
        looks_elsewhere=True,
    ),
    "audit_pruning_in_the_trail": Guard(
        "INSERT",
        "audit_pruning",
        """NOT EXISTS (SELECT 1 FROM audit_seal s JOIN audit_entry e ON e.action = 'audit.pruned'
            AND CAST({said_seal} AS text) = CAST(s.number AS text) AND {said_hash} = s.hash
            WHERE s.number = NEW.seal_number AND s.last_id = NEW.up_to_id
            AND s.at < {long_ago} AND e.at > {earlier})""",
        f"A pruning covers seals older than {YOUNGEST_YEARS} years, and an audit entry written with it says the same.",
        looks_elsewhere=True,
    ),
}

_HOLDS: Guards = {
    "audit_legalhold_kept": Guard(
        "UPDATE",
        "audit_legalhold",
        """OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL OR NEW.lifted_by_id IS NULL OR NEW.id <> OLD.id
            OR NEW.subject <> OLD.subject OR NEW.reason <> OLD.reason
            OR NEW.placed_by_id <> OLD.placed_by_id OR NEW.placed_at <> OLD.placed_at""",
        "A legal hold is lifted once, and otherwise stays as it was placed.",
    ),
    "audit_legalhold_not_deleted": Guard(
        "DELETE", "audit_legalhold", "TRUE", "A legal hold is lifted and not deleted."
    ),
}


def guard(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers. Repeating it is harmless."""
    guarding.put_up(connection, guards(connection.vendor))
    partitions.put_up(connection, YOUNGEST_YEARS)


def unguard(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, to reverse a migration or to empty the database of a test."""
    guarding.take_down(connection, guards(connection.vendor))
    partitions.take_down(connection)


def guard_again(using: str, **kwargs: Any) -> None:
    """Create the triggers after migrations: SQLite loses those of a table that a migration makes again."""
    guard(connections[using])


def unguard_sqlite(using: str, **kwargs: Any) -> None:
    """Drop them before migrations on SQLite, which cannot rename a table that another table's trigger names."""
    if connections[using].vendor == "sqlite":
        unguard(connections[using])
