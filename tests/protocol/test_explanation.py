"""The message as the person who approves it reads it."""

import pytest

from backoffice.protocol.examples import example
from backoffice.protocol.explanation import explain
from backoffice.protocol.message import REQUESTS

CREATE, UPDATE = REQUESTS[301], REQUESTS[320]
BEFORE = {**example(CREATE), "name": "Asha Iyer", "city": "Pune", "fax": "0221111", "poa": "2"}


def lines(type_, values=None, **options):
    message = REQUESTS[type_]
    return {
        line.name: line
        for line in explain(message, example(message) if values is None else values, **options)
    }


def update(**changed):
    basis = {
        name: example(UPDATE)[name]
        for name in ("user_id", "group_id", "manager_id", "odin_user_type", "global_flag")
    }
    return {**basis, **changed}


def test_every_tag_that_is_sent_has_a_line_in_order():
    for message in REQUESTS.values():
        tags = list(dict.fromkeys(line.tag for line in explain(message, example(message))))
        sent = [f.tag for name, f in message.fields.items() if name in example(message) and not f.omit_empty]
        assert [tag for tag in tags if tag in sent] == sent


def test_what_stays_in_the_portal_is_read_where_it_says_something():
    deposit = example(REQUESTS[303])
    assert lines(303, {**deposit, "document": "Slip 4711"})["document"].value == "Slip 4711"
    assert "document" not in lines(303, {**deposit, "document": ""})


def test_codes_come_with_their_meaning():
    found = lines(301)
    assert (found["status"].value, found["status"].meaning, found["status"].label) == (
        "A",
        "Active",
        "User status",
    )
    assert (found["trading_segments"].value, found["trading_segments"].meaning) == (
        "1,2,3",
        "NSE Cash, NSE Derivatives, BSE Cash",
    )
    assert found["birth_date"].tag == 229


def test_records_have_a_line_a_sub_field():
    found = lines(301, reveal=True)
    assert (found["banks.1.account_no"].label, found["banks.1.account_no"].value) == (
        "Bank 2: account number",
        "02145214521423",
    )
    assert found["banks.1.account_type"].meaning == "Current"
    assert found["demats.0.dp_id"].label == "Demat 1: DP id"
    assert found["mf_ucc.mode_allowed"].label == "MF UCC: mode allowed"
    assert "banks.0.customer_id" not in found


def test_secrets_are_dots_always_and_personal_data_unless_revealed():
    hidden, shown = lines(301), lines(301, reveal=True)
    assert hidden["password"].value == shown["password"].value == "••••"
    for name in ("pan", "mobile", "banks.0.account_no", "demats.0.beneficiary_id"):
        assert hidden[name].value == hidden[name].meaning == "••••" + shown[name].value[-4:]
    assert hidden["birth_date"].meaning == "••••"
    assert shown["birth_date"].meaning == "21 January 1985"


def test_no_personal_value_leaks_through_old_values():
    found = lines(320, update(pan="AAAPI1234C"), before={"pan": "ZZZPI9999Z"})
    assert found["pan"].old == "••••999Z"


def test_kinds_of_lines_in_an_update():
    values = update(name="Asha Rao", city="", address_2="New Lane", fax="0221111", father_or_husband="")
    found = lines(
        320,
        values,
        before={**BEFORE, "address_2": "", "father_or_husband": ""},
    )
    kinds = {name: line.kind for name, line in found.items()}
    assert kinds["name"] == "changed"
    assert found["name"].old == "Asha Iyer"
    assert kinds["city"] == "cleared"
    assert kinds["address_2"] == "new"
    assert kinds["fax"] == "repeated"
    assert kinds["father_or_husband"] == "absent"
    assert "address_1" not in found


def test_a_clearing_is_said_in_words():
    assert lines(320, update(city=""), before=BEFORE)["city"].consequence == "Clears City."
    assert lines(320, update(city=""))["city"].kind == "cleared"
    assert lines(301, {**example(CREATE), "city": ""})["city"].kind == "absent"


