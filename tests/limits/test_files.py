"""Files of limits, uploaded on the page: only what ODIN confirmed exactly so is applied before."""

import pytest

from backoffice.batches.models import RowState
from limits.models import LimitUpdate
from tests.factories import LimitUpdateFactory, RetailUserFactory, SquareOffFactory
from tests.uploads import said, uploaded

pytestmark = pytest.mark.django_db

ASHA = {"user_id": "WEBRET1", "group_id": "HO"}
DEPOSIT = {**ASHA, "reference": "PAYIN1", "product_id": "1", "amount": "500.00"}
SETTING = {
    **ASHA,
    "action": "Modify",
    "periodicity": "3",
    "mtm_pre": "60.00",
    "mtm": "80",
    "mtm_trigger": "1",
    "mtm_inactivate": "0",
}


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def asha():
    return RetailUserFactory(**ASHA)


@pytest.fixture
def confirmed(asha):
    return LimitUpdateFactory(retail_user=asha, reference="PAYIN1", amount="500.00", product_id=1)


@pytest.mark.parametrize("kind", ["cash_deposit", "manual_collateral"])
def test_a_file_names_the_document_of_each_deposit(asha, as_maker, kind):
    (row,) = uploaded(as_maker, kind, {**DEPOSIT, "document": "Slip 4711"})
    assert (row.state, row.messages[0]["values"]["document"]) == (RowState.GOOD, "Slip 4711")


@pytest.mark.parametrize("amount", ["500", "500.00"])
def test_a_confirmed_deposit_is_applied_before(confirmed, as_maker, amount):
    (row,) = uploaded(as_maker, "cash_deposit", {**DEPOSIT, "amount": amount})
    assert row.state == RowState.DONE_BEFORE


@pytest.mark.parametrize(
    "other", [{"product_id": "2"}, {"amount": "500.01"}, {"notional_deposit": "1"}, {"notional_deposit": "x"}]
)
def test_a_deposit_that_differs_is_not(confirmed, as_maker, other):
    (row,) = uploaded(as_maker, "cash_deposit", {**DEPOSIT, **other})
    assert ("reference", "O1") in said(row)


def test_collateral_under_the_reference_of_a_cash_deposit_is_not(confirmed, as_maker):
    (row,) = uploaded(as_maker, "manual_collateral", DEPOSIT)
    assert ("reference", "O1") in said(row)
    LimitUpdate.objects.update(kind=LimitUpdate.Kind.COLLATERAL)
    (row,) = uploaded(as_maker, "manual_collateral", DEPOSIT)
    assert row.state == RowState.DONE_BEFORE


def test_a_confirmed_setting_is_applied_before(asha, as_maker):
    SquareOffFactory(retail_user=asha)
    (row,) = uploaded(as_maker, "square_off", SETTING)
    assert row.state == RowState.DONE_BEFORE


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({"action": ""}, RowState.WRONG),
        ({"margin": "abc"}, RowState.WRONG),
        ({"manager_id": "10.0.10.9"}, RowState.GOOD),
        ({"mtm": "81"}, RowState.GOOD),
        ({"action": "Delete"}, RowState.GOOD),
    ],
)
def test_a_setting_that_differs_or_is_wrong_is_not(asha, as_maker, other, state):
    SquareOffFactory(retail_user=asha)
    (row,) = uploaded(as_maker, "square_off", {**SETTING, **other})
    assert row.state == state
