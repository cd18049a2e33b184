"""The demonstration of the Connector: set up once by the maker and the checker, and registered with the stand-in."""

import pytest
from django.core.management import CommandError, call_command

from backoffice.changes.models import Change
from markets.models import Scrip, ScripImport
from partners import registry
from partners.models import BasketVersion, Partner
from partners.models.baskets import Stage
from standins.connector import ConnectorStandIn
from standins.rest.masters import scrips as rows_of
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db

TOKEN = "application-token-of-the-demonstration"


@pytest.fixture
def master(scrips):
    """The scrip master that the stand-ins share."""
    own = ScripImport.objects.get(exchange="NSE_EQ")
    Scrip.objects.filter(scrip_import=own).delete()
    Scrip.objects.bulk_create(
        Scrip(scrip_import=own, exchange="NSE_EQ", token=int(row.token), symbol=row.symbol, series=row.series,
              lot=1, tick=5, mark=1)
        for row in rows_of("NSE_EQ")
    )  # fmt: skip


@pytest.fixture
def standin(settings, monkeypatch):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    settings.CONNECTOR_PUBLIC_URL = "http://127.0.0.1:8000"
    monkeypatch.setenv("CONNECTOR_APPLICATION_TOKEN", TOKEN)
    with ConnectorStandIn(application_token=TOKEN) as found:
        settings.CONNECTOR_LANDING_URL = found.home.rstrip("/")
        yield found


def test_the_desk_is_ready_and_a_second_run_changes_nothing(standin, master, maker, checker):
    call_command("demo_connector")
    kinds = Partner.objects.order_by("code").values_list("code", "kind")
    assert list(kinds) == [("advisers", "external"), ("desk", "own")]
    published = BasketVersion.objects.filter(state=Stage.PUBLISHED)
    assert [version.lines.count() for version in published.order_by("id")] == [3, 2, 3, 2]
    assert {(one.made_by, one.decided_by) for one in Change.objects.select_related()} == {(maker, checker)}
    (publisher,) = standin.publishers.all()
    assert publisher.name == "Research desk"
    assert publisher.webhook_url.startswith("http://127.0.0.1:8000/connector/webhook/desk/")

    call_command("demo_connector")
    assert Change.objects.count() == 6
    assert standin.publishers.all() == [publisher]


def test_another_port_or_a_basket_that_expired_is_made_good(standin, master, maker, checker, settings):
    call_command("demo_connector")
    BasketVersion.objects.filter(basket__name="Income two").update(state=Stage.EXPIRED)
    settings.CONNECTOR_PUBLIC_URL = "http://127.0.0.1:9000"
    call_command("demo_connector")
    assert [version.number for version in BasketVersion.objects.filter(state=Stage.PUBLISHED)] == [2, 1, 1, 1]
    assert standin.publishers.all()[0].webhook_url.startswith("http://127.0.0.1:9000/connector/webhook/desk/")


def test_it_is_for_demonstrations_only(maker, checker, settings):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    with pytest.raises(CommandError, match="DEMO"):
        call_command("demo_connector")
    assert not Partner.objects.exists()
    assert registry.by_application_token(TOKEN) is None


def test_whom_it_invites_is_told_with_the_password_that_opens_the_basket(
    standin, master, maker, checker, capsys
):
    RetailUserFactory(group_id="HO", user_id="TRY001", status="A")
    call_command("demo_connector")
    printed = capsys.readouterr().out
    assert "HO/TRY001 is invited to Growth three" in printed
    assert "The password of the clients HO/TRY... is Banyan42" in printed
