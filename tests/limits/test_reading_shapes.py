"""Reads in another shape than the document prints: never shown as nothing, and never a page that fails."""

import json

import pytest
from django.urls import reverse

from backoffice.delivery.sending import drain
from backoffice.delivery.tasks import fetch_answers
from backoffice.odin.models import Question
from limits.models import Periodicity
from limits.tasks import refresh_periodicities
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = reverse("limits:readings", args=["HO", "HAS001"])
TYPES = {"summary": 316, "funds": 326, "stocks": 328}
HOLDING = {"sSymbol": "ITC", "ISIN": "INE154A01025", "TOTALQUANTITY": 5}
DEEP = 700


@pytest.fixture
def page_of(odin, approved, client, maker):
    """Let ODIN answer a question with this as its data; gives back the page."""
    approved(user_id="HAS001", group_id="HO")
    drain(5)
    client.force_login(maker)

    def ask(kind, data):
        odin.faults.add("odd_text", match={"type": TYPES[kind]}, text=data)
        client.post(reverse("limits:ask", args=["HO", "HAS001", kind]), {"periodicity": "15"})
        assert fetch_answers() == 1
        answer = client.get(PAGE)
        assert answer.status_code == 200
        return answer.content.decode()

    return ask


#: Shapes that the document does not print, by kind of reading: what ODIN says, and what the page says of it.
OTHER_SHAPES = [
    ("stocks", {"Stocks": [HOLDING]}, "it has no StockView"),
    ("stocks", [HOLDING], "it has no StockView"),
    ("stocks", {"StockView": "none"}, "no list where one is expected"),
    ("stocks", {"StockView": [[HOLDING]]}, "entry 1 is not an object"),
    ("stocks", {"StockView": [HOLDING, {"Symbol": "TCS", "Qty": 5}]}, "entry 2 does not name a security"),
    ("stocks", {"StockView": [{**HOLDING, "sDPFree": {"NSE": 5}}]}, "sDPFree is not a single value"),
    ("stocks", {"StockView": [{**HOLDING, "sDPFree": "five"}]}, "sDPFree is five, not a number"),
    ("stocks", {"StockView": [{**HOLDING, "sDPFree": 1.5}]}, "sDPFree is 1.5, not a whole number"),
    ("funds", {"FundsView": {"Deposit": "7.00"}}, "entry 1 has no sDescription"),
    ("funds", {"FundsView": [{"sDescription": "Deposit", "sIndicator": ""}]}, "entry 1 has no nTrading"),
    ("funds", {"Funds": []}, "it has no FundsView"),
    ("summary", [{"Product": "1", "Deposit": "7.00"}], "it has no FundsViewSummary"),
    (
        "summary",
        {"FundsViewSummary": [{"Product": "1", "Deposit": "7.00"}, {"Product": "2", "Deposit": "8.00"}]},
        "a list of 2 where one object is expected",
    ),
    ("summary", {"FundsViewSummary": {"Deposit": {"Cash": "7.00"}}}, "Deposit is not a single value"),
]


@pytest.mark.parametrize(("kind", "data", "words"), OTHER_SHAPES)
def test_what_is_not_understood_is_shown_as_it_came_with_a_warning(page_of, client, kind, data, words):
    text = json.dumps(data)
    page = page_of(kind, text)
    assert "Check the raw answer: ODIN answered in a shape that the portal does not know" in flowed(page)
    assert words in page
    assert '<details class="raw" open>' in page
    assert text.replace('"', "&quot;") in page
    for untrue in ("No holdings", "lists no stock", "No amounts"):
        assert untrue not in page
    address = reverse("limits:reading_csv", args=[Question.objects.get().pk])
    assert address not in page
    assert client.get(address).status_code == 404


#: What some reader of JSON or some database cannot take, and what no page could show.
BAD_JSON = {
    "half a character": '"\\ud800"',
    "its other half": '"x\\udfffx"',
    "a zero character": '"a\\u0000b"',
    "a control character": '"a\\u001bb"',
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "digits without end": "9" * 5000,
    "many digits": "9" * 400,
    "a large exponent": "1" + "0" * 50 + "e999",
    "deep": "[" * DEEP + "]" * DEEP,
    "too deep": "[" * 100_000 + "]" * 100_000,
    "a repeated key": '1,"sDPFree":2',
}


@pytest.mark.parametrize("value", BAD_JSON.values(), ids=BAD_JSON)
@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("stocks", '{"StockView":[{"sSymbol":"ITC","sDPFree":%s}]}'),
        ("funds", '{"FundsView":[{"sDescription":"A","nTrading":0,"sIndicator":%s,"sDPFree":0}]}'),
        ("summary", '{"FundsViewSummary":{"Deposit":%s,"sDPFree":0}}'),
    ],
)
def test_whatever_json_odin_sends_the_page_is_there_and_the_raw_answer_on_it(page_of, kind, frame, value):
    data = frame % value
    page = page_of(kind, data)
    assert "Check the raw answer" in page
    assert data[:300].replace('"', "&quot;") in page
    assert "\ud800" not in page


