"""What happens to consents and keys when two ask at once."""

import re
import threading
import uuid

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.connector import client as connector_client
from backoffice.connector.client import KeysAnswer, KeysOutcome
from partners import consent_desk, consent_visits, consents, key_fetches, tasks
from partners.errors import ConnectorProblem
from partners.models import Consent, KeyFetch
from partners.models.consents import ConsentState
from tests.partners.conftest import approve
from tests.partners.consent_steps import terms
from tests.partners.test_guards import at_once

pytestmark = pytest.mark.django_db(transaction=True)

#: Seconds in which a revocation that nothing holds back would be done.
SOON = 0.3


@pytest.fixture
def with_code(desk, client_with_mail, maker):
    """A consent that waits for its code, and the code."""
    consent, _ = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    consent_visits.send_code(consent)
    return consent, re.search(r"[0-9]{6}", mail.outbox[-1].body)[0]


def confirm(consent, code):
    try:
        consent_visits.confirm(consent, code, consent.text_hash)
    except ConnectorProblem:
        return


def test_a_code_that_is_sent_twice_gives_one_consent(with_code):
    at_once(*[lambda: confirm(*with_code)] * 4)
    assert Consent.objects.get().state == ConsentState.ACTIVE
    assert Entry.objects.filter(action="connector.consent_given").count() == 1


def test_five_wrong_codes_are_five(with_code):
    consent, code = with_code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    at_once(*[lambda: confirm(consent, wrong)] * 8)
    confirm(consent, code)
    assert Consent.objects.get().state == ConsentState.WAITING


def test_a_revocation_waits_for_the_order_that_was_checked_before(with_code, checker):
    consent, code = with_code
    confirm(consent, code)
    revoked = threading.Event()

    def revoke():
        consent_desk.revoke(consent, by=checker, reason="The client telephoned")
        revoked.set()
        connection.close()

    with transaction.atomic():
        assert consents.Check(consent.client, consent.partner, "GROWTH").now().consent == consent
        thread = threading.Thread(target=revoke)
        thread.start()
        assert not revoked.wait(SOON)
    thread.join(30)
    assert revoked.is_set()
    with transaction.atomic():
        assert consents.Check(consent.client, consent.partner, "GROWTH").now().consent is None


def test_two_workers_ask_for_keys_once(desk, maker, checker, settings, monkeypatch):
    settings.CONNECTOR_KEYS_URL = "http://127.0.0.1:9"
    asked = []

    def answer(*given):
        asked.append(given)
        return KeysAnswer(KeysOutcome.UNKNOWN, "No answer came in time.")

    monkeypatch.setattr(connector_client, "api_keys", answer)
    approve(key_fetches.propose(desk, by=maker, reason="First keys", token=uuid.uuid4()), checker)
    meet, real, calls = threading.Barrier(4), timezone.now, threading.local()

    def now():
        """The time; the second time that a worker asks, it has found the fetch and is about to claim it."""
        calls.count = getattr(calls, "count", 0) + 1
        if calls.count == 2:
            meet.wait(20)
        return real()

    monkeypatch.setattr(timezone, "now", now)
    at_once(*[tasks.fetch_keys] * 4)
    assert len(asked) == 1
    assert KeyFetch.objects.get().state == "unknown"
