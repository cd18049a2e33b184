"""The four weeks of the demonstration: a file of clients on the first day, then the work of each day."""

from collections.abc import Callable
from functools import partial
from typing import Any

from backoffice.audit.seals import seal_new
from backoffice.batches.decide import decisions
from backoffice.changes import operations as changes
from backoffice.delivery import operations as deliveries
from backoffice.delivery.wordings import unread
from backoffice.notices import operations as notices
from backoffice.odin import session
from limits.tasks import refresh_periodicities
from tools.demonstration import files
from tools.demonstration.days import Day
from tools.demonstration.desk import Desk
from tools.demonstration.people import GUESTS, People
from tools.demonstration.work import NEW_REFUSALS, Work

#: Of all clients so many come with the file of the first day; the others by the form, day by day.
IN_FILE = 0.9
#: For each client so many changes of each kind in the four weeks.
UPDATES, DEPOSITS, COLLATERALS, SETTINGS = 0.15, 0.25, 0.03, 0.04
#: How many times a day a checker goes through the inbox.
ROUNDS = 12
#: Fewer clients are a small demonstration.
SMALL = 100
#: Work begins up to this part of a day: approvals and deliveries still follow.
LATEST = 0.85


class History:
    """Makes the history, day by day. `clients`: about how many retail users there are in the end."""

    def __init__(self, desk: Desk, people: People, days: list[Day], clients: int) -> None:
        self.desk, self.people, self.days, self.clients = desk, people, days, clients
        self.work = Work(desk, people, small=clients < SMALL)
        self._shares: dict[str, float] = {}

    def make(self, said: Callable[[str], None]) -> None:
        """All days; `said` is given a line for each week."""
        for number, day in enumerate(self.days):
            if number % 5 == 0:
                said(f"  {day.begins:%d-%m-%Y}")
            self.desk.clock.to(day.begins)
            if number == 0:
                self._first_day(day)
            elif number < len(self.days) - 1:
                self._usual(day)
                for special in SPECIALS.get(number, ()):
                    self._enter(day, partial(special, self.work))
            else:
                self._today(day)
            for part in range(1, ROUNDS):
                at = day.at((part + self.people.random.uniform(-0.4, 0.4)) / ROUNDS)
                self.work.diary.enter(at, self.work.decide_all)
            self.work.diary.enter(day.at(1.0), self.work.decide_all)
            self.work.diary.play()
            if number < len(self.days) - 1:
                self._evening()
            seal_new()

    def _first_day(self, day: Day) -> None:
        refresh_periodicities()
        self.desk.fetch()
        for number, lane in enumerate(GUESTS, 1):
            guest, form = self.people.guest(lane), f"Account opening form {1000 + number}"
            self.work.decided(self.desk.new_user(guest, form, by=self.desk.maker))
            cheque = f"Cheque {400100 + number} received"
            deposit = self.desk.propose(
                guest.lane, "cash_deposit", cheque, amount="250000.00", product_id="1"
            )
            self.work.decided(deposit)
        book = [self.people.draw() for _ in range(max(1, round(self.clients * IN_FILE)))]
        self.desk.clock.to(day.at(0.2))
        batch = self.desk.check_file(
            "create_retail_user", "clients-of-the-old-system.csv", files.as_csv(list(map(files.row, book)))
        )
        self.desk.clock.to(day.at(0.4))
        batch = self.desk.submit_file(batch, "Clients moved from the old system")
        refused = book[5 :: max(8, len(book) // 3)]
        self.desk.refuse(refused, NEW_REFUSALS[0])
        self.desk.clock.to(day.at(0.6))
        self.desk.approve_file(batch, "Compared with the list, totals agree")
        self.desk.deliver()
        self.work.lanes.extend(client.lane for client in book if client not in refused)
        self.people.random.shuffle(self.work.lanes)

    def _usual(self, day: Day) -> None:
        days = len(self.days) - 2
        by_form = self.clients * (1 - IN_FILE)
        for share, act in (
            (by_form, self.work.onboard),
            (self.clients * UPDATES, self.work.update),
            (self.clients * DEPOSITS, self.work.deposit),
            (self.clients * COLLATERALS, self.work.collateral),
            (self.clients * SETTINGS, self.work.settings),
            (len(self.days) / 3, self.work.read),
        ):
            for _ in range(self._today_of(act.__name__, share / days)):
                self._enter(day, act)

    def _today_of(self, name: str, a_day: float) -> int:
        """How many of a kind today, so that parts of one add up over the days."""
        self._shares[name] = self._shares.get(name, 0.0) + a_day
        whole = int(self._shares[name])
        self._shares[name] -= whole
        return whole

    def _enter(self, day: Day, act: Callable[[], Any]) -> None:
        self.work.diary.enter(day.at(self.people.random.uniform(0.02, LATEST)), act)

    def _evening(self) -> None:
        """What beat does by night, and what people have read by then."""
        changes.expire_old()
        decisions.expire_old()
        for wording in unread():
            deliveries.read_words(wording.pk, by=self.desk.checker)
        for person in (self.desk.maker, self.desk.other_maker):
            notices.read_all(person)
        session.log_off(None)

    def _today(self, day: Day) -> None:
        for part, act in (
            (0.02, self.work.unanswered_deposit),
            (0.1, self.work.unanswered_update),
            (0.4, self.work.onboard),
            (0.42, self.work.deposit),
            (0.45, self.work.deposit),
            (0.5, self.work.update),
            (0.52, self.work.read),
            (0.6, self.work.deposit),
            (0.66, self.work.refused_create),
            (0.7, self.work.refused_deposit),
            (0.74, self.work.deposit),
            (0.8, self.work.file_being_corrected),
            (0.55, partial(self.work.waiting, day.at(0.97))),
            (0.9, self.work.drafts),
        ):
            self.work.diary.enter(day.at(part), act)


#: What happens on one of the days, by its number.
SPECIALS: dict[int, tuple[Callable[[Work], None], ...]] = {
    2: (Work.refused_then_corrected,),
    3: (Work.nobody_decides, Work.large_deposit),
    4: (Work.rejected,),
    6: (Work.unknown_then_settled, Work.withdrawn),
    8: (Work.stale,),
    9: (Work.rejected_for_good,),
    11: (Work.not_there_after_all, Work.large_deposit),
    13: (Work.refused_then_corrected, Work.rejected),
    16: (Work.withdrawn, Work.unknown_then_settled),
    17: (Work.stale,),
    18: (Work.rejected_for_good, Work.rejected),
}