@pytest.mark.parametrize("number", ["1e999999999", "-1E400", '"1e999999999"', '"NaN"', '"Infinity"'])
def test_a_number_that_would_fill_the_memory_stays_the_text_that_it_is(page_of, number):
    page = page_of("summary", f'{{"FundsViewSummary":{{"Deposit":{number},"MTM P&L":"5"}}}}')
    assert "5.00" in page
    assert number.strip('"').upper().replace("1E9", "1E+9") in page.upper().replace("1E9", "1E+9")


def test_a_value_that_is_not_there_is_no_zero(page_of):
    page = page_of("summary", '{"FundsViewSummary":{"Product":"9","Deposit":"","Collateral":null}}')
    assert page.count('data-label="Amount ₹">–</td>') == 2
    assert 'data-label="Amount ₹">9</td>' in page


def test_an_empty_list_of_stocks_and_of_funds_is_one(page_of):
    assert "ODIN lists no stock of this retail user" in page_of("stocks", '{"StockView":[]}')
    assert "No amounts" in page_of("funds", '{"FundsView":[]}')


def test_a_summary_in_a_list_of_one_is_that_summary(page_of):
    page = page_of("summary", '{"FundsViewSummary":[{"Product":"1","Deposit":"7.00"}]}')
    assert "7.00</td>" in page
    assert "Check the raw answer" not in page


@pytest.mark.parametrize(
    ("kind", "data", "keys"),
    [
        ("stocks", {"StockView": [{**HOLDING, "sT1Qty": 3}], "Total": 1}, ["Total", "sT1Qty"]),
        ("funds", {"FundsView": [{"sDescription": "A", "nTrading": 1, "sUnit": "INR"}]}, ["sUnit"]),
        ("summary", {"FundsViewSummary": {"Deposit": "7.00"}, "AsOf": "today"}, ["AsOf"]),
    ],
)
def test_keys_that_the_document_does_not_print_are_listed(page_of, kind, data, keys):
    page = page_of(kind, json.dumps(data))
    listed = ", ".join(f'<span class="mono">{key}</span>' for key in keys)
    assert f"It holds keys that the portal does not know: {listed}." in flowed(page)
    assert "in a shape that" not in page


def test_of_many_long_keys_some_are_listed_cut(page_of):
    extra = {f"{number}{'k' * 5000}": 1 for number in range(50)}
    page = page_of("funds", json.dumps({"FundsView": [], **extra}))
    assert page.count('<span class="mono">') <= 25
    assert "k" * 100 not in page.partition("<pre")[0]


def test_every_key_that_the_document_prints_is_known(page_of):
    page = page_of(
        "stocks",
        '{"StockView":{"sDPAvailable":0,"sPOOLAvailable":0,"sRecvAvailable":5,"sCurRecvAvailable":0,'
        '"TOTALQUANTITY":5,"sDPBlock":0,"sPOOLBlock":0,"sRecvBlock":3,"sCurRecvBlock":0,"TOTALBLOCKQUANTITY":3,'
        '"sDPFree":0,"sPOOLFree":0,"sRecvFree":2,"sCurRecvFree":0,"TOTALFREEQUANTITY":2,"nBuyAvgPrice":17000.00,'
        '"ISIN":"INE154A01025","nMarketSegmentId":1,"nToken":1660,"sSeries":"EQ","sSymbol":"ITC","POOLPriority":1,'
        '"OtherSegmentTokens":"1:1660,8:500875","sShortSellQty":0,"sTotalCollateralQty":0,"sCreditForSale":466.00,'
        '"sTotalSecurityCollateral":407.00,"nPreferredMTMToken":1660,"nPreferredMTMMarketSegmentId":1,'
        '"nNSETradedSellQty":3,"nBSETradedSellQty":0}}',
    )
    assert "INE154A01025" in page
    assert "Check the raw answer" not in page


@pytest.mark.parametrize(
    "data",
    [
        '{"Periodicities":[{"MarketSegment":"NSE","ExpiryPeriodicity":3}]}',
        '{"Periodicity":[{"MarketSegment":"NSE","ExpiryPeriodicity":"\u00b2"}]}',
        '{"Periodicity":[{"MarketSegment":"NSE","ExpiryPeriodicity":99999999999999999999}]}',
        '{"Periodicity":[{"MarketSegment":"a\\u0000b","ExpiryPeriodicity":3}]}',
        '{"Periodicity":[{"MarketSegment":"\\ud800","ExpiryPeriodicity":3}]}',
        '{"Periodicity":[{"MarketSegment":"NSE","ExpiryPeriodicity":3},{"ExpiryPeriodicity":5}]}',
        '{"Periodicity":[]}',
    ],
)
def test_a_list_of_periodicities_that_is_not_understood_leaves_the_old_one(odin, client, maker, data):
    Periodicity.objects.create(number=1, market_segment="Kept")
    odin.faults.add("odd_text", match={"type": 318}, text=data)
    refresh_periodicities()
    assert fetch_answers() == 1
    assert [row.market_segment for row in Periodicity.objects.all()] == ["Kept"]
    client.force_login(maker)
    page = client.get(reverse("limits:periodicities")).content.decode()
    assert "The list below is the one that was read before" in page
    assert Question.objects.get().state == Question.State.ANSWERED


def test_an_answer_longer_than_a_page_can_carry_is_not_kept(page_of):
    page = page_of("stocks", json.dumps({"StockView": [], "x": "x" * 2_000_001}))
    assert "more than 2,000,000 characters" in page
    assert Question.objects.get().answer == ""
