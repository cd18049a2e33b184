"""Each slip in the publisher's answer to GetOrderDetails is named on the basket page."""

import json

import pytest

from standins.connector.calls import Answer
from standins.connector.judge import judge
from tests.standins.connector.conftest import HEADER, PRODUCT, THREE, TP_USER, envelope, line

ASKED = {"ClientCode": TP_USER, "ProductCode": PRODUCT, "AuthCode": "a", "PartnerId": "A1B2C3"}


def judged(lines=THREE, segment_ids="plain", header=(), **changed):
    content = {**HEADER, "clientCode": TP_USER, **dict(header), "basketData": list(lines)}
    answer = {**envelope(True, "Basket", json.dumps(content)), **changed}
    return judge(Answer(200, json.dumps(answer).encode()), ASKED, segment_ids)


def test_what_the_pages_allow_has_no_slip_in_either_shape():
    assert judged().slips == []
    rows = [{**HEADER, "clientCode": TP_USER, **row} for row in THREE]
    flat = judged(data=json.dumps(rows))
    assert (flat.slips, flat.reco_id, len(flat.lines)) == ([], "R7K2QM", 3)
    spelled = {
        ("orgQTY" if n == "orgQty" else "ordGTD1" if n == "ordGTD" else n): v for n, v in line().items()
    }
    assert judged([{**spelled, "prodType": "DELIVERY"}]).slips == []
    assert judged([line(ordGTD="0", days="0")]).slips == []
    assert judged(
        [line(validity=2, ordGTD=1, days="30"), line(ordType=3, trigPrice=8900, buyOrSell=2)]
    ).slips == ["Line 2: trigPrice is on the wrong side of ordPrice."]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ordPrice": 90.5}, "ordPrice is a number with a point (90.5); an integer is expected."),
        ({"ordPrice": "9000"}, "ordPrice is a text; an integer is expected."),
        ({"ordPrice": 10**18}, "ordPrice is a number of 19 digits; an integer is expected."),
        ({"ordPrice": 90}, "ordPrice 90 looks like rupees; the last price is 10100 paise."),
        ({"ordPrice": 9001}, "ordPrice 9001 is not on the tick of 5 paise."),
        ({"ordPrice": 0}, "ordPrice 0 does not fit RL."),
        ({"ordType": 2}, "ordPrice 9000 does not fit RL-MKT."),
        ({"trigPrice": 8900}, "trigPrice 8900 does not fit RL."),
        ({"ordType": 3}, "trigPrice 0 does not fit SL."),
        ({"ordType": 3, "trigPrice": 9500}, "trigPrice is on the wrong side of ordPrice."),
        ({"ordType": "RL"}, "ordType is a text; an integer is expected."),
        ({"ordType": 5}, "ordType 5 is no code."),
        ({"validity": 7}, "validity 7 is no code."),
        ({"validity": 2, "ordGTD": 1}, "days “” is no number of days, which GTD needs."),
        ({"ordGTD": None}, "ordGTD is missing; 0 is expected with this validity."),
        ({"ordGTD": False}, "ordGTD is true or false (False); 0 is expected with this validity."),
        ({"validity": 2, "days": "3"}, "ordGTD is an integer (0); 1 is expected with this validity."),
        ({"ordGTD": 1}, "ordGTD is an integer (1); 0 is expected with this validity."),
        ({"days": 0}, "days is an integer (0); a text of at most 10 characters is expected."),
        ({"buyOrSell": 0}, "buyOrSell 0 is no code."),
        ({"buyOrSell": True}, "buyOrSell is true or false (True); an integer is expected."),
        ({"orgQty": 0}, "orgQty 0 is not a multiple of the lot of 1."),
        ({"discQty": 11}, "discQty 11 is not between 0 and orgQty."),
        ({"discQty": None}, "discQty is missing; an integer is expected."),
        ({"mktSegId": 8}, "mktSegId 8 is not a plain segment id."),
        ({"mktSegId": 2, "scripTkn": 1}, "scripTkn 1 is not a scrip of NSE_FO."),
        ({"ucc": "ABC"}, "ucc is not a field of a line."),
    ],
)
def test_a_slip_in_a_line_is_named_with_its_number(changed, words):
    assert judged([THREE[1], line(**changed)]).slips == [f"Line 2: {words}"]


