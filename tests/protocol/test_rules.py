"""One test a rule that ties fields together, named by the rule."""

from datetime import date

import pytest

from backoffice.protocol.examples import example
from backoffice.protocol.findings import Severity
from backoffice.protocol.message import REQUESTS, Context
from backoffice.protocol.rules import AnyOf, RequiredWhen
from tests.protocol.conftest import TODAY

CREATE = example(REQUESTS[301])
UPDATE = example(REQUESTS[320])
BANK, OTHER_BANK = CREATE["banks"]
DEMAT = CREATE["demats"][0]
UCC = CREATE["mf_ucc"]
ADULT, MINOR = "21-01-1985", "16-01-2008"
EIGHTEEN = "15-01-2008"


# Creating and updating a user


def test_u1_an_update_must_carry_what_odin_would_reset(errors):
    assert errors(320, global_flag=None) == {"global_flag": "U1"}
    assert errors(320, orders_per_second=None, max_broadcast_scrips=None, max_gtd=None) == dict.fromkeys(
        ("orders_per_second", "max_broadcast_scrips", "max_gtd"), "U1"
    )


def test_u1_empty_stands_for_the_default_of_all_but_the_strict_flag(errors):
    assert errors(320, orders_per_second="", max_broadcast_scrips="", max_gtd="") == {}
    assert errors(320, global_flag="") == {"global_flag": "U18"}


@pytest.mark.parametrize("name", ["family_id", "parent_id", "category", "group_admin_id", "password"])
def test_u1_an_update_cannot_carry_what_cannot_be_changed(errors, name):
    assert errors(320, **{name: "4"}) == {name: "F3"}


def test_u2_an_odin_user_needs_manager_segments_and_login_types(errors):
    empty = {
        "manager_id": "",
        "trading_segments": [],
        "market_data_segments": [],
        "login_segments": [],
        "login_types": [],
    }
    assert errors(301, **empty) == dict.fromkeys(empty, "U2")
    assert errors(301, **empty, odin_user_type="") == dict.fromkeys(empty, "U2")
    assert errors(301, **empty, odin_user_type="0") == {}


def test_u2_the_category_is_mandatory_for_a_non_odin_user_too(errors):
    assert errors(301, category="", odin_user_type="0") == {"category": "mandatory"}


def test_u2_a_non_odin_user_has_no_inactive_segments(errors):
    assert errors(320, odin_user_type="0") == {"inactive_segments": "U2"}
    assert errors(320, odin_user_type="0", inactive_segments=[]) == {}


def test_u2_the_manager_is_mandatory_in_an_update_of_an_odin_user(errors):
    assert errors(320, manager_id="") == {"manager_id": "U2"}
    assert errors(320, manager_id="", odin_user_type="0", inactive_segments=None) == {}


@pytest.mark.parametrize("product", ["3", "4", "14"])
def test_u3_client_type_is_mandatory_with_ipo_pms_and_bond(errors, product):
    assert errors(301, products=[product], client_type="") == {"client_type": "U3"}


@pytest.mark.parametrize("product", ["2", "4", "14"])
def test_u3_tax_status_and_occupation_are_mandatory_with_mutual_fund_pms_and_bond(errors, product):
    assert errors(301, products=[product], tax_status="", occupation="") == {
        "tax_status": "U3",
        "occupation": "U3",
    }


def test_u3_mf_ucc_is_mandatory_with_mutual_fund(errors):
    assert errors(301, products=["2"], mf_ucc={}) == {"mf_ucc": "U3"}
    assert errors(301, products=["32"], mf_ucc={}, client_type="", tax_status="", occupation="") == {}


def test_u3_says_why_a_field_is_mandatory(find):
    [finding] = find(301, products=["3"], client_type="")["client_type"]
    assert finding.text == "This is needed because IPO, PMS or Bond is allowed. Enter it."
    [rule] = [
        rule for rule in REQUESTS[301].rules if isinstance(rule, RequiredWhen) and rule.field == "client_type"
    ]
    assert (rule.when, rule.because) == (AnyOf("products", {"3", "4", "14"}), "IPO, PMS or Bond is allowed")


