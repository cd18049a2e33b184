"""What the stand-in remembers: one SQLite file, one connection, one lock.

Users are JSON documents, since nothing searches inside them. Limit transactions have a table,
since their reference is used only once; the ledger has one row for each message received.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from standins.database import Database

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, document TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX IF NOT EXISTS users_updated ON users (updated_at);
CREATE TABLE IF NOT EXISTS limit_transactions (
    reference TEXT PRIMARY KEY, type INTEGER NOT NULL, group_id TEXT NOT NULL, user_id TEXT NOT NULL,
    amount TEXT NOT NULL, notional TEXT NOT NULL, product_id TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS limit_transactions_user ON limit_transactions (group_id, user_id);
CREATE TABLE IF NOT EXISTS ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received TEXT NOT NULL, ended TEXT NOT NULL,
    operation TEXT NOT NULL, type INTEGER NOT NULL, group_id TEXT NOT NULL, user_id TEXT NOT NULL,
    reference TEXT NOT NULL, session INTEGER NOT NULL, text TEXT NOT NULL, applied INTEGER NOT NULL,
    code TEXT NOT NULL, words TEXT NOT NULL, answer TEXT NOT NULL, reason TEXT NOT NULL, fault TEXT NOT NULL,
    milliseconds REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_user ON ledger (group_id, user_id);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, document TEXT NOT NULL);
"""

COUNTS = {
    "users": "SELECT COUNT(*) AS n FROM users",
    "ledger": "SELECT COUNT(*) AS n FROM ledger",
    "limit_transactions": "SELECT COUNT(*) AS n FROM limit_transactions",
}

COLUMNS = (
    *("received", "ended", "operation", "type", "group_id", "user_id", "reference", "session"),
    *("text", "applied", "code", "words", "answer", "reason", "fault", "milliseconds"),
)
ADD_ENTRY = f"INSERT INTO ledger ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_columns = attrgetter(*COLUMNS)


@dataclass(slots=True)
class LedgerEntry:
    """One message received: times are ISO 8601 in UTC, `text` and `answer` have their secrets masked.

    `applied` says whether the store changed (or, for a read, whether it was answered with success);
    `reason` is the stand-in's own explanation of a refusal; `fault` names the scripted fault, if one struck.
    """

    received: str
    operation: str
    type: int = 0
    group_id: str = ""
    user_id: str = ""
    reference: str = ""
    session: int = 0
    text: str = ""
    applied: bool = False
    code: str = ""
    words: str = ""
    answer: str = ""
    reason: str = ""
    fault: str = ""
    ended: str = ""
    milliseconds: float = 0.0
    id: int = 0


def now() -> str:
    """The present time, ISO 8601 in UTC with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def hashed(secret: str, salt: str = "") -> str:
    """`salt$sha256` of a secret: enough for a stand-in, which must not keep passwords."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}${hashlib.sha256((salt + secret).encode()).hexdigest()}"


def matches(secret: str, kept: str) -> bool:
    """Whether the secret is the one whose hash was kept."""
    return bool(kept) and secrets.compare_digest(hashed(secret, kept.partition("$")[0]), kept)


