"""A database whose disk is full, that breaks a deadlock, or that was restored from an older backup."""

import contextlib
import resource
import sqlite3
import threading

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import RetailUser
from backoffice import killpoints
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.delivery.queue import recover_stale
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.killpoints import Point
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)

#: Seconds; drain ends when nothing is due.
LONG = 20


@contextlib.contextmanager
def full_disk():
    """This process can write to no file any more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def applied(odin, reference):
    """How often ODIN applied the deposit with a reference."""
    return sum(f"|252={reference}|" in line.text and line.applied for line in odin.store.ledger())


@pytest.mark.only_on("sqlite")  # it is done to this process, which writes the file itself
def test_with_a_full_disk_nothing_is_stored_by_halves_and_all_goes_on_afterwards(odin, approved, monkeypatch):
    kept = approved(user_id="KEPT", group_id="HO", pan="", mobile="")
    with full_disk(), pytest.raises(OperationalError):
        approved(user_id="LATE", group_id="HO", pan="", mobile="")
    assert Delivery.objects.count() == Change.objects.count() == 1

    with contextlib.ExitStack() as stack:
        # It is full when the answer has arrived, so that the outcome cannot be stored.
        full = lambda point: stack.enter_context(full_disk()) if point is Point.ANSWERED else None  # noqa: E731
        monkeypatch.setattr(killpoints, "hook", full)
        drain(LONG)  # says in the log what it could not settle
        monkeypatch.setattr(killpoints, "hook", None)
    kept.refresh_from_db()
    assert (kept.state, RetailUser.objects.count()) == (State.IN_FLIGHT, 0), "as it was before the answer"

    Delivery.objects.update(lease_until=timezone.now())
    assert recover_stale() == 1
    drain(LONG)
    kept.refresh_from_db()
    assert (kept.state, kept.attempts.count()) == (State.APPLIED, 2)
    assert [line.code for line in odin.store.ledger() if line.type == 301] == ["1", "0"]


@pytest.mark.only_on("postgresql")  # SQLite has one writer at a time
def test_a_claim_that_loses_a_deadlock_is_made_again(odin, approved, monkeypatch):
    delivery = approved()
    chosen, locked = threading.Event(), threading.Event()

    def hook(point):
        if point is Point.CHOSEN:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            chosen.set()
            assert locked.wait(LONG)

    def other():
        """Holds what the claim will want, and wants what the claim holds."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                assert chosen.wait(LONG)
                cursor.execute(
                    "SET LOCAL deadlock_timeout = '60s'"
                )  # so that the claim is the one that loses
                cursor.execute(f"LOCK TABLE {Change._meta.db_table} IN SHARE MODE")
                locked.set()
                Delivery.objects.filter(pk=delivery.pk).update(priority=0)
        finally:
            connection.close()

    monkeypatch.setattr(killpoints, "hook", hook)
    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(OperationalError, match="deadlock detected"):
        drain(LONG)
    thread.join(LONG)
    monkeypatch.setattr(killpoints, "hook", None)

    drain(LONG)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts.count()) == (State.APPLIED, 1)
    assert [line.code for line in odin.store.ledger() if line.type == 301] == ["1"]


@pytest.mark.only_on("sqlite")  # its backup is a copy of one file
def test_after_an_older_backup_is_restored_nothing_takes_effect_twice(odin, approved):
    create = approved(user_id="RET001", group_id="HO", pan="", mobile="")
    drain(LONG)
    values = {**example(REQUESTS[303]), "group_id": "HO", "user_id": "RET001", "reference": "BEFORE0001"}
    deposit = DeliveryFactory(lane="HO/RET001", message_type=303, own_values=values, reference="BEFORE0001")
    backup = sqlite3.connect(":memory:")
    connection.connection.backup(backup)
    drain(LONG)
    approved(user_id="LATER", group_id="HO", pan="", mobile="")
    drain(LONG)
    assert applied(odin, "BEFORE0001") == 1

    backup.backup(connection.connection)
    assert not RetailUser.objects.filter(user_id="LATER").exists(), "the portal has forgotten it"
    again = approved(user_id="LATER", group_id="HO", pan="", mobile="")
    drain(LONG)

    for delivery in (create, deposit, again):
        delivery.refresh_from_db()
    assert (create.state, deposit.state, again.state) == (State.APPLIED, State.REFUSED, State.REFUSED)
    assert deposit.needs_person, "somebody looks at ODIN, where the deposit is"
    assert "already exist" in again.text
    assert applied(odin, "BEFORE0001") == 1