def test_u4_birth_date_is_mandatory_with_demats(errors):
    assert errors(301, birth_date="", mf_ucc={}, products=[]) == {"birth_date": "U4"}
    assert errors(301, birth_date="", mf_ucc={}, products=[], demats=[]) == {}


def test_u4_birth_date_is_mandatory_with_mf_ucc(errors):
    assert errors(301, birth_date="") == {"birth_date": "U4"}


def test_u4_mf_ucc_needs_a_demat(errors):
    assert errors(301, demats=[]) == {"demats": "U4"}


def test_u4_the_incorporation_flag_is_1_or_empty_and_needs_the_date(errors):
    assert errors(301, incorporation="0") == {"incorporation": "code"}
    assert errors(301, incorporation="1", birth_date="", demats=[], mf_ucc={}, products=[]) == {
        "birth_date": "U4"
    }


@pytest.mark.parametrize("name", ["bank_id", "account_no", "account_type"])
def test_u5_a_bank_has_mandatory_parts(errors, name):
    assert errors(301, banks=[{**BANK, name: ""}]) == {f"banks.0.{name}": "mandatory"}


@pytest.mark.parametrize("name", ["dp_id", "beneficiary_id", "holding_type"])
def test_u5_a_demat_has_mandatory_parts(errors, name):
    assert errors(301, demats=[{**DEMAT, name: ""}]) == {f"demats.0.{name}": "mandatory"}


def test_u5_holding_type_is_a_number_not_the_word_of_the_example(errors):
    assert errors(301, demats=[{**DEMAT, "holding_type": "Single"}]) == {"demats.0.holding_type": "code"}


def test_u5_default_dp_is_y_or_n(errors):
    assert errors(301, demats=[{**DEMAT, "is_default": "0"}]) == {"demats.0.is_default": "code"}


def test_u5_at_most_one_default_bank(errors):
    assert errors(301, banks=[BANK, {**OTHER_BANK, "is_default": "1"}]) == {"banks.1.is_default": "U5"}


def test_u5_a_deleted_bank_may_have_been_the_default(errors):
    banks = [{**BANK, "action": "2"}, {**OTHER_BANK, "action": "1", "is_default": "1"}]
    assert errors(320, banks=banks) == {}


def test_u5_at_most_one_default_demat(errors):
    other = {**DEMAT, "beneficiary_id": "87654321"}
    assert errors(301, demats=[DEMAT, other]) == {"demats.1.is_default": "U5"}


def test_u5_no_bank_twice(errors):
    assert errors(301, banks=[BANK, {**BANK, "is_default": "0"}]) == {"banks.1.account_no": "U5"}
    assert errors(301, banks=[BANK, {**BANK, "is_default": "0", "account_no": "1"}]) == {}


def test_u5_no_demat_twice(errors):
    assert errors(301, demats=[DEMAT, {**DEMAT, "is_default": "N"}]) == {"demats.1.beneficiary_id": "U5"}


def test_u5_in_an_update_each_record_begins_with_its_action(errors):
    assert next(iter(REQUESTS[320].fields["banks"].record.fields)) == "action"
    assert next(iter(REQUESTS[320].fields["demats"].record.fields)) == "action"
    assert errors(320, banks=[BANK]) == {"banks.0.action": "mandatory"}
    assert errors(301, banks=[{**BANK, "action": "1"}]) == {"banks.0": ""}


def test_u6_has_thirty_sub_fields():
    assert len(REQUESTS[301].fields["mf_ucc"].record.fields) == 30


