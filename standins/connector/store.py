"""What the stand-in remembers: documents, order messages with their deliveries, and calls."""

import json
from typing import Any

from standins.database import Database

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, direction TEXT NOT NULL, call TEXT NOT NULL,
    url TEXT NOT NULL, body TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    application TEXT NOT NULL, sequence INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (application, sequence)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, what TEXT NOT NULL, body TEXT NOT NULL,
    fault TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_state ON deliveries (state, application, id);
"""
ADD_CALL = """
INSERT INTO calls (at, direction, call, url, body, status, answer, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


class Store(Database):
    """The stand-in's database. A document's id is unique within its kind."""

    def __init__(self, database: str) -> None:
        super().__init__(database, SCHEMA)

    def keep(self, kind: str, id_: str, document: Document) -> None:
        """Keep a document, in place of the one with the same id."""
        self._rows(
            "INSERT INTO documents (kind, id, document) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document",
            *(kind, id_, json.dumps(document)),
        )

    def find(self, kind: str, id_: str) -> Document | None:
        """A document by its id."""
        rows = self._rows("SELECT document FROM documents WHERE kind = ? AND id = ?", kind, id_)
        return json.loads(rows[0]["document"]) if rows else None

    def all(self, kind: str) -> list[Document]:
        """Documents of a kind, in the order in which they were first kept."""
        rows = self._rows("SELECT document FROM documents WHERE kind = ? ORDER BY number", kind)
        return [json.loads(row["document"]) for row in rows]

    def count(self, kind: str) -> int:
        """How many documents of a kind there are."""
        return int(self._rows("SELECT COUNT(*) AS n FROM documents WHERE kind = ?", kind)[0]["n"])

    def keys(self, user_id: str) -> Document | None:
        """The second factors of a user of the broker."""
        return self.find("keys", user_id)

    def save_keys(self, user_id: str, document: Document) -> None:
        """Keep the second factors of a user, unless there are some."""
        with self.transaction():
            if self.keys(user_id) is None:
                self.keep("keys", user_id, document)

    def add_call(self, entry: Document) -> None:
        """Keep a call with its answer, secrets masked."""
        names = ("at", "direction", "call", "url", "body", "status", "answer", "note")
        self._rows(ADD_CALL, *(entry[name] for name in names))

    def calls(self, limit: int = 1000) -> list[Document]:
        """The newest calls first."""
        return [dict(row) for row in self._rows("SELECT * FROM calls ORDER BY id DESC LIMIT ?", limit)]

    # --- order messages -------------------------------------------------------------------------------------------

    def next_sequence(self, application: str, first: int) -> int:
        """The number of an application's next message."""
        rows = self._rows("SELECT MAX(sequence) AS last FROM messages WHERE application = ?", application)
        return first if rows[0]["last"] is None else int(rows[0]["last"]) + 1

    def add_message(self, application: str, sequence: int, body: Document) -> None:
        """Keep an order message for sync."""
        self._rows("INSERT INTO messages VALUES (?, ?, ?)", application, sequence, json.dumps(body))

    def messages(self, application: str, after: int, limit: int) -> list[Document]:
        """An application's messages with a higher number, the lowest first."""
        rows = self._rows(
            "SELECT body FROM messages WHERE application = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            *(application, after, limit),
        )
        return [json.loads(row["body"]) for row in rows]

    def add_delivery(self, application: str, what: str, body: bytes, fault: str, state: str) -> None:
        """Owe a publisher a message."""
        self._rows(
            "INSERT INTO deliveries (application, what, body, fault, state) VALUES (?, ?, ?, ?, ?)",
            *(application, what, body.decode("latin-1"), fault, state),
        )

    def due_deliveries(self) -> list[Document]:
        """The first waiting delivery of each application."""
        return [
            dict(row)
            for row in self._rows(
                "SELECT * FROM deliveries WHERE id IN"
                " (SELECT MIN(id) FROM deliveries WHERE state = 'waiting' GROUP BY application)"
            )
        ]

    def deliveries(self, limit: int = 1000) -> list[Document]:
        """The newest deliveries first."""
        return [dict(row) for row in self._rows("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?", limit)]

    def tried(self, id_: int, state: str, status: int, due: float) -> None:
        """Keep the outcome of a try, and when the next one is due."""
        self._rows(
            "UPDATE deliveries SET state = ?, status = ?, due = ?, tries = tries + 1 WHERE id = ?",
            *(state, status, due, id_),
        )

    def move_deliveries(self, application: str, state: str, to: str) -> None:
        """Give an application's deliveries in one state another."""
        self._rows(
            "UPDATE deliveries SET state = ? WHERE application = ? AND state = ?", to, application, state
        )

    def release_held(self, application: str) -> None:
        """Put an application's held deliveries behind all others."""
        with self.transaction():
            held = self._rows(
                "SELECT * FROM deliveries WHERE application = ? AND state = 'held'", application
            )
            for row in held:
                self._rows("DELETE FROM deliveries WHERE id = ?", row["id"])
                self._rows(
                    "INSERT INTO deliveries (application, what, body, fault, state) VALUES (?, ?, ?, ?, 'waiting')",
                    *(row["application"], row["what"], row["body"], row["fault"]),
                )
