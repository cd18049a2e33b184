"""Health for load balancers, figures for monitoring: true, and nobody's data."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.models import Gate
from backoffice.delivery.tasks import sweep
from backoffice.health import state
from tests.factories import AttemptFactory, DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_live_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").content == b"ok"


def test_ready_says_of_each_part_how_it_stands(client, settings):
    found = client.get("/health/ready")
    assert found.status_code == 200
    assert (found.json()["database"], found.json()["workers"]) == ("ok", "no sweep of late")
    sweep()
    assert client.get("/health/ready").json()["workers"] == "ok"
    Gate.objects.update(swept_at=timezone.now() - timedelta(minutes=5), opened_at=timezone.now())
    found = client.get("/health/ready").json()
    assert found["workers"] == "no sweep of late"
    assert found["circuit"].startswith("open since")


def test_a_database_that_does_not_answer_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(state, "database", lambda: state.SILENT)
    assert client.get("/health/ready").status_code == 503


def test_a_broker_that_is_down_is_said_and_pages_are_served_all_the_same(client, monkeypatch):
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
