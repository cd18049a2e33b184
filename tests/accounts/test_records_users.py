"""What a confirmed 301 and 320 do to the record of a retail user."""

import pytest

from accounts.models import RetailUser, Source
from accounts.values import to_values
from backoffice.delivery.handlers import apply, apply_many
from tests.factories import (
    BankAccountFactory,
    MfUccFactory,
    RetailUserFactory,
    bank_values,
    demat_values,
    mf_ucc_values,
    retail_user_values,
)

pytestmark = pytest.mark.django_db


def create(**changed):
    return apply(301, "HO/RET001", retail_user_values(**changed))


def update(**values):
    head = {"user_id": "RET001", "group_id": "HO", "manager_id": "10.0.10.0", "odin_user_type": "1"}
    repeated = {"global_flag": "0", "orders_per_second": "-1", "max_broadcast_scrips": "-1", "max_gtd": "0"}
    return apply(320, "HO/RET001", {**head, **repeated, **values})


def user():
    return RetailUser.objects.get(group_id="HO", user_id="RET001")


def test_a_confirmed_create_makes_the_record_with_all_its_parts():
    create()
    made = user()
    assert (made.name, made.pan, made.status, made.trading_segments) == (
        "Asha Testwala",
        "ABCPT1234A",
        "A",
        ["1", "3"],
    )
    assert made.birth_date.isoformat() == "1985-01-21"
    assert [(bank.bank_id, bank.is_default) for bank in made.banks.all()] == [
        ("SAMPLEBANK", "1"),
        ("OTHERBANK", "0"),
    ]
    assert made.demats.get().beneficiary_id == "10000001"
    assert made.mf_ucc.bse_ucc == "UCC001"
    assert made.version == 1
    assert made.source == Source.CREATED
    assert made.confirmed_at is not None


def test_creates_confirmed_together_make_the_records_that_each_makes_alone():
    rich = retail_user_values()
    bare = retail_user_values(banks=[], demats=[], mf_ucc={}, poa="7", global_flag="")
    converted = retail_user_values(name="New Name")
    RetailUserFactory(group_id="HO", user_id="OLD", name="Old Name")
    found = {}
    for prefix in ("ALONE", "TOGETHER"):
        sent = [
            (f"HO/{user_id}", {**values, "group_id": "HO", "user_id": user_id})
            for user_id, values in ((f"{prefix}1", rich), (f"{prefix}2", bare), ("OLD", converted))
        ]
        together = apply_many(301, sent) if prefix == "TOGETHER" else [apply(301, *one) for one in sent]
        RetailUser.objects.filter(user_id="OLD").update(name="Old Name")
        made = RetailUser.objects.filter(user_id__startswith=prefix).order_by("user_id")
        found[prefix] = [
            [{**applied.after, "user_id": ""} for applied in together[:2]],
            [applied.before for applied in together[:2]],
            (together[2].before["name"], together[2].after["name"]),
            [(to_values(each) | {"user_id": ""}, each.version, each.source, each.kyc) for each in made],
        ]
    assert len(found["ALONE"][0]) == 2
    assert found["ALONE"] == found["TOGETHER"]


def test_what_goes_in_as_values_comes_out_as_the_same_values():
    values = retail_user_values(orders_per_second="3", max_broadcast_scrips="15", max_gtd="10")
    apply(301, "HO/RET001", values)
    assert to_values(user()) == {**values, "inactive_segments": []}


def test_the_entry_of_a_create_says_what_there_is_now_and_nothing_empty():
    applied = create()
    assert applied.before == {}
    assert applied.after["name"] == "Asha Testwala"
    assert "fax" not in applied.after


def test_a_password_reaches_neither_the_record_nor_the_entry():
    from backoffice.protocol.fields import SecretText

    applied = create(password=SecretText("Sesame42"))
    assert "password" not in applied.after
    assert "Sesame42" not in str(RetailUser.objects.values().get())


def test_empty_numbers_are_kept_as_the_defaults_that_are_in_force_U8():
    create(orders_per_second="", max_broadcast_scrips="", max_gtd="", global_flag="", odin_user_type="")
    made = user()
    assert (made.orders_per_second, made.max_broadcast_scrips, made.max_gtd) == (-1, -1, 0)
    assert (made.global_flag, made.odin_user_type) == ("0", "1")


def test_mutual_fund_ucc_switches_the_kyc_flag_on_U12():
    create()
    assert user().kyc
    update(name="Other Name")
    assert user().kyc


def test_without_mutual_fund_ucc_the_kyc_flag_stays_off():
    create(mf_ucc={})
    assert not user().kyc
    assert not hasattr(user(), "mf_ucc")


