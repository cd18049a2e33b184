"""Readers of the environment: one value each, checked, or ImproperlyConfigured that names it and an example.

`settings.py` alone calls them. A value that may be secret is never shown.
"""

import ipaddress
import re
import socket
from datetime import datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

SQLITE = {
    # A transaction takes the write lock when it begins: two that read first and write later cannot deadlock.
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    # WAL: readers do not wait for the writer. NORMAL: a power cut may cost the last moments, never the database.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;",
}
#: A worker that is frozen inside a transaction holds its locks; the others must not wait for it without end. No
#: statement is compiled: PostgreSQL takes a file's rows with their outcomes for dear, and compiles for seconds. Rows
#: cost as on a solid-state disk: by default PostgreSQL prefers a whole table to two thousand rows by an index. Nor does
#: a statement start processes to help: for a page, that takes longer than the statement.
POSTGRESQL = (
    "-c idle_in_transaction_session_timeout=60000 -c jit=off -c random_page_cost=1.1 "
    "-c max_parallel_workers_per_gather=0"
)


def required(name: str, example: str) -> str:
    """A variable that must be set. Raises ImproperlyConfigured with an example."""
    if not (value := env.str(name, default="")):
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment or in .env, for example {example}."
        )
    return value


def number(name: str, default: float, lowest: float, highest: float) -> float:
    """A number within bounds. Raises ImproperlyConfigured."""
    text = env.str(name, default=str(default))
    try:
        value = float(text)
    except ValueError:
        value = lowest - 1
    if not lowest <= value <= highest:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a number from {lowest:g} to {highest:g}.")
    return value


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words. Raises ImproperlyConfigured."""
    value = env.str(name, default=default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
    return value


def switch(name: str, default: bool = False) -> bool:
    """A yes or no. Raises ImproperlyConfigured for anything else, since a typing error must not mean no."""
    value = env.str(name, default="true" if default else "false").lower()
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be true or false.")
    return value == "true"


def address(name: str, example: str) -> str:
    """An http or https address. Raises ImproperlyConfigured."""
    value = required(name, example)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"{name} is not an http or https address. An example: {example}.")
    return value


def internet_address(name: str, default: str) -> str:
    """An IPv4 or IPv6 address. Raises ImproperlyConfigured."""
    value = env.str(name, default=default)
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be an IP address, for example {default}."
        ) from None
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """SQLite or PostgreSQL, by address, and how to connect to it.

    Raises ImproperlyConfigured without the address, which holds a password.
    """
    wanted = "It must be sqlite:///PATH or postgres://NAME:PASSWORD@HOST:5432/DATABASE."
    scheme = (env.str(name, default="") or default).partition("://")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} names no database that the portal runs on. {wanted}")
    try:
        found: dict[str, Any] = env.db_url_config(env.str(name, default="") or default)
    except (ValueError, KeyError):
        raise ImproperlyConfigured(f"{name} cannot be read. {wanted}") from None
    if not found["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database. {wanted}")
    if scheme == "sqlite":
        return found | {"OPTIONS": dict(SQLITE)}
    options = {**found.get("OPTIONS", {}), "options": POSTGRESQL}
    # Kept by each thread, and tried before use. No pool: threads are few, and one more thing would time out.
    return found | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def broker(name: str) -> str:
    """The address of RabbitMQ or Redis, or filesystem://localhost for folders in var/. Raises ImproperlyConfigured."""
    value = env.str(name, default="") or "filesystem://localhost"
    if value.partition("://")[0] not in ("filesystem", "amqp", "amqps", "redis", "rediss"):
        raise ImproperlyConfigured(
            f"{name} names no broker that the portal knows. It must be filesystem://localhost, "
            "amqp://NAME:PASSWORD@HOST:5672/VHOST or redis://HOST:6379/0."
        )
    return value


def transport_options(url: str, folders: Path) -> dict[str, Any]:
    """How to speak to the broker at this address; `folders` are for the one that needs no server."""
    if url.startswith("filesystem"):
        queue = str(folder(folders / "queue"))
        return {
            "data_folder_in": queue,
            "data_folder_out": queue,
            "control_folder": str(folder(folders / "control")),
            "polling_interval": 0.05,  # 23 ms from sending to start
        }
    if url.startswith("amqp"):
        # Without it a wake-up could vanish between client and server unnoticed; the sweep would find the work later.
        # `backoffice.broker` says how long RabbitMQ may take to confirm one: no option of the transport does.
        return {"confirm_publish": True, "max_retries": 0}
    # A Redis that takes a connection and then says nothing would be waited for without end.
    return {
        "max_retries": 0,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,  # longer than the second for which a worker asks for the next wake-up at a time
        # No time-out of a socket holds for the connection on which a worker waits for wake-ups. How often (seconds)
        # kombu looks at it: an answer that is overdue is missed after 6 to 11 seconds, rather than 26 to 51.
        "health_check_interval": 5,
        # A machine that went away without a goodbye is missed after 25 seconds.
        "socket_keepalive": True,
        "socket_keepalive_options": {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3},
    }


