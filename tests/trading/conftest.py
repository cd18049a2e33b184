import uuid

import pytest
from django.contrib.auth.models import Group

from accounts.models import RetailUser
from backoffice.delivery.handlers import apply
from backoffice.protocol.codes import Segment
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.codes import EXCHANGES
from tests.factories import StaffFactory, retail_user_values
from tests.rest.conftest import PASSWORD, configured, raw, standin
from trading import operations
from trading.models import Identified
from trading.operations import Credentials

__all__ = ["configured", "raw", "standin"]
#: All that the stand-in allows its own users.
ALL = [segment.value for _, _, segment in EXCHANGES]
assert Segment(ALL[0]) is Segment.NSE_CASH


@pytest.fixture
def client_user(db):
    """The stand-in's user DEMO1 as ODIN confirmed it."""
    values = retail_user_values(
        user_id="DEMO1",
        name="Asha Example",
        trading_segments=ALL,
        market_data_segments=ALL,
        login_types=["16", "18"],
        max_gtd="365",
        product_type="",
        email="",
        mobile="",
    )
    apply(301, "HO/DEMO1", values)
    deposit = {
        "user_id": "DEMO1",
        "group_id": "HO",
        "amount": "1000000",
        "reference": "T1",
        "product_id": "1",
    }
    apply(303, "HO/DEMO1", deposit)
    return RetailUser.objects.get(user_id="DEMO1")


@pytest.fixture
def clerk(db):
    person = StaffFactory(username="clerk")
    person.groups.add(Group.objects.get(name="access"))
    return person


@pytest.fixture
def check(client_user, clerk):
    """Make a check of DEMO1; keywords replace what is usual."""

    def make(standin=None, *, password=PASSWORD, code=None, **changed):
        code = code or (standin.people.keys("DEMO1").totp if standin else "123456")
        given = {
            "factor": "TOTP",
            "identified": Identified.DOCUMENT,
            "reason": "Onboarding",
            "token": uuid.uuid4(),
            "by": clerk,
            **changed,
        }
        return operations.check_access(
            client_user, Credentials(SecretText(password), SecretText(code)), **given
        )

    return make


def by_label(made):
    return {row["label"]: row for row in made.result.rows}


def by_call(made):
    return {step.call: step for step in made.steps.all()}