def test_a_second_301_converts_a_non_odin_user_and_keeps_its_other_accounts_U2():
    kept = RetailUserFactory(group_id="HO", user_id="RET001", odin_user_type="0", version=4, name="Old Name")
    BankAccountFactory(retail_user=kept, bank_id="OLDBANK", is_default="1")
    applied = create()
    assert user().odin_user_type == "1"
    assert user().version == 5
    assert {bank.bank_id: bank.is_default for bank in user().banks.all()} == {
        "OLDBANK": "0",
        "SAMPLEBANK": "1",
        "OTHERBANK": "0",
    }
    assert (applied.before["odin_user_type"], applied.after["odin_user_type"]) == ("0", "1")


def test_an_update_changes_what_it_carries_and_tells_only_that():
    create()
    applied = update(name="Asha Renamed", city="Pune")
    assert applied.before == {"name": "Asha Testwala", "city": "Mumbai"}
    assert applied.after == {"name": "Asha Renamed", "city": "Pune"}
    assert user().version == 2


def test_an_update_resets_what_it_leaves_out_U1():
    create(
        global_flag="1",
        orders_per_second="3",
        max_broadcast_scrips="15",
        max_gtd="10",
        poa="0",
        product_type="2",
    )
    apply(320, "HO/RET001", {"user_id": "RET001", "group_id": "HO", "city": "Pune"})
    changed = user()
    assert (changed.global_flag, changed.orders_per_second, changed.max_broadcast_scrips) == ("0", -1, -1)
    assert changed.max_gtd == 0
    assert (changed.poa, changed.product_type) == ("0", "2")


def test_an_update_may_empty_a_text_U18():
    create()
    applied = update(city="")
    assert user().city == ""
    assert applied.after == {"city": ""}


def test_a_mobile_number_overwrites_the_telephone_number_U12():
    create(telephone="02212345678")
    applied = update(mobile="9811111111")
    assert (user().mobile, user().telephone) == ("9811111111", "9811111111")
    assert applied.before == {"mobile": "9800000001", "telephone": "02212345678"}


def test_segments_are_full_sets_U13():
    create()
    update(trading_segments=["2"], inactive_segments=["1"])
    assert (user().trading_segments, user().inactive_segments) == (["2"], ["1"])


def test_bank_actions_insert_modify_and_delete():
    create()
    update(
        banks=[
            bank_values(action="1", bank_id="NEWBANK", account_no="77", is_default="1"),
            bank_values(action="1", bank_id="OTHERBANK", account_no="00987654321", branch_city="Pune"),
            bank_values(action="2"),
        ]
    )
    banks = {bank.bank_id: bank for bank in user().banks.all()}
    assert set(banks) == {"NEWBANK", "OTHERBANK"}
    assert banks["NEWBANK"].is_default == "1"
    assert banks["OTHERBANK"].branch_city == "Pune"


def test_a_new_default_takes_the_place_of_the_old_one():
    create()
    update(
        banks=[bank_values(action="1", bank_id="OTHERBANK", account_no="00987654321", is_default="1")],
        demats=[demat_values(action="1", beneficiary_id="10000002", is_default="Y")],
    )
    assert user().banks.get(is_default="1").bank_id == "OTHERBANK"
    assert user().demats.get(is_default="Y").beneficiary_id == "10000002"


def test_demat_actions_insert_and_delete():
    create()
    update(demats=[demat_values(action="2"), demat_values(action="1", beneficiary_id="10000002")])
    assert [demat.beneficiary_id for demat in user().demats.all()] == ["10000002"]


def test_deleting_an_account_that_is_not_there_changes_nothing():
    create()
    applied = update(banks=[bank_values(action="2", account_no="404")])
    assert user().banks.count() == 2
    assert applied.after == {}


def test_a_new_mutual_fund_ucc_replaces_the_old_one_as_a_whole():
    kept = MfUccFactory(
        retail_user=RetailUserFactory(group_id="HO", user_id="RET001"),
        bse_ucc="OLD",
        nominee_first_name="Old",
    )
    update(mf_ucc=mf_ucc_values(bse_ucc="NEW"))
    kept.refresh_from_db()
    assert (kept.bse_ucc, kept.nominee_first_name) == ("NEW", "")


def test_an_update_of_a_user_that_nobody_registered_keeps_it_as_declared_with_the_rest_unknown():
    applied = update(name="Seen Once", mf_ucc=mf_ucc_values())
    seen = user()
    assert seen.source == Source.DECLARED
    assert seen.confirmed_at is not None
    assert "name" not in seen.unknown_fields
    assert "mf_ucc" not in seen.unknown_fields
    assert {"pan", "banks"} <= set(seen.unknown_fields)
    assert "pan" not in to_values(seen)
    assert applied.after["name"] == "Seen Once"


def test_a_create_makes_everything_of_a_declared_user_known():
    RetailUser.objects.create(group_id="HO", user_id="RET001", unknown_fields=["name", "banks"])
    create()
    assert user().unknown_fields == []
    assert user().source == Source.CREATED
