"""Whatever comes from outside is read exactly, or refused: never half, never with a crash."""

import base64
import json
import re
import string
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.connector.api import (
    callbacks,
    echo,
    landing,
    lines,
    order_details,
    reco,
    token_check,
    webhook,
)
from backoffice.connector.api.reading import Unreadable, fields_of, pick, shape_of
from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText

KEY = b"a key of tests"
BODIES = st.binary(max_size=400) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
).map(lambda found: json.dumps(found).encode())


class TestFields:
    def test_of_query_form_and_json_are_the_same(self):
        assert fields_of("", "A=1&b=%2B", b"") == {"a": "1", "b": "+"}
        assert fields_of("application/x-www-form-urlencoded", "", b"A=1&b=%2B") == {"a": "1", "b": "+"}
        assert fields_of("application/json; charset=utf-8", "", b'{"A": 1, "b": "+"}') == {"a": "1", "b": "+"}

    @pytest.mark.parametrize(
        ("kind", "query", "body"),
        [
            ("", "a=1&A=2", b""),
            ("application/json", "a=1", b'{"a": "2"}'),
            ("application/json", "", b'{"a": 1, "a": 1}'),
            ("application/json", "", b'{"a": {"b": 1}}'),
            ("application/json", "", b"[" * 50_000),
            ("application/json", "", b'{"a": ' + b"1" * 50_000 + b"}"),
            ("application/json", "", b'{"a": NaN}'),
            ("application/json", "", b'"text"'),
            ("text/xml", "", b"<a/>"),
            ("", "a=%00", b""),
            ("", "a=%ff", b""),
            ("", "&".join(f"a{n}=1" for n in range(200)), b""),
        ],
    )
    def test_that_say_two_things_or_nothing_are_refused(self, kind, query, body):
        with pytest.raises(Unreadable):
            fields_of(kind, query, body)

    def test_that_come_twice_alike_are_one(self):
        assert fields_of("", "a=1&A=1", b"") == {"a": "1"}

    @given(st.text(max_size=60), st.text(max_size=200), BODIES)
    def test_are_read_or_refused(self, kind, query, body):
        try:
            found = fields_of(kind, query, body)
        except Unreadable:
            return
        assert all(isinstance(value, str) for value in found.values())

    def test_are_shown_to_people_without_a_value(self):
        assert shape_of({"stoken": "secret-text", "n": "12"}) == ["n: digits, 2", "stoken: text, 11"]

    def test_are_found_under_any_spelling(self):
        assert pick({"stwowaytoken": "x"}, token_check.TOKEN) == "x"
        with pytest.raises(Unreadable):
            token_check.read({"tok": "x"})


class TestEcho:
    WRITTEN = echo.write(echo.Echo("ref-1_~", "nonce"), KEY)

    @pytest.mark.parametrize(
        "bent",
        [
            WRITTEN,
            WRITTEN.rstrip("="),
            WRITTEN.replace("+", " "),
            WRITTEN.replace("+", "-").replace("/", "_"),
        ],
    )
    def test_is_read_however_it_was_carried(self, bent):
        assert echo.read(bent, KEY) == echo.Echo("ref-1_~", "nonce")

    def test_with_another_key_or_content_is_none_of_ours(self):
        content = json.loads(base64.b64decode(self.WRITTEN))
        forged = base64.b64encode(json.dumps({**content, "i": "other"}).encode()).decode()
        assert echo.read(self.WRITTEN, b"other") is None
        assert echo.read(forged, KEY) is None

    def test_that_moves_a_sign_between_its_parts_is_forged(self):
        content = json.loads(base64.b64decode(echo.write(echo.Echo("a.b", "c"), KEY)))
        moved = base64.b64encode(json.dumps({**content, "i": "a", "n": "b.c"}).encode()).decode()
        assert echo.read(moved, KEY) is None

    @given(st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: base64.b64encode(raw).decode()))
    def test_is_never_made_up(self, text):
        assert echo.read(text, KEY) is None

    @given(
        st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=30), st.text(max_size=30)
    )
    def test_comes_back_as_it_was_written(self, invitation, nonce):
        written = echo.write(echo.Echo(invitation, nonce), KEY)
        assert echo.read(written, KEY) == echo.Echo(invitation, nonce)


class TestLanding:
    def test_needs_what_its_type_needs_and_takes_nothing_else(self):
        common = {"app_token": SecretText("a"), "two_way_token": SecretText("t")}
        with pytest.raises(EncodeError, match="sProductCode"):
            landing.landing_address("https://x", landing.Landing(request_type=1, **common))
        with pytest.raises(EncodeError, match="has no sTpUserId"):
            landing.landing_address(
                "https://x", landing.Landing(request_type=2, partner_id="A", tp_user_id="u", **common)
            )

    def test_does_not_print_itself(self):
        given = landing.Landing(
            request_type=2, partner_id="A", app_token=SecretText("hidden"), two_way_token=SecretText("t")
        )
        assert "hidden" not in f"{landing.landing_address('https://x', given)} {given}"


