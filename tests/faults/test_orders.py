"""The order desk under kill -9 and a faulty OMS: at the end the stand-in's orders are those confirmed, none twice.

ORDER_SEED runs another seed. Two servers that are wrong on purpose must be noticed.
"""

import os

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import current_master
from tests.faults.installation import url_of_tests
from tests.faults.orders import FAULTS, KILLS, LIMIT, Desk, planned, problems
from tests.trading.conftest import client_user, configured, dealer, open_desk, standin

__all__ = ["client_user", "configured", "dealer", "standin"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SEED = int(os.environ.get("ORDER_SEED", "16"))


@pytest.fixture
def desk(request, client_user, dealer, standin, tmp_path):
    """A desk that is open, on the web server of an application."""
    current_master({900001 + number: f"S{number}" for number in range(10)})
    open_desk(client_user, dealer, standin)
    browser = Client()
    browser.force_login(dealer)
    environment = {
        "DATABASE_URL": url_of_tests(),
        "ORDER_DESK": "on",
        "DESK_LOOK_SECONDS": "0",
        "REST_BASE_URL": standin.base,
        "REST_API_KEY": settings.REST_API_KEY,
        "REST_X_API_KEY": settings.REST_X_API_KEY,
        "REST_CONNECT_TIMEOUT": str(LIMIT),
        "REST_TOTAL_TIMEOUT": str(LIMIT),
    }
    with Desk(tmp_path, environment, standin, request.param) as desk:
        desk.browser.cookies.set(
            settings.SESSION_COOKIE_NAME, browser.cookies[settings.SESSION_COOKIE_NAME].value
        )
        yield desk


@pytest.mark.parametrize("desk", ["tests.faults.web"], indirect=True)
def test_what_the_stand_in_holds_is_what_was_confirmed(desk, standin):
    plan = planned(SEED, [*FAULTS, *KILLS, "", ""])
    for order, mishap in plan:
        desk.place(order, mishap)
    desk.settle()
    assert problems(standin, len(plan)) == [], f"seed {SEED}"
    assert len(desk.installation.struck()) == len(KILLS)


@pytest.mark.parametrize(
    ("desk", "words"),
    [
        ("tests.faults.mutant_order_repeat", "is held 2 times"),
        ("tests.faults.mutant_order_identifier", "was confirmed by nobody"),
    ],
    indirect=["desk"],
)
def test_a_server_that_is_wrong_is_noticed(desk, standin, words):
    plan = planned(SEED, ["error_500_after", ""])
    for order, mishap in plan:
        desk.place(order, mishap)
    desk.settle()
    assert words in " ".join(problems(standin, len(plan)))
