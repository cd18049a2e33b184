"""What the database itself refuses for retail users, whatever the code above does."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import (
    AlternateAddress,
    ChannelSubscription,
    DealerMapping,
    ParticipantCode,
    QvlTemplate,
    RetailUser,
    Source,
    UserTemplate,
)
from tests.factories import BankAccountFactory, DematAccountFactory, MfUccFactory, RetailUserFactory

pytestmark = pytest.mark.django_db


def refused(make, **columns):
    """Whether the database refuses this row."""
    try:
        with transaction.atomic():
            make(**columns)
    except IntegrityError:
        return True
    return False


def test_a_user_id_exists_once_in_a_group_and_again_in_another():
    RetailUserFactory(group_id="HO", user_id="RET001")
    assert refused(RetailUserFactory, group_id="HO", user_id="RET001")
    assert not refused(RetailUserFactory, group_id="B2", user_id="RET001")


@pytest.mark.parametrize(
    "columns",
    [
        {"user_id": ""},
        {"group_id": ""},
        {"version": 0},
        {"source": "guessed"},
        {"status": "X"},
        {"odin_user_type": "7"},
        {"category": "9"},
        {"gender": "Z"},
        {"poa": "1"},
        {"global_flag": "2"},
        {"product_type": "3"},
        {"orders_per_second": 1000},
        {"orders_per_second": 0},
        {"max_broadcast_scrips": 100_000_000},
        {"max_gtd": 10_000},
        {"max_gtd": -1},
        {"name": ""},
        {"status": ""},
        {"confirmed_at": None},
    ],
    ids=str,
)
def test_a_retail_user_that_cannot_be_right_is_refused(columns):
    assert refused(RetailUserFactory, **columns)


@pytest.mark.parametrize(
    "columns", [{"orders_per_second": -1}, {"max_gtd": 0}, {"max_gtd": 9999}, {"poa": "0"}], ids=str
)
def test_defaults_and_limits_of_the_document_are_taken(columns):
    assert not refused(RetailUserFactory, **columns)


def test_a_declared_user_may_leave_everything_unknown():
    user = RetailUser.objects.create(
        group_id="HO", user_id="OLD001", source=Source.DECLARED, unknown_fields=["name"]
    )
    assert user.confirmed_at is None
    assert user.orders_per_second is None


def test_there_is_no_column_for_a_password():
    assert not [column.name for column in RetailUser._meta.get_fields() if "pass" in column.name]


def test_the_lane_is_the_group_and_the_user_id():
    assert RetailUserFactory(group_id="HO", user_id="RET001").lane == "HO/RET001"


def test_a_bank_account_is_there_once_for_a_user():
    account = BankAccountFactory()
    same = {"retail_user": account.retail_user, "bank_id": account.bank_id, "account_no": account.account_no}
    assert refused(BankAccountFactory, **same)
    assert not refused(BankAccountFactory, **{**same, "retail_user": RetailUserFactory()})


def test_a_user_has_at_most_one_default_bank_and_one_default_demat_account():
    user = RetailUserFactory()
    BankAccountFactory(retail_user=user, is_default="1")
    DematAccountFactory(retail_user=user, is_default="Y")
    assert refused(BankAccountFactory, retail_user=user, is_default="1")
    assert refused(DematAccountFactory, retail_user=user, is_default="Y")
    assert not refused(BankAccountFactory, retail_user=user, is_default="0")
    assert not refused(DematAccountFactory, retail_user=user, is_default="N")


@pytest.mark.parametrize(
    "columns",
    [{"account_type": "XX"}, {"account_type": ""}, {"account_no": ""}, {"is_default": "2"}],
    ids=str,
)
def test_a_bank_account_that_cannot_be_right_is_refused(columns):
    assert refused(BankAccountFactory, **columns)


@pytest.mark.parametrize("columns", [{"holding_type": "4"}, {"dp_id": ""}, {"is_default": "1"}], ids=str)
def test_a_demat_account_that_cannot_be_right_is_refused(columns):
    assert refused(DematAccountFactory, **columns)


def test_a_mutual_fund_ucc_is_there_once_and_has_a_code():
    ucc = MfUccFactory()
    assert refused(MfUccFactory, retail_user=ucc.retail_user)
    assert refused(MfUccFactory, bse_ucc="", nse_ucc_1="")
    assert refused(MfUccFactory, holding_mode="XX")


def test_parts_of_a_user_are_there_once_each():
    user = RetailUserFactory()
    rows = [
        (AlternateAddress, {"slot": 1, "type": "1"}),
        (ParticipantCode, {"segment": 1, "code": "P1"}),
        (UserTemplate, {"template_type": "1", "template_name": "ALL", "level": "0"}),
        (QvlTemplate, {"exchange": "1", "level": "0", "template_name": "ALL"}),
        (DealerMapping, {"dealer_group": "HO", "dealer_id": "DEAL1"}),
        (ChannelSubscription, {"template_name": "TRADING", "channel": "SMS", "status": "1"}),
    ]
    for model, columns in rows:
        assert not refused(model.objects.create, retail_user=user, **columns)
        assert refused(model.objects.create, retail_user=user, **columns), model


def test_an_alternate_address_has_one_of_two_places():
    assert refused(AlternateAddress.objects.create, retail_user=RetailUserFactory(), slot=3, type="1")


def test_a_retail_user_with_parts_cannot_be_deleted_by_accident():
    account = BankAccountFactory()
    with pytest.raises(Exception, match="protected"):
        account.retail_user.delete()