def folder(path: Path) -> Path:
    """A folder of the running portal, made where it is missing. Raises ImproperlyConfigured if that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The folder {path} cannot be made ({error.strerror}). Give the portal's account write permission there."
        ) from None
    return path


def fernet_keys(name: str) -> list[str]:
    """Fernet keys, newest first. Raises ImproperlyConfigured without showing them."""
    example = 'the output of: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    keys = [key.strip() for key in required(name, example).split(",") if key.strip()]
    for position, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: key {position} is not a Fernet key. Use {example}") from None
    return keys


def operation_names(name: str) -> dict[int, str]:
    """`301:CreateRetailUser,320:UpdateRetailUser` as a mapping. Raises ImproperlyConfigured."""
    names = {}
    for pair in env.list(name, default=[]):
        message_type, _, operation = pair.partition(":")
        if not message_type.strip().isdigit() or not operation.strip().isidentifier():
            raise ImproperlyConfigured(
                f"{name}: {pair!r} is not TYPE:OperationName, like 301:CreateRetailUser."
            )
        names[int(message_type)] = operation.strip()
    return names


def rest_address(name: str) -> str:
    """The base address of the REST API, "" if there is none. Raises ImproperlyConfigured."""
    value = env.str(name, default="").rstrip("/")
    parts = urlsplit(value)
    plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    extras = parts.query or parts.fragment or "@" in parts.netloc or set(value) & set("?#%\\ ")
    dots = any(segment in (".", "..") for segment in parts.path.split("/"))
    if value and (not parts.hostname or not (parts.scheme == "https" or plain) or extras or dots):
        raise ImproperlyConfigured(
            f"{name} must be an https address without a query, for example https://odin.example/interactive. "
            "Plain http is for this machine only."
        )
    return value


def rest_key(name: str, *, needed: bool, default: str = "") -> str:
    """A key of the REST API. Raises ImproperlyConfigured without showing it."""
    value = env.str(name, default="") or default
    if needed and not value:
        raise ImproperlyConfigured(
            f"{name} is not set, and REST_BASE_URL is. Set the key that the vendor gave out."
        )
    if not re.fullmatch(r"[!-~]{0,8192}", value):
        raise ImproperlyConfigured(
            f"{name} has a space or another character that no key has. Copy the key again."
        )
    return value


def rest_paths(name: str) -> dict[str, tuple[str, str]]:
    """`place_order:POST /v2/orders,logout:DELETE /v2/session` as a mapping. Raises ImproperlyConfigured."""
    paths = {}
    for entry in env.list(name, default=[]):
        found = re.fullmatch(r"\s*([a-z_]+):([A-Z]+) (/\S+)\s*", entry)
        if not found:
            raise ImproperlyConfigured(
                f"{name}: {entry!r} is not call:METHOD /path, like order_book:GET /transactional/v1/orders."
            )
        paths[found[1]] = (found[2], found[3])
    return paths


def table(name: str, key: str, value: str, example: str) -> dict[str, str]:
    """`KEY:VALUE,KEY:VALUE` as a mapping, each a pattern. Raises ImproperlyConfigured."""
    found = {}
    for pair in env.list(name, default=[]):
        left, colon, right = pair.strip().rpartition(":")
        if not colon or not re.fullmatch(key, left) or not re.fullmatch(value, right):
            raise ImproperlyConfigured(f"{name}: {pair!r} cannot be read. An example: {example}.")
        found[left] = right
    return found


def some_of(name: str, default: str, allowed: tuple[str, ...]) -> list[str]:
    """Some of a few words, with commas between. Raises ImproperlyConfigured."""
    values: list[str] = [word for word in env.list(name, default=default.split(",")) if word]
    for value in values:
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}: {value!r} is not one of {', '.join(allowed)}.")
    return values


def date_shapes(name: str, default: str) -> list[str]:
    """Shapes of dates such as DD-MM-YYYY. Raises ImproperlyConfigured if one does not say day, month and year."""
    shapes: list[str] = env.list(name, default=default.split(","))
    for shape in shapes:
        if sorted(re.findall("[A-Z]+", shape)) not in (["DD", "MM", "YYYY"], ["DD", "MMM", "YYYY"]):
            raise ImproperlyConfigured(
                f"{name}: {shape!r} is no shape of a date. Write DD, MM (or MMM for Jan) and YYYY, as in DD-MM-YYYY."
            )
    return shapes


def mail_address(name: str, default: str, *, needed: bool) -> str:
    """An e-mail address alone. Raises ImproperlyConfigured; where it is `needed`, without it too."""
    value = env.str(name, default="")
    if not value and not needed:
        return default
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be an e-mail address, for example portal@broker.example."
        )
    return value


def clock(name: str, default: str) -> time:
    """A time of the day in Kolkata, as HH:MM. Raises ImproperlyConfigured."""
    value = env.str(name, default=default)
    try:
        return datetime.strptime(value, "%H:%M").time()
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a time as HH:MM, for example {default}."
        ) from None


def clock_hours(name: str) -> tuple[time, time] | None:
    """Hours of the day in Kolkata, as HH:MM-HH:MM; None if it is empty. Raises ImproperlyConfigured."""
    value = env.str(name, default="").strip()
    if not value:
        return None
    parts = value.split("-")
    try:
        begin, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in parts)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be two times as HH:MM-HH:MM, for example 08:00-18:00."
        ) from None
    if begin >= end:
        raise ImproperlyConfigured(f"{name} is {value!r}; the second time must be later than the first.")
    return begin, end


#: As Python counts them: Monday is 0.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def weekdays(name: str) -> frozenset[int]:
    """Days of the week as Mon-Fri or Mon,Wed,Sat; none where it is empty. Raises ImproperlyConfigured."""
    found: set[int] = set()
    for part in env.list(name, default=[]):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ImproperlyConfigured(
                f"{name}: {part!r} cannot be read. Write days as {', '.join(WEEKDAYS)}, for example Mon-Fri."
            )
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if begin > end:
            raise ImproperlyConfigured(f"{name}: {part!r} runs backwards. A week begins with Mon.")
        found.update(range(begin, end + 1))
    return frozenset(found)
