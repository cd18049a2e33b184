"""Answers as the document prints them, some of their JSON broken (M2 to M6)."""

from decimal import Decimal

import pytest

from backoffice.protocol.findings import DecodeError
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.wire import decode_reply


def reply(type_, text):
    return decode_reply(REQUESTS[type_], text)


PLAIN = [
    (
        301,
        "63=FT1.0|64=302|18=1|227=110717001213|19=User created successfully",
        "1",
        "User created successfully",
    ),
    (
        301,
        "63=FT1.0|64=302|18=0|227=110717001213|19=Error occurred, kindly contact administrator",
        "0",
        "Error occurred, kindly contact administrator",
    ),
    (
        303,
        "63=FT1.0|64=304|18=1|252=70705000100|19=PG Limit updated successfully",
        "1",
        "PG Limit updated successfully",
    ),
    (
        303,
        "63=FT1.0|64=304|18=0|252=70705000100|19=Transaction No already exist in the system",
        "0",
        "Transaction No already exist in the system",
    ),
    (
        330,
        "63=FT1.0|64=331|18=1|252=70705000100|19=PG Limit updated successfully",
        "1",
        "PG Limit updated successfully",
    ),
    (
        310,
        "63=FT1.0|64=311|18=1|19=User Template update successfully",
        "1",
        "User Template update successfully",
    ),
    (
        310,
        "63=FT1.0|64=311|18=0|19= Unable to Connect to ODIN Manager",
        "0",
        "Unable to Connect to ODIN Manager",
    ),
    (312, "63=FT1.0|64=313|18=0|19=Exchange Code is not provided", "0", "Exchange Code is not provided"),
    (
        314,
        "63=FT1.0|64=315|18=1|19=Dealer to Client update successfully",
        "1",
        "Dealer to Client update successfully",
    ),
    (
        316,
        "63=FT1.0|64=302|18=0|19= User Id does not exist in the system",
        "0",
        "User Id does not exist in the system",
    ),
    (318, "63=FT1.0|64=302|18=0|19= Invalid Session", "0", "Invalid Session"),
    (
        320,
        "63=FT1.0|64=321|18=1|227=UC_22012018120931|19=User update successfully",
        "1",
        "User update successfully",
    ),
    (
        322,
        "63=FT1.0|64=323|18=1|19=User Template update successfully",
        "1",
        "User Template update successfully",
    ),
    (
        324,
        "63=FT1.0|64=325|18=1|227=110717001213|19=Template Added successfully",
        "1",
        "Template Added successfully",
    ),
    (
        326,
        "63=FT1.0|64=302|18=0|19= Unable to connect to the remote server",
        "0",
        "Unable to connect to the remote server",
    ),
    (338, "63=FT1.0|64=339|18=1|19=Quantity Updated successfully", "1", "Quantity Updated successfully"),
    (340, "63=FT1.0|64=341|18=1|19=Quantity Updated successfully", "1", "Quantity Updated successfully"),
    (
        344,
        "63=FT1.0|64=345|18=1|19=Participant Code created/modified successfully",
        "1",
        "Participant Code created/modified successfully",
    ),
    (346, "63=FT1.0|64=347|18=1|19=Quantity Updated successfully", "1", "Quantity Updated successfully"),
]


#: As the document prints them: 323 with spaces around each bar, failures of 326 and the line breaks of its table.
SPACED = [
    (
        322,
        "63=FT1.0 | 64=323 | 18=1 | 19=User Template update successfully",
        "1",
        "User Template update successfully",
    ),
    (
        322,
        "63=FT1.0 | 64=323 | 18=0 | 19=Error occurred, kindly contact administrator",
        "0",
        "Error occurred, kindly contact administrator",
    ),
    (
        326,
        "63=FT1.0 | 64=302 | 18=0 | 19= User Id does not exist in the system",
        "0",
        "User Id does not exist in the system",
    ),
    (
        303,
        "\r\n63=FT1.0\r\n|\r\n64=304 |18=1| 252=70705000100\t|\n19=PG Limit updated successfully \r\n",
        "1",
        "PG Limit updated successfully",
    ),
]


@pytest.mark.parametrize(("type_", "text", "code", "words"), SPACED)
def test_m8_white_space_around_an_answer_and_its_bars_is_not_part_of_it(type_, text, code, words):
    read = reply(type_, text)
    assert (read.code, read.text, read.raw) == (code, words, text)


def test_m8_a_reference_before_a_space_is_the_one_that_was_sent():
    assert reply(303, SPACED[3][1]).fields["252"] == "70705000100"