def test_the_trap_of_bse_depends_on_how_segments_are_read():
    assert judged([line(mktSegId=3, scripTkn=800001)]).slips == []
    assert judged([line(mktSegId=8, scripTkn=800001)], "mapped").slips == []
    assert judged([line(mktSegId=3, scripTkn=800001)], "mapped").slips == [
        "Line 1: mktSegId 3 is not a mapped segment id."
    ]


def test_a_lot_is_that_of_the_contract():
    contract = line(mktSegId=2, scripTkn=100021, orgQty=75, ordPrice=10000)
    assert judged([contract]).slips == ["Line 1: orgQty 75 is not a multiple of the lot of 50."]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"recoId": "R7K2QM7"}, "recoId has 7 characters; at most 6 are allowed."),
        ({"recoId": 123456}, "recoId is an integer (123456); a text is expected."),
        ({"productCode": "OTHER"}, "productCode is not the one that was asked for."),
        ({"clientCode": "tp-other"}, "clientCode is not the one that was asked for."),
        ({"productType": "SINGLE"}, "productType is not BASKET."),
        ({"orderSide": "B"}, "orderSide is neither BUY nor SELL."),
        ({"PAN": "ABCDE1234F"}, "PAN is not a field of the basket."),
    ],
)
def test_a_slip_in_the_header_is_named(header, words):
    assert judged(header=header).slips == [words]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"success": "true"}, "success is a text; bool is expected."),
        ({"statusCode": 200}, "statusCode is an integer (200); str is expected."),
        ({"traceId": None}, "traceId is missing; str is expected."),
        ({"status": "success"}, "status is not a field of the envelope."),
    ],
)
def test_a_slip_in_the_envelope_is_named(changed, words):
    assert words in judged(**changed).slips


def test_data_that_is_no_json_string_and_lists_that_are_none():
    content = {**HEADER, "clientCode": TP_USER, "basketData": list(THREE)}
    assert judged(data=content).slips == ["data is an object; a JSON string is expected."]
    for data in ("{", '{"recoId": "\\ud800"}', "[" * 100_000, "1" * 5000):
        assert judged(data=data).refusal == "data holds no JSON."
    assert judged([]).slips == ["There is no list of lines."]
    assert judged(data='"text"').slips == ["There is no list of lines."]
    assert judged(["text"]).slips == ["Line 1: a text; an object is expected."]
    assert judged([line()] * 51).slips[0] == "51 lines; at most 50 are expected."
    assert judged([line(), line(ordPrice=9500)]).slips == [
        "Line 2: the same scrip is on the same side twice."
    ]
    rows = [{**HEADER, "clientCode": TP_USER, "recoId": reco, **line()} for reco in ("R7K2QM", "AAAAAA")]
    assert "The lines name different baskets." in judged(data=json.dumps(rows)).slips


def test_an_answer_that_is_no_answer_is_a_refusal():
    for answer, words in [
        (Answer(0, words="No answer: timed out"), "No answer: timed out"),
        (Answer(503, b"<html>"), "HTTP 503, and the answer is not a JSON object."),
        (Answer(200, json.dumps(envelope(False, "No", "data")).encode()), "No"),
    ]:
        assert judge(answer, ASKED, "plain").refusal == words
    late = judge(Answer(500, json.dumps(envelope(True, "", json.dumps([]))).encode()), ASKED, "plain")
    assert late.slips[0] == "HTTP status 500; 200 is expected."


def test_slips_are_on_the_page_and_only_sound_lines_become_orders(browser, publisher, standin):
    publisher.lines = [line(ordPrice=90), line(scripTkn=900002, ordPrice="25000"), line(mktSegId=8)]
    browser.land(sTwoWayToken=publisher.mint()).login()
    for words in (
        "Slips of the publisher (3)",
        "Line 1: ordPrice 90 looks like rupees",
        "Line 2: ordPrice is a text",
    ):
        assert words in browser.text
    browser.send("submit")
    assert [order["price"] for order in standin.omex.orders()] == [90]
