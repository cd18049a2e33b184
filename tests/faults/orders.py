"""A dealer who places orders at a web server that is killed, while the OMS answers late, wrongly or not at all.

The dealer does what people do: fills in the form, confirms, presses again where nothing came back, looks for what is in
doubt, and decides. `problems` then compares what was confirmed with what the stand-in holds.
"""

import contextlib
import random
import re
import signal
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests

from backoffice.killpoints import OrderPoint, Point
from standins.rest import RestStandIn
from tests.faults.installation import Installation, wait_until
from tests.faults.servers import free_port
from tests.html_forms import Page
from trading.models import DeskOrder, OrderState
from trading.models.desk import NOTHING_PLACED

OF = "/trading/desk/of/HO/DEMO1/"
#: Seconds of a call, and of a silence that outlasts it.
LIMIT, SILENCE = 1.0, 1.5
KILLS = (OrderPoint.COMMITTED, Point.PART_SENT, OrderPoint.ANSWERED)
FAULTS = (
    *("silence_before", "silence_after", "reset_before", "reset_after", "error_500_after", "truncated"),
    *("slow_drip", "too_many"),
)


class Desk:
    """A web server and a browser of the dealer, whose session `cookies` have."""

    def __init__(
        self, var: Path, environment: dict[str, str], standin: RestStandIn, application: str
    ) -> None:
        self.installation = Installation(
            var, {**environment, "DJANGO_SETTINGS_MODULE": "tests.faults.web_settings"}
        )
        self.standin = standin
        self.application = application
        self.port = free_port()
        self.browser = requests.Session()
        self.browser.trust_env = False

    def __enter__(self) -> Self:
        self.installation.start(
            "web",
            *(sys.executable, "-m", "gunicorn", "--config", "/dev/null", "--preload", "--workers", "1"),
            *("--bind", f"127.0.0.1:{self.port}", f"{self.application}:application"),
        )
        try:
            wait_until(self._answers, "the web server answers")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.installation.__exit__()

    def _answers(self) -> bool:
        if self.installation.ended("web"):
            raise RuntimeError((self.installation.var / "log" / "web.log").read_text()[-3000:])
        try:
            return requests.get(self._at("/health/live"), timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _at(self, path: str) -> str:
        return urljoin(f"http://127.0.0.1:{self.port}/", path)

    def get(self, path: str) -> str:
        """A page, as often as a dying server takes."""
        for _ in range(50):
            try:
                answer = self.browser.get(self._at(path), timeout=30)
            except requests.ConnectionError:
                time.sleep(0.1)
                continue
            answer.raise_for_status()
            return answer.text
        raise RuntimeError(f"{path} did not answer.")

    def post(self, path: str, form: dict[str, Any]) -> str | None:
        """Send a form; None if the server died."""
        try:
            answer = self.browser.post(self._at(path), form, timeout=30)
        except requests.ConnectionError:
            return None
        answer.raise_for_status()
        return answer.text

    def post_any(self, path: str, form: dict[str, Any]) -> None:
        """Send a form whose answer does not matter: the server may die, or refuse it."""
        with contextlib.suppress(requests.ConnectionError):
            self.browser.post(self._at(path), form, timeout=60)

    def place(self, order: dict[str, str], mishap: str) -> None:
        """Fill in the form, confirm it while a mishap strikes, and press again where nothing came back."""
        form = {**fields(self.get(f"{OF}place/")), **order}
        shown = self.post(f"{OF}place/", form)
        assert shown is not None
        found = re.search(r'name="fingerprint" value="(\w+)"', shown)
        assert found, shown
        confirmation = {**fields(shown), "fingerprint": found[1]}
        if mishap in KILLS:
            self.installation.arm(mishap, signal.SIGKILL)
        elif mishap:
            self.standin.faults.add(mishap, call="place", seconds=SILENCE)
        for _ in range(50):
            if self.post(f"{OF}place/", confirmation) is not None:
                return
            time.sleep(0.1)
        raise RuntimeError("The server did not come back.")

    def settle(self) -> None:
        """Look for every order in doubt until it is found or was decided on."""
        time.sleep(LIMIT + 1)
        for order in DeskOrder.objects.filter(state__in=(OrderState.SENDING, OrderState.UNKNOWN)):
            page = order.get_absolute_url()
            for _ in range(2):
                self.post(f"{page}look/", fields(self.get(page)))
            shown = self.get(page)
            if "It was not placed" in shown:
                self.post(f"{page}decide/", {**token_of(shown), "reason": "In no book"})
        self.get(f"{OF}books/orders/")


def fields(html: str) -> dict[str, str]:
    """What the last form of a page would send."""
    return {
        str(control.attributes["name"]): control.sent[-1] for control in Page(html).controls if control.sent
    }


def token_of(html: str) -> dict[str, str]:
    """The token against forged requests."""
    return {"csrfmiddlewaretoken": fields(html)["csrfmiddlewaretoken"]}


def planned(seed: int, mishaps: list[str]) -> list[tuple[dict[str, str], str]]:
    """Orders of one seed: each mishap strikes one, in the seed's order, on a scrip and side that no other has."""
    dice = random.Random(seed)
    places = [(900001 + number, side) for number in range(10) for side in ("BUY", "SELL")]
    dice.shuffle(places)
    dice.shuffle(mishaps)
    plan = []
    for (token, side), mishap in zip(places, mishaps, strict=False):
        price = f"{dice.randrange(1, 40)}.05" if side == "BUY" else f"{dice.randrange(4000, 5000)}.05"
        order = {
            "scrip": f"NSE_EQ {token}",
            "side": side,
            "order_type": "RL",
            "quantity": str(dice.randrange(1, 50)),
            "price": price,
            "instruction": "recording",
            "reference": f"Call {dice.randrange(1000)}",
        }
        plan.append((order, mishap))
    return plan


def _terms(row: dict[str, Any]) -> tuple[str, str, int, Decimal]:
    """What an order of the stand-in is: token, side, quantity and price."""
    price = Decimal(str(row["order_price"]))
    return str(row["scrip_token"]), row["transaction_type"], int(row["total_quantity"]), price


def problems(
    standin: RestStandIn, confirmed: int | None = None, users: tuple[str, ...] = ("DEMO1",)
) -> list[str]:
    """What differs between the orders that were confirmed and those that the stand-in holds.

    `confirmed`: how many there were, where that is known.
    """
    rows = [row for user in users for row in standin.store.orders(user)]
    held = Counter(row["order_identifier"] for row in rows)
    terms = {row["order_identifier"]: _terms(row) for row in rows}
    orders = {order.identifier: order for order in DeskOrder.objects.all()}
    found = [f"{name} is held {count} times" for name, count in held.items() if count > 1]
    found += [f"{name} was confirmed by nobody" for name in held if name not in orders]
    for name, order in orders.items():
        placed = order.state not in NOTHING_PLACED
        if order.state in (OrderState.SENDING, OrderState.UNKNOWN):
            found.append(f"{name} is still {order.state}")
        elif placed and name not in held:
            found.append(f"{name} is {order.state} and held by nobody")
        elif not placed and name in held:
            found.append(f"{name} is {order.state} and held")
        confirmed_terms = (str(order.scrip_token), order.side, order.quantity, order.price)
        if name in terms and terms[name] != confirmed_terms:
            found.append(f"{name} was confirmed as {confirmed_terms} and is held as {terms[name]}")
    if confirmed is not None and len(orders) != confirmed:
        found.append(f"{confirmed} were confirmed and {len(orders)} are kept")
    return found
