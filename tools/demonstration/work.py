"""What happens in the demonstration's past: the acts of every day, those of now and then, and those of today."""

from collections import deque
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from accounts.creations import CREATE_RETAIL_USER
from accounts.kinds.update_retail_user import UPDATE_RETAIL_USER
from accounts.management.commands.demo_profiles import PROFILES
from accounts.models import RetailUser
from backoffice.changes import operations as changes
from backoffice.changes.errors import Stale
from backoffice.changes.models import Change
from backoffice.delivery import operations as deliveries
from backoffice.delivery.models import Settlement
from backoffice.protocol.codes import UserStatus
from limits.models import Periodicity
from tools.demonstration import files
from tools.demonstration.days import Diary
from tools.demonstration.desk import Desk
from tools.demonstration.people import Client, People

MINUTE = timedelta(minutes=1)
#: How many rows the file that is being corrected has: in a large demonstration, and in a small one.
ROWS, ROWS_OF_A_SMALL_ONE = 24, 8
KNOWN_REFUSAL = "Error occurred, kindly contact administrator"
NEW_REFUSALS = (
    "Manager Id is not mapped to the group",
    "Branch is not configured for the group",
    "Product is not enabled for this user",
)


class Work:
    """Acts of the staff. What an act leads to is entered in the diary for later."""

    def __init__(self, desk: Desk, people: People, *, small: bool) -> None:
        self.desk, self.people, self.small = desk, people, small
        self.random = people.random
        self.diary = Diary(desk.clock)
        #: Retail users that are in ODIN; whoever was worked on last is the last.
        self.lanes: deque[str] = deque()
        self._waiting: list[Change] = []
        self._used = 0

    def lane(self) -> str:
        """Return the retail user who was left alone the longest."""
        self.lanes.rotate(-1)
        return self.lanes[-1]

    # what happens every day

    def decided(self, change: Change, reason: str = "") -> None:
        """Approve a change and send it."""
        self.desk.approve(change, reason)
        self.desk.deliver()

    def decide_all(self) -> None:
        """A checker goes through what waits, and workers send it."""
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            self.desk.approve(change)
        if waiting:
            self.desk.deliver()
        self.lanes.extend(change.subject for change in waiting if change.kind == CREATE_RETAIL_USER)

    def _somebody(self) -> dict[str, Any]:
        return {"by": self.random.choice((self.desk.maker, self.desk.maker, self.desk.other_maker))}

    def _form(self) -> str:
        return f"Account opening form {self.random.randint(1100, 9899)}"

    def _client(self) -> tuple[Client, str]:
        """A new client and the onboarding profile of their group; some have none."""
        client = self.people.draw()
        own = [str(one["profile"]) for one in PROFILES if one["group_id"] == client.group_id]
        return client, self.random.choice([*own, ""])

    def onboard(self) -> None:
        """A new client by the form, mostly from an onboarding profile."""
        client, profile = self._client()
        self._waiting.append(self.desk.new_user(client, self._form(), profile=profile, **self._somebody()))

    def update(self) -> None:
        """Something of a client changes: an address, a number, the status."""
        lane, number = self.lane(), self.random.randint(1000, 9999)
        group_id, _, user_id = lane.partition("/")
        user = RetailUser.objects.get(group_id=group_id, user_id=user_id)
        suspended = user.status == UserStatus.SUSPENDED
        typed, reason = self.random.choice(
            (
                ({"address_1": f"{number} Tamarind Road"}, f"Address proof {number}"),
                ({"mobile": f"90001{10000 + self._fresh()}"}, f"Request by e-mail, ticket {number}"),
                ({"email": f"client{self._fresh()}@example.com"}, f"Request on paper, form {number}"),
                ({"status": "A" if suspended else "S"}, f"Letter {number} of compliance"),
                (
                    {"orders_per_second": str((user.orders_per_second or 0) + 1)},
                    f"Request by e-mail, ticket {number}",
                ),
            )
        )
        self._waiting.append(self.desk.propose(lane, UPDATE_RETAIL_USER, reason, **typed, **self._somebody()))

    def _fresh(self) -> int:
        self._used += 1
        return self._used

    def _rupees(self) -> str:
        return f"{self.random.choice((5, 10, 15, 25, 40, 75, 120, 200, 350)) * 1000}.00"

    def deposit(self) -> None:
        """Money of a client came in."""
        words = f"{self.random.choice(('Cheque', 'NEFT', 'RTGS'))} {self.random.randint(400200, 499999)}"
        self._waiting.append(
            self._money("cash_deposit", f"{words} received", self._rupees(), **self._somebody())
        )

    def collateral(self) -> None:
        """A client pledged shares."""
        reason = f"Shares pledged, slip {self.random.randint(1000, 9999)}"
        self._waiting.append(self._money("manual_collateral", reason, self._rupees(), **self._somebody()))

    def _money(self, kind: str, reason: str, amount: str, **by: Any) -> Change:
        return self.desk.propose(self.lane(), kind, reason, amount=amount, product_id="1", **by)

    def settings(self) -> None:
        """A branch wants other settings for a client."""
        lane = self.lane()
        level = {"level": "0"}
        typed = self.random.choice(
            (
                {"qvl_templates": [{"name": "SMALL", "exchange": "1", **level}]},
                {"dealers": [{"group": lane.partition("/")[0], "id": "DEAL2"}]},
                {"templates": [{"type": "1", "name": "FNOLIMIT", **level}]},
                {"square_offs": [{"periodicity": "3", "mtm": "80", "mtm_trigger": "1"}]},
            )
        )
        self._waiting.append(
            self.desk.propose(lane, "package", "Request of the branch desk", **typed, **self._somebody())
        )

    def read(self) -> None:
        """A member of staff looks at the funds and stocks of a client."""
        first = Periodicity.objects.values_list("number", flat=True)[0]
        self.desk.read(self.lane(), str(first))

    # what happens now and then

    def large_deposit(self) -> None:
        """A deposit that needs two checkers."""
        self._waiting.append(self._money("cash_deposit", "RTGS 510023 received, two approvals", "1500000.00"))

    def rejected(self) -> None:
        """A deposit with a wrong amount is rejected, corrected and applied."""
        change = self._money("cash_deposit", "Cheque 420077 received", "75000.00")
        changes.reject(change.pk, by=self.desk.checker, reason="The cheque is for ₹ 57,000: check the amount")
        again = partial(
            self.desk.correct,
            *(change, "cash_deposit", "Cheque 420077 received, amount corrected"),
            amount="57000.00",
            product_id="1",
        )
        self.diary.enter(self.desk.clock.now() + 25 * MINUTE, lambda: self._waiting.append(again()))

    def rejected_for_good(self) -> None:
        """An update without a written request is rejected."""
        change = self.desk.propose(
            self.lane(), UPDATE_RETAIL_USER, "Request by telephone", email="other@example.com"
        )
        changes.reject(change.pk, by=self.desk.other_checker, reason="No written request of the client")

    def withdrawn(self) -> None:
        """A maker takes a deposit back."""
        change = self._money("cash_deposit", "NEFT 430012 received", "20000.00", by=self.desk.other_maker)
        changes.withdraw(change.pk, by=self.desk.other_maker, reason="Entered for the wrong client")

    def stale(self) -> None:
        """Of two updates of one client the second is stale when the first is applied."""
        lane = self.lane()
        first, second = (
            self.desk.propose(lane, UPDATE_RETAIL_USER, reason, address_1=address)
            for reason, address in (
                ("Address proof 5121", "7 Cedar Path"),
                ("Address proof 5121, second copy", "7 Cedar Path floor 2"),
            )
        )
        self.decided(first)
        try:
            self.desk.approve(second)
        except Stale:
            return

    def nobody_decides(self) -> None:
        """An update that expires, since it is never decided."""
        self.desk.propose(self.lane(), UPDATE_RETAIL_USER, "Request by e-mail, ticket 77", max_gtd="30")

    def refused_then_corrected(self) -> None:
        """ODIN refuses an update; its maker corrects and resubmits it."""
        change = self.desk.propose(self.lane(), UPDATE_RETAIL_USER, "Request of the branch", branch="NAGPUR2")
        self.desk.approve(change)
        self.desk.deliver_refused(change, NEW_REFUSALS[1])
        again = partial(
            self.desk.correct,
            *(change, UPDATE_RETAIL_USER, "Request of the branch, its code corrected"),
            branch="NAGPUR",
        )
        self.diary.enter(self.desk.clock.now() + 15 * MINUTE, lambda: self._waiting.append(again()))

    def unknown_then_settled(self) -> None:
        """No proper answer to a deposit: two people find it in ODIN."""
        change = self._money("cash_deposit", "NEFT 440019 received", "60000.00")
        self.desk.approve(change)
        delivery = self.desk.deliver_unanswered(change)
        self.desk.clock.to(self.desk.clock.now() + 5 * MINUTE)
        self.desk.settle(delivery, Settlement.APPLIED, "The deposit is in WebAdmin under its reference")

    def not_there_after_all(self) -> None:
        """No proper answer to an update: a person sends it again."""
        change = self.desk.propose(
            self.lane(), UPDATE_RETAIL_USER, "Request by e-mail, ticket 812", address_2="Sector 41"
        )
        self.desk.approve(change)
        delivery = self.desk.deliver_unanswered(change)
        self.desk.clock.to(self.desk.clock.now() + 5 * MINUTE)
        self.desk.settle(delivery, Settlement.AGAIN, "Sent again: an update sets the same values twice")
        self.desk.deliver()

    # today

    def unanswered_deposit(self) -> None:
        """A deposit that is unknown now; the first of two people found it in ODIN."""
        change = self._money("cash_deposit", "RTGS 460031 received", "90000.00")
        self.desk.approve(change)
        delivery = self.desk.deliver_unanswered(change)
        self.desk.clock.to(self.desk.clock.now() + MINUTE)
        if delivery.needs_person:
            reason = "The deposit is in WebAdmin under its reference"
            deliveries.resolve(
                delivery.pk, by=self.desk.other_checker, found=Settlement.APPLIED, reason=reason
            )

    def unanswered_update(self) -> None:
        """An update that is unknown now."""
        change = self.desk.propose(
            self.lane(), UPDATE_RETAIL_USER, "Request by e-mail, ticket 1204", address_2="Sector 42"
        )
        self.desk.approve(change)
        self.desk.deliver_unanswered(change)

    def refused_create(self) -> None:
        """ODIN refuses a new client today, and what goes out behind the create is on hold."""
        change = self.desk.new_user(self.people.draw("HO"), self._form(), profile="Non-resident")
        self.desk.approve(change)
        self.desk.deliver_refused(change, NEW_REFUSALS[1])

    def refused_deposit(self) -> None:
        """ODIN refuses two deposits today, one of them with a new wording."""
        for amount, text in (("35000.00", NEW_REFUSALS[2]), ("12500.00", KNOWN_REFUSAL)):
            change = self._money("cash_deposit", "Cheque 470055 received", amount)
            self.desk.approve(change)
            self.desk.deliver_refused(change, text)

    def file_being_corrected(self) -> None:
        """A file with half of its wrong rows corrected."""
        wanted = ROWS_OF_A_SMALL_ONE if self.small else ROWS
        rows, right = files.with_slips([files.row(self.people.draw("HO")) for _ in range(wanted)])
        batch = self.desk.check_file("create_retail_user", "new-clients-of-the-week.csv", files.as_csv(rows))
        files.fix(batch, right[: len(right) // 2], self.desk.maker)

    def waiting(self, until: datetime) -> None:
        """What waits for the checkers: something of everything, one above the limit of one checker. Up to a time."""
        other = {"by": self.desk.other_maker}
        acts = (
            lambda: self.desk.approve_first(
                self._money("cash_deposit", "RTGS 510099 received", "1250000.00")
            ),
            lambda: self.desk.new_user(
                self.people.draw("HO"), self._form(), profile="Active trader", **other
            ),
            lambda: self._money("manual_collateral", "Shares pledged, slip 6120", "220000.00"),
            lambda: self._money("cash_deposit", "NEFT 480113 received", "475000.00", **other),
            lambda: self.desk.propose(
                self.lane(), UPDATE_RETAIL_USER, "Letter of the client, no trading for a year", status="S"
            ),
            lambda: self.desk.new_user(
                self.people.draw("MUM"), self._form(), profile="Resident Mumbai", occupation="3"
            ),
            lambda: self.desk.propose(
                self.lane(), UPDATE_RETAIL_USER, "Address proof 6177", address_1="18 Mahogany Street"
            ),
            lambda: self.desk.propose(
                self.lane(),
                "package",
                "Request of the branch desk",
                qvl_templates=[{"name": "ALL", "exchange": "1", "level": "0"}],
                **other,
            ),
            lambda: self._money("cash_deposit", "Cheque 480120 received", "18000.00"),
        )
        now = self.desk.clock.now()
        for number, act in enumerate(acts):
            self.diary.enter(now + (until - now) * number / len(acts), act)

    def drafts(self) -> None:
        """What a maker has begun."""
        self.desk.draft(self.lane(), "cash_deposit", amount="30000.00", product_id="1")
        self.desk.draft(self.lane(), UPDATE_RETAIL_USER, address_1="22 Rosewood Lane")
