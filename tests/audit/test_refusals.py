"""Floods of refusals: one entry a minute and address, and no refusal uncounted."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from backoffice.audit import refusals
from backoffice.audit.models import Entry, Refusal
from backoffice.audit.tasks import note_refusals
from tests.logins.test_login import log_in

FIRST = datetime(2026, 11, 27, 10, 0, 5, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Stop the time of refusals."""
    found = SimpleNamespace(at=FIRST)
    monkeypatch.setattr(refusals, "timezone", SimpleNamespace(now=lambda: found.at))
    return found


def texts(action):
    return list(Entry.objects.filter(action=action).order_by("pk").values_list("text", flat=True))


@pytest.mark.django_db
class TestAFlood:
    def test_of_tries_after_a_lockout_is_one_entry_and_a_count(self, clock, settings):
        for _ in range(settings.LOCKOUT_TRIES + 10):
            log_in(Client(), "asha", "wrong")
        assert len(texts("staff.locked_out")) == 1
        clock.at += timedelta(minutes=5)
        assert note_refusals() == 1
        assert texts("staff.locked_out")[1].startswith("9 more within the same minute: A login was refused")
        note = Entry.objects.filter(action="staff.locked_out").order_by("pk")[1]
        assert (note.details["address"], note.details["times"]) == ("127.0.0.1", 10)
        assert note_refusals() == 0

    def test_of_single_sign_on_is_one_entry(self, clock, settings):
        for _ in range(5):
            refusals.refused("staff.login_failed", subject="", text="Single sign-on failed at the provider.")
        assert len(texts("staff.login_failed")) == 1

    def test_from_two_addresses_is_one_entry_for_each(self, clock, settings):
        for address in ("192.0.2.7", "2001:db8::1", "2001:db8::2"):
            for _ in range(settings.LOCKOUT_TRIES + 3):
                log_in(Client(), "asha", "wrong", REMOTE_ADDR=address)
        assert len(texts("staff.locked_out")) == 2  # the last two are one customer's network

    def test_in_two_minutes_is_two_entries(self, clock):
        for _ in range(2):
            for _ in range(3):
                refusals.refused("staff.locked_out", subject="", text="A login was refused.")
            clock.at += timedelta(minutes=1)
        assert len(texts("staff.locked_out")) == 2

    def test_is_counted_for_an_alarm_and_then_forgotten(self, clock):
        for _ in range(7):
            refusals.refused("connector.token_refused", subject="partner:unknown", text="No such token.")
        asked = ("connector.token_refused", "partner:unknown", timedelta(minutes=10))
        assert refusals.counted(*asked) == 7
        clock.at += timedelta(hours=2)
        note_refusals()
        assert refusals.counted(*asked) == 0
        assert not Refusal.objects.exists()

    def test_is_not_counted_as_ended_while_it_goes_on(self, clock):
        for _ in range(3):
            refusals.refused("staff.locked_out", subject="", text="A login was refused.")
        assert note_refusals() == 0
