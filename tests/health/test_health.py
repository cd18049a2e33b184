"""Health for load balancers, figures for monitoring: true, and nobody's data."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice import __version__
from backoffice.delivery import gate
from backoffice.delivery.models import Gate
from backoffice.delivery.tasks import sweep
from backoffice.health import state
from tests.factories import AttemptFactory, DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_live_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").content == f"ok {__version__}".encode()


def test_ready_says_of_each_part_how_it_stands(client, settings):
    found = client.get("/health/ready")
    assert (found.json()["database"], found.json()["workers"]) == ("ok", "no sweep yet")
    sweep()
    found = client.get("/health/ready")
    assert (found.status_code, found.json()["workers"]) == (200, "ok")
    Gate.objects.update(swept_at=timezone.now() - timedelta(minutes=5), opened_at=timezone.now())
    found = client.get("/health/ready").json()
    assert found["workers"].startswith("no sweep since 20")
    assert found["circuit"].startswith("open since")


@pytest.mark.parametrize("minutes", [None, -5, 10])
def test_where_nothing_is_swept_the_portal_is_not_ready(client, settings, minutes):
    settings.METRICS_TOKEN = "a-long-token"
    gate.swept(timezone.now())
    assert client.get("/health/ready").status_code == 200
    at = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
    Gate.objects.update(swept_at=at)
    found = client.get("/health/ready")
    assert (found.status_code, found.json()["workers"][:8]) == (503, "no sweep")
    text = client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).content.decode()
    assert ("portal_since_sweep_seconds -1.0" in text) is (minutes != -5), (
        "a time in the future counts as never"
    )
    assert client.get("/health/live").status_code == 200


def test_a_sweep_after_the_clock_was_set_back_is_a_sign_of_life(client):
    gate.swept(timezone.now() + timedelta(minutes=10))
    sweep()
    assert client.get("/health/ready").status_code == 200


def test_a_database_that_does_not_answer_is_not_ready(client, monkeypatch):
    gate.swept(timezone.now())
    monkeypatch.setattr(state, "database", lambda: state.SILENT)
    assert client.get("/health/ready").status_code == 503


def test_a_broker_that_is_down_is_said_and_pages_are_served_all_the_same(client, swept, monkeypatch):
    monkeypatch.setattr(state, "broker", lambda: False)
    found = client.get("/health/ready")
    assert (found.status_code, found.json()["broker"]) == (200, "does not answer")


def test_a_sweep_leaves_its_sign_of_life_seldom():
    now = timezone.now()
    gate.swept(now)
    gate.swept(now + timedelta(seconds=1))
    assert Gate.objects.get().swept_at == now
    gate.swept(now + timedelta(seconds=10))
    assert Gate.objects.get().swept_at == now + timedelta(seconds=10)


def test_metrics_are_for_those_with_the_token(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200


def test_metrics_count_what_is_there_and_name_nobody(client, settings):
    settings.METRICS_TOKEN = "a-long-token"
    delivery = DeliveryFactory(lane="HO/RET001")
    AttemptFactory(delivery=delivery, outcome="unknown")
    text = client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).content.decode()
    assert 'portal_deliveries{state="queued"} 1.0' in text
    assert 'portal_deliveries{state="refused"} 0.0' in text
    assert 'portal_attempts_recent{outcome="unknown"} 1.0' in text
    assert "portal_sending_paused 0.0" in text
    assert "RET001" not in text


def test_what_waits_for_its_time_is_no_backlog(settings):
    DeliveryFactory(lane="HO/A", not_before=timezone.now() + timedelta(hours=1))
    assert state.numbers()["portal_oldest_queued_seconds"][""] == 0
    DeliveryFactory(lane="HO/B")
    assert state.numbers()["portal_oldest_queued_seconds"][""] > 0
    settings.SENDING_DAYS = frozenset({(timezone.localdate().weekday() + 3) % 7})
    assert state.numbers()["portal_oldest_queued_seconds"][""] == 0
