"""Sessions in the database, stored so that the table alone lets nobody use or read one.

The key of a session is only in its browser's cookie: the table has its SHA-256. The contents of a session (a
second factor being set up, the link to choose a password, a form that waits for re-authentication) are sealed
like every other secret.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.http import HttpRequest
from django.utils import timezone

from backoffice.audit.middleware import current_origin
from backoffice.logins.browsers import in_words
from backoffice.logins.models import Session, User
from backoffice.protocol.fields import SecretText
from backoffice.seal import SealError, seal, unseal

#: In a session: time, address and browser of the login, and the time of the last activity.
LOGIN, SEEN = "login", "last_active"
BROWSER_LENGTH = 200


def stored(key: str) -> str:
    """Return the stored form of the key. The key is random, so a plain hash cannot be reversed by guessing."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database, with hashed keys, sealed contents, an owner, and an absolute end."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The sealed contents."""
        return seal(SecretText(super().encode(session_dict)))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return the contents; none if no key opens them, which ends the session."""
        try:
            return super().decode(unseal(str(session_data)).reveal())
        except SealError:
            return {}

    def exists(self, session_key: str) -> bool:
        return super().exists(stored(session_key))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(stored(key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row. However often it is saved, it ends SESSION_COOKIE_AGE after the login."""
        row = cast(Session, super().create_model_instance(data))
        row.session_key = stored(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        if LOGIN in data:
            logged_in = datetime.fromtimestamp(data[LOGIN]["at"], tz=UTC)
            row.expire_date = min(row.expire_date, logged_in + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        return row

    def _get_session_from_db(self) -> Session | None:
        key = stored(self.session_key or "")
        if found := Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first():
            return found
        self._session_key = None
        return None


@dataclass(frozen=True)
class OpenSession:
    """A logged-in browser, for the list of one's sessions."""

    key: str
    since: datetime
    seen: datetime
    address: str
    browser: str

    @property
    def browser_words(self) -> str:
        """The browser's name for people."""
        return in_words(self.browser)


def begin(request: HttpRequest) -> None:
    """Record in the session when, from where and with which browser the person logged in. Deletes expired sessions."""
    SessionStore.clear_expired()
    now = timezone.now().timestamp()
    request.session[SEEN] = now
    request.session[LOGIN] = {
        "at": now,
        "address": current_origin().address or "",
        "browser": request.META.get("HTTP_USER_AGENT", "")[:BROWSER_LENGTH],
    }


def of(person: User) -> list[OpenSession]:
    """Return a person's open sessions, oldest first."""
    rows = Session.objects.filter(user=person, expire_date__gt=timezone.now())
    found = [_shown(row.session_key, data) for row in rows if LOGIN in (data := row.get_decoded())]
    return sorted(found, key=lambda session: session.since)


def end(person: User, *, only: str = "", sparing: HttpRequest | None = None) -> int:
    """End a person's sessions: one (by its hash), all, or all except that of a request. Returns how many."""
    rows = Session.objects.filter(user=person)
    if only:
        rows = rows.filter(session_key=only)
    if sparing:
        rows = rows.exclude(session_key=stored(sparing.session.session_key or ""))
    return rows.delete()[0]


def _shown(key: str, data: dict[str, Any]) -> OpenSession:
    login = data[LOGIN]
    since = datetime.fromtimestamp(login["at"], tz=UTC)
    seen = datetime.fromtimestamp(data.get(SEEN, login["at"]), tz=UTC)
    return OpenSession(key, since, seen, login["address"], login["browser"])
