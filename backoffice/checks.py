"""Django system checks for a configuration that can be read but makes no sense. `manage.py check` runs them.

What cannot even be read (a missing variable, a wrong word) is refused earlier, by `settings.py`.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from backoffice import guarding
from backoffice.audit import guard as audit_guard
from backoffice.changes import guards as changes_guards
from backoffice.config import odin_config
from backoffice.protocol import messages  # noqa: F401  # fills REQUESTS
from backoffice.protocol.message import REQUESTS


@register()
def odin(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Operation names, time limits and password key, as far as they can be judged without calling ODIN."""
    return list(_odin())


def _odin() -> Iterator[CheckMessage]:
    for number in sorted(set(settings.ODIN_OPERATIONS) - set(REQUESTS)):
        yield Error(
            f"ODIN_OPERATIONS names an operation for message {number}, which does not exist.",
            hint=f"The messages are {', '.join(str(known) for known in sorted(REQUESTS))}.",
            id="portal.E001",
        )
    if max(settings.ODIN_CONNECT_TIMEOUT, settings.ODIN_READ_TIMEOUT) > settings.ODIN_TOTAL_TIMEOUT:
        yield Error(
            "ODIN_TOTAL_TIMEOUT is shorter than ODIN_CONNECT_TIMEOUT or ODIN_READ_TIMEOUT.",
            hint="The total covers connecting and reading: make it the longest of the three.",
            id="portal.E002",
        )
    try:
        odin_config().cipher()
    except ValueError as error:
        yield Error(f"ODIN_PASSWORD_KEY cannot be used. {error}", id="portal.E003")


@register()
def environment(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """What belongs to a demonstration must not carry live messages."""
    if settings.PORTAL_ENVIRONMENT != "LIVE":
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error("DEBUG is on while PORTAL_ENVIRONMENT is LIVE.", hint="Set DEBUG=false.", id="portal.E010")
        )
    known = _demonstration_secrets()
    for name, values in (
        ("SECRET_KEY", [settings.SECRET_KEY]),
        ("PORTAL_SEAL_KEYS", settings.PORTAL_SEAL_KEYS),
    ):
        if known.intersection(values):
            found.append(
                Error(
                    f"{name} is the demonstration's, from var/demo.env, while PORTAL_ENVIRONMENT is LIVE.",
                    hint="Make a new one: docs/deployment.md says how.",
                    id="portal.E011",
                )
            )
    here = ("localhost", "127.0.0.1", "::1", "")
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or settings.EMAIL_HOST in here):
        found.append(
            Warning(
                "EMAIL_SECURITY is none while PORTAL_ENVIRONMENT is LIVE: mails cross the network in the clear.",
                hint="Set it to starttls or tls, unless the mail server is reached through a tunnel of your own.",
                id="portal.W011",
            )
        )
    if _is_this_machine(settings.ODIN_SERVICE_URL):
        found.append(
            Warning(
                "ODIN_SERVICE_URL is an address of this machine while PORTAL_ENVIRONMENT is LIVE.",
                hint="The stand-in belongs to DEMO. Through a tunnel of your own, this warning can be left.",
                id="portal.W010",
            )
        )
    return found


@register(Tags.security, deploy=True)
def production(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """What a demonstration may do and a desk with several people should not (`check --deploy` only)."""
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Warning(
                "The database is SQLite.",
                hint="It serves one machine. Set DATABASE_URL to a PostgreSQL database.",
                id="portal.W020",
            )
        )
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        found.append(
            Warning(
                "The broker is a folder.",
                hint="It serves one machine. Set CELERY_BROKER_URL to RabbitMQ or Redis.",
                id="portal.W021",
            )
        )
    return found


@register(Tags.database, deploy=True)
def guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Whether the database holds four eyes and the trail against its own role (`check --deploy --database default`)."""
    return [message for alias in databases or () for message in _guarded(connections[alias])]


def _guarded(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    rooms = (audit_guard.guards, changes_guards.guards, *guarding.ROOMS.values())
    wanted = {name: guard for guards in rooms for name, guard in guards(connection.vendor).items()}
    if gone := guarding.missing(connection, wanted):
        yield Error(
            f"Triggers are missing or switched off: {', '.join(gone)}.",
            hint="Run manage.py migrate as the owner of the tables, and find out who took them away.",
            id="portal.E020",
        )
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        role, owns, temporary, creates = cursor.fetchone()
    hint = "docs/deployment.md, PostgreSQL, has the commands for a role of its own."
    if owns:
        words = f"The database role {role} owns the portal's tables: it can drop the triggers of four eyes and audit."
        yield Warning(words, hint=hint, id="portal.W022")
    if temporary or creates:
        words = f"The database role {role} may create tables: it needs none of its own."
        yield Warning(words, hint=hint, id="portal.W023")


#: The role, whether it owns a table of the portal, and whether it may create temporary tables and others.
ROLE = """SELECT current_user,
    (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'audit_entry'::regclass),
    has_database_privilege(current_database(), 'TEMPORARY'),
    has_schema_privilege(current_schema(), 'CREATE')"""


def _demonstration_secrets() -> set[str]:
    try:
        lines = (settings.VAR_DIR / "demo.env").read_text().splitlines()
    except OSError:
        return set()
    return {line.partition("=")[2] for line in lines} - {""}


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