@pytest.mark.parametrize(
    "name", ["mode_allowed", "holding_mode", "karvy_payment_mode", "other_rta_payment_mode"]
)
def test_u6_mandatory_parts(errors, name):
    found = errors(301, mf_ucc={**UCC, name: "", "bse_transaction_mode": ""})
    assert found == {f"mf_ucc.{name}": "mandatory"}


def test_u6_bse_ucc_or_nse_ucc_1(errors):
    assert errors(301, mf_ucc={**UCC, "bse_ucc": "", "nse_ucc_1": ""}) == {"mf_ucc.bse_ucc": "U6"}
    assert errors(301, mf_ucc={**UCC, "bse_ucc": ""}) == {}


@pytest.mark.parametrize("mode", ["JO", "AS"])
def test_u6_a_joint_holding_needs_a_second_applicant(errors, mode):
    assert errors(301, mf_ucc={**UCC, "holding_mode": mode}) == {
        "mf_ucc.second_first_name": "U6",
        "mf_ucc.second_pan": "U6",
    }


@pytest.mark.parametrize("mode", ["E", "R", "N"])
def test_u6_payment_code_with_ecs_rtgs_and_neft(errors, mode):
    assert errors(301, mf_ucc={**UCC, "karvy_payment_mode": mode}) == {"mf_ucc.karvy_payment_code": "U6"}


def test_u6_payment_code_with_ecs_has_nine_characters(errors):
    ucc = {**UCC, "karvy_payment_code": "1234567890"}
    assert errors(301, mf_ucc={**ucc, "karvy_payment_mode": "E"}) == {"mf_ucc.karvy_payment_code": "U6"}
    assert errors(301, mf_ucc={**ucc, "karvy_payment_mode": "R"}) == {}
    assert errors(301, mf_ucc={**ucc, "karvy_payment_mode": "R", "karvy_payment_code": "123456789012"}) == {
        "mf_ucc.karvy_payment_code": "F7"
    }


GUARDIAN = dict.fromkeys(
    [f"mf_ucc.guardian_{part}" for part in ("first_name", "pan", "birth_date", "address")], "U6"
)


def test_u6_a_minor_needs_a_guardian(errors):
    assert errors(301, birth_date=MINOR) == GUARDIAN
    assert errors(301, birth_date=EIGHTEEN) == {}


def test_u6_a_date_of_incorporation_makes_no_minor(errors):
    assert errors(301, birth_date=MINOR, incorporation="1") == {}


def test_u6_the_age_counts_on_the_day_of_sending(errors):
    assert errors(301, birth_date=MINOR, context=Context(date(2026, 1, 16))) == {}


def test_u6_the_guardian_is_of_age(errors):
    ucc = {**UCC, "guardian_birth_date": MINOR}
    assert errors(301, mf_ucc=ucc) == {"mf_ucc.guardian_birth_date": "U6"}


def test_u6_bse_ucc_mode_is_left_empty(errors):
    assert errors(301, mf_ucc={**UCC, "bse_ucc_mode": "0"}) == {"mf_ucc.bse_ucc_mode": "U6"}


@pytest.mark.parametrize(("mode", "good"), [*((m, False) for m in "123"), *((m, True) for m in "4567")])
def test_u6_bse_transaction_mode_only_where_bse_is_allowed(errors, mode, good):
    assert errors(301, mf_ucc={**UCC, "mode_allowed": mode}) == (
        {} if good else {"mf_ucc.bse_transaction_mode": "U6"}
    )


def test_u7_segments_and_login_types_are_those_of_the_tables(errors):
    assert len(REQUESTS[301].fields["trading_segments"].choices) == 19
    assert len(REQUESTS[301].fields["login_types"].choices) == 6
    assert errors(301, trading_segments=["6"], login_types=["8"]) == {
        "trading_segments": "U7",
        "login_types": "U7",
    }


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("orders_per_second", ["", "-1", "1", "999"], ["0", "1000"]),
        ("max_broadcast_scrips", ["", "-1", "1", "99999999"], ["0", "100000000"]),
        ("max_gtd", ["", "0", "1", "9999"], ["-1", "10000"]),
    ],
)
def test_u8_integer_limits(errors, name, good, bad):
    for value in good:
        assert errors(301, **{name: value}) == {}
        assert errors(320, **{name: value}) == {}
    for value in bad:
        assert errors(301, **{name: value}) == {name: "U8"}