class Store(Database):
    """The stand-in's database. Every method may be called from any thread."""

    def __init__(self, database: str) -> None:
        super().__init__(database, SCHEMA)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: undo only what happens within, if it raises."""
        self._connection.execute("SAVEPOINT message")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO message")
            raise
        finally:
            self._connection.execute("RELEASE message")

    # users

    def user(self, group_id: str, user_id: str) -> Document | None:
        """Everything held of a user, or None."""
        rows = self._rows("SELECT document FROM users WHERE group_id = ? AND user_id = ?", group_id, user_id)
        return json.loads(rows[0]["document"]) if rows else None

    def users_of(self, user_id: str) -> list[Document]:
        """Every user of an id, whatever the group and the letters' case."""
        rows = self._rows("SELECT document FROM users WHERE upper(user_id) = ?", user_id.upper())
        return [json.loads(row["document"]) for row in rows]

    def save_user(self, document: Document) -> None:
        """Keep a user; the document names its group and user id."""
        document["updated_at"] = now()
        self._rows(
            "INSERT INTO users VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET document = excluded.document, updated_at = excluded.updated_at",
            *(document["group_id"], document["user_id"], json.dumps(document), document["updated_at"]),
        )

    def users(self, limit: int, offset: int = 0, search: str = "") -> list[Document]:
        """Users, the one touched last first. `search`: a part of the user id or of the name, in any case."""
        rows = self._rows(
            "SELECT document FROM users "
            "WHERE ?1 = '' OR instr(upper(user_id), ?1) OR instr(upper(document ->> '$.values.name'), ?1) "
            "ORDER BY updated_at DESC, group_id, user_id LIMIT ?2 OFFSET ?3",
            *(search.strip().upper(), limit, offset),
        )
        return [json.loads(row["document"]) for row in rows]

    def count(self, table: str) -> int:
        """How many rows a table has: users, ledger or limit_transactions."""
        return int(self._rows(COUNTS[table])[0]["n"])

    # limits

    def limit_known(self, reference: str) -> bool:
        """Whether a limit update with this reference was applied before, whatever its type."""
        return bool(self._rows("SELECT 1 FROM limit_transactions WHERE reference = ?", reference))

    def add_limit(
        self,
        reference: str,
        type_: int,
        group_id: str,
        user_id: str,
        amount: str,
        notional: str,
        product_id: str,
    ) -> None:
        """Keep one limit transaction. Raises sqlite3.IntegrityError for a reference used before."""
        self._rows(
            "INSERT INTO limit_transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(reference, type_, group_id, user_id, amount, notional, product_id, now()),
        )

    def limits(self, group_id: str, user_id: str) -> list[Document]:
        """A user's limit transactions, oldest first."""
        sql = "SELECT * FROM limit_transactions WHERE group_id = ? AND user_id = ? ORDER BY at, reference"
        return [dict(row) for row in self._rows(sql, group_id, user_id)]

    def all_limits(self, offset: int, limit: int) -> list[Document]:
        """All limit transactions, oldest first."""
        sql = "SELECT * FROM limit_transactions ORDER BY at, reference LIMIT ? OFFSET ?"
        return [dict(row) for row in self._rows(sql, limit, offset)]

    # ledger

    def add_entry(self, entry: LedgerEntry) -> None:
        """Write one message received; sets the entry's id."""
        with self._lock:
            entry.id = int(self._connection.execute(ADD_ENTRY, _columns(entry)).lastrowid or 0)

    def finish_entry(self, entry: LedgerEntry) -> None:
        """Note when the answer had left, for a message that a fault delayed."""
        self._rows(
            "UPDATE ledger SET ended = ?, milliseconds = ? WHERE id = ?",
            entry.ended,
            entry.milliseconds,
            entry.id,
        )

    def ledger(self, *, after: int = 0, limit: int = 1000) -> list[LedgerEntry]:
        """Entries with an id above `after`, oldest first."""
        return _entries(self._rows("SELECT * FROM ledger WHERE id > ? ORDER BY id LIMIT ?", after, limit))

    def newest(self, limit: int, lane: tuple[str, str] | None = None) -> list[LedgerEntry]:
        """The newest entries first, of all users or of one (group id, user id)."""
        if lane:
            sql = "SELECT * FROM ledger WHERE group_id = ? AND user_id = ? ORDER BY id DESC LIMIT ?"
            return _entries(self._rows(sql, *lane, limit))
        return _entries(self._rows("SELECT * FROM ledger ORDER BY id DESC LIMIT ?", limit))

    # the dealer and its session

    def state(self, name: str) -> Document:
        """A small document by name; empty when there is none."""
        rows = self._rows("SELECT document FROM state WHERE name = ?", name)
        return json.loads(rows[0]["document"]) if rows else {}

    def save_state(self, name: str, document: Document) -> None:
        """Keep a small document."""
        self._rows(
            "INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET document = excluded.document",
            *(name, json.dumps(document)),
        )


def _entries(rows: list[sqlite3.Row]) -> list[LedgerEntry]:
    return [LedgerEntry(**{**dict(row), "applied": bool(row["applied"])}) for row in rows]
