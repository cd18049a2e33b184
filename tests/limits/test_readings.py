"""316, 318, 326 and 328: asked for on a page, fetched over real SOAP, kept with the time, shown, and exported."""

import json
from datetime import datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery.sending import drain
from backoffice.delivery.tasks import fetch_answers
from backoffice.kit.formats import INDIA
from backoffice.kit.names import offered
from backoffice.odin.models import Question
from limits import reading_page
from limits.models import Periodicity
from limits.reading_shapes import Kind
from limits.tasks import refresh_periodicities
from markets import importing, operations
from tests.asking import COMBINED, PAGE, ask, given
from tests.factories import RetailUserFactory
from tests.html_forms import flowed
from tests.markets.files import SHARES, changed, v2

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(odin, approved):
    """A retail user that ODIN has, with a deposit."""
    approved(user_id="HAS001", group_id="HO")
    drain(5)


def answered(json_text, kind=Kind.STOCK_VIEW, reply=329):
    return Question(
        message_type=kind, state=Question.State.ANSWERED, answer=f"63=FT1.0|64={reply}|18=1|19={json_text}"
    )


@pytest.mark.parametrize(
    ("kind", "data", "shown_words"),
    [
        ("summary", COMBINED, "Net Available Funds"),
        ("funds", COMBINED, "Cash Deposit"),
        ("stocks", {}, "No holdings"),
    ],
)
def test_an_answer_appears_after_it_was_asked_for(user, as_maker, swept, kind, data, shown_words):
    assert ask(as_maker, kind, **data).status_code == 302
    page = as_maker.get(PAGE).content.decode()
    assert "Asking ODIN" in page
    assert fetch_answers() == 1
    panel = as_maker.get(reverse("limits:panel", args=["HO", "HAS001", kind])).content.decode()
    assert shown_words in panel
    assert "hx-get" not in panel
    assert "Asking ODIN" not in panel
    assert Entry.objects.filter(action="reading.asked", subject="HO/HAS001").count() == 1


def test_the_page_shows_only_what_was_asked_and_who_may_ask(user, client, compliance):
    client.force_login(compliance)
    page = client.get(PAGE).content.decode()
    assert "Not read yet" in page
    assert "Read now</button>" not in page
    assert ask(client, "stocks").status_code == 403


def test_what_odin_would_refuse_is_not_asked(user, as_maker):
    answer = as_maker.post(
        reverse("limits:ask", args=["HO", "HAS001", "funds"]), {"periodicity": "x"}, follow=True
    )
    assert "Periodicity" in answer.content.decode()
    assert not Question.objects.exists()


