"""VAS: its users, AuthCodes, and the sessions that it gives to publishers."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

from standins.connector.constants import AUTH_SECONDS, KOLKATA
from standins.connector.store import Document, Store

LIVE, EXPIRED, INVALID = "live", "expired", "invalid"


class Vas:
    """The users that came through the Connector, and what is good for them."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._shuffling = self._key()

    def user(self, partner_id: str, ucc: str, name: str, email: str) -> Document:
        """The user of a broker's client, made at the first login."""
        key = f"{partner_id} {ucc}"
        with self._store.transaction():
            found = self._store.find("user", key)
            if found is None:
                vas_id = f"VAS{secrets.token_hex(6).upper()}"
                found = {"vas_id": vas_id, "partner_id": partner_id, "ucc": ucc, "name": name, "email": email}
                self._store.keep("user", key, found)
        return found

    def users(self) -> list[Document]:
        """All users."""
        return self._store.all("user")

    # --- AuthCodes ------------------------------------------------------------------------------------------------

    def make_auth_code(self, application_token: str, user_ref: str) -> str:
        """An AuthCode for one application and one user, good for five minutes and one check."""
        code = secrets.token_urlsafe(24)
        ends = self._now().timestamp() + AUTH_SECONDS
        document = {"application": application_token, "user_ref": user_ref, "ends": ends, "used": False}
        self._store.keep("auth_code", code, document)
        return code

    def check_auth_code(self, code: str, application_token: str, user_ref: str) -> str:
        """Use an AuthCode up. Returns "" if it is good, else the reason for the log."""
        with self._store.transaction():
            found = self._store.find("auth_code", code)
            if found is None:
                return "No such AuthCode was made."
            if found["application"] != application_token:
                return "The AuthCode belongs to another application."
            if found["user_ref"] != user_ref:
                return "The AuthCode belongs to another user."
            if found["used"]:
                return "The AuthCode was used."
            if found["ends"] <= self._now().timestamp():
                return "The AuthCode is older than five minutes."
            self._store.keep("auth_code", code, {**found, "used": True})
        return ""

    # --- sessions -------------------------------------------------------------------------------------------------

    def open_session(self, application_token: str, user: Document) -> Document:
        """A session at the broker, and the other value of it that the publisher gets."""
        now = self._now().astimezone(KOLKATA)
        at_broker = secrets.token_urlsafe(32)
        session = hmac.new(self._shuffling, at_broker.encode(), hashlib.sha256).hexdigest()
        document = {
            "session": session,
            "broker_session": at_broker,
            "application": application_token,
            "partner_id": user["partner_id"],
            "ucc": user["ucc"],
            "vas_id": user["vas_id"],
            "opened": f"{now:%d-%m-%Y %H:%M:%S}",
            "ends": now.replace(hour=23, minute=59, second=59, microsecond=0).timestamp(),
            "invalid": False,
        }
        self._store.keep("session", session, document)
        return document

    def sessions(self) -> list[Document]:
        """All sessions with their state, the newest first."""
        return [{**one, "state": self._state(one)} for one in reversed(self._store.all("session"))]

    def session(self, session: str, application_token: str, partner_id: str) -> tuple[str, Document | None]:
        """The state of a session for a publisher and a broker, and the session where it is known."""
        found = self._store.find("session", session)
        if found is None or (found["application"], found["partner_id"]) != (application_token, partner_id):
            return INVALID, None
        return self._state(found), found

    def _state(self, session: Document) -> str:
        if session["invalid"]:
            return INVALID
        return LIVE if session["ends"] > self._now().timestamp() else EXPIRED

    def end_session(self, session: str, state: str) -> bool:
        """Let a session expire, or make it invalid. False if there is none."""
        with self._store.transaction():
            found = self._store.find("session", session)
            if found is None:
                return False
            changed = {"invalid": True} if state == INVALID else {"ends": self._now().timestamp()}
            self._store.keep("session", session, {**found, **changed})
        return True

    def _key(self) -> bytes:
        """The key of the shuffling, made once."""
        with self._store.transaction():
            found = self._store.find("secret", "shuffling")
            if found is None:
                found = {"key": secrets.token_hex(32)}
                self._store.keep("secret", "shuffling", found)
        return bytes.fromhex(found["key"])
