"""Changes that wait for a decision."""

import uuid

import pytest

from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.changes.references import new_reference
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import RetailUserFactory


@pytest.fixture
def propose(maker):
    """Submit the creation of a retail user; keywords replace values."""

    def submit(by=maker, **changed):
        values = {**example(CreateRetailUser), "reference": "", "pan": "", "mobile": "", **changed}
        return operations.submit(
            "create_retail_user", values, by=by, reason="Account opening form 12", token=uuid.uuid4()
        )

    return submit


@pytest.fixture
def deposit(maker):
    """Submit a cash deposit of so many rupees for a retail user."""

    def submit(amount, by=maker, user=None):
        user = user or RetailUser.objects.first() or RetailUserFactory()
        values = {
            **example(CashDeposit),
            "group_id": user.group_id,
            "user_id": user.user_id,
            "amount": amount,
            "notional_deposit": "",
            "reference": new_reference(),
        }
        return operations.submit("cash_deposit", values, by=by, reason="Cheque 4711", token=uuid.uuid4())

    return submit