def test_u8_flags_are_strict_and_start_without_power_of_attorney(errors):
    assert errors(301, poa="", global_flag="") == {"poa": "mandatory", "global_flag": "mandatory"}
    assert errors(301, poa="1", global_flag="2") == {"poa": "code", "global_flag": "code"}
    fields = REQUESTS[301].fields
    assert (fields["poa"].initial, fields["global_flag"].initial, fields["odin_user_type"].initial) == (
        "2",
        "0",
        "1",
    )


def test_u8_product_type_is_one_of_five(errors):
    assert errors(301, product_type="3") == {"product_type": "code"}
    for value in ("", "1", "2", "4", "8", "64"):
        assert errors(301, product_type=value) == {}


def test_u12_a_mobile_number_overwrites_the_telephone(warnings):
    assert warnings(320, telephone="0221234") == {"telephone": "U12"}
    assert warnings(320, telephone="0221234", mobile=None) == {}


def test_u13_inactive_segments_do_not_overlap_allowed_ones(errors):
    assert errors(320, inactive_segments=["9", "1"]) == {"inactive_segments": "U13"}
    assert errors(320, inactive_segments=["1"], trading_segments=None) == {}


def test_u17_mf_ucc_in_an_update_brings_its_demat_along(errors):
    assert errors(320, demats=None) == {"demats": "U17"}
    assert errors(320, demats=[{**UPDATE["demats"][0], "action": "2"}]) == {"demats": "U17"}


def test_u17_products_in_an_update_bring_along_what_they_need(errors):
    assert errors(320, client_type=None, tax_status=None, mf_ucc=None) == dict.fromkeys(
        ("client_type", "tax_status", "mf_ucc"), "U3"
    )
    assert errors(320, products=None, client_type=None, tax_status=None, occupation=None) == {}
    assert errors(320, birth_date=None) == {"birth_date": "U4"}


@pytest.mark.parametrize("name", ["name", "status", "gender", "surveillance", "poa", "product_type"])
def test_u18_some_values_cannot_be_emptied(errors, name):
    assert errors(320, **{name: ""}) == {name: "U18"}


@pytest.mark.parametrize(
    "name", ["trading_segments", "market_data_segments", "login_segments", "login_types"]
)
def test_u18_an_odin_user_keeps_segments_and_login_types(errors, name):
    assert errors(320, **{name: []}) == {name: "U18"}
    assert errors(320, **{name: []}, odin_user_type="0", inactive_segments=None) == {}


@pytest.mark.parametrize("name", ["address_1", "city", "email", "fax", "father_or_husband", "branch"])
def test_u18_an_optional_text_may_be_emptied(errors, name):
    assert errors(320, **{name: ""}) == {}


@pytest.mark.parametrize(
    "name", ["user_id", "group_id", "name", "category", "status", "gst_template", "gender"]
)
def test_mandatory_tags_of_a_creation(errors, name):
    assert errors(301, **{name: ""}) == {name: "mandatory"}
    assert errors(301, **{name: None}) == {name: "mandatory"}


@pytest.mark.parametrize("name", ["user_id", "group_id", "odin_user_type"])
def test_mandatory_tags_of_an_update(errors, name):
    assert errors(320, **{name: None}) == {name: "mandatory"}


# Warnings (U16)


