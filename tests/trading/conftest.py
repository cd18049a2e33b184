import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import RetailUser
from backoffice.delivery.handlers import apply
from backoffice.protocol.codes import Segment
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.codes import EXCHANGES
from tests.factories import StaffFactory, current_master, retail_user_values
from tests.rest.conftest import PASSWORD, configured, raw, standin
from trading import operations
from trading.credentials import Credentials
from trading.desk import orders, sessions, tickets
from trading.desk.tickets import Ticket
from trading.models import Identified

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
    with transaction.atomic():
        apply(301, "HO/DEMO1", values)
    deposit = {
        "user_id": "DEMO1",
        "group_id": "HO",
        "amount": "1000000",
        "reference": "T1",
        "product_id": "1",
    }
    with transaction.atomic():
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


# --- the order desk -----------------------------------------------------------------------------------------------


@pytest.fixture
def dealer(db, settings):
    settings.ORDER_DESK = True
    person = StaffFactory(username="dealer")
    person.groups.add(Group.objects.get(name="dealer"))
    return person


@pytest.fixture
def scrips(db):
    """A current master of the stand-in's first two shares."""
    return current_master({900001: "PEEPAL", 900002: "BANYAN"})


@pytest.fixture
def desk(client_user, dealer, standin, scrips):
    """The desk of DEMO1, opened by its own login."""
    return open_desk(client_user, dealer, standin)


def open_desk(user, dealer, standin, password=PASSWORD):
    code = standin.people.keys(user.user_id).totp
    typed = Credentials(SecretText(password), SecretText(code))
    sessions.open_desk(user, typed, factor="TOTP", identified=Identified.KNOWN, token=uuid.uuid4(), by=dealer)
    return sessions.use(user.lane, by=dealer)


def ticket(**changed):
    """A limit order that RMS lets pass and the market does not fill."""
    given = {"exchange": "NSE_EQ", "scrip_token": 900001, "side": "BUY", "order_type": "RL", "quantity": 10}
    return Ticket(**{**given, "price": Decimal("90.05"), **changed})


def place(desk, what=None, **changed):
    """Confirm and send a ticket as its dealer."""
    what = what or ticket()
    judged = tickets.judge(what, desk.session, desk.row.lane)
    given = {
        "token": uuid.uuid4(),
        "fingerprint": judged.fingerprint,
        "instruction": "recording",
        "reference": "Call 17",
        "by": desk.row.dealer,
        **changed,
    }
    return orders.place(desk, what, **given)


def sent(standin, call="place"):
    """How often the stand-in was asked for a call."""
    return sum(one["call"] == call for one in standin.store.received(1000))