class TestMoney:
    @given(st.integers(1, 10**9), st.sampled_from(["NSE_EQ", "NSE_FO", "BSE_FO"]))
    def test_in_paise_is_exact(self, paise, exchange):
        line = lines.Line(exchange, 1, "X", "BUY", "RL", 1, Decimal(paise) / 100)
        text = order_details.data(order_details.Header("P", "C", "R"), [line], lines.BasketTerms())
        assert json.loads(text)["basketData"][0]["ordPrice"] == paise

    def test_that_is_no_whole_paise_is_refused_until_the_locator_is_set(self):
        line = lines.Line("NSE_CUR", 1, "USDINR", "BUY", "RL", 1, Decimal("83.0025"))
        terms = lines.BasketTerms(segment_ids="plain")
        with pytest.raises(EncodeError):
            order_details.data(order_details.Header("P", "C", "R"), [line], terms)
        assert "C19" in [found.rule for found in lines.line_findings(line, lines.Traits(), terms, "lines.0")]
        located = lines.BasketTerms(segment_ids="plain", locators={"NSE_CUR": 10_000_000})
        text = order_details.data(order_details.Header("P", "C", "R"), [line], located)
        assert json.loads(text)["basketData"][0]["ordPrice"] == 830_025_000

    def test_codes_and_spellings_follow_the_settings(self):
        line = lines.Line("NSE_EQ", 1, "X", "BUY", "RL-MKT", 1)
        terms = lines.BasketTerms(names=True, spellings={"orgQty": "orgQTY"})
        row = json.loads(order_details.data(order_details.Header("P", "C", "R"), [line], terms))[
            "basketData"
        ][0]
        assert (row["ordType"], row["validity"], row["orgQTY"]) == ("RL-MKT", "DAY", 1)


class TestHash:
    def test_is_the_same_for_equal_prices_and_another_for_each_change(self):
        def of(**changed):
            values = {"price": Decimal("10.50"), "quantity": 5, **changed}
            line = lines.Line("NSE_EQ", 1, "X", "BUY", "RL", **values)
            return lines.content_hash("P", "risk", datetime(2026, 1, 1, tzinfo=UTC), [line])

        assert of() == of(price=Decimal("10.5000"))
        changes = [{"price": Decimal("10.51")}, {"quantity": 6}, {"validity": "IOC"}, {"trigger": Decimal(1)}]
        assert len({of(), *(of(**changed) for changed in changes)}) == 5


def test_reco_ids_have_six_signs_without_look_alikes():
    made = {reco.new_reco_id() for _ in range(500)}
    assert all(re.fullmatch("[2-9A-HJKMNP-Z]{6}", one) for one in made)
    assert len(made) > 490


class TestWebhook:
    @given(BODIES)
    def test_bodies_are_read_or_refused(self, body):
        try:
            rows = webhook.raw_rows(body)
            webhook.tokens(rows)
            read = [webhook.read_row(row) for row in rows]
        except Unreadable:
            return
        assert all(len(row.key) <= 42 for row in read)

    def test_rows_may_be_a_json_string_and_the_token_beside_them(self):
        inner = json.dumps([{"UniqueCode": "1"}, {"UniqueCode": "2", "sInitiatorAppToken": "own"}])
        rows = webhook.raw_rows(json.dumps({"objJSONRows": inner, "sInitiatorAppToken": "app"}).encode())
        assert webhook.tokens(rows) == ["app", "own"]

    @pytest.mark.parametrize("text", ["", "-1", "1.5", "9223372036854775808", "٣", "1" * 40])
    def test_a_sequence_that_is_none_is_none(self, text):
        assert webhook.read_row({"MessageSequenceNumber": text}).sequence is None

    def test_sequences_are_numbers(self):
        nine, ten = (webhook.read_row({"MessageSequenceNumber": text}).sequence for text in ("9", "10"))
        assert nine < ten

    def test_the_same_row_has_the_same_hash_whatever_its_order_and_token(self):
        one = webhook.read_row({"a": "1", "b": "2", "sInitiatorAppToken": "x"})
        other = webhook.read_row({"b": "2", "a": "1", "SINITIATORAPPTOKEN": "y"})
        assert one.row_hash == other.row_hash != webhook.read_row({"a": "1", "b": "3"}).row_hash

    def test_sync_fills_its_template_without_leaving_the_text(self):
        template = '{"t": "$token", "p": "$partner_id", "n": $sequence, "w": "$two_way_token"}'
        values = {"token": 'a"b', "partner_id": "A1", "sequence": "7", "two_way_token": "w"}
        assert json.loads(webhook.sync_body(template, values)) == {"t": 'a"b', "p": "A1", "n": 7, "w": "w"}


@pytest.mark.parametrize(
    ("code", "means"),
    [("S101", "ok"), ("F1", "failed"), ("X", "unclear"), ("", "unclear"), ("s101", "unclear")],
)
def test_a_status_code_means_what_the_table_says(code, means):
    assert callbacks.meaning(code, {"S101": "ok", "F1": "failed"}) == means
