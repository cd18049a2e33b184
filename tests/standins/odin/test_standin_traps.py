"""Where the document sets a trap: the stand-in springs it, so that the portal must avoid it."""

import pytest

U = {201: "WEBRET1", 202: "HO"}
M = U | {203: "10.0.10.0"}
ERROR = "Error occurred, kindly contact administrator"


def update(desk, pairs):
    return desk.send(320, dict(sorted((M | {230: "1"} | pairs).items())))


def test_an_update_that_leaves_out_the_four_resets_them(desk):
    desk.create(t240="1", t241="5", t242="70", t247="30", t244="2", t248="2")
    values = desk.user()["values"]
    assert [values[n] for n in ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd")] == [
        *("1", "5", "70", "30")
    ]
    assert update(desk, {206: "Asha Iyer"})[18] == "1"
    values = desk.user()["values"]
    assert values["global_flag"] == "0"
    assert (values["orders_per_second"], values["max_broadcast_scrips"]) == ("-1", "-1")
    assert values["max_gtd"] == ""
    assert (values["poa"], values["product_type"]) == ("2", "2"), "these two keep their value"


def test_an_update_that_repeats_the_four_keeps_them(desk):
    desk.create(t240="1", t241="5", t242="70", t247="30")
    update(desk, {278: "1", 279: "5", 280: "70", 247: "30"})
    values = desk.user()["values"]
    assert [values[n] for n in ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd")] == [
        *("1", "5", "70", "30")
    ]


def test_a_second_create_is_refused(desk):
    assert desk.create()[18] == "1"
    answer = desk.create(t206="Somebody Else")
    assert (answer[18], answer[19], answer[227]) == ("0", "User Id already exist in the system", "REF0001")
    assert desk.user()["values"]["name"] == "Asha Rao"


NON_ODIN = {"t230": "0", "t203": "", "t220": "", "t221": "", "t222": "", "t223": ""}


def test_a_create_converts_a_non_odin_user(desk):
    assert desk.create(**NON_ODIN)[18] == "1"
    assert desk.create(**NON_ODIN)[19] == "User Id already exist in the system"
    assert desk.create()[18] == "1"
    assert desk.user()["values"]["odin_user_type"] == "1"
    assert desk.create()[18] == "0"


def test_an_update_cannot_change_the_users_type(desk):
    desk.create(**NON_ODIN)
    assert update(desk, {206: "Asha Iyer"})[19] == ERROR
    assert desk.user()["values"]["odin_user_type"] == "0"


@pytest.mark.parametrize("odd", ["", "1", "7"])
def test_an_odd_poa_grants_the_power_of_attorney(desk, odd):
    assert desk.create(t244=odd)[18] == "1"
    assert desk.user()["values"]["poa"] == "0"


def test_a_create_without_the_poa_tag_grants_it(desk):
    text = desk.write(301, desk.USER, add_checksum=False).replace("|244=2", "")
    answer = desk.say("CreateRetailUser", f"{text}|999={sum(map(ord, text)) % 256:03d}")
    assert answer[18] == "1", desk.last().reason
    assert desk.user()["values"]["poa"] == "0"


def test_an_odd_poa_in_an_update_keeps_the_former(desk):
    desk.create()
    assert update(desk, {282: "5"})[18] == "1"
    assert desk.user()["values"]["poa"] == "2"
    update(desk, {282: "0"})
    assert desk.user()["values"]["poa"] == "0"


def test_an_updated_mobile_overwrites_the_telephone(desk):
    desk.create(t213="0222612345")
    assert desk.user()["values"]["telephone"] == "0222612345"
    update(desk, {214: "9000000001"})
    assert desk.user()["values"]["telephone"] == "9000000001"


def test_a_mutual_fund_record_switches_kyc_on(desk):
    desk.create()
    assert desk.user()["kyc"] is False
    answer = update(desk, {225: f"1,{desk.DEMAT}", 229: "21-01-1985", 232: desk.MF_UCC})
    assert answer[18] == "1", desk.last().reason
    assert desk.user()["kyc"] is True


