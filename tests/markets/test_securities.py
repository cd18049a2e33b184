"""Securities by symbol, ISIN and token: what fields offer, what is found on forms and files, and as of when."""

import pytest
from django.utils import timezone

from backoffice.protocol.findings import Severity
from backoffice.rest.api.codes import Exchange
from markets import importing, operations, search
from markets.models import ScripImport
from markets.securities import by_token, choices, isin_findings
from tests.markets.files import CONTRACT, SHARES, changed, v2

pytestmark = pytest.mark.django_db

PEEPAL, BANYAN = SHARES[0][8], SHARES[1][8]
UNKNOWN = "INE009A01021"
URL = "/markets/securities/"


def imported(rows, exchange="NSE_EQ"):
    operations.upload(exchange, "x.json", [v2(rows)], by=None)
    importing.work_due()


@pytest.fixture(autouse=True)
def _masters(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    imported(SHARES)
    imported([changed(SHARES[0], nMarketSegmentId=8, nToken=800001, sSeries="A")], "BSE_EQ")
    imported([CONTRACT], "NSE_FO")


def found(text):
    return [(one.isin, one.symbol, one.name, one.exchanges) for one in choices(text, search.masters())]


@pytest.mark.parametrize("text", ["pe", "PEEPAL", " peepal ", PEEPAL, PEEPAL.lower()])
def test_a_security_is_offered_once_with_all_exchanges_that_list_it(text):
    assert found(text) == [(PEEPAL, "PEEPAL", "Peepal Textiles", ("BSE Equity", "NSE Equity"))]


@pytest.mark.parametrize("text", ["", "P", "NIFTY", "900001", UNKNOWN, "P%", "x" * 60, "\x00PE", "पीपल"])
def test_what_has_no_isin_or_fits_nothing_is_not_offered(text):
    assert found(text) == []


def test_an_exact_symbol_comes_before_longer_ones():
    oak = changed(SHARES[1], nToken=7, sSymbol="OAK", sISINCode=UNKNOWN)
    imported([SHARES[0], changed(SHARES[1], sSymbol="OAKS"), oak])
    assert [symbol for _, symbol, *_ in found("oa")] == ["OAK", "OAKS"]
    assert [symbol for _, symbol, *_ in found("oaks")] == ["OAKS"]


def test_the_look_up_says_as_of_when_and_why_it_may_be_out_of_date(client, maker):
    client.force_login(maker)
    answer = client.get(URL, {"q": "peep"}).json()
    assert [one["isin"] for one in answer["securities"]] == [PEEPAL]
    assert "NSE Equity as of " in answer["as_of"]
    assert answer["trouble"] == ""
    operations.refuse(operations.upload("NSE_EQ", "x.json", [b"<html>"], by=None), "A web page")
    trouble = client.get(URL, {"q": "peep"}).json()["trouble"]
    assert "NSE Equity as of" in trouble
    assert "failed" in trouble
    assert "BSE" not in trouble


def test_the_look_up_is_for_people_who_may_see_scrips(client, django_user_model):
    assert client.get(URL, {"q": "peep"}).status_code == 302
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert client.get(URL, {"q": "peep"}).status_code == 403


def test_the_look_up_needs_as_many_queries_for_much_as_for_nothing(client, maker, django_assert_num_queries):
    client.force_login(maker)
    client.get(URL)
    for text, queries in (("xx", 6), ("peep", 6), (PEEPAL, 6)):
        with django_assert_num_queries(queries):
            client.get(URL, {"q": text})


def findings(*isins):
    (own,) = isin_findings([{"quantities": [{"isin": isin} for isin in isins]}], "quantities")
    return own


def test_an_isin_that_no_current_master_has_is_a_warning_as_of_the_import():
    (finding,) = findings(PEEPAL, UNKNOWN, BANYAN.lower())
    assert (finding.path, finding.severity) == ("quantities.1.isin", Severity.WARNING)
    assert f"Check {UNKNOWN}: it is in no scrip master (" in finding.text
    assert "NSE Equity as of " in finding.text


def test_a_deleted_security_is_a_warning():
    imported([changed(SHARES[1], cDeleteFlag="Y"), SHARES[0], SHARES[2]])
    (finding,) = findings(PEEPAL, BANYAN)
    assert f"{BANYAN}: it is deleted" in finding.text


def test_for_a_symbol_its_isin_is_offered():
    (finding,) = findings("peepal")
    assert finding.cleaned == PEEPAL
    assert "PEEPAL is the symbol of Peepal Textiles, INE000A01012." in finding.text
    assert findings("PEE", "NIFTY", "x" * 5_000, "") == []


def test_for_a_symbol_of_several_securities_a_person_chooses():
    imported([*SHARES, changed(SHARES[1], nToken=7, sSymbol="PEEPAL", sSeries="N1")])
    (finding,) = findings("PEEPAL")
    assert finding.cleaned is None
    assert PEEPAL in finding.text
    assert BANYAN in finding.text


def test_old_masters_say_so_in_the_finding():
    ScripImport.objects.update(current_since=timezone.now() - timezone.timedelta(days=10))
    assert "out of date" in findings(UNKNOWN)[0].text


def test_without_a_master_of_shares_nothing_is_found():
    ScripImport.objects.exclude(exchange="NSE_FO").update(state="replaced")
    assert findings(UNKNOWN, "PEEPAL") == []


@pytest.mark.parametrize("values", [{}, {"quantities": None}, {"quantities": ["x", {}, {"isin": None}]}])
def test_values_without_isins_have_no_findings(values):
    assert isin_findings([values], "quantities") == [[]]


def test_five_hundred_rows_need_as_many_queries_as_one(django_assert_num_queries):
    rows = [{"quantities": [{"isin": PEEPAL}, {"isin": f"SYM{number}"}]} for number in range(500)]
    rows[7]["quantities"].append({"isin": UNKNOWN})
    with django_assert_num_queries(3):
        own = isin_findings(rows, "quantities")
    assert [place for place, each in enumerate(own) if each] == [7]
    with django_assert_num_queries(3):
        isin_findings(rows[:1], "quantities")


def test_tokens_have_their_scrips_exchange_by_exchange():
    wanted = {("NSE_EQ", 900001), ("BSE_EQ", 800001), ("BSE_EQ", 900001), ("MCX_FO", 1), ("NSE_EQ", 10**17)}
    scrips = by_token(wanted, search.masters())
    assert {key: scrip.isin for key, scrip in scrips.items() if key in wanted} == {
        ("NSE_EQ", 900001): PEEPAL,
        ("BSE_EQ", 800001): PEEPAL,
    }
    assert by_token({("MCX_FO", 1)}, search.masters()) == {}
    assert Exchange.MCX_FO not in search.masters()
