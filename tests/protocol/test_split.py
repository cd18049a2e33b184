"""What is too long for one message goes out as several, in order (F7)."""

from backoffice.protocol.examples import example
from backoffice.protocol.findings import errors
from backoffice.protocol.message import REQUESTS, Context, check
from backoffice.protocol.split import confirming, split_message
from backoffice.protocol.user_rules import NEVER_EMPTY
from backoffice.protocol.wire import encode
from tests.protocol.conftest import TODAY

CREATE, UPDATE = REQUESTS[301], REQUESTS[320]
BANK, DEMAT = example(CREATE)["banks"][0], example(CREATE)["demats"][0]


def banks(count, **changed):
    return [
        {**BANK, "account_no": f"{n:014d}", "is_default": "0", "pg_product": "x" * 60, **changed}
        for n in range(count)
    ]


def demats(count):
    return [
        {**DEMAT, "beneficiary_id": f"{n:08d}", "is_default": "N", "second_last_name": "x" * 25}
        for n in range(count)
    ]


def sendable(messages, header, cipher):
    for message, values in messages:
        assert not errors(check(message, values, Context(TODAY)))
        encode(message, values, header, cipher)


def test_most_messages_are_one(header, cipher):
    for message in REQUESTS.values():
        values = example(message)
        assert split_message(message, values) == [(message, values)]


def test_f7_a_creation_with_many_banks_is_followed_by_updates(header, cipher):
    values = {**example(CREATE), "banks": banks(20)}
    messages = split_message(CREATE, values)
    assert [message.type for message, _ in messages] == [301, 320, 320, 320][: len(messages)]
    assert len(messages) > 2
    sendable(messages, header, cipher)
    sent = [row for _, part in messages for row in part["banks"]]
    assert [{k: v for k, v in row.items() if k != "action"} for row in sent] == values["banks"]
    assert all(row["action"] == "1" for _, part in messages[1:] for row in part["banks"])


def test_f7_as_many_records_as_fit_go_first(header):
    values = {**example(CREATE), "password": "", "banks": banks(20)}
    field = CREATE.fields["banks"]
    [(_, first), (_, second), *_] = split_message(CREATE, values)
    assert len(field.to_wire(first["banks"])) <= 800
    one_more = {k: v for k, v in second["banks"][0].items() if k != "action"}
    assert field.length([*first["banks"], one_more]) > 800


def test_f7_the_default_record_stays_in_the_creation(header, cipher):
    rows = banks(20)
    rows[-1]["is_default"] = "1"
    messages = split_message(CREATE, {**example(CREATE), "banks": rows})
    assert messages[0][1]["banks"][0]["is_default"] == "1"
    sendable(messages, header, cipher)


def test_u1_u4_the_updates_carry_what_they_must(header, cipher):
    values = {**example(CREATE), "demats": demats(20), "orders_per_second": "", "max_gtd": ""}
    messages = split_message(CREATE, values)
    sendable(messages, header, cipher)
    for message, part in messages[1:]:
        assert message is UPDATE
        assert part["birth_date"] == values["birth_date"]
        assert set(part) == {
            *("user_id", "group_id", "manager_id", "odin_user_type", "birth_date", "demats"),
            *("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd"),
        }


def test_banks_and_demats_that_are_both_too_long(header, cipher):
    messages = split_message(CREATE, {**example(CREATE), "banks": banks(10), "demats": demats(10)})
    sendable(messages, header, cipher)
    assert sum(len(part.get("banks", [])) for _, part in messages) == 10
    assert sum(len(part.get("demats", [])) for _, part in messages) == 10


def test_a_long_update_goes_out_in_order(header, cipher):
    rows = [{"action": "2" if n < 3 else "1", **row} for n, row in enumerate(banks(20))]
    messages = split_message(UPDATE, {**example(UPDATE), "banks": rows})
    sendable(messages, header, cipher)
    assert [row for _, part in messages for row in part["banks"]] == rows
    assert "name" in messages[0][1]
    assert "name" not in messages[1][1]


def test_f7_mappings_are_sent_as_several_messages_in_order(header, cipher):
    cases = {
        312: (
            "templates",
            [
                {"template_name": f"T{n:010d}", "exchange": e, "level": level}
                for n in range(1)
                for e in CODES
                for level in "01"
            ],
        ),
        314: (
            "mappings",
            [{"action": "A", "dealer_group": "HEADOFFICE", "dealer_id": f"D{n}"} for n in range(60)],
        ),
        322: (
            "channels",
            [
                {"template_name": f"CATEGORY{n}", "channel": "NOTIFICATION", "status": "1", "action": "1"}
                for n in range(60)
            ],
        ),
    }
    for type_, (name, rows) in cases.items():
        message = REQUESTS[type_]
        values = {**example(message), name: rows}
        messages = split_message(message, values)
        assert len(messages) > 1
        assert [row for _, part in messages for row in part[name]] == rows
        sendable(messages, header, cipher)


CODES = [str(choice.value) for choice in REQUESTS[312].fields["templates"].record.fields["exchange"].choices]


def test_the_single_interface_template_is_sent_once():
    rows = [
        {"template_name": f"C{n}", "channel": "NOTIFICATION", "status": "1", "action": "1"} for n in range(60)
    ]
    messages = split_message(REQUESTS[322], {**example(REQUESTS[322]), "channels": rows})
    assert [part["si_template"] for _, part in messages] == ["100170", ""] + [""] * (len(messages) - 2)


def test_nothing_given_is_changed_by_splitting():
    values = {**example(CREATE), "banks": banks(20)}
    before = [dict(row) for row in values["banks"]]
    split_message(CREATE, values)
    assert values["banks"] == before


def test_u12_a_confirmation_carries_all_that_an_update_may_and_the_telephone_behind_the_mobile(
    header, cipher
):
    values = {**example(CREATE), "telephone": "02226400000", "mobile": "9876543210"}
    messages = confirming(values)
    sendable(messages, header, cipher)
    [(_, first), (_, second)] = messages
    left_out = {"reference", "inactive_segments", "telephone"}
    empty_for_good = {name for name in UPDATE.fields if name in NEVER_EMPTY and not values.get(name)}
    assert set(first) == set(UPDATE.fields) - left_out - empty_for_good
    assert first["banks"] == [{"action": "1", **bank} for bank in values["banks"]]
    assert second["telephone"] == "02226400000"
    assert "mobile" not in second
    assert {name: first[name] for name in second if name != "telephone"} == {
        name: value for name, value in second.items() if name != "telephone"
    }


def test_u18_a_confirmation_clears_what_the_creation_left_empty_where_odin_lets_it(header, cipher):
    values = {**example(CREATE), "address_2": "", "fax": "", "surveillance": "", "mobile": ""}
    [(_, update)] = confirming(values)
    assert (update["address_2"], update["fax"]) == ("", "")
    assert "surveillance" not in update
    sendable([(UPDATE, update)], header, cipher)


def test_f7_a_confirmation_with_more_than_fits_goes_out_as_several(header, cipher):
    [(_, create), *_] = split_message(CREATE, {**example(CREATE), "banks": banks(20)})
    messages = confirming(create)
    sendable(messages, header, cipher)
    sent = [row for _, part in messages for row in part.get("banks", ())]
    assert [{k: v for k, v in row.items() if k != "action"} for row in sent] == create["banks"]


def test_u2_a_confirmation_of_a_non_odin_user(header, cipher):
    absent = dict.fromkeys(("manager_id", "trading_segments", "market_data_segments", "login_segments"), "")
    values = {**example(CREATE), **absent, "odin_user_type": "0", "login_types": []}
    sendable(confirming(values), header, cipher)