def test_m8_the_funds_view_is_printed_with_spaces_and_line_breaks():
    read = reply(
        326,
        '63=FT1.0 | 64=327 | 18=1 | 19={"FundsView\n\n[{"sDescription": "Deposit", "nTrading": 9999999999.99, '
        '"sIndicator": "Deposit"}, {"sDescription": "Currency\nPosition", "nTrading":0.00, "sIndicator": "MTM '
        'Profit/Loss"}, {"sDescription": "Net Available\nFunds", "nTrading": 99999999852.55, "sIndicator": ""}]}\n',
    )
    assert [row["nTrading"] for row in read.data["FundsView"]] == [
        Decimal("9999999999.99"),
        Decimal("0.00"),
        Decimal("99999999852.55"),
    ]


def test_m8_a_logon_and_its_session_id():
    read = reply(
        101, "63=FT1.0 | 64=102 | 70=10000 | 19=Logon Success | 4=0x01 C6 | 97=92 | 300= | 326=Jun 15 2017"
    )
    assert (read.code, read.text, read.session_id.reveal()) == ("10000", "Logon Success", "0x01 C6")
    assert (read.fields["97"], read.fields["300"]) == ("92", "")


def test_m8_white_space_elsewhere_stays_and_a_bar_in_free_text_too():
    read = reply(301, "63=FT1.0 | 64=302 | 18=0 | 227= 1 | 19=Bank |  Branch | 12 is not known")
    assert read.text == "Bank |  Branch | 12 is not known"
    assert read.fields["227"] == " 1"


@pytest.mark.parametrize(("type_", "text", "code", "words"), PLAIN)
def test_printed_answers(type_, text, code, words):
    read = reply(type_, text)
    assert (read.code, read.text, read.raw) == (code, words, text)


def test_the_echoed_reference_is_there():
    assert reply(301, PLAIN[0][1]).fields["227"] == "110717001213"
    assert reply(303, PLAIN[2][1]).fields["252"] == "70705000100"


def test_logon_102():
    read = reply(
        101,
        "63=FT1.0|64=102|70=10000|19=Logon Success|4=0x01C6694EA406031D48B2AA88FB8CCA|97=92|300=|"
        "326=Jun 15 2017 05:24PM",
    )
    assert (read.code, read.text, read.fields["97"]) == ("10000", "Logon Success", "92")
    assert read.fields["326"] == "Jun 15 2017 05:24PM"
    assert read.session_id.reveal() == "0x01C6694EA406031D48B2AA88FB8CCA"


def test_a_session_id_is_not_shown_by_a_reply():
    read = reply(101, "63=FT1.0|64=102|70=10000|19=Logon Success|4=0x01C6694EA4|97=92|300=|326=")
    assert "0x01C6694EA4" not in repr(read)
    assert "4" not in read.fields


def test_failed_logon_102():
    read = reply(
        101,
        "63=FT1.0|64=102|70=10002|19=Incorrect Client ID or Password. Attempt 1 of 3|4=|97=-1|300=|"
        "326=Jun 15 2017 05:24PM",
    )
    assert (read.code, read.fields["97"], read.session_id) == ("10002", "-1", None)
    assert read.text == "Incorrect Client ID or Password. Attempt 1 of 3"


def test_logoff_109_has_no_code():
    read = reply(108, "63=FT1.0|64=109|19=Message")
    assert (read.code, read.text) == ("", "Message")


def test_funds_summary_317():
    read = reply(
        316,
        '63=FT1.0|64=317|18=1|19={"FundsViewSummary":{"Product":"1","Deposit":"0.00","Funds Transferred Today":"0.00",'
        '"Collateral":"0.00","Credit for Sale":"0.00","Option CFS":"0.00","Total Trading Power Limit":"0.00",'
        '"Limit Utilization":"0.00","Booked P&L":"0.00","MTM P&L":"0.00","Total Utilization":"0.00",'
        '"Net Available Funds":"0.00","Exposure Margin":"0.00","Cash Deposit":"9999999999.99","Adhoc Deposit":0.00,'
        '"NotionalDeposit":0.00}}',
    )
    summary = read.data["FundsViewSummary"]
    assert summary["Cash Deposit"] == "9999999999.99"
    assert summary["Adhoc Deposit"] == Decimal("0.00")
    assert len(summary) == 16


def test_periodicity_list_319_has_objects_where_an_array_must_be():
    read = reply(
        318,
        '63=FT1.0|64=319|18=1|19={"Periodicity":{"MarketSegment":"NSE Equities","ExpiryPeriodicity":3},'
        '{"MarketSegment":"NSE Combined [NSEEQ + NSEFAO]","ExpiryPeriodicity":15},'
        '{"MarketSegment":"NCDEX Futures","ExpiryPeriodicity":257}}',
    )
    assert read.data == {
        "Periodicity": [
            {"MarketSegment": "NSE Equities", "ExpiryPeriodicity": 3},
            {"MarketSegment": "NSE Combined [NSEEQ + NSEFAO]", "ExpiryPeriodicity": 15},
            {"MarketSegment": "NCDEX Futures", "ExpiryPeriodicity": 257},
        ]
    }