@pytest.mark.parametrize(
    ("type_", "values", "name", "words"),
    [
        (301, {"poa": "0"}, "poa", "Grants power of attorney."),
        (320, {"poa": "0"}, "poa", "Grants power of attorney."),
        (320, {"mobile": "9876543210"}, "mobile", "Overwrites Telephone at ODIN."),
        (320, {"status": "S"}, "status", "Suspends the user."),
        (320, {"inactive_segments": ["1"]}, "inactive_segments", "Makes these segments inactive."),
        (320, {"max_gtd": ""}, "max_gtd", "Switches GTD off."),
        (
            301,
            {"odin_user_type": "0"},
            "odin_user_type",
            "Creates a non-ODIN user, who cannot trade in ODIN.",
        ),
        (303, {"amount": "5"}, "amount", "Adds to the limit. No message can reverse it."),
        (324, {"action": "3"}, "action", "Deletes the setting for this periodicity."),
    ],
)
def test_consequences_are_said(type_, values, name, words):
    assert lines(type_, {**example(REQUESTS[type_]), **values})[name].consequence == words


def test_mf_ucc_switches_the_kyc_flag_on_and_says_so_once():
    for type_ in (301, 320):
        said = [line for line in lines(type_).values() if line.consequence == "Switches the KYC flag on."]
        assert [line.tag for line in said] == [232]


def test_what_is_in_force_already_is_not_news():
    assert lines(320, update(poa="0"), before={"poa": "0"})["poa"].consequence == ""
    assert lines(320, update(poa="0"), before={"poa": "2"})["poa"].consequence == "Grants power of attorney."


@pytest.mark.parametrize(
    ("telephone", "said"),
    [
        ("02226400000", "Overwrites Telephone at ODIN, which is 02226400000."),
        ("", "ODIN sets Telephone to this as well."),
        ("9876543210", ""),
    ],
)
def test_a_mobile_number_says_what_becomes_of_the_telephone(telephone, said):
    before = {"telephone": telephone, "mobile": "9"}
    message = update(mobile="9876543210")
    found = {line.name: line for line in explain(REQUESTS[320], message, before, reveal=True)}
    assert found["mobile"].consequence == said


def test_the_overwritten_telephone_is_hidden_with_personal_data():
    found = lines(320, update(mobile="9876543210"), before={"telephone": "02226400000"})
    assert found["mobile"].consequence.startswith("Overwrites Telephone")
    assert "02226400000" not in found["mobile"].consequence


def test_a_deleted_account_is_shown_with_its_number():
    bank = {"action": "2", **BEFORE["banks"][0]}
    found = lines(320, update(banks=[bank]), before=BEFORE, reveal=True)
    assert found["banks.0.action"].consequence == "Deletes this bank account."
    assert found["banks.0.account_no"].value == "04874562102145"


def test_a_changed_account_shows_the_old_value_of_the_same_account():
    bank = {"action": "1", **BEFORE["banks"][1], "branch_city": "Pune"}
    found = lines(320, update(banks=[bank]), before=BEFORE)
    assert (found["banks.0.branch_city"].kind, found["banks.0.branch_city"].old) == ("changed", "Mumbai")
    assert found["banks.0.bank_id"].kind == "repeated"


def test_o9_a_blank_over_a_known_address_is_told():
    values = {**example(REQUESTS[346]), "first_state": ""}
    line = lines(346, values, before=example(REQUESTS[346]))["first_state"]
    assert (line.kind, line.old) == ("cleared", "Maharashtra")
    assert "whether ODIN erases it is not known" in line.consequence


def test_odd_values_do_not_make_it_fall_over():
    for type_, message in REQUESTS.items():
        for odd in (None, "", "x", []):
            values = {
                n: ([] if "records" in type(f).__mro__[1].__module__ else odd)
                for n, f in message.fields.items()
            }
            assert explain(message, values) or type_ in (108, 318)


def test_an_empty_record_has_one_line():
    for empty in ({}, dict.fromkeys(example(CREATE)["mf_ucc"], "")):
        assert lines(301, {**example(CREATE), "mf_ucc": empty})["mf_ucc"].kind == "absent"
        assert lines(320, update(mf_ucc=empty), before=BEFORE)["mf_ucc"].kind == "cleared"
