"""What people who settle the Connector's findings see first on Today."""

import pytest

from partners import findings
from partners.models.records import FindingKind
from runs import operations
from runs.models import ClientState
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(client):
    """The page of Today, as a person reads it."""

    def page_of(person):
        client.force_login(person)
        return flowed(client.get("/").content.decode())

    return page_of


def test_a_client_that_a_run_stopped_for_waits_on_today_until_a_person_decided(
    visitor, standin, today, checker, support
):
    standin.faults.add("html_400", call="place")
    visitor.place()
    assert visitor.fresh().state == ClientState.STOPPED
    page = today(checker)
    assert visitor.own.get_absolute_url() in page
    assert "a decision: continue or end" in page
    assert visitor.own.why in page
    assert visitor.own.get_absolute_url() not in today(support), "support cannot decide it"
    operations.go_on(visitor.own, by=checker, reason="Client asked on the telephone")
    assert visitor.own.get_absolute_url() not in today(checker)


def test_open_findings_are_counted_with_the_way_to_them(visitor, today, checker, settings):
    findings.found(FindingKind.SILENCE, "partner:desk", "No message since 10:00.")
    page = today(checker)
    assert "/partners/findings/?open=true" in page
    assert "1 open finding" in page
    settings.CONNECTOR = False
    assert "open finding" not in today(checker)
