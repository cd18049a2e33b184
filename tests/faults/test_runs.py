"""Runs under kill -9, a faulty OMS and a switch: at the end the stand-in's orders are those confirmed, none twice.

ORDER_SEED runs another seed. Two servers that are wrong on purpose must be noticed.
"""

import os
import random
from decimal import Decimal

import pytest

from backoffice.rest.api.codes import Side
from runs import operations
from runs.models import ClientState, RunClient
from tests.factories import current_master
from tests.faults.installation import url_of_tests
from tests.faults.orders import LIMIT, problems
from tests.faults.runs import FAULTS, KILLS, Visits, twice
from tests.partners.conftest import line
from tests.runs.conftest import clients, configured, model_3, open_run, publish, standin
from trading.models import DeskOrder, OrderState

__all__ = ["clients", "configured", "model_3", "open_run", "publish", "standin"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SEED = int(os.environ.get("ORDER_SEED", "16"))
USERS = ("DEMO1", "DEMO2")


@pytest.fixture
def visits(request, settings, standin, model_3, open_run, publish, maker, tmp_path):
    """A web server, and a run for two clients with as many lines as asked for."""
    application, count = request.param
    settings.DESK_LOOK_SECONDS = 0
    current_master({token: f"S{token}" for token in range(900001, 900011)})
    nowhere = "http://127.0.0.1:9"
    environment = {
        "DATABASE_URL": url_of_tests(),
        "DESK_LOOK_SECONDS": "0",
        "CONNECTOR": "on",
        "CONNECTOR_MODELS": "1,2,3",
        "CONNECTOR_ORDERS_PER_SECOND": "5",
        "REST_BASE_URL": f"{nowhere}/interactive",
        "REST_API_KEY": "k" * 16,
        "REST_CONNECT_TIMEOUT": str(LIMIT),
        "REST_TOTAL_TIMEOUT": str(LIMIT),
        **{f"CONNECTOR_{name}_URL": nowhere for name in ("PUBLIC", "LANDING", "VAS", "KEYS")},
    }
    run = open_run(publish(_lines(random.Random(SEED), count), goes_on=True))
    with Visits(tmp_path, environment, standin, application) as visits:
        visits.handed = operations.new_links(run, by=maker)
        yield visits


def _lines(dice, count):
    """Return this many lines that the stand-in's market does not fill, each on its own scrip and side."""
    places = [(900001 + number, side) for number in range(10) for side in Side]
    dice.shuffle(places)
    return [
        line(
            token,
            f"S{token}",
            side=side.value,
            quantity=dice.randrange(1, 5),
            price=Decimal(dice.randrange(1, 40) if side is Side.BUY else dice.randrange(4000, 5000)),
        )
        for token, side in places[:count]
    ]


@pytest.mark.parametrize("visits", [("tests.faults.web", 14)], indirect=True)
def test_what_the_stand_in_holds_is_what_was_confirmed(visits, standin):
    mishaps = [*FAULTS, *KILLS]
    random.Random(SEED).shuffle(mishaps)
    visits.visit(visits.handed[0])
    for mishap in [*mishaps, "", "", "", ""]:
        visits.place(mishap)
    visits.visit(visits.handed[1])
    visits.stopped_after(3)
    assert [*problems(standin, users=USERS), *twice(standin, *USERS)] == [], f"seed {SEED}"
    assert len(visits.installation.struck()) == len(KILLS)
    first, second = RunClient.objects.order_by("id")
    assert first.state == ClientState.DONE
    assert all(line.order for line in operations.lines_of(first))
    assert second.state == ClientState.STOPPED
    assert 3 <= len(standin.store.orders("DEMO2")) < 14
    # Each line has one order, and those before it never left.
    extra = DeskOrder.objects.filter(run_line=None)
    assert not extra.exclude(state=OrderState.NOT_SENT).exists()


@pytest.mark.parametrize(
    ("visits", "words"),
    [
        (("tests.faults.mutant_order_repeat", 2), "is held 2 times"),
        (("tests.faults.mutant_order_identifier", 2), "was confirmed by nobody"),
    ],
    indirect=["visits"],
)
def test_a_server_that_is_wrong_is_noticed(visits, standin, words):
    visits.visit(visits.handed[0])
    for mishap in ("error_500_after", "", ""):
        visits.place(mishap)
    assert words in " ".join([*problems(standin, users=USERS), *twice(standin, *USERS)])
