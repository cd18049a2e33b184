"""The shared dealer session: one logon for all workers, and what each logon status means (A6)."""

import threading
from datetime import timedelta

import pytest
import requests
from django.db import connection, connections
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.odin import logon, reading, session
from backoffice.odin.models import DealerSession
from backoffice.protocol.codes import LogonStatus
from backoffice.protocol.messages.reads import PeriodicityList

pytestmark = pytest.mark.django_db(transaction=True)

STATUSES = [status for status in LogonStatus if not status.success]
PASSING = [status.value for status in STATUSES if status.value in logon.PASSING]
STOPPING = [status.value for status in STATUSES if status.value not in logon.PASSING]


def expire(odin, number):
    """The session ends at ODIN, and a worker notices."""
    requests.post(f"{odin.home}/session", json={"end": True}, timeout=5).raise_for_status()
    session.invalidate(number)


def logons(odin):
    return [line for line in odin.store.ledger() if line.type == 101]


def test_a_logon_is_kept_sealed_and_used_again(odin):
    first, second = session.current(), session.current()
    row = DealerSession.objects.get()
    assert (first.number, second.number, len(logons(odin))) == (1, 1, 1)
    assert first.id == second.id
    assert first.id.reveal() not in str(DealerSession.objects.values())
    assert row.state == "logged_on"


@pytest.mark.parametrize("given", ["0x 1 2", "{9A0C,B$=}", "\u20b9<&>'\""])
def test_whatever_session_id_odin_gives_is_sent_back_as_it_came(odin, given):
    odin.faults.add("session_id", text=given)
    assert reading.ask(PeriodicityList, {}).code == "1"
    assert session.current().id.reveal() == given
    session.log_off(None)
    assert odin.store.newest(1)[0].code == "1", "it was the id of the session for the logoff too"


@pytest.mark.parametrize("given", ["0x|1", "x" * 101])
def test_a_session_id_that_cannot_be_sent_back_is_no_session(odin, given):
    odin.faults.add("session_id", text=given)
    with pytest.raises(logon.NoSession, match="no session id that can be sent back") as raised:
        session.current()
    assert raised.value.retry_at
    assert given not in str(raised.value)


def test_only_the_present_session_is_forgotten(odin):
    first = session.current()
    expire(odin, first.number)
    second = session.current()
    session.invalidate(first.number)
    assert session.current().number == second.number == 2


def test_eight_workers_that_see_an_expired_session_log_on_once(odin):
    number = session.current().number
    requests.post(f"{odin.home}/session", json={"end": True}, timeout=5).raise_for_status()
    numbers, others = [], []

    def work():
        session.invalidate(number)
        try:
            numbers.append(session.current().number)
        except logon.NoSession as none:
            others.append(none.retry_at)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(numbers) == {2}
    assert all(others), "the others are told when to come back"
    assert len(logons(odin)) == 2


@pytest.mark.parametrize("status", ["10000", "10004", "10006"])
def test_a6_these_statuses_are_success(odin, status):
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    assert session.current().id
    assert DealerSession.objects.get().last_status == status


@pytest.mark.parametrize("status", STOPPING)
def test_a6_these_statuses_stop_logons_until_a_person_lifts_the_stop(odin, admin, status):
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    for _ in range(3):
        with pytest.raises(logon.NoSession) as raised:
            session.current()
        assert raised.value.retry_at is None
    assert len(logons(odin)) == 1, "no further logon is tried: two more wrong ones lock the dealer"
    assert session.status_for_screens().state == "stopped"
    session.lift_stop(admin, "The password was put right")
    assert session.current().number == 1
    assert Entry.objects.get(action="session.stop_lifted").reason == "The password was put right"


@pytest.mark.parametrize("status", PASSING)
def test_a6_these_statuses_wait_with_growing_pauses(odin, status):
    odin.faults.add("logon_status", match={"type": 101}, status=status, times=-1)
    pauses = []
    for _ in range(3):
        DealerSession.objects.update(next_try_at=None, recent_logons=[])
        with pytest.raises(logon.NoSession) as raised:
            session.current()
        pauses.append(raised.value.retry_at - timezone.now())
    assert pauses == sorted(pauses)
    with pytest.raises(logon.NoSession):
        session.current()
    assert len(logons(odin)) == 3, "before the pause is over nothing is tried"


