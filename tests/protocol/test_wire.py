"""Text in and out: what encode refuses, how a text is split, what decode keeps, what mask hides."""

import pytest

from backoffice.protocol.examples import example
from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.message import REQUESTS, RESPONSES
from backoffice.protocol.secret import SecretText
from backoffice.protocol.wire import (
    Header,
    checksum,
    decode_reply,
    decode_request,
    encode,
    encode_reply,
    mask,
    split,
)

CREATE, UPDATE, DEPOSIT = REQUESTS[301], REQUESTS[320], REQUESTS[303]


@pytest.mark.parametrize(
    ("text", "sum_"), [("", "000"), ("a", "097"), ("aaa", "035"), ("é", "233"), ("₹", "185"), ("😀", "061")]
)
def test_f4_checksum_counts_utf16_units(text, sum_):
    units = text.encode("utf-16-le")
    assert sum(units[i] + 256 * units[i + 1] for i in range(0, len(units), 2)) % 256 == int(sum_)
    assert checksum(text) == sum_


def test_f3_an_absent_value_is_sent_empty(header):
    text = encode(
        DEPOSIT, {"user_id": "A", "group_id": "B", "amount": "1", "reference": "R", "product_id": "1"}, header
    )
    assert "|246=|251=1|" in text


@pytest.mark.parametrize("type_", [303, 330])
def test_what_stays_in_the_portal_is_in_no_message(type_, header):
    message = REQUESTS[type_]
    sent = example(message)
    assert encode(message, {**sent, "document": "Slip 4711"}, header) == encode(message, sent, header)
    assert decode_request(encode(message, {**sent, "document": "Slip 4711"}, header)).values == sent


def test_u1_an_update_without_what_odin_would_reset_is_not_encoded(header):
    values = {"user_id": "A", "group_id": "B", "manager_id": "", "odin_user_type": "1", "name": "C"}
    with pytest.raises(EncodeError, match="must carry Global flag"):
        encode(UPDATE, values, header)


def test_u1_an_update_cannot_carry_other_tags(header):
    with pytest.raises(EncodeError, match="family_id"):
        encode(UPDATE, {**example(UPDATE), "family_id": "F"}, header)


def test_an_unknown_name_is_not_silently_left_out(header, cipher):
    with pytest.raises(EncodeError, match="nickname"):
        encode(CREATE, {**example(CREATE), "nickname": "A"}, header, cipher)


def test_u11_a_password_is_not_sent_without_a_cipher(header):
    with pytest.raises(EncodeError, match="without encryption") as raised:
        encode(CREATE, example(CREATE), header)
    assert "Sesame42" not in str(raised.value)


def test_u11_a_password_is_never_in_the_text(header, cipher):
    assert "Sesame42" not in encode(CREATE, example(CREATE), header, cipher)


def test_u11_a_password_that_lost_its_wrapping_is_not_taken_for_an_encrypted_one(header, cipher):
    for key in (cipher, None):
        with pytest.raises(EncodeError, match="without encryption"):
            encode(CREATE, {**example(CREATE), "password": "Sesame42"}, header, key)


@pytest.mark.parametrize("dealer", ["", "TOOLONGDEALER", "A|64=1", "Ä"])
def test_m1_a_dealer_id_has_ten_plain_characters(dealer):
    with pytest.raises(EncodeError):
        encode(REQUESTS[318], {}, Header(dealer, SecretText("0x1")))


@pytest.mark.parametrize(
    "session", [None, *map(SecretText, ("", "0x1|18=1", "0x|1", "0x1\n", "0x\x001", "0x\ud800", "0x" * 51))]
)
def test_a_session_id_that_cannot_be_sent(session):
    with pytest.raises(EncodeError) as raised:
        encode(REQUESTS[318], {}, Header("RESERVEDPG", session))
    assert "0x" not in str(raised.value)


@pytest.mark.parametrize(
    "given", ["0x 1", " 0x1", "a=b==", "{9A0C-4}", "a,b$c<d>&;'\"", "\u00e9\u20b9\u00a0\U0001f600", "x" * 100]
)
def test_a_session_id_is_sent_back_as_odin_gave_it(given):
    given_back = decode_reply(REQUESTS[101], f"63=FT1.0|64=102|70=10000|19=Hello|4={given}|97=9").session_id
    text = encode(REQUESTS[318], {}, Header("RESERVEDPG", given_back))
    assert f"|4={given}|999=" in text
    assert decode_request(text).checksum_ok
    assert given not in mask(text)


def test_the_dealer_is_sent_in_every_message(header, cipher):
    for message in REQUESTS.values():
        assert "|67=RESERVEDPG" in encode(message, example(message), header, cipher)


def test_f7_whole_tags_have_lengths(header):
    bank = {**example(CREATE)["banks"][0], "pg_product": "x" * 100}
    with pytest.raises(EncodeError, match="too long"):
        encode(CREATE, {**example(CREATE), "password": "", "banks": [bank] * 6}, header)


