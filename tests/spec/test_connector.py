"""The Connector's messages, typed by hand from the vendor's public pages (docs/connector.md)."""

import base64
import json
from decimal import Decimal

import pytest

from backoffice.connector import client
from backoffice.connector.api import (
    callbacks,
    echo,
    envelope,
    keys,
    landing,
    order_details,
    token_check,
    webhook,
)
from backoffice.connector.api.lines import BasketTerms, Line
from backoffice.connector.api.reading import fields_of
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.envelope import Unreadable
from backoffice.rest.api.outcome import NoAnswer

APP, TOKEN = SecretText("app/token+1="), SecretText("two_way-token")
PEEPAL = Line("NSE_EQ", 900001, "PEEPAL", "BUY", "RL", 10, Decimal("101.50"))


def address(**given):
    return landing.landing_address("https://landing.example", landing.Landing(**given)).reveal()


class TestLanding:
    def test_type_1(self):
        assert address(
            request_type=1,
            app_token=APP,
            two_way_token=TOKEN,
            product_code="GROWTH 5",
            tp_user_id="abc",
            echo="e+/=",
        ) == (
            "https://landing.example/landing/redirect?sAppToken=app%2Ftoken%2B1%3D&sTwoWayToken=two_way-token"
            "&nRequestType=1&sProductCode=GROWTH%205&sTpUserId=abc&oEchoBackObject=e%2B%2F%3D"
        )

    def test_type_2(self):
        assert address(request_type=2, app_token=APP, two_way_token=TOKEN, partner_id="A1B2C3") == (
            "https://landing.example/landing/redirect?sAppToken=app%2Ftoken%2B1%3D&sTwoWayToken=two_way-token"
            "&nRequestType=2&sPartnerId=A1B2C3"
        )

    def test_type_3(self):
        assert address(
            request_type=3,
            app_token=APP,
            two_way_token=TOKEN,
            product_code="GROWTH",
            partner_id="A1B2C3",
            session=SecretText("s=1"),
        ).endswith("&nRequestType=3&sProductCode=GROWTH&sPartnerId=A1B2C3&sSession=s%3D1")


class TestGetOrderDetails:
    def test_the_request(self):
        body = b'{"ClientCode": "RET001", "ProductCode": "GROWTH", "AuthCode": "code", "PartnerId": "A1B2C3"}'
        read = order_details.read(fields_of("application/json", "", body))
        assert (read.client_code, read.product_code, read.partner_id) == ("RET001", "GROWTH", "A1B2C3")
        assert read.auth_code.reveal() == "code"

    def test_the_answer_is_an_envelope_whose_data_is_a_json_string(self):
        text = order_details.data(order_details.Header("GROWTH", "RET001", "K7M2QX"), [PEEPAL], BasketTerms())
        assert text == (
            '{"productCode":"GROWTH","productType":"BASKET","clientCode":"RET001","recoId":"K7M2QX","orderSide":"BUY",'
            '"basketData":[{"mktSegId":1,"scripTkn":900001,"ordType":1,"validity":1,"buyOrSell":1,"orgQty":10,'
            '"discQty":0,"ordPrice":10150,"trigPrice":0,"days":"0","ordGTD":"0"}]}'
        )
        assert envelope.answer(True, "x", "Success.", data=text) == {
            "success": True,
            "statusCode": "x",
            "data": text,
            "message": "Success.",
            "traceId": "",
        }

    def test_the_flat_shape_carries_the_header_on_each_line(self):
        text = order_details.data(
            order_details.Header("GROWTH", "RET001", "K7M2QX"), [PEEPAL], BasketTerms(shape="flat")
        )
        assert text == (
            '[{"productCode":"GROWTH","productType":"BASKET","clientCode":"RET001","recoId":"K7M2QX","orderSide":"BUY",'
            '"mktSegId":1,"scripTkn":900001,"ordType":1,"validity":1,"buyOrSell":1,"orgQty":10,'
            '"discQty":0,"ordPrice":10150,"trigPrice":0,"days":"0","ordGTD":"0"}]'
        )

    @pytest.mark.parametrize(("order_type", "number"), [("RL", 1), ("RL-MKT", 2), ("SL", 3), ("SL-MKT", 4)])
    def test_order_types(self, order_type, number):
        line = Line("NSE_EQ", 1, "X", "SELL", order_type, 1, Decimal(5), Decimal(6))
        row = json.loads(order_details.data(order_details.Header("P", "C", "R"), [line], BasketTerms()))[
            "basketData"
        ][0]
        assert (row["ordType"], row["buyOrSell"]) == (number, 2)
        assert row["trigPrice"] == (600 if order_type.startswith("SL") else 0)
        assert row["ordPrice"] == (0 if order_type.endswith("MKT") else 500)

    @pytest.mark.parametrize(
        ("validity", "number"), [("DAY", 1), ("GTD", 2), ("GTC", 3), ("IOC", 4), ("EOS", 5), ("FOK", 6)]
    )
    def test_validities(self, validity, number):
        days = 7 if validity == "GTD" else 0
        line = Line("NSE_EQ", 1, "X", "BUY", "RL", 1, Decimal(5), validity=validity, days=days)
        row = json.loads(order_details.data(order_details.Header("P", "C", "R"), [line], BasketTerms()))[
            "basketData"
        ][0]
        assert (row["validity"], row["days"], row["ordGTD"]) == (number, str(days), "1" if days else "0")

    @pytest.mark.parametrize(("ids", "bse"), [("plain", 3), ("mapped", 8)])
    def test_the_trap_is_bse_equity(self, ids, bse):
        assert BasketTerms(segment_ids=ids).segment("BSE_EQ") == bse