def test_u16_the_example_has_no_warning(warnings):
    assert warnings(301) == {}
    assert warnings(320) == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pan": "AAAXR1234C"}, "no kind of holder"),
        ({"pan": "AAACR1234C"}, "not an individual"),
        ({"pan": "AAAPR1234C", "gender": "NA"}, "entered as a firm"),
        ({"pan": "AAAPZ1234C"}, "no initial of the name"),
    ],
)
def test_u16_pan_holder_and_initial(find, changed, words):
    [finding] = find(301, **changed)["pan"]
    assert finding.severity is Severity.WARNING
    assert words in finding.text


def test_u16_the_initial_is_compared_with_the_confirmed_name(find):
    known = Context(TODAY, known={"name": "Zubin Rao"})
    assert "pan" not in find(320, context=known, name=None, pan="AAAPZ1234C")


@pytest.mark.parametrize(
    ("dp_id", "client", "path"),
    [
        ("IN300940", "123456", "beneficiary_id"),
        ("12345678", "12345678", "beneficiary_id"),
        ("12345678", "8765432112345678", "dp_id"),
        ("XX300940", "12345678", "dp_id"),
        ("in300940", "12345678", "dp_id"),
    ],
)
def test_u16_nsdl_and_cdsl(warnings, dp_id, client, path):
    found = warnings(301, demats=[{**DEMAT, "dp_id": dp_id, "beneficiary_id": client}])
    assert found == {f"demats.0.{path}": "U16"}


def test_u16_good_nsdl_and_cdsl_numbers(warnings):
    assert warnings(301, demats=[{**DEMAT, "dp_id": "12345678", "beneficiary_id": "1234567812345678"}]) == {}


def test_u16_no_default_bank(warnings):
    assert warnings(301, banks=[{**BANK, "is_default": "0"}]) == {"banks": "U16"}
    assert warnings(301, banks=[]) == {}


@pytest.mark.parametrize(
    ("holding", "second", "third", "good"),
    [
        ("1", "", "", True),
        ("1", "Ravi", "", False),
        ("2", "Ravi", "", True),
        ("2", "", "", False),
        ("3", "Ravi", "", False),
        ("3", "Ravi", "Anu", True),
    ],
)
def test_u16_holding_type_and_joint_holders(warnings, holding, second, third, good):
    demat = {**DEMAT, "holding_type": holding, "second_first_name": second, "third_first_name": third}
    assert warnings(301, demats=[demat]) == ({} if good else {"demats.0.holding_type": "U16"})


@pytest.mark.parametrize(
    "changed", [{"mode_allowed": "2"}, {"bse_ucc": ""}, {"nse_ucc_1": ""}, {"mode_allowed": "4"}]
)
def test_u16_mode_allowed_and_uccs(warnings, changed):
    found = warnings(301, mf_ucc={**UCC, "bse_transaction_mode": "", **changed})
    assert found == {"mf_ucc.mode_allowed": "U16"}


def test_u16_single_holding_with_a_second_applicant(warnings):
    assert warnings(301, mf_ucc={**UCC, "second_first_name": "Ravi"}) == {"mf_ucc.holding_mode": "U16"}


def test_u16_born_in_the_future(warnings):
    assert warnings(301, birth_date="16-01-2026", demats=[], mf_ucc={}, products=[]) == {"birth_date": "U16"}


def test_u16_contacts(warnings):
    assert warnings(301, pin_code="012345", mobile="1234567890", email="asha") == dict.fromkeys(
        ("pin_code", "mobile", "email"), "U16"
    )


def test_pan_shape_is_an_error(errors):
    assert errors(301, pan="12345") == {"pan": "U16"}


def test_aadhaar_numbers_are_refused_in_addresses_and_remarks(errors):
    assert errors(301, address_1="2341 2341 2346", demats=[{**DEMAT, "remarks": "234123412346"}]) == {
        "address_1": "aadhaar",
        "demats.0.remarks": "aadhaar",
    }


# The other messages


@pytest.mark.parametrize("type_", [303, 330])
def test_o1_some_amount_is_mandatory(errors, type_):
    path = "amount"
    assert errors(type_, amount="") == {path: "O1"}
    assert errors(type_, amount="0") == {path: "O1"}


