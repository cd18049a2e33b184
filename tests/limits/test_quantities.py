"""338 and 340: an ISIN goes out in capitals alone (O7), from the form over SOAP."""

import pytest

from backoffice.batches.models import RowState
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Attempt
from backoffice.delivery.sending import drain
from markets import importing
from markets import operations as operations_of_masters
from tests.html_forms import Page
from tests.markets.files import SHARES, v2
from tests.uploads import said, sent, uploaded

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = [("edis_quantity", "335"), ("pledge_quantity", "331")]


@pytest.fixture
def as_maker(client, maker, odin, approved):
    approved(user_id="WEBRET1", group_id="HO")
    drain(5)
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
    drain(5)
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


def master(rows=SHARES):
    operations_of_masters.upload("NSE_EQ", "NSE_EQ.json", [v2(rows)], by=None)
    importing.work_due()


@pytest.mark.parametrize(("slug", "tag"), KINDS)
def test_without_a_script_a_symbol_is_answered_with_its_isin(as_maker, slug, tag, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    master()
    address = f"/users/HO/WEBRET1/change/{slug}/"
    page = Page(as_maker.get(address).content.decode())
    cards = {"quantities-0-isin": "peepal", "quantities-0-qty": "10"}
    answer = as_maker.post(address, page.sent(press="check", **cards)).content.decode()
    assert "PEEPAL is the symbol of Peepal Textiles" in answer
    assert f'data-use="{SHARES[0][8]}"' in answer
    field = Page(answer).named("quantities-0-isin")
    assert field.attributes["data-look-up"] == "/markets/securities/"
    used = as_maker.post(address, Page(answer).sent(use="quantities.0.isin"))
    page = Page(used.content.decode())
    assert page.named("quantities-0-isin").sent == [SHARES[0][8]]
    assert as_maker.post(address, page.sent(press="check")).status_code == 302


def test_an_isin_that_the_scrip_master_does_not_have_is_a_warning_that_a_person_may_leave(
    as_maker, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    master()
    address = "/users/HO/WEBRET1/change/edis_quantity/"
    cards = {"quantities-0-isin": "INE009A01021", "quantities-0-qty": "10"}
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", **cards))
    assert answer.status_code == 302
    assert (
        "INE009A01021: it is in no scrip master (NSE Equity as of"
        in as_maker.get(answer.url).content.decode()
    )


@pytest.mark.parametrize(("slug", "tag"), KINDS)
def test_a_file_of_quantities_goes_out_one_security_a_row_and_is_done_the_second_time(
    as_maker, checker, settings, tmp_path, slug, tag
):
    settings.VAR_DIR = tmp_path
    row = {"group_id": "HO", "user_id": "WEBRET1", "isin": "INE009A01021", "qty": "10"}
    sent(as_maker, checker, uploaded(as_maker, slug, row))
    drain(5)
    attempt = Attempt.objects.latest("pk")
    assert attempt.code == "1", attempt.text
    assert f'|{tag}=[{{"ISIN":"INE009A01021","Qty":"10","Status":""}}]|' in attempt.request
    (same,) = uploaded(as_maker, slug, row)
    assert same.state == RowState.DONE_BEFORE
    (other,) = uploaded(as_maker, slug, {**row, "qty": "11"})
    assert other.state == RowState.GOOD


@pytest.mark.parametrize(("slug", "tag"), KINDS)
def test_a_row_with_a_security_that_no_scrip_master_has_is_marked(as_maker, settings, tmp_path, slug, tag):
    settings.VAR_DIR = tmp_path
    operations_of_masters.upload("NSE_EQ", "x.json", [v2([SHARES[0]])], by=None)
    importing.work_due()
    row = {"group_id": "HO", "user_id": "WEBRET1", "qty": "10"}
    known, unknown = uploaded(as_maker, slug, {**row, "isin": SHARES[0][8]}, {**row, "isin": "INE009A01021"})
    assert said(known) == set()
    assert ("quantities.0.isin", "portal.scrips") in said(unknown)