def test_an_update_of_an_unknown_user_is_refused(desk):
    answer = update(desk, {227: "R9"})
    assert (answer[64], answer[18], answer[227]) == ("321", "0", "R9")
    assert answer[19] == "User Id does not exist in the system"


def test_a_bank_is_deleted_by_bank_and_account(desk):
    desk.create(t224=desk.BANKS)
    assert update(desk, {224: "2,UTI,,,99999,,CA,,"})[18] == "0"
    assert len(desk.user()["banks"]) == 2
    assert update(desk, {224: "2,UTI,,,02145214521423,,CA,,"})[18] == "1", desk.last().reason
    assert [bank["bank_id"] for bank in desk.user()["banks"]] == ["HDFC"]
    assert update(desk, {224: "2,UTI,,,02145214521423,,CA,,"})[18] == "0", "a repeated delete is refused"


def test_a_bank_is_modified_in_place_and_takes_the_default(desk):
    desk.create(t224=desk.BANKS)
    update(desk, {224: "1,UTI,Andheri,Mumbai,02145214521423,,SB,1,"})
    first, second = desk.user()["banks"]
    assert (first["branch_name"], first["account_type"], first["is_default"]) == ("Andheri", "SB", "1")
    assert second["is_default"] == "0"


def test_a_refused_update_leaves_nothing_behind(desk):
    desk.create(t224=desk.BANKS)
    assert update(desk, {206: "Asha Iyer", 224: "1,NEW,,,77,,CA,0,$2,UTI,,,99999,,CA,,"})[18] == "0"
    held = desk.user()
    assert (held["values"]["name"], len(held["banks"])) == ("Asha Rao", 2)


def test_a_reference_is_used_once_over_both_limit_messages(desk):
    desk.create()
    limit = U | {246: "", 251: "10", 252: "T1", 253: "1"}
    assert desk.send(303, limit)[18] == "1"
    for type_ in (303, 330):
        answer = desk.send(type_, limit)
        assert (answer[18], answer[252], answer[19]) == (
            "0",
            "T1",
            "Transaction No already exist in the system",
        )
    assert desk.user()["limits"] == {"cash": "10.00", "collateral": "0.00", "notional": "0.00"}


def test_a_refused_limit_update_does_not_use_up_its_reference(desk):
    limit = U | {246: "", 251: "10", 252: "T1", 253: "1"}
    assert desk.send(303, limit)[19] == "User Id does not exist in the system"
    desk.create()
    assert desk.send(303, limit)[18] == "1"


def test_square_off_adds_once_and_modifies_and_deletes_what_is_there(desk):
    desk.create()
    setting = {280: "60.00", 281: "80.00", 282: "0", 283: "1", 284: "", 285: "", 286: "", 287: ""}
    outcomes = [
        desk.send(324, M | {276: "3"} | setting | {288: action, 227: ""})[18]
        for action in ("2", "1", "1", "2", "3", "3")
    ]
    assert outcomes == ["0", "1", "0", "1", "1", "0"]


def test_a_dealer_that_is_not_mapped_cannot_be_removed(desk):
    desk.create()
    assert desk.send(314, M | {208: "4", 274: "A,HO,D1"})[18] == "1"
    assert desk.send(314, M | {208: "4", 274: "R,HO,D1"})[18] == "1"
    assert desk.send(314, M | {208: "4", 274: "R,HO,D1"})[19] == ERROR


@pytest.mark.parametrize(
    ("type_", "pairs", "text"),
    [
        (310, {208: "4", 270: "1", 271: "", 272: ""}, "Template Name is not provided"),
        (312, {273: "ALL,,0"}, "Exchange Code is not provided"),
        (314, {208: "4", 274: "A,,DEAL1"}, "Dealer Group Id is not provided"),
    ],
)
def test_missing_values_are_refused_in_the_documents_words(desk, type_, pairs, text):
    desk.create()
    assert desk.send(type_, M | pairs)[19] == text
