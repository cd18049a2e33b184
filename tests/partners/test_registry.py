"""The registry of partners: four eyes, versions kept, secrets sealed (C3)."""

import uuid

import pytest
from django.db import connection

from backoffice.audit.models import Entry
from backoffice.changes.errors import HasErrors, NotAllowed
from backoffice.connector.api.token_check import TokenCheck
from backoffice.protocol.fields import SecretText
from partners import brokers, registry, tokens
from partners.checks import guarded
from partners.errors import ConnectorProblem, NotPermitted
from partners.models import Partner
from tests.partners.conftest import TOKEN, approve, entry

pytestmark = pytest.mark.django_db


def propose(by, **changed):
    return registry.propose(entry(**changed), by=by, reason="As agreed", token=uuid.uuid4())


class TestAnEntry:
    def test_is_there_only_once_a_checker_approved_it(self, maker, checker):
        change = propose(maker)
        assert not Partner.objects.exists()
        approve(change, checker)
        partner = Partner.objects.get()
        assert (partner.name, partner.version, partner.state) == ("Research desk", 1, "active")
        assert partner.products == [{"code": "GROWTH", "name": "Growth", "algo_id": ""}]

    def test_keeps_its_token_sealed_everywhere(self, partner):
        assert TOKEN not in str(Partner.objects.values_list()) + str(partner.versions.values_list())
        assert TOKEN not in str(list(Entry.objects.values_list("before", "after", "details", "text")))
        assert registry.application_token(partner).reveal() == TOKEN

    def test_keeps_the_versions_before(self, partner, maker, checker):
        approve(propose(maker, name="Desk of research", application_token=""), checker)
        partner.refresh_from_db()
        assert (partner.name, partner.version) == ("Desk of research", 2)
        assert [version.values["name"] for version in partner.versions.all()] == [
            "Desk of research",
            "Research desk",
        ]
        assert registry.application_token(partner).reveal() == TOKEN

    def test_is_not_approved_by_its_maker(self, maker):
        with pytest.raises(NotAllowed):
            approve(propose(maker), maker)

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("code", "Desk 1", "short name"),
            ("application_token", "", "needs its application token"),
            ("application_token", SecretText("a b"), "without a space"),
            ("basket_callback", "http://connect.example/x", "https"),
            ("webhook_networks", "203.0.113.0/99", "network"),
            ("partner_ids", [{"partner_id": "A1B2C3"}, {"partner_id": "A1B2C3"}], "twice"),
            ("partner_ids", [{"partner_id": "A1-2C3"}], "Partner ID"),
        ],
    )
    def test_with_a_senseless_value_is_refused(self, maker, field, value, words):
        with pytest.raises(HasErrors) as raised:
            propose(maker, **{field: value})
        assert words in " ".join(finding.text for finding in raised.value.findings)

    def test_cannot_have_the_token_of_another(self, partner, maker):
        with pytest.raises(HasErrors):
            propose(maker, code="other")


class TestAWebhookAddress:
    def test_is_shown_once_and_kept_as_a_hash(self, partner, maker):
        address = registry.new_webhook_address(partner, by=maker)
        secret = address.rstrip("/").rpartition("/")[2]
        assert address == f"https://connect.example/connector/webhook/desk/{secret}/"
        partner.refresh_from_db()
        assert len(secret) == 43
        assert secret not in str(Partner.objects.values_list()) + str(
            Entry.objects.values_list("text", "details")
        )

    def test_is_not_made_for_an_external_partner_or_by_a_checker(self, partner, maker, checker):
        with pytest.raises(NotPermitted):
            registry.new_webhook_address(partner, by=checker)
        partner.kind = "external"
        with pytest.raises(ConnectorProblem, match="of its own"):
            registry.new_webhook_address(partner, by=maker)


class TestTheBrokerList:
    def test_is_compared_with_the_registry(self, partner, vendor, maker):
        rows = brokers.compare(partner, by=maker)
        assert [(row.partner_id, row.at_vendor, row.differs) for row in rows] == [
            ("A1B2C3", "Sample Broking", False),
            ("D4E5F6", "Other", True),
        ]
        ((path, asked),) = vendor.asked
        assert path == "/vasprodmgmt/odinConnectorBrokerList"
        assert asked["sApplicationToken"] == TOKEN
        assert tokens.check(TokenCheck(SecretText(asked["sTwoWayToken"]), "", SecretText(TOKEN)))

    def test_that_does_not_come_is_said(self, partner, settings, maker):
        settings.CONNECTOR_BROKERS_URL = "http://127.0.0.1:9"
        with pytest.raises(ConnectorProblem, match="The Connector cannot be reached"):
            brokers.compare(partner, by=maker)


def test_a_trigger_that_is_gone_is_named(db):
    assert guarded(None, databases=["default"]) == []
    with connection.cursor() as cursor:
        on = " ON partners_basketline" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER basket_line_changed{on}")
    assert "basket_line_changed" in guarded(None, databases=["default"])[0].msg
