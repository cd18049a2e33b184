"""What the stand-in remembers: users' keys, sessions, orders, requests."""

import json
from typing import Any

from standins.database import Database

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (user_id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS issued (owner TEXT PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS told (owner TEXT PRIMARY KEY, address TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, user_id TEXT NOT NULL, opened TEXT NOT NULL, ends REAL NOT NULL, ended TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_user ON orders (user_id);
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, call TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, body TEXT NOT NULL, user_id TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
    fault TEXT NOT NULL
);
"""
ADD_RECEIVED = """
INSERT INTO received (at, call, method, path, body, user_id, status, answer, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Store(Database):
    """The stand-in's database. Every method may be called from any thread."""

    def __init__(self, database: str) -> None:
        super().__init__(database, SCHEMA)

    def keys(self, user_id: str) -> Document | None:
        """The second factors of a user."""
        rows = self._rows("SELECT document FROM keys WHERE user_id = ?", user_id)
        return json.loads(rows[0]["document"]) if rows else None

    def save_keys(self, user_id: str, document: Document) -> None:
        """Keep the second factors of a user."""
        self._rows("INSERT OR IGNORE INTO keys VALUES (?, ?)", user_id, json.dumps(document))

    def save_issued(self, owner: str, key: str, address: str) -> None:
        """Store a key from its owner, replacing the owner's earlier one, and the address for reports."""
        with self.transaction():
            self._rows("INSERT OR REPLACE INTO issued VALUES (?, ?)", owner, key)
            self._rows("INSERT OR REPLACE INTO told VALUES (?, ?)", owner, address)

    def issued(self) -> dict[str, str]:
        """The keys that were handed over, by owner."""
        return {row["owner"]: row["key"] for row in self._rows("SELECT * FROM issued ORDER BY owner")}

    def address(self, owner: str) -> str:
        """Return the address for reports of orders to an owner."""
        rows = self._rows("SELECT address FROM told WHERE owner = ?", owner)
        return str(rows[0]["address"]) if rows else ""

    def open_session(self, token: str, user_id: str, opened: str, ends: float) -> None:
        """Keep a session."""
        self._rows("INSERT INTO sessions VALUES (?, ?, ?, ?, '')", token, user_id, opened, ends)

    def session(self, token: str) -> Document | None:
        """A session by its token."""
        rows = self._rows("SELECT * FROM sessions WHERE token = ?", token)
        return dict(rows[0]) if rows else None

    def sessions(self) -> list[Document]:
        """The newest sessions."""
        return [dict(row) for row in self._rows("SELECT * FROM sessions ORDER BY rowid DESC LIMIT 20")]

    def end_sessions(self, reason: str, token: str = "") -> None:
        """End one session, or all."""
        self._rows("UPDATE sessions SET ended = ? WHERE ended = '' AND ? IN ('', token)", reason, token)

    def add_order(self, order_id: str, user_id: str, document: Document) -> None:
        """Keep a new order."""
        self._rows(
            "INSERT INTO orders (order_id, user_id, document) VALUES (?, ?, ?)",
            *(order_id, user_id, json.dumps(document)),
        )

    def save_order(self, document: Document) -> None:
        """Keep a changed order."""
        self._rows(
            "UPDATE orders SET document = ? WHERE order_id = ?", json.dumps(document), document["order_id"]
        )

    def count_orders(self) -> int:
        """How many orders there are."""
        return int(self._rows("SELECT COUNT(*) AS n FROM orders")[0]["n"])

    def orders(self, user_id: str = "") -> list[Document]:
        """Orders, the newest first; of one user, or of all."""
        rows = self._rows("SELECT document FROM orders WHERE ? IN ('', user_id) ORDER BY id DESC", user_id)
        return [json.loads(row["document"]) for row in rows]

    def order(self, order_id: str) -> Document | None:
        """An order by its id."""
        rows = self._rows("SELECT document FROM orders WHERE order_id = ?", order_id)
        return json.loads(rows[0]["document"]) if rows else None

    def add_received(self, entry: Document) -> None:
        """Keep a request with its answer, secrets masked."""
        names = ("at", "call", "method", "path", "body", "user_id", "status", "answer", "fault")
        self._rows(ADD_RECEIVED, *(entry[name] for name in names))

    def received(self, limit: int = 100) -> list[Document]:
        """The newest requests."""
        return [dict(row) for row in self._rows("SELECT * FROM received ORDER BY id DESC LIMIT ?", limit)]
