"""338 and 340: an ISIN goes out in capitals alone (O7), from the form over SOAP."""

import pytest

from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Attempt
from backoffice.delivery.sending import drain
from tests.html_forms import Page

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = [("edis_quantity", "335"), ("pledge_quantity", "331")]


@pytest.fixture
def as_maker(client, maker, odin, approved):
    approved(user_id="WEBRET1", group_id="HO")
    drain(0.2)
    client.force_login(maker)
    return client


@pytest.mark.parametrize(("slug", "tag"), KINDS)
@pytest.mark.parametrize("typed", ["ine009a01021", "INE 009A 01021"])
def test_capitals_are_offered_and_only_they_go_out(as_maker, checker, slug, tag, typed):
    address = f"/users/HO/WEBRET1/change/{slug}/"
    cards = {"quantities-0-isin": typed, "quantities-0-qty": "10"}
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", **cards))
    assert answer.status_code == 200, "what ODIN does not take is not submitted"
    assert 'data-use="INE009A01021"' in answer.content.decode()
    used = as_maker.post(address, Page(answer.content.decode()).sent(use="quantities.0.isin"))
    page = Page(used.content.decode())
    assert page.named("quantities-0-isin").sent == ["INE009A01021"]
    answer = as_maker.post(address, page.sent(press="check"))
    as_maker.post(answer.url, Page(as_maker.get(answer.url).content.decode()).sent(reason="As asked"))
    change = Change.objects.get(kind=slug, state=State.SUBMITTED)
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(0.2)
    attempt = Attempt.objects.latest("pk")
    assert attempt.code == "1", attempt.text
    assert f'|{tag}=[{{"ISIN":"INE009A01021","Qty":"10","Status":""}}]|' in attempt.request


def test_two_spellings_of_one_security_are_not_two_securities(as_maker):
    address = "/users/HO/WEBRET1/change/edis_quantity/"
    cards = {
        "quantities-0-isin": "INE009A01021",
        "quantities-0-qty": "10",
        "quantities-1-isin": "ine009a01021",
        "quantities-1-qty": "20",
    }
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", **cards))
    assert 'id="id_quantities-1-isin-finding-0"' in answer.content.decode()
