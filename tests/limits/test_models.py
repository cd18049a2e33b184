"""What the database itself refuses for limits."""

import pytest
from django.db import IntegrityError, transaction

from limits.models import ApprovedQuantity, LimitUpdate, Periodicity
from tests.factories import LimitUpdateFactory, RetailUserFactory, SquareOffFactory

pytestmark = pytest.mark.django_db


def refused(make, **columns):
    """Whether the database refuses this row."""
    try:
        with transaction.atomic():
            make(**columns)
    except IntegrityError:
        return True
    return False


def test_a_reference_is_used_once_for_ever_across_both_kinds():
    LimitUpdateFactory(reference="PAYIN1", kind=LimitUpdate.Kind.CASH)
    assert refused(LimitUpdateFactory, reference="PAYIN1", kind=LimitUpdate.Kind.COLLATERAL)


@pytest.mark.parametrize(
    "columns",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"notional_deposit": "0"},
        {"amount": None},
        {"reference": ""},
        {"kind": 301},
        {"kind": 330, "notional_deposit": "5.00"},
    ],
    ids=str,
)
def test_a_deposit_that_cannot_be_right_is_refused(columns):
    assert refused(LimitUpdateFactory, **columns)


def test_the_largest_amount_of_the_document_fits():
    update = LimitUpdateFactory(amount="99999999999.99")
    update.refresh_from_db()
    assert str(update.amount) == "99999999999.99"


def test_a_notional_deposit_alone_is_a_deposit():
    assert not refused(LimitUpdateFactory, amount=None, notional_deposit="5.00")


def test_a_periodicity_has_one_square_off_setting_a_user():
    setting = SquareOffFactory()
    assert refused(SquareOffFactory, retail_user=setting.retail_user)
    assert not refused(SquareOffFactory, retail_user=setting.retail_user, periodicity=5)


@pytest.mark.parametrize(
    "columns",
    [{"mtm_pre": "0"}, {"mtm": "-1"}, {"margin": "-0.01"}, {"mtm_trigger": "2"}, {"margin_inactivate": "x"}],
    ids=str,
)
def test_a_square_off_setting_outside_its_ranges_is_refused(columns):
    assert refused(SquareOffFactory, **columns)


def test_zero_switches_a_square_off_percentage_off():
    assert not refused(SquareOffFactory, mtm="0", margin="0", margin_pre="0")


def test_a_security_has_one_approved_quantity_for_each_kind():
    user = RetailUserFactory()
    row = {"retail_user": user, "isin": "INE009A01021", "quantity": 10}
    assert not refused(ApprovedQuantity.objects.create, kind="edis", **row)
    assert not refused(ApprovedQuantity.objects.create, kind="pledge", **row)
    assert refused(ApprovedQuantity.objects.create, kind="edis", **row)


@pytest.mark.parametrize(
    "columns", [{"quantity": -1}, {"quantity": None, "status": ""}, {"isin": ""}, {"kind": "other"}], ids=str
)
def test_an_approved_quantity_that_cannot_be_right_is_refused(columns):
    row = {
        "retail_user": RetailUserFactory(),
        "kind": "edis",
        "isin": "INE009A01021",
        "quantity": 1,
        **columns,
    }
    assert refused(ApprovedQuantity.objects.create, **row)


def test_one_periodicity_number_may_stand_for_two_segments():
    Periodicity.objects.create(number=129, market_segment="MCX Futures")
    assert not refused(Periodicity.objects.create, number=129, market_segment="MCX Option")
    assert refused(Periodicity.objects.create, number=129, market_segment="MCX Futures")