@pytest.mark.parametrize("between", ["", "\n", " \r\n\t"])
def test_funds_view_327_lacks_quote_and_colon(between):
    read = reply(
        326,
        f'63=FT1.0|64=327|18=1|19={{"FundsView{between}[{{"sDescription":"Deposit","nTrading":9999999999.99,'
        '"sIndicator":"Deposit"},{"sDescription": "Limit Utilization", "nTrading": -148.14, "sIndicator": "Limit '
        'Utilization"},{"sDescription":"Total Utilization","nTrading":-147.44,"sIndicator":""}]}',
    )
    rows = read.data["FundsView"]
    assert [row["nTrading"] for row in rows] == [
        Decimal("9999999999.99"),
        Decimal("-148.14"),
        Decimal("-147.44"),
    ]


def test_stock_view_329_lacks_braces_after_the_first_object():
    read = reply(
        328,
        '63=FT1.0|64=329|18=1|19={"StockView":{"sDPAvailable":0,"TOTALQUANTITY":5,"nBuyAvgPrice":17000.00,'
        '"ISIN":"INE154A01025","OtherSegmentTokens":"1:1660,8:500875","nBSETradedSellQty":0},'
        '"sDPAvailable":0,"TOTALQUANTITY":5,"nBuyAvgPrice":17000.00,"ISIN":"INE040A01034",'
        '"OtherSegmentTokens":"1:1333,8:500180","nBSETradedSellQty":0},'
        '"sDPAvailable":10,"TOTALQUANTITY":15,"nBuyAvgPrice":700.00,"ISIN":"INE059A01026",'
        '"OtherSegmentTokens":"1:694,8:500087","nBSETradedSellQty":0}}',
    )
    rows = read.data["StockView"]
    assert [row["ISIN"] for row in rows] == ["INE154A01025", "INE040A01034", "INE059A01026"]
    assert rows[2]["nBuyAvgPrice"] == Decimal("700.00")


@pytest.mark.parametrize(
    ("type_", "text", "rows"),
    [
        (318, '{"Periodicity":[{"MarketSegment":"NSE Equities","ExpiryPeriodicity":3}]}', 1),
        (318, '{"Periodicity":{"MarketSegment":"NSE Equities","ExpiryPeriodicity":3}}', 1),
        (326, '{"FundsView":[{"nTrading":1},{"nTrading":2}]}', 2),
        (328, '{"StockView":[]}', 0),
        (328, '{"StockView":{"ISIN":"INE154A01025"},{"ISIN":"INE040A01034"}}', 2),
    ],
)
def test_proper_json_is_read_too(type_, text, rows):
    [found] = reply(type_, f"63=FT1.0|64={type_ + 1}|18=1|19={text}").data.values()
    assert isinstance(found, list)
    assert len(found) == rows


def test_the_json_is_everything_after_tag_19():
    read = reply(
        318, '63=FT1.0|64=319|18=1|19={"Periodicity":[{"MarketSegment":"A|18=0","ExpiryPeriodicity":3}]}'
    )
    assert read.code == "1"
    assert read.data["Periodicity"][0]["MarketSegment"] == "A|18=0"


@pytest.mark.parametrize(
    "data", ["", "no json", "{", '{"StockView":', '{"StockView":{"a":1},,}', "[" * 100_000, "NaN"]
)
def test_data_that_cannot_be_read_is_no_crash(data):
    read = reply(328, f"63=FT1.0|64=329|18=1|19={data}")
    assert (read.code, read.data) == ("1", None)
    assert read.raw.endswith(data)


def test_free_text_may_hold_a_bar():
    read = reply(301, "63=FT1.0|64=302|18=0|227=1|19=Bank|Branch is not known|see log")
    assert read.text == "Bank|Branch is not known|see log"


def test_the_first_of_a_repeated_tag_counts():
    assert reply(301, "63=FT1.0|64=302|18=0|19=Refused|18=1").code == "0"


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (301, ""),
        (301, "OK"),
        (301, "<html>Bad gateway</html>"),
        (301, "64=302|18=1|19=User created successfully"),
        (301, "63=FT1.0|64=321|18=1|19=User update successfully"),
        (301, "63=FT1.0|64=302|19=User created successfully"),
        (301, "63=FT1.0|64=302|18=2|19=Perhaps"),
        (301, "63=FT1.0|64=|18=1"),
        (303, "63=FT1.0|64=331|18=1|252=1|19=PG Limit updated successfully"),
        (303, "63=FT1.0|64=302|18=1|19=User created successfully"),
        (316, "63=FT1.0|64=302|18=1|19={}"),
        (101, "63=FT1.0|64=302|18=1|19=Logon Success"),
        (101, "63=FT1.0|64=102|19=Logon Success"),
    ],
)
def test_what_is_no_answer(type_, text):
    with pytest.raises(DecodeError):
        reply(type_, text)


def test_any_request_may_fail_with_302():
    for type_ in REQUESTS:
        assert reply(type_, "63=FT1.0|64=302|18=0|19= Error occurred").text == "Error occurred"
