"""The page of the dealer session: who may see it, and who may lift a stop."""

from datetime import timedelta
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.odin import logon, session
from backoffice.odin.models import DealerSession
from backoffice.odin.uptime import uptime
from tests.factories import EntryFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/odin/session/"


def test_a_stop_is_shown_and_lifted_with_a_reason(odin, client, admin):
    odin.faults.add("logon_status", match={"type": 101}, status="10002")
    with pytest.raises(logon.NoSession):
        session.current()
    client.force_login(admin)
    assert "Lift the stop" in client.get(PAGE).content.decode()
    client.post(reverse("odin:lift_stop"), {"reason": " "})
    assert DealerSession.objects.get().state == "stopped"
    client.post(reverse("odin:lift_stop"), {"reason": "The password was put right"})
    assert session.current().number == 1
    assert Entry.objects.get(action="session.stop_lifted").by == admin


def test_an_admin_logs_the_dealer_off(odin, client, admin):
    session.current()
    client.force_login(admin)
    client.post(reverse("odin:log_off"))
    assert DealerSession.objects.get().state == "logged_off"
    assert {line.type for line in odin.store.ledger()} == {101, 108}


def test_a_maker_may_neither_see_nor_operate_it(client, maker):
    client.force_login(maker)
    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("odin:log_off")).status_code == 403
    assert client.post(reverse("odin:lift_stop"), {"reason": "x"}).status_code == 403


def test_a_checker_sees_it_and_cannot_operate_it(client, checker):
    client.force_login(checker)
    assert client.get(PAGE).status_code == 200
    assert client.post(reverse("odin:lift_stop"), {"reason": "x"}).status_code == 403


def test_no_secret_is_on_the_page(odin, client, admin, settings):
    current = session.current()
    client.force_login(admin)
    page = client.get(PAGE).content.decode()
    assert current.id.reveal() not in page
    assert settings.ODIN_DEALER_PASSWORD not in page


def test_the_last_days_show_when_the_session_was_there_and_what_stopped_it(client, admin, settings):
    now = timezone.now()
    history = (
        ("session.logged_on", timedelta(days=9)),
        ("session.stopped", timedelta(days=5)),
        ("session.stop_lifted", timedelta(days=4)),
        ("session.logged_on", timedelta(days=2)),
        ("session.logged_off", timedelta(days=1)),
    )
    for action, ago in history:
        with mock.patch("django.utils.timezone.now", return_value=now - ago):
            EntryFactory(action=action, subject=settings.ODIN_DEALER_ID)
    found = uptime()
    session_lane, logons = found.axis.lanes
    assert [one.tone for one in session_lane.stretches] == ["good", "bad", "good"]
    assert found.percent == 43, "three of seven days"
    assert [one.tone for one in logons.moments] == ["bad", "good"]
    client.force_login(admin)
    page = client.get(PAGE).content.decode()
    assert "logged on 43% of the time" in page
    assert 'aria-label="Session: there 43% of the time; Logons stopped' in page
