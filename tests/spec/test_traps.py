"""Traps of the document that no single message shows: each test names the ruling that answers one."""

from datetime import date

import pytest

from backoffice.protocol import codes
from backoffice.protocol.examples import example
from backoffice.protocol.findings import EncodeError, errors
from backoffice.protocol.message import REQUESTS, Context, Repeat, check
from backoffice.protocol.wire import decode_reply, encode, split

READS = [message for message in REQUESTS.values() if message.repeat is Repeat.READ]


@pytest.mark.parametrize("message", REQUESTS.values(), ids=lambda message: str(message.type))
def test_f2_tags_leave_in_the_order_of_the_table_and_999_last(message, header, cipher):
    text = encode(message, example(message), header, cipher)
    tags = [tag for tag, _ in split(text)]
    declared = [field.tag for field in message.fields.values()]
    assert tags[:3] == [63, 64, 67]
    assert [tag for tag in tags if tag in declared] == [tag for tag in declared if tag in tags]
    assert (tags[-1] == 999, 999 in tags) == ((False, False) if message.type in (101, 108) else (True, True))


@pytest.mark.parametrize(
    ("tag", "meanings"),
    [
        (278, {320: "Global flag", 322: "Single interface template"}),
        (279, {320: "Orders per second", 322: "Message channels"}),
        (280, {320: "Broadcast scrips allowed", 324: "MTM pre-square-off"}),
        (281, {320: "Branch", 324: "MTM square-off"}),
        (282, {320: "Power of attorney", 324: "On MTM breach"}),
    ],
)
def test_f9_one_number_means_different_things_in_different_messages(tag, meanings):
    labels = {
        number: next(field.label for field in REQUESTS[number].fields.values() if field.tag == tag)
        for number in meanings
    }
    assert labels == meanings


@pytest.mark.parametrize("type_", [338, 340])
@pytest.mark.parametrize("isin", ["ine009a01021", "INE009a01021", "INE 009A01021", "INE009A0102"])
def test_o7_an_isin_that_is_not_written_in_capitals_is_never_encoded(type_, isin, header):
    message = REQUESTS[type_]
    values = {**example(message), "quantities": [{"isin": isin, "qty": "10", "status": ""}]}
    with pytest.raises(EncodeError, match="form"):
        encode(message, values, header)
    assert errors(check(message, values, Context(date(2026, 1, 15))))


@pytest.mark.parametrize("where", ["pan", "demats", "mf_ucc"])
def test_u16_a_pan_in_small_letters_is_never_encoded(where, header, cipher):
    values = example(REQUESTS[301])
    small = "aaapr1234c"
    changed = {
        "pan": small,
        "demats": [{**values["demats"][0], "second_pan": small}],
        "mf_ucc": {**values["mf_ucc"], "second_pan": small},
    }
    with pytest.raises(EncodeError, match="form"):
        encode(REQUESTS[301], {**values, where: changed[where]}, header, cipher)


@pytest.mark.parametrize("message", READS, ids=lambda message: str(message.type))
def test_m7_a_read_always_says_whose_session_it_means(message, header):
    assert (67, "RESERVEDPG") in split(encode(message, example(message), header))


def test_m3_a_leading_space_is_trimmed_for_display_and_kept_in_the_raw_answer():
    text = "63=FT1.0|64=311|18=0|19= Unable to Connect to ODIN Manager"
    reply = decode_reply(REQUESTS[310], text)
    assert reply.text == "Unable to Connect to ODIN Manager"
    assert reply.raw == text


@pytest.mark.parametrize(
    ("printed", "rows"),
    [
        ('{"Periodicity":[{"Id":"1","Name":"A"},{"Id":"2","Name":"B"}]}', 2),
        ('{"Periodicity":{"Id":"1","Name":"A"},{"Id":"2","Name":"B"}}', 2),
        ('{"Periodicity":{"Id":"1","Name":"A"}}', 1),
    ],
)
def test_m4_proper_json_and_the_printed_form_say_the_same(printed, rows):
    data = decode_reply(REQUESTS[318], f"63=FT1.0|64=319|18=1|19={printed}").data
    assert [row["Id"] for row in data["Periodicity"]] == ["1", "2"][:rows]


def test_m4_what_is_neither_is_shown_as_it_came():
    reply = decode_reply(REQUESTS[318], "63=FT1.0|64=319|18=1|19={nonsense")
    assert (reply.code, reply.data, reply.text) == ("1", None, "{nonsense")


def test_m6_tag_18_alone_says_whether_a_read_succeeded_whatever_the_text_was_copied_from():
    reply = decode_reply(REQUESTS[316], "63=FT1.0|64=317|18=0|19=Periodicity list is successfully given")
    assert reply.code == "0"


def test_m6_the_json_is_everything_after_tag_19():
    reply = decode_reply(REQUESTS[318], '63=FT1.0|64=319|18=1|19={"Periodicity":[{"Name":"a|18=0"}]}')
    assert (reply.code, reply.data) == ("1", {"Periodicity": [{"Name": "a|18=0"}]})


def test_u15_nothing_reads_a_user_back_lists_users_deletes_or_unlocks_one():
    assert {message.type for message in READS} == {316, 318, 326, 328}
    assert not [
        message for message in REQUESTS.values() if {"delete", "unlock"} & set(message.title.lower().split())
    ]


def test_a7_segments_qvl_exchanges_and_rest_exchanges_are_three_code_systems():
    systems = (codes.Segment, codes.QvlExchange, codes.RestExchange)
    for number in ("8", "16", "38"):
        names = [member.label for system in systems for member in system if member.value == number]
        assert len(set(names)) == len(names) > 1, number
