"""Clients who place a run at a web server that is killed, while the OMS answers late, wrongly or not at all.

Each does what people do: opens the link, logs in, confirms, comes back where nothing came back, lets the books be read.
A member of staff lets the run go on. `twice` then says which lines the stand-in holds more than once.
"""

import signal
import threading
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from backoffice.killpoints import OrderPoint, Point
from backoffice.logins.models import User
from partners import switches
from runs import operations
from runs.models import ClientState, Pace, RunClient
from standins.rest import RestStandIn
from tests.faults.installation import wait_until
from tests.faults.orders import SILENCE, Desk, fields
from tests.rest.conftest import PASSWORD
from trading.models import DeskOrder, DeskSession

KILLS = (
    *(OrderPoint.COMMITTING, OrderPoint.COMMITTED, Point.PART_SENT, OrderPoint.ANSWERED),
    OrderPoint.SETTLED,
)
FAULTS = ("silence_after", "reset_before", "error_500_after", "truncated", "session_ends")
#: Of staff who let a run go on.
WHY = "The client asked for it"


class Visits(Desk):
    """A web server, and the browser of one client at a time."""

    own: RunClient

    def visit(self, handed: operations.Handed) -> None:
        """Open a link and prove who it is."""
        self.own = handed.own
        self.browser.cookies.clear()
        path = urlsplit(handed.link).path
        self.post(path, {**fields(self.get(path)), "proof": self.own.client.pan[-4:]})

    def submit(self, action: str) -> None:
        """Send the form of the page, with a login. Nothing if it has none, or the server dies."""
        shown = self.get("/connector/run/")
        if f'action="/connector/run/{action}/"' not in shown:
            return
        typed = {
            "client_password": PASSWORD,
            "client_code": self.standin.people.keys(self.own.client.user_id).totp,
        }
        self.post_any(
            f"/connector/run/{action}/", {**fields(shown), **typed, "factor": "TOTP", "agreed": "yes"}
        )

    def place(self, mishap: str) -> None:
        """Place what is left while a mishap strikes the next order, then do what people do about it."""
        if mishap in KILLS:
            self._kill_at_an_order(mishap)
        else:
            if mishap:
                self.standin.faults.add(mishap, call="place", seconds=SILENCE)
            self.submit("place")
        self.settle_client()

    def _kill_at_an_order(self, point: str) -> None:
        """Arm a place when the client is logged in, since the login passes some of them too."""
        Pace.objects.update_or_create(
            name="orders", defaults={"next_at": timezone.now() + timedelta(seconds=1)}
        )
        posting = threading.Thread(target=self.submit, args=("place",))
        posting.start()
        wait_until(
            lambda: DeskSession.objects.filter(state="open").exists() or not posting.is_alive(),
            "the client is logged in",
            pause=0.01,
        )
        self.installation.arm(point, signal.SIGKILL)
        posting.join()

    def settle_client(self) -> None:
        """Wait until nobody holds the client, look for what is in doubt, decide, and let the client go on."""
        wait_until(lambda: not RunClient.objects.get(pk=self.own.pk).is_held, "the lease is over")
        for _ in range(6):
            doubtful = [line for line in operations.lines_of(self.own) if line.in_doubt]
            if not doubtful:
                break
            self.submit("look")
            self._decide()
        self.own.refresh_from_db()
        if self.own.state == ClientState.STOPPED:
            operations.go_on(self.own, by=User.objects.get(username="checker"), reason=WHY)

    def _decide(self) -> None:
        page = self.get("/connector/run/")
        if "looked at twice" not in page:
            return
        for line in operations.lines_of(self.own):
            if line.in_doubt:
                operations.not_placed(line, by=User.objects.get(username="checker"), reason="In no book")

    def stopped_after(self, count: int) -> None:
        """Place while somebody throws a switch for the client as soon as so many lines were sent."""
        lane = self.own.client.lane
        posting = threading.Thread(target=self.submit, args=("place",))
        posting.start()
        wait_until(
            lambda: DeskOrder.objects.filter(lane=lane).count() >= count, "lines were sent", pause=0.01
        )
        switches.throw("client", lane, by=User.objects.get(username="checker"), reason="Complaint 12")
        posting.join()
        wait_until(lambda: not RunClient.objects.get(pk=self.own.pk).is_held, "the lease is over")


def twice(standin: RestStandIn, *users: str) -> list[str]:
    """The lines that the stand-in holds more than once."""
    held = Counter(
        (user, row["scrip_token"], row["transaction_type"])
        for user in users
        for row in standin.store.orders(user)
    )
    return [f"{line} is held {count} times" for line, count in held.items() if count > 1]
