"""The shared session when things go wrong around it: races, lost keys, senseless configuration, slow logons."""

import threading
from datetime import timedelta

import pytest
import requests
from cryptography.fernet import Fernet
from django.db import connections
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.odin import logon, session
from backoffice.odin.models import DealerSession

pytestmark = pytest.mark.django_db(transaction=True)


def logons(odin):
    return [line for line in odin.store.ledger() if line.type == 101]


def end(odin):
    """The session ends at ODIN."""
    requests.post(f"{odin.home}session", json={"end": True}, timeout=5).raise_for_status()


def expire(odin, number):
    """The session ends at ODIN, and a worker notices."""
    end(odin)
    session.invalidate(number)


def lift_the_pause():
    DealerSession.objects.update(next_try_at=None)


def test_eight_workers_that_start_at_once_log_on_once(odin):
    barrier, got = threading.Barrier(8), []

    def work():
        barrier.wait()
        try:
            got.append(session.current().number)
        except logon.NoSession as none:
            got.append(none.retry_at is not None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert all(got)
    assert len(logons(odin)) == 1


def test_a_worker_with_an_old_look_at_the_row_does_not_log_on_past_a_failure(odin):
    """Both see a pause that is over; the first fails and pauses again; the second must see that and not try at once."""
    odin.faults.add("logon_status", match={"type": 101}, status="10008", times=-1)
    with pytest.raises(logon.NoSession):
        session.current()
    lift_the_pause()
    old_look = DealerSession.objects.get()
    with pytest.raises(logon.NoSession):
        session.current()
    with pytest.raises(logon.NoSession) as raised:
        logon.log_on(old_look)
    assert raised.value.retry_at
    assert len(logons(odin)) == 2


def test_lifting_a_stop_does_not_lift_three_logons_in_five_minutes(odin, admin):
    odin.faults.add("logon_status", match={"type": 101}, status="10016", times=-1)
    for _ in range(5):
        with pytest.raises(logon.NoSession):
            session.current()
        session.lift_stop(admin, "Tried again")
    assert len(logons(odin)) == 3, "an impatient person must not lock the dealer"


def test_the_pause_after_three_logons_shows_on_every_page(odin):
    for _ in range(3):
        expire(odin, session.current().number)
    with pytest.raises(logon.NoSession):
        session.current()
    status = session.status_for_screens()
    assert (status.state, "within 5 minutes" in status.words) == ("waiting", True)
    assert status.next_try_at > timezone.now() + timedelta(minutes=4)


def test_a_session_sealed_with_a_key_that_is_gone_is_given_up_and_a_new_one_opened(odin, settings):
    first = session.current()
    settings.PORTAL_SEAL_KEYS = [Fernet.generate_key().decode()]
    end(odin)
    assert session.current().number == first.number + 1
    assert Entry.objects.filter(action="session.lost").exists()


def test_logging_off_works_without_the_key_of_the_session(odin, settings, admin):
    session.current()
    settings.PORTAL_SEAL_KEYS = [Fernet.generate_key().decode()]
    session.log_off(admin)
    assert DealerSession.objects.get().state == "logged_off"


def test_a_changed_password_that_cannot_be_opened_stops_logons_in_words(odin):
    DealerSession.objects.update_or_create(pk=1, defaults={"sealed_password": "not a token"})
    with pytest.raises(logon.NoSession, match="PORTAL_SEAL_KEYS") as raised:
        session.current()
    assert raised.value.retry_at is None
    row = DealerSession.objects.get()
    assert (row.state, row.lease_token) == ("stopped", None)
    assert not logons(odin)


def test_a_dealer_id_or_key_that_cannot_be_sent_stops_logons_in_words(odin, settings):
    for name, value in (("ODIN_DEALER_ID", "TOO|ODD"), ("ODIN_PASSWORD_KEY", "longer than sixteen bytes")):
        kept = getattr(settings, name)
        setattr(settings, name, value)
        DealerSession.objects.all().delete()
        with pytest.raises(logon.NoSession, match="cannot be written") as raised:
            session.current()
        assert raised.value.retry_at is None
        setattr(settings, name, kept)


def test_a_stored_password_wins_over_the_configured_one(odin, settings):
    from backoffice.protocol.fields import SecretText
    from backoffice.seal import seal

    right, settings.ODIN_DEALER_PASSWORD = settings.ODIN_DEALER_PASSWORD, "Outdated42"
    DealerSession.objects.update_or_create(pk=1, defaults={"sealed_password": seal(SecretText(right))})
    assert session.current().number == 1


def test_a_logon_that_outlived_its_lease_is_logged_off_and_not_used(odin, monkeypatch):
    """Another worker has the lease now: the late session would only block it (10008)."""
    ask = logon._ask

    def slowly(*given):
        answer = ask(*given)
        DealerSession.objects.update(lease_token=None, lease_until=None)
        return answer

    monkeypatch.setattr(logon, "_ask", slowly)
    with pytest.raises(logon.NoSession) as raised:
        session.current()
    assert raised.value.retry_at
    assert DealerSession.objects.get().number == 0
    monkeypatch.undo()
    assert session.current().number == 1


def test_a_worker_that_died_while_logging_on_holds_up_the_others_for_its_lease_only(odin):
    import uuid

    now = timezone.now()
    row = DealerSession.objects.create(
        pk=1, lease_token=uuid.uuid4(), lease_until=now + timedelta(seconds=30)
    )
    with pytest.raises(logon.NoSession, match="Another worker"):
        session.current()
    row.lease_until = now - timedelta(seconds=1)
    row.save()
    assert session.current().number == 1


def test_a_success_without_a_session_id_is_no_success(odin):
    session.current()
    DealerSession.objects.update(state="logged_off", sealed_session_id="")
    odin.faults.add("logon_status", match={"type": 101}, status="10000")  # over a live session: no id
    with pytest.raises(logon.NoSession, match="no session id") as raised:
        session.current()
    assert raised.value.retry_at


def test_odins_words_are_kept_short_and_without_secrets(odin):
    odin.faults.add("logon_status", match={"type": 101}, status="10016", text="No 4=S3CRETID " + "x" * 9000)
    with pytest.raises(logon.NoSession):
        session.current()
    row = DealerSession.objects.get()
    assert len(row.last_text) < 700
    assert "S3CRETID" not in row.last_text + str(list(Entry.objects.values()))


def test_days_to_the_password_s_expiry_are_said_while_there_is_time(odin):
    odin.faults.add("logon_status", match={"type": 101}, status="10004", days="3")
    session.current()
    assert "expires in 3 days" in session.status_for_screens().words


def test_a_move_and_its_audit_entry_are_one_transaction(odin, monkeypatch):
    number = session.current().number

    def no_disk(*given, **named):
        raise OSError("disk full")

    monkeypatch.setattr(logon, "record", no_disk)
    with pytest.raises(OSError, match="disk full"):
        session.invalidate(number)
    assert DealerSession.objects.get().state == "logged_on"
