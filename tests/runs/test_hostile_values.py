"""The pages of the Connector and of runs, with one of each of their things: no value breaks them."""

import pytest

from partners import invitations, switches
from partners.models import BasketVersion, Consent
from tests.test_hostile_values import broken_by_addresses, broken_by_what_is_sent, names, pages_of
from tests.test_hostile_values import everybody as everybody_elsewhere

__all__ = ["everybody_elsewhere", "names"]


@pytest.fixture
def everybody(everybody_elsewhere, open_run, clients, maker):
    """A client whose person has every role, and one of each thing of these rooms."""
    run = open_run()
    version = BasketVersion.objects.get()
    invitation, _ = invitations.invite(version, clients[0], 1, by=maker)
    own = run.clients.first()
    everybody_elsewhere.things = {
        "/partners/baskets/": version.basket_id,
        "/partners/versions/": version.pk,
        "/partners/invitations/": invitation.pk,
        "/partners/consents/": Consent.objects.earliest("pk").pk,
        "/partners/switches/": switches.throw("partner", "desk", by=maker, reason="Looked").pk,
        "/runs/new/": version.pk,
        "/runs/": run.pk,
        "/runs/client/": own.pk,
        "/runs/line/": own.lines.earliest("pk").pk,
    }
    return everybody_elsewhere


def test_no_part_of_an_address_breaks_a_page(everybody):
    assert broken_by_addresses(everybody, pages_of(connector=True)) == ""


def test_no_query_and_no_form_breaks_a_page(everybody, names):
    assert broken_by_what_is_sent(everybody, names, pages_of(connector=True)) == ""
