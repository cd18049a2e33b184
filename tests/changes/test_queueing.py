"""What an approval does not put in the queue: what would undo a message on its way, or has the reference of another."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.kinds.update_retail_user import STARTING
from accounts.models import RetailUser
from accounts.values import to_values
from backoffice.batches.decide import decisions
from backoffice.batches.errors import BatchError
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.handlers import apply
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from tests.batches.conftest import checked, stored_row
from tests.factories import DeliveryFactory, RetailUserFactory, retail_user_values

__all__ = ["checked"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    apply(301, "HO/RET001", retail_user_values())
    return RetailUser.objects.get()


@pytest.fixture
def update(user, maker):
    """Submit an update as its form does: the whole profile, with the values that keywords replace."""

    def submit(**typed):
        known = to_values(user)
        shown = {name: known[name] for name in ("user_id", "group_id", *STARTING) if name in known}
        return operations.submit(
            "update_retail_user",
            {**shown, **typed},
            by=maker,
            reason="Form 12",
            token=uuid.uuid4(),
            typed=True,
        )

    return submit


@pytest.fixture
def approve(client, checker):
    """Approve a change on its page; what the page answers."""
    client.force_login(checker)

    def press(change):
        return client.post(f"/changes/{change.pk}/approve/", {"content_hash": change.content_hash})

    return press


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ({"trading_segments": ["1", "2", "3"]}, {"trading_segments": ["1", "3", "4"]}, "Trading allowed"),
        ({"global_flag": "1"}, {"name": "Asha Otherwala"}, "Global"),
    ],
    ids=["set whole", "sent unchanged"],
)
def test_an_update_that_would_undo_one_on_its_way_waits_for_its_outcome(
    update, approve, first, second, label
):
    earlier, later = update(**first), update(**second)
    assert approve(earlier).status_code == 302
    answer = approve(later)
    delivery = earlier.deliveries.get()
    assert answer.status_code == 409
    said = f"D-{delivery.pk} of C-{earlier.pk} has no outcome yet and sets {label}"
    assert said in answer.content.decode()
    later.refresh_from_db()
    assert (later.state, later.approvals.count(), later.deliveries.count()) == (State.SUBMITTED, 0, 0)
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.REFUSED, finished_at=timezone.now())
    assert approve(later).status_code == 302
    assert later.deliveries.count() == 1


def test_updates_that_undo_nothing_unseen_are_on_their_way_together(update, approve):
    changes = [update(city="Pune"), update(name="Asha Otherwala"), update(name="Asha Anotherwala")]
    assert [approve(change).status_code for change in changes] == [302, 302, 302]
    assert Delivery.objects.count() == 3


def test_what_is_held_for_a_create_keeps_nothing_waiting(update, approve):
    held, other = update(global_flag="1"), update(name="Asha Otherwala")
    approve(held)
    refused = DeliveryFactory.settled("refused")
    held.deliveries.update(state=DeliveryState.ON_HOLD, needs_person=True, held_by=refused)
    assert approve(other).status_code == 302


def test_a_row_of_a_file_that_would_undo_an_update_on_its_way_keeps_the_file_waiting(
    update, approve, checked, maker, checker, user
):
    approve(update(global_flag="1"))
    batch = checked(good=0, kind="update_retail_user")
    values = {"user_id": "RET001", "group_id": "HO", "city": "Pune", "global_flag": "0"}
    stored_row(batch, 2, (320, values), before=to_values(user), record_version=user.version).save()
    batch.good = batch.total_rows = 1
    batch.save()
    batch = decisions.submit(batch.pk, by=maker, mode="all", reason="Moved")
    with pytest.raises(BatchError, match=r"Row 2: D-\d+ of C-\d+ .* sets Global"):
        decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    batch.refresh_from_db()
    assert (batch.state, Delivery.objects.count()) == ("submitted", 1)


def deposit(maker, reference):
    user = RetailUserFactory()
    values = {**example(CashDeposit), "group_id": user.group_id, "user_id": user.user_id}
    values |= {"amount": "500", "notional_deposit": "", "reference": reference}
    return operations.submit("cash_deposit", values, by=maker, reason="Cheque 4711", token=uuid.uuid4())


def test_of_two_deposits_that_wait_with_one_reference_the_second_is_refused_in_words(approve, maker):
    first, second = deposit(maker, "CHEQUE4711"), deposit(maker, "CHEQUE4711")
    assert approve(first).status_code == 302
    answer = approve(second)
    assert answer.status_code == 409
    assert (
        f"D-{Delivery.objects.get().pk} of C-{first.pk} has the reference CHEQUE4711"
        in answer.content.decode()
    )
    assert Change.objects.get(pk=second.pk).state == State.SUBMITTED


def test_of_two_files_with_the_same_references_the_second_is_refused_in_words(checked, maker, checker):
    waiting = []
    for _ in range(2):
        batch = checked(good=0, kind="cash_deposit")
        user = RetailUserFactory()
        values = {"group_id": user.group_id, "user_id": user.user_id, "amount": "5.00", "reference": "PAYIN1"}
        stored_row(batch, 2, (303, values), reference="PAYIN1", amount="5.00", record_version=1).save()
        batch.good = batch.total_rows = 1
        batch.save()
        waiting.append(
            decisions.submit(batch.pk, by=maker, mode="all", reason="Pay-in", control_total=Decimal("5.00"))
        )
    first, second = waiting
    decisions.approve(first.pk, by=checker, content_hash=first.content_hash)
    with pytest.raises(BatchError, match="has the reference PAYIN1 already"):
        decisions.approve(second.pk, by=checker, content_hash=second.content_hash)
    second.refresh_from_db()
    assert (second.state, Delivery.objects.count()) == ("submitted", 1)