def test_o1_a_notional_deposit_belongs_to_303_only(errors):
    assert errors(303, amount="", notional_deposit="5") == {}
    assert errors(330, notional_deposit="5") == {"notional_deposit": "O1"}
    assert errors(330, amount="", notional_deposit="5") == {"amount": "O1", "notional_deposit": "O1"}


def test_o1_limits_of_the_new_structure(errors):
    assert errors(303, amount="99999999999.99", reference="x" * 50) == {}
    assert errors(303, amount="100000000000", reference="x" * 51) == {"amount": "O1", "reference": "F7"}


def test_o1_limits_of_the_old_structure(errors):
    old = Context(TODAY, new_limit_structure=False)
    assert errors(303, context=old, amount="20000000.00", reference="x" * 20) == {}
    assert errors(
        303, context=old, amount="20000000.01", reference="x" * 21, notional_deposit="1"
    ) == dict.fromkeys(("amount", "reference", "notional_deposit"), "O1")


def test_o1_reference_and_product_are_mandatory(errors):
    assert errors(303, reference="", product_id="") == {"reference": "mandatory", "product_id": "mandatory"}


@pytest.mark.parametrize(
    ("kind", "longest"), [("1", 14), ("5", 11), ("8", 13), ("9", 14), ("11", 10), ("12", 14), ("2", 14)]
)
def test_o2_template_names_have_lengths_by_type(errors, kind, longest):
    assert errors(310, template_type=kind, template_name="x" * longest) == {}
    assert set(errors(310, template_type=kind, template_name="x" * (longest + 1))) == {"template_name"}


def test_o2_the_category_is_mandatory_for_crp(errors):
    assert errors(310, template_type="11", category="") == {"category": "O2"}
    assert errors(310, template_type="1", category="") == {}


@pytest.mark.parametrize("kind", ["5", "8", "9"])
def test_o2_some_types_are_global_only(errors, kind):
    assert errors(310, template_type=kind, level="1") == {"level": "O2"}
    assert errors(310, template_type=kind, level="") == {}
    assert errors(310, template_type="1", level="1") == {}


def test_o3_one_template_for_each_exchange_and_level(errors):
    one = {"template_name": "ALL", "exchange": "1", "level": "0"}
    assert errors(312, templates=[one, {**one, "template_name": "B"}]) == {"templates.1.level": "O3"}
    assert errors(312, templates=[one, {**one, "level": "1"}]) == {}
    assert errors(312, templates=[{**one, "exchange": "14", "template_name": "x" * 12}]) == {
        "templates.0.exchange": "code",
        "templates.0.template_name": "F7",
    }
    assert errors(312, templates=[]) == {"templates": "mandatory"}
    assert len(REQUESTS[312].fields["templates"].record.fields["exchange"].choices) == 27


