"""What is asked of the portal's parts. Nothing here is a secret or speaks of a retail user."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import KombuError

from backoffice import __version__
from backoffice.celery import app
from backoffice.delivery import gate
from backoffice.delivery.hours import closed
from backoffice.delivery.models import STILL_OPEN, Attempt, Delivery, Gate
from backoffice.delivery.states import State
from backoffice.delivery.wordings import unread
from backoffice.odin import session

SILENT, DISK_FULL = "does not answer", "its disk is full: nothing can be stored"
#: What PostgreSQL calls it.
SQLSTATE_DISK_FULL = "53100"
#: Seconds that the broker has to answer.
BROKER_SECONDS = 1
#: The time over which attempts are counted.
RECENT = timedelta(minutes=5)


def database() -> str:
    """Return the state of the database: "ok", no answer, or a full disk.

    A full disk is detected only on PostgreSQL, and only for the disk of the database's files: if its log
    (pg_wal) finds no room, PostgreSQL ends.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # More rows than fit into so little memory: they go to a temporary file on the database's disk. Unlike
                # a row on trial, this finds no room in a page that is there already, and leaves nothing behind.
                cursor.execute("SET LOCAL work_mem = '64kB'")
                cursor.execute("SELECT count(*) FROM generate_series(1, 10000)")
            else:
                cursor.execute("SELECT 1")
    except DatabaseError as error:
        return DISK_FULL if getattr(error.__cause__, "sqlstate", "") == SQLSTATE_DISK_FULL else SILENT
    return "ok"


def broker() -> bool:
    """Whether the broker takes a connection."""
    # Redis takes its times from the options only.
    times = ("socket_connect_timeout", "socket_timeout")
    options = {name: BROKER_SECONDS for name in times if name in settings.CELERY_BROKER_TRANSPORT_OPTIONS}
    try:
        with app.connection_for_write(connect_timeout=BROKER_SECONDS, transport_options=options) as link:
            link.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=BROKER_SECONDS)
    except (KombuError, OSError):
        return False
    return True


def parts() -> dict[str, str]:
    """Each part with "ok" or what is wrong with it. Asks the database, the broker and the rows that workers keep."""
    answer = database()
    if answer == SILENT:
        return {"database": answer}
    row = gate.state()
    odin = session.status_for_screens()
    return {
        "database": answer,
        "broker": "ok" if broker() else SILENT,
        "workers": _workers(row),
        "odin session": "ok" if odin.state == "logged_on" else odin.state.replace("_", " "),
        "circuit": f"open since {row.opened_at:%Y-%m-%dT%H:%M:%SZ}" if row.opened_at else "ok",
        "sending": f"paused since {row.paused_at:%Y-%m-%dT%H:%M:%SZ}" if row.paused_at else "ok",
    }


def numbers() -> dict[str, dict[str, float]]:
    """The figures that monitoring draws, by metric and label. Six queries."""
    now = timezone.now()
    by_state = dict(Delivery.objects.order_by().values_list("state").annotate(Count("id")))
    # What waits for its time is no backlog.
    queued = Delivery.objects.filter(STILL_OPEN, state=State.QUEUED, not_before=None)
    waiting = queued.filter(let_through=True) if closed(now) else queued
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    recent = Attempt.objects.filter(started_at__gte=now - RECENT).order_by()
    attempts = dict(recent.values_list("outcome").annotate(Count("id")))
    row = gate.state()
    swept = gate.since_sweep(row)
    return {
        "portal_build_info": {__version__: 1.0},
        "portal_deliveries": {state.value: by_state.get(state.value, 0) for state in State},
        "portal_attempts_recent": {outcome or "none_yet": count for outcome, count in attempts.items()},
        "portal_oldest_queued_seconds": {"": (now - oldest).total_seconds() if oldest else 0.0},
        "portal_needs_person": {"": Delivery.objects.filter(needs_person=True).count()},
        "portal_new_words": {"": unread().count()},
        "portal_circuit_open": {"": float(row.opened_at is not None)},
        "portal_sending_paused": {"": float(row.paused_at is not None)},
        "portal_odin_logged_on": {"": float(session.status_for_screens().state == "logged_on")},
        "portal_since_sweep_seconds": {"": swept.total_seconds() if swept is not None else -1.0},
    }


def _workers(row: Gate) -> str:
    if not gate.sweeps_are_late(row):
        return "ok"
    if gate.since_sweep(row) is None:
        return "no sweep yet"
    return f"no sweep since {row.swept_at:%Y-%m-%dT%H:%M:%SZ}"
