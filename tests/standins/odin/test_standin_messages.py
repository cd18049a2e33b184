"""Every message type, applied once and found in the store."""

import pytest

from backoffice.protocol import reads_json
from backoffice.protocol.message import REQUESTS
from standins.odin.handlers import HANDLERS

U = {201: "WEBRET1", 202: "HO"}
M = U | {203: "10.0.10.0"}
ADDRESS = dict.fromkeys(range(350, 372), "") | {350: "1", 351: "1 Hill Road", 361: "2", 364: "Pune"}
ADDRESS = {n: ADDRESS[n] for n in sorted(ADDRESS)}
SQUARE_OFF = {276: "3", 280: "60.00", 281: "80.00", 282: "0", 283: "1", 284: "", 285: "", 286: "", 287: ""}
PARTICIPANTS = '[{"MarketsegId":"1","Participantcode":"01494460IH"}]'
QUANTITIES = (
    '[{"ISIN":"INE009A01021","Qty":"10","Status":""},{"ISIN":"INE154A01025","Qty":"5","Status":"success"}]'
)

LIMIT = {246: "", 251: "100.50", 252: "T1", 253: "1"}
CASES = {
    303: (U | LIMIT, 304, "PG Limit updated successfully", ("limits", "cash"), "100.50"),
    330: (U | LIMIT, (304, 331), "PG Limit updated successfully", ("limits", "collateral"), "100.50"),
    310: (
        M | {208: "4", 270: "1", 271: "ALL", 272: ""},
        311,
        "User Template update successfully",
        ("templates", "1"),
        {"template_name": "ALL", "level": "0"},
    ),
    312: (
        M | {273: "ALL,1,0$TEST,1,1"},
        313,
        "QVL Template update successfully",
        ("qvl",),
        [
            {"template_name": "ALL", "exchange": "1", "level": "0"},
            {"template_name": "TEST", "exchange": "1", "level": "1"},
        ],
    ),
    314: (
        M | {208: "4", 274: "A,HO,DEAL1$A,HO,DEAL2"},
        315,
        "Dealer to Client update successfully",
        ("dealers", 1),
        {"dealer_group": "HO", "dealer_id": "DEAL2"},
    ),
    320: (M | {206: "Asha Iyer", 230: "1"}, 321, "User update successfully", ("values", "name"), "Asha Iyer"),
    322: (
        U | {228: "", 278: "100170", 279: "TRADING,ONLINE,1,1"},
        323,
        "User Template update successfully",
        ("channels", 0, "channel"),
        "ONLINE",
    ),
    324: (
        M | SQUARE_OFF | {288: "1", 227: "S1"},
        325,
        "Template Added successfully",
        ("square_off", "3", "mtm"),
        "80.00",
    ),
    338: (U | {335: QUANTITIES}, 339, "Quantity Updated successfully", ("edis", "INE009A01021", "qty"), "10"),
    340: (
        U | {331: QUANTITIES},
        341,
        "Quantity Updated successfully",
        ("pledge", "INE154A01025", "status"),
        "success",
    ),
    344: (
        U | {245: PARTICIPANTS},
        345,
        "Participant Code created/modified successfully",
        ("participants", "1"),
        "01494460IH",
    ),
    346: (U | ADDRESS, 347, "Quantity Updated successfully", ("addresses", "second", "city"), "Pune"),
}


def dig(value, path):
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("type_", CASES)
def test_applies_and_answers_in_the_documents_words(desk, type_):
    pairs, reply, text, place, expected = CASES[type_]
    desk.create()
    answer = desk.send(type_, pairs)
    assert (answer[18], answer[19]) == ("1", text), desk.last().reason
    assert int(answer[64]) in (reply if isinstance(reply, tuple) else (reply,))
    assert dig(desk.user(), place) == expected
    assert desk.last().applied


@pytest.mark.parametrize("type_", [*CASES, 316, 326, 328])
def test_refuses_an_unknown_user(desk, type_):
    pairs = {275: "1", 276: "3"} if type_ == 316 else {276: "3"} if type_ == 326 else {}
    answer = desk.send(type_, CASES[type_][0] if type_ in CASES else U | pairs)
    assert (answer[18], answer[19]) == ("0", "User Id does not exist in the system")
    assert answer[64] == "302" if type_ in (316, 326) else answer[64] != "302"
    assert not desk.last().applied