class TestCallbacks:
    def test_of_a_basket_spells_echo_without_h(self):
        query = "sStatusCode=S101&sStatusMessage=Done&oEcoBackObject=abc"
        assert callbacks.read_basket(fields_of("", query, b"")) == callbacks.BasketCallback(
            "S101", "Done", "abc"
        )

    def test_of_a_login(self):
        body = (
            b"sStatusCode=S101&sStatusMessage=Done&sSession=sess&sVasUserId=V9&sTradingUserId=RET001&sName=Asha"
            b"&sEmail=a%40example.com&sRestsession=rest"
        )
        read = callbacks.read_login(fields_of("application/x-www-form-urlencoded", "", body))
        assert (read.session.reveal(), read.rest_session.reveal()) == ("sess", "rest")
        assert (read.vas_user_id, read.trading_user_id, read.email) == ("V9", "RET001", "a@example.com")


def test_token_check_under_the_guessed_names():
    body = b'{"token": "t", "userRefId": "u", "applicationToken": "a"}'
    read = token_check.read(fields_of("application/json", "", body))
    assert (read.token.reveal(), read.user_ref, read.application.reveal()) == ("t", "u", "a")


def test_echo_object_is_base64_of_four_names():
    text = echo.write(echo.Echo("ref", "nonce"), b"key")
    assert set(json.loads(base64.b64decode(text))) == {"v", "i", "n", "m"}


MESSAGE = b"""{"objJSONRows": [{"MessageType": "ORD_NRML", "sPartnerId": "A1B2C3", "sInitiatorAppToken": "app",
  "sThirdpartyUserId": "abc", "sThirdpartyProductCode": "GROWTH", "sThirdpartyRecoId": "K7M2QX", "UCC": "RET001",
  "UniqueCode": "200000000001", "OrderNumber": "1100000000000001", "Exchange": "1", "ScripCode": "900001",
  "Symbol": "PEEPAL", "Buy_Sell": "1", "OrderOriginalQty": "10", "PendingQty": "4", "TradedQTY": "6",
  "OrderPrice": "10150", "OrderStatus": "5", "Reason": "", "LastModifiedTime": "15Jun2019 15.25.15",
  "MessageSequenceNumber": "9223372036854775807"}]}"""