def test_at_most_three_logons_in_five_minutes(odin):
    for _ in range(3):
        expire(odin, session.current().number)
    with pytest.raises(logon.NoSession, match="within 5 minutes") as raised:
        session.current()
    assert raised.value.retry_at > timezone.now() + timedelta(minutes=4)
    assert len(logons(odin)) == 3


@pytest.mark.parametrize("fault", ["drop_after", "garbage", "soap_fault"])
def test_an_unknown_logon_answer_is_no_session_and_pauses(odin, fault):
    odin.faults.add(fault, match={"type": 101})
    with pytest.raises(logon.NoSession) as raised:
        session.current()
    assert raised.value.retry_at > timezone.now()
    assert DealerSession.objects.get().state == "waiting"


def test_a_clock_that_was_set_back_does_not_keep_the_portal_logged_off(odin):
    later = timezone.now() + timedelta(hours=1)
    DealerSession.objects.create(
        pk=1,
        state=DealerSession.State.WAITING,
        next_try_at=later,
        recent_logons=[later.isoformat()] * logon.LOGONS_AT_MOST,
    )
    assert not session.blocked(session.as_it_is(), timezone.now())
    assert session.current().number == 1


def test_m2_logging_off_is_best_effort(odin, admin, settings):
    session.current()
    odin.faults.add("drop_before", match={"type": 108})
    session.log_off(admin)
    assert DealerSession.objects.get().state == "logged_off"
    assert Entry.objects.filter(action="session.logged_off").exists()


def test_m5_the_logon_names_dealer_and_indian_time_with_a_hyphen(odin):
    session.current()
    assert f"391=RESERVEDPG-{timezone.localtime():%d%m%y%H}" in logons(odin)[0].text


def test_m5_a_person_with_the_permission_takes_over_the_session_once_where_that_is_configured(
    odin, settings, admin
):
    settings.ODIN_FORCE_LOGIN = True
    odin.faults.add("logon_status", match={"type": 101}, status="10008")
    with pytest.raises(logon.NoSession):
        session.current()
    session.take_over(admin, "The old machine is switched off")
    number = session.current().number
    expire(odin, number)
    session.current()
    assert ["5005=1" in line.text for line in logons(odin)] == [False, True, False]
    assert Entry.objects.get(action="session.take_over").by == admin


@pytest.mark.parametrize(("configured", "status"), [(False, "10008"), (True, "10014")])
def test_m5_nobody_forces_a_logon_where_it_is_not_configured_or_nobody_holds_the_session(
    odin, settings, admin, configured, status
):
    settings.ODIN_FORCE_LOGIN = configured
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    with pytest.raises(logon.NoSession):
        session.current()
    with pytest.raises(session.NotAllowed):
        session.take_over(admin, "The old machine is switched off")


def test_who_may_not_operate_the_session_is_turned_away_by_the_operation(odin, checker, settings):
    settings.ODIN_FORCE_LOGIN = True
    session.current()
    for forbidden in (
        lambda: session.log_off(checker),
        lambda: session.lift_stop(checker, "Why not"),
        lambda: session.take_over(checker, "Why not"),
    ):
        with pytest.raises(session.NotAllowed):
            forbidden()


def test_a_logon_that_reached_nobody_is_tried_again_soon_and_does_not_count(settings, db):
    settings.ODIN_SERVICE_URL = settings.ODIN_WSDL_URL = "http://127.0.0.1:9/UserCreation.svc"
    for _ in range(logon.LOGONS_AT_MOST + 2):
        DealerSession.objects.update(next_try_at=None)
        with pytest.raises(logon.NoSession) as raised:
            session.current()
    assert raised.value.retry_at <= timezone.now() + logon.LONGEST_WITHOUT_CONNECTION
    assert DealerSession.objects.get().recent_logons == []


def test_no_secret_is_in_the_audit_trail(odin, settings):
    current = session.current()
    trail = str(list(Entry.objects.values()))
    assert current.id.reveal() not in trail
    assert settings.ODIN_DEALER_PASSWORD not in trail


def test_the_header_of_every_page_costs_one_query_and_no_logon(odin, django_assert_num_queries):
    with django_assert_num_queries(1, connection=connection):
        status = session.status_for_screens()
    assert status.state == "logged_off"
    assert not logons(odin)