def test_creates_a_user_with_all_its_parts(desk):
    answer = desk.create(
        t224=desk.BANKS, t225=desk.DEMAT, t232=desk.MF_UCC, t231="2,3", t234="IND", t235="1", t236="1"
    )
    assert (answer[64], answer[18], answer[227], answer[19]) == (
        "302",
        "1",
        "REF0001",
        "User created successfully",
    )
    held = desk.user()
    assert [bank["bank_id"] for bank in held["banks"]] == ["UTI", "HDFC"]
    assert held["banks"][0]["account_no"] == "02145214521423"
    assert held["demats"][0]["beneficiary_id"] == "12345678"
    assert held["mf_ucc"]["bse_ucc"] == "BSEUCC"
    assert held["values"]["trading_segments"] == ["1", "2", "3"]
    assert held["kyc"] is True


def test_periodicity_list_is_answered_as_printed(desk):
    answer = desk.send(318)
    assert (answer[64], answer[18]) == ("319", "1")
    assert answer[19].startswith(
        '{"Periodicity":{"MarketSegment":"NSE Equities","ExpiryPeriodicity":3},{"Mark'
    )
    rows = reads_json.parse(answer[19])["Periodicity"]
    assert len(rows) == 14
    assert rows[-1] == {"MarketSegment": "NCDEX Futures", "ExpiryPeriodicity": 257}


def test_funds_summary_adds_up_the_limit_updates(desk):
    desk.create()
    desk.send(303, U | LIMIT)
    desk.send(303, U | LIMIT | {246: "5", 251: "1", 252: "T2"})
    desk.send(330, U | LIMIT | {252: "T3", 251: "20"})
    answer = desk.send(316, U | {275: "1", 276: "3"})
    assert (answer[64], answer[18]) == ("317", "1")
    funds = reads_json.parse(answer[19])["FundsViewSummary"]
    assert (funds["Cash Deposit"], funds["NotionalDeposit"]) == ("101.50", 5)
    assert funds["Net Available Funds"] == "126.50"


def test_funds_view_is_answered_as_printed(desk):
    desk.create()
    desk.send(303, U | LIMIT)
    answer = desk.send(326, U | {276: "3"})
    assert answer[19].startswith(
        '{"FundsView[{"sDescription":"Deposit","nTrading":100.50,"sIndicator":"Deposit"},'
    )
    rows = reads_json.parse(answer[19])["FundsView"]
    assert rows[1] == {"sDescription": "Cash Deposit", "nTrading": 100.5, "sIndicator": "Deposit"}
    assert len(rows) == 46


def test_stock_view_is_answered_as_printed(desk):
    desk.create()
    desk.send(338, U | {335: QUANTITIES})
    answer = desk.send(328, U)
    assert (answer[64], answer[18]) == ("329", "1")
    assert '"nBSETradedSellQty":0},"sDPAvailable":' in answer[19]
    rows = reads_json.parse(answer[19])["StockView"]
    assert [(row["ISIN"], row["TOTALQUANTITY"]) for row in rows] == [
        ("INE009A01021", 10),
        ("INE154A01025", 5),
    ]


@pytest.mark.parametrize(("type_", "pairs"), [(316, {275: "1", 276: "3"}), (326, {276: "3"}), (318, {})])
def test_failed_reads_come_back_as_answers_of_301(desk, type_, pairs):
    desk.session_id = "0xDEAD"
    answer = desk.send(type_, ({} if type_ == 318 else U) | pairs)
    assert (answer[64], answer[18], answer[19]) == ("302", "0", "Invalid Session")


def test_a_read_without_the_dealer_means_the_end_users_session(desk):
    desk.create()
    text = desk.write(328, U, add_checksum=False).replace("67=RESERVEDPG|", "")
    answer = desk.say("StockView", f"{text}|999={sum(map(ord, text)) % 256:03d}")
    assert (answer[18], answer[19]) == ("0", "Invalid Session")


def test_every_declared_message_has_a_handler():
    assert set(HANDLERS) | {101, 108} == set(REQUESTS)