def test_order_message():
    rows = webhook.raw_rows(MESSAGE)
    assert webhook.tokens(rows) == ["app"]
    row = webhook.read_row(rows[0])
    assert (row.key, row.exchange, row.token, row.side) == ("200000000001", "1", "900001", "BUY")
    assert (row.quantity, row.pending, row.traded, row.price) == (10, 4, 6, 10150)
    assert (row.sequence, row.modified) == (9223372036854775807, "15Jun2019 15.25.15")
    assert webhook.status_of(row.status).label == "Pending or partly executed"
    assert "app" not in row.values.values()


def test_trade_message():
    row = webhook.read_row(
        {
            "MessageType": "TRD_MSG",
            "TradeNumber": "T1",
            "TradeQty": "6",
            "TradedPrice": "10145",
            "Buy_Sell": "2",
            "TradeTime": "15Jun2019 15.25.15",
        }
    )
    assert row.is_trade
    assert (row.trade_number, row.trade_quantity, row.trade_price, row.side) == ("T1", 6, 10145, "SELL")


class TestApiKeys:
    def test_the_request(self, settings, monkeypatch):
        sent = []

        def send(request, **options):
            sent.append((request.method, request.address, request.body, options["total_timeout"]))
            return NoAnswer(False, "not-sent", "Nothing was sent.")

        monkeypatch.setattr(client.http, "send", send)
        settings.CONNECTOR_KEYS_URL, settings.CONNECTOR_TOTAL_TIMEOUT = "https://vas.example", 60
        client.api_keys(APP, TOKEN, "A1B2C3")
        settings.CONNECTOR_PARTNER_APP_ID = "APP-7"
        client.api_keys(APP, TOKEN, "A1B2C3")
        body = '{"sApplicationToken": "app/token+1=", "sPartnerAppId": "%s", "sTwoWayToken": "two_way-token"}'
        address = "https://vas.example/loginservice/apiKeys"
        assert sent == [
            ("POST", address, (body % "A1B2C3").encode(), 10.0),
            ("POST", address, (body % "APP-7").encode(), 10.0),
        ]

    def test_the_answer(self):
        data = json.loads(
            '[{"type": "interactive", "apikey": "key-one-1", "endpoint": "https://k.example/interactive", '
            '"secretkey": null}, {"type": "omex", "apikey": "key-two-2", "endpoint": "https://k.example/omex", '
            '"secretkey": "secret-2"}]'
        )
        one, two = keys.read(data)
        assert (one.type, one.key.reveal(), one.secret.reveal()) == ("interactive", "key-one-1", "")
        assert (two.type, two.endpoint, two.secret.reveal()) == ("omex", "https://k.example/omex", "secret-2")
        assert "key-one-1" not in repr(one)

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"type": "other"}, "unknown type"),
            ({"type": ["interactive"]}, "unknown type"),
            ({"type": "omex"}, "no interactive key"),
            ({"apikey": None}, "is not a key"),
            ({"apikey": "short"}, "is not a key"),
            ({"apikey": "two words in it"}, "is not a key"),
            ({"apikey": "line\nbreak-in-it"}, "is not a key"),
            ({"secretkey": 7}, "is not a key"),
            ({"endpoint": ""}, "no endpoint"),
            ({"endpoint": "https://k.example/a b"}, "no endpoint"),
            ({"endpoint": "https://" + "k" * 200}, "no endpoint"),
        ],
    )
    def test_an_answer_is_taken_whole_or_not_at_all(self, changed, words):
        row = {
            "type": "interactive",
            "apikey": "key-one-1",
            "endpoint": "https://k.example",
            "secretkey": None,
        }
        with pytest.raises(Unreadable, match=words) as error:
            keys.read([{**row, **changed}])
        assert "key-one-1" not in str(error.value)
        for data in ({}, [], None, [row, row], [row] * 4, ["interactive"]):
            with pytest.raises(Unreadable):
                keys.read(data)