def test_a_refusal_is_shown_in_odin_s_words(odin, as_maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    ask(as_maker, "stocks")
    fetch_answers()
    reading = Question.objects.get()
    assert (reading.state, reading.code) == (Question.State.FAILED, "0")
    assert "ODIN said: " in as_maker.get(PAGE).content.decode()


def test_318_is_kept_and_offered_by_name(odin, as_maker, user):
    refresh_periodicities()
    fetch_answers()
    assert Periodicity.objects.filter(number=129).count() == 2
    assert ("129", "MCX Futures, MCX Option (129)") in offered("periodicities")
    form = as_maker.get(reverse("accounts:change", args=["HO", "HAS001", "square_off"])).content.decode()
    assert "NSE Combined [NSEEQ + NSEFAO] (15)" in form
    page = as_maker.get(reverse("limits:periodicities")).content.decode()
    assert "BSE Derivatives" in page


def test_318_is_asked_for_once_a_day_however_often_beat_starts(odin, user, monkeypatch):
    def beat_starts_at(*moment):
        now = datetime(*moment, tzinfo=INDIA)
        monkeypatch.setattr(timezone, "now", lambda: now)
        for _ in range(3):
            refresh_periodicities()
            fetch_answers()
        return Question.objects.filter(message_type=Kind.PERIODICITIES).count()

    assert beat_starts_at(2026, 11, 30, 7, 0) == 1, "yesterday's was missed"
    assert beat_starts_at(2026, 11, 30, 7, 29) == 1
    assert beat_starts_at(2026, 11, 30, 7, 30) == 2
    assert beat_starts_at(2026, 11, 30, 23, 59) == 2
    assert beat_starts_at(2026, 12, 1, 7, 29) == 2
    assert beat_starts_at(2026, 12, 1, 18, 0) == 3
    assert beat_starts_at(2026, 12, 1, 9, 0) == 4, "the clock was set back: the last one is in the future"


def test_a_new_portal_asks_for_the_periodicities_once(db):
    call_command("ask_periodicities")
    call_command("ask_periodicities")
    assert Question.objects.get().message_type == Kind.PERIODICITIES
    Question.objects.update(state=Question.State.FAILED)
    Periodicity.objects.create(number=1, market_segment="Known")
    call_command("ask_periodicities")
    assert Question.objects.count() == 1


def test_a_list_of_periodicities_that_cannot_be_read_leaves_the_old_one(monkeypatch, as_maker):
    Periodicity.objects.create(number=1, market_segment="Kept")
    given(monkeypatch, 318, "63=FT1.0|64=319|18=1|19={broken")
    refresh_periodicities()
    fetch_answers()
    assert [row.market_segment for row in Periodicity.objects.all()] == ["Kept"]
    assert "cannot be read" in as_maker.get(reverse("limits:periodicities")).content.decode()


def test_the_funds_view_is_a_tree_in_the_document_s_order():
    rows = [
        {"sDescription": "Net Available Funds", "nTrading": 7, "sIndicator": ""},
        {"sDescription": "Deposit", "nTrading": 5, "sIndicator": "Deposit"},
        {"sDescription": "Cash Deposit", "nTrading": 5, "sIndicator": "Deposit"},
        {"sDescription": "Option CFS", "nTrading": 1, "sIndicator": "Option CFS"},
        {"sDescription": "Option CFS", "nTrading": 2, "sIndicator": "Option CFS"},
        {"sDescription": "MF Position", "nTrading": 0, "sIndicator": "Limit Utilization"},
        {"sDescription": "Something new", "nTrading": 3, "sIndicator": ""},
    ]
    tree = reading_page.funds({"FundsView": rows})
    assert [(line.name, line.amount, [part.name for part in line.parts]) for line in tree] == [
        ("Deposit", Decimal(5), ["Cash Deposit"]),
        ("Option CFS", Decimal(1), ["Option CFS"]),
        ("Limit Utilization", None, ["MF Position"]),
        ("Net Available Funds", Decimal(7), []),
        ("Something new", Decimal(3), []),
    ]


STOCK = {
    "sDPAvailable": 10, "sDPBlock": 4, "sDPFree": 5, "TOTALQUANTITY": 10, "TOTALBLOCKQUANTITY": 4,
    "TOTALFREEQUANTITY": 6, "ISIN": "INE154A01025", "sSymbol": "ITC", "sSeries": "EQ",
    "OtherSegmentTokens": "1:1660,8:500875,38:7",
}  # fmt: skip


def test_what_is_zero_in_the_funds_view_is_folded(as_maker, maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    rows = [
        {"sDescription": "Deposit", "nTrading": "500.00", "sIndicator": ""},
        {"sDescription": "Cash", "nTrading": "500.00", "sIndicator": "Deposit"},
        {"sDescription": "Notional", "nTrading": "0.00", "sIndicator": "Deposit"},
        {"sDescription": "Collateral", "nTrading": "0.00", "sIndicator": ""},
        {"sDescription": "Option CFS", "nTrading": "0.00", "sIndicator": ""},
    ]
    answer = answered(json.dumps({"FundsView": rows}), Kind.FUNDS_VIEW, 327)
    answer.lane, answer.asked_by, answer.ended_at = "HO/HAS001", maker, timezone.now()
    answer.save()
    html = flowed(as_maker.get(PAGE).content.decode())
    assert html.count("1 more that is zero") == 1
    assert html.count("2 more that are zero") == 1
    shown, _, folded = html.partition("2 more that are zero")
    assert "<dt>Cash</dt>" in shown
    assert "Collateral" in folded


def test_a_stock_whose_free_quantity_does_not_add_up_is_marked():
    (holding,) = reading_page.stocks({"StockView": [STOCK]})
    assert holding.mismatches == ["DP"]


def test_a7_the_tokens_of_a_stock_name_the_exchanges_of_the_rest_api():
    (holding,) = reading_page.stocks({"StockView": [STOCK]})
    assert list(map(str, holding.tokens)) == ["NSE Equity 1660", "BSE Equity 500875", "exchange 38 7"]


def test_the_tokens_of_a_stock_have_their_symbols_as_of_the_import_and_another_isin_is_marked(
    as_maker, maker, settings, tmp_path, django_assert_max_num_queries
):
    settings.VAR_DIR = tmp_path
    itc = changed(SHARES[0], nToken=1660, sSymbol="ITC", sSecurityDesc="ITC Limited", sISINCode=STOCK["ISIN"])
    other = changed(SHARES[1], nMarketSegmentId=8, nToken=500875)
    for exchange, row in (("NSE_EQ", itc), ("BSE_EQ", other)):
        operations.upload(exchange, "x.json", [v2([row])], by=None)
        importing.work_due()
    RetailUserFactory(group_id="HO", user_id="HAS001")
    reading = answered(json.dumps({"StockView": [STOCK] * 200}))
    reading.lane, reading.asked_by = "HO/HAS001", maker
    reading.save()
    with django_assert_max_num_queries(16):
        page = as_maker.get(PAGE).content.decode()
    assert '<a href="/markets/scrips/NSE_EQ/1660/" title="ITC Limited">NSE Equity 1660 ITC EQ</a>' in page
    assert "BSE Equity 500875" in page
    assert page.count(f"Check BSE Equity 500875: the scrip master has {SHARES[1][8]}") == 200
    assert "NSE Equity as of " in page
    assert "failed" not in page
    operations.refuse(operations.upload("NSE_EQ", "x.json", [b"<"], by=None), "A web page")
    assert "failed" in as_maker.get(PAGE).content.decode()


def test_without_a_master_the_tokens_of_a_stock_are_shown_as_they_came():
    found = reading_page.named(
        reading_page.stocks({"StockView": [{**STOCK, "OtherSegmentTokens": "1:1660,8:x,1:" + "9" * 40}]}), {}
    )
    assert [(str(token), token.scrip, token.differs) for token in found[0].tokens] == [
        ("NSE Equity 1660", None, False),
        ("BSE Equity x", None, False),
        ("NSE Equity " + "9" * 40, None, False),
    ]


def test_a_reading_is_downloaded_without_formulas(as_maker, maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    reading = answered(json.dumps({"StockView": [{**STOCK, "sSymbol": "=cmd()"}]}))
    reading.lane, reading.asked_by = "HO/HAS001", maker
    reading.save()
    answer = as_maker.get(reverse("limits:reading_csv", args=[reading.pk]))
    text = b"".join(answer.streaming_content).decode()
    assert text.splitlines()[1].startswith("'=cmd(),EQ,INE154A01025,10,4,5,")
    assert "does not add up" in as_maker.get(PAGE).content.decode()


def test_m4_an_answer_that_cannot_be_read_is_shown_as_it_came(as_maker, maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    reading = answered("<b>{broken")
    reading.lane = "HO/HAS001"
    reading.save()
    page = as_maker.get(PAGE).content.decode()
    assert "cannot be read" in page
    assert "&lt;b&gt;{broken" in page


def test_the_retail_user_s_page_leads_to_funds_and_stocks(as_maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    page = as_maker.get(reverse("accounts:detail", args=["HO", "HAS001"])).content.decode()
    assert f'<a href="{PAGE}" >Funds and stocks</a>' in flowed(page)
    assert f'<a href="{PAGE}" aria-current="page" >' in flowed(as_maker.get(PAGE).content.decode())


def test_who_may_not_see_limits_is_not_led_to_funds_and_stocks(client, admin):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    client.force_login(admin)
    assert PAGE not in client.get(reverse("accounts:detail", args=["HO", "HAS001"])).content.decode()
    assert client.get(PAGE).status_code == 403


def test_a_user_that_is_not_here_has_no_readings(as_maker):
    assert as_maker.get(PAGE).status_code == 404
    assert ask(as_maker, "stocks").status_code == 404
