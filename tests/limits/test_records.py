"""What confirmed messages do to limits."""

from decimal import Decimal

import pytest

from backoffice.delivery.handlers import apply, apply_many
from limits.models import LimitUpdate
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db

LANE = "HO/RET001"
KEY = {"user_id": "RET001", "group_id": "HO"}


@pytest.fixture
def user():
    return RetailUserFactory(**KEY)


def deposit(message_type, **values):
    sent = {"notional_deposit": "", "amount": "1000.50", "reference": "PAYIN1", "product_id": "1", **values}
    return apply(message_type, LANE, {**KEY, **sent})


@pytest.mark.parametrize(
    ("message_type", "kind"), [(303, LimitUpdate.Kind.CASH), (330, LimitUpdate.Kind.COLLATERAL)]
)
def test_a_confirmed_deposit_is_kept_with_its_reference(user, message_type, kind):
    applied = deposit(message_type)
    update = LimitUpdate.objects.get(reference="PAYIN1")
    assert (update.retail_user, update.kind, str(update.amount)) == (user, kind, "1000.50")
    assert applied.after == {"reference": "PAYIN1", "amount": "1000.50", "product_id": "1"}


@pytest.mark.parametrize("message_type", [303, 330])
def test_a_confirmed_deposit_keeps_its_document(user, message_type):
    applied = deposit(message_type, document="Slip 4711")
    assert LimitUpdate.objects.get().document == "Slip 4711"
    assert applied.after["document"] == "Slip 4711"


@pytest.mark.parametrize("message_type", [303, 330])
def test_deposits_confirmed_together_are_kept_as_those_confirmed_alone(user, message_type):
    sent = {"notional_deposit": "", "amount": "1000.50", "product_id": "1"}
    deposit(message_type, reference="THERE")
    alone = deposit(message_type, reference="R0")
    together = apply_many(
        message_type,
        [
            (f"HO/{user_id}", {**sent, "group_id": "HO", "user_id": user_id, "reference": reference})
            for user_id, reference in (("RET001", "R1"), ("UNHEARD", "R2"), ("TWICE", "THERE"))
        ],
    )
    assert [applied.after for applied in together] == [
        {**alone.after, "reference": "R1"},
        {**alone.after, "reference": "R2"},
        {},
    ]
    assert list(
        LimitUpdate.objects.order_by("id").values_list("reference", "retail_user__user_id", "amount")
    ) == [
        ("THERE", "RET001", Decimal("1000.50")),
        ("R0", "RET001", Decimal("1000.50")),
        ("R1", "RET001", Decimal("1000.50")),
        ("R2", "UNHEARD", Decimal("1000.50")),
    ]


def test_a_notional_deposit_without_an_amount_is_kept(user):
    deposit(303, notional_deposit="5", amount="")
    assert LimitUpdate.objects.get().amount is None


def test_a_confirmation_read_twice_counts_once(user):
    deposit(303)
    assert deposit(303).after == {}
    assert LimitUpdate.objects.count() == 1


def test_a_deposit_leaves_the_version_so_that_no_pending_change_becomes_stale(user):
    deposit(303)
    user.refresh_from_db()
    assert user.version == 1


def square_off(action, **values):
    return apply(324, LANE, {**KEY, "periodicity": "8589934591", "action": action, **values})


def test_a_square_off_setting_is_added_modified_and_deleted(user):
    square_off("1", mtm_pre="60.00", mtm="80.00", mtm_trigger="0", mtm_inactivate="1")
    applied = square_off("2", mtm_pre="60.00", mtm="0", mtm_trigger="0", mtm_inactivate="1")
    assert applied.before == {"mtm": "80.00"}
    assert applied.after == {"mtm": "0.00"}
    applied = square_off("3")
    assert applied.before["periodicity"] == "8589934591"
    assert not user.square_off_settings.exists()


@pytest.mark.parametrize(("message_type", "kind"), [(338, "edis"), (340, "pledge")])
def test_approved_quantities_take_what_is_filled_and_leave_the_rest(user, message_type, kind):
    first = {"isin": "INE467B01029", "qty": "10", "status": "success"}
    apply(message_type, LANE, {**KEY, "quantities": [first]})
    applied = apply(message_type, LANE, {**KEY, "quantities": [{**first, "qty": "0", "status": ""}]})
    row = user.approved_quantities.get()
    assert (row.kind, row.quantity, row.status) == (kind, 0, "success")
    assert applied.before == {"INE467B01029": {"quantity": "10", "status": "success"}}
    assert applied.after == {"INE467B01029": {"quantity": "0", "status": "success"}}