def test_both_ways_of_encoding_agree(header, cipher):
    for message in REQUESTS.values():
        if message.partial:
            continue
        values = example(message)
        lacking = {name: value for name, value in values.items() if value or message.fields[name].required}
        assert encode(message, lacking, header, cipher) == encode(message, values, header, cipher)


def test_f1_split_at_tags_only():
    assert split("63=FT1.0|19=a|b=c|d||4=x=y=") == [(63, "FT1.0"), (19, "a|b=c|d|"), (4, "x=y=")]
    assert split("18=1|19=") == [(18, "1"), (19, "")]


@pytest.mark.parametrize("text", ["", "|63=FT1.0", "hello", "=5", "x=5", "-1=5", "٣=5", "123456=5"])
def test_f1_what_has_no_tag_is_no_message(text):
    with pytest.raises(DecodeError):
        split(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("64=318|67=R|4=S", "63"),
        ("63=FT2.0|64=318|67=R|4=S", "63"),
        ("63=FT1.0|67=R|4=S", "64"),
        ("63=FT1.0|64=999|67=R|4=S", "64"),
        ("63=FT1.0|64=x|67=R|4=S", "64"),
        ("63=FT1.0|64=318|67=R|4=S|201=A", "no tag 201"),
        ("63=FT1.0|64=320|67=R|4=S|204=A", "no tag 204"),
        ("63=FT1.0|64=324|67=R|4=S|276=100170|276=8589934591", "twice"),
        ("63=FT1.0|64=301|67=R|4=S|224=A,B", "sub-fields"),
        ("63=FT1.0|64=338|67=R|4=S|335=[{'ISIN':'A'}]", "JSON"),
    ],
)
def test_requests_that_cannot_be_read(text, words):
    with pytest.raises(DecodeError, match=words):
        decode_request(text)


def test_faulty_values_are_kept_for_the_check():
    decoded = decode_request("63=FT1.0|64=301|67=R|4=S|218=X|212=abc|220=1,6|207=abc")
    assert decoded.values["status"] == "X"
    assert decoded.values["trading_segments"] == ["1", "6"]
    assert decoded.values["password"] == SecretText("abc")
    assert "name" not in decoded.values
    assert not decoded.checksum_ok


def test_a_wrong_checksum_is_told():
    text = "63=FT1.0|64=318|67=RESERVEDPG|4=RESERVEDPG_412201710722|999="
    assert decode_request(text + "075").checksum_ok
    assert not decode_request(text + "076").checksum_ok
    assert not decode_request(text + "75").checksum_ok
    assert not decode_request(f"{text}075|201=A".replace("318", "328")).checksum_ok


def test_a_header_and_a_decoded_request_do_not_show_the_session():
    decoded = decode_request("63=FT1.0|64=318|67=RESERVEDPG|4=RESERVEDPG_412201710722|999=075")
    assert "412201710722" not in repr(decoded)
    assert decoded.header.session_id.reveal() == "RESERVEDPG_412201710722"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("63=FT1.0|64=101|67=R|68=Pwd|69=|51=4", "63=FT1.0|64=101|67=R|68=••••|69=|51=4"),
        ("63=FT1.0|64=318|67=R|4=0xAB|999=075", "63=FT1.0|64=318|67=R|4=••••|999=075"),
        ("sent 63=FT1.0|4=a|b c=|207=x==|208=4", "sent 63=FT1.0|4=••••|207=••••|208=4"),
        ("| 4=abc | 201=A", "| 4=••••| 201=A"),
        ("63=FT1.0|64=102|70=10000|4=0x01", "63=FT1.0|64=102|70=10000|4=••••"),
        ("54=5|24=6|1207=7|68.5=8", "54=5|24=6|1207=7|68.5=8"),
        ("4= | 5=x|68=|", "4= | 5=x|68=••••"),
        ("4=|abc|97=1", "4=••••|97=1"),
        ("4=a|4=b|4=", "4=••••|4=••••|4="),
        ("4=secret\nwith a line break|5=x", "4=••••|5=x"),
        ("nothing", "nothing"),
    ],
)
def test_u11_mask_hides_secrets_and_nothing_else(text, masked):
    assert mask(text) == masked


def test_every_request_is_masked(header, cipher):
    for message in REQUESTS.values():
        shown = mask(encode(message, example(message), header, cipher))
        assert header.session_id.reveal() not in shown
        for name in ("password", "new_password"):
            if example(message).get(name):
                assert cipher.encrypt(example(message)[name]) not in shown


def test_answers_are_written_in_declared_order():
    values = {"text": "No such | user", "code": "0", "reference": "R1"}
    assert encode_reply(RESPONSES[302], values) == "63=FT1.0|64=302|18=0|227=R1|19=No such | user"


@pytest.mark.parametrize("values", [{"other": "1"}, {"code": "0|19=x"}, {"text": "a|18=1"}])
def test_an_answer_cannot_be_injected_either(values):
    with pytest.raises(EncodeError):
        encode_reply(RESPONSES[302], values)