def test_o4_no_dealer_twice(errors):
    one = {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"}
    assert errors(314, mappings=[one, {**one, "action": "R"}]) == {"mappings.1.dealer_id": "O4"}
    assert errors(314, mappings=[{**one, "action": "X", "dealer_id": "x" * 11}]) == {
        "mappings.0.action": "code",
        "mappings.0.dealer_id": "F7",
    }


def test_o5_general_settings_or_the_other_two(errors):
    assert errors(322, gst_template="A") == {"gst_template": "O5"}
    assert errors(322, gst_template="A", channels=[]) == {"gst_template": "O5"}
    assert errors(322, gst_template="A", channels=[], si_template="") == {}
    assert errors(322, channels=[]) == {}
    assert errors(322, si_template="") == {}
    assert errors(322, si_template="", channels=[]) == {"gst_template": "O5"}


def test_o5_channels_are_the_eight_names(errors):
    channel = example(REQUESTS[322])["channels"][0]
    assert len(REQUESTS[322].fields["channels"].record.fields["channel"].choices) == 8
    assert errors(322, channels=[{**channel, "channel": "sms"}]) == {"channels.0.channel": "code"}
    assert errors(322, channels=[channel, {**channel, "status": "0"}]) == {"channels.1.channel": "O5"}


def test_o6_percentages_and_action(errors):
    assert errors(324, mtm_pre="0") == {"mtm_pre": "O6"}
    assert errors(324, mtm="0", margin_pre="0", margin="0") == {}
    assert errors(324, mtm="100", margin_pre="100", margin="100.01") == dict.fromkeys(
        ("mtm", "margin_pre", "margin"), "O6"
    )
    assert errors(324, action="") == {"action": "mandatory"}
    assert errors(324, mtm_trigger="2", margin_inactivate="Y") == {
        "mtm_trigger": "code",
        "margin_inactivate": "code",
    }
    assert errors(324, reference="x" * 21) == {"reference": "F7"}


def test_u16_pre_square_off_below_square_off(warnings):
    assert warnings(324, mtm_pre="80.00", mtm="80") == {"mtm_pre": "U16"}
    assert warnings(324, margin_pre="90", margin="80") == {"margin_pre": "U16"}
    assert warnings(324, margin_pre="90", margin="0") == {}


@pytest.mark.parametrize("type_", [338, 340])
def test_o7_quantities(errors, type_):
    one = {"isin": "INE009A01021", "qty": "10", "status": ""}
    assert errors(type_, quantities=[]) == {"quantities": "mandatory"}
    assert errors(type_, quantities=[{**one, "qty": "0"}]) == {}
    assert errors(type_, quantities=[{**one, "qty": ""}]) == {"quantities.0.qty": "O7"}
    assert errors(type_, quantities=[{**one, "qty": "-1"}]) == {"quantities.0.qty": "U8"}
    assert errors(type_, quantities=[{**one, "qty": "1.5"}]) == {"quantities.0.qty": "F8"}
    assert errors(type_, quantities=[{**one, "isin": "INE009A01022"}]) == {"quantities.0.isin": "O7"}
    assert errors(type_, quantities=[one, one]) == {"quantities.1.isin": "O7"}


def test_o8_participant_codes(find, errors, warnings):
    one = {"segment": "1", "code": "01494460IH"}
    assert errors(344, participants=[]) == {"participants": "mandatory"}
    assert errors(344, participants=[one, {**one, "code": "X"}]) == {"participants.1.segment": "O8"}
    assert errors(344, participants=[{**one, "segment": "0"}]) == {"participants.0.segment": "U8"}
    assert errors(344, participants=[{**one, "segment": "4096"}]) == {}
    assert warnings(344, participants=[{**one, "segment": "4096"}]) == {"participants.0.segment": "O8"}


def test_o9_alternate_addresses(errors):
    nothing = dict.fromkeys(
        [name for name in REQUESTS[346].fields if name not in ("user_id", "group_id")], ""
    )
    assert errors(346, **nothing) == {"first_address_1": "O9"}
    assert errors(346, **{**nothing, "second_city": "Pune"}) == {"second_type": "O9"}
    assert errors(346, **{**nothing, "second_city": "Pune", "second_type": "2"}) == {}
    assert errors(346, first_type="") == {"first_type": "O9"}
    assert errors(346, second_type="1", second_city="Pune") == {"second_type": "O9"}
    assert errors(346, second_type="4", second_city="Pune") == {"second_type": "code"}


def test_no_value_whatever_makes_a_rule_fall_over(find):
    for type_, message in REQUESTS.items():
        for odd in (None, 5, "x", [], [None, 5, {"a": []}], {"a": 1}, [["x"]], object()):
            find(type_, **dict.fromkeys(message.fields, odd))


def test_an_unknown_name_is_found(errors):
    assert errors(301, nickname="A") == {"nickname": "F3"}
