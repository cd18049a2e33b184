"""What the staff of the demonstration do: the verbs of its history, each an operation of the portal."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from accounts.entry import change_form
from accounts.kinds import create_retail_user
from backoffice.batches import operations as batches
from backoffice.batches import tasks as batch_tasks
from backoffice.batches.decide import completion, decisions
from backoffice.batches.models import Batch, Mode, State
from backoffice.changes import operations as changes
from backoffice.changes.corrections import Corrected
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.models import Change
from backoffice.delivery import gate, sending
from backoffice.delivery import operations as deliveries
from backoffice.delivery.models import Delivery, Settlement
from backoffice.logins.models import User
from backoffice.odin import questions
from limits.reading_shapes import Kind
from standins.odin import StandIn
from tools.demonstration.clock import Clock
from tools.demonstration.people import Client

#: Seconds that one delivery of everything due may take at most.
LONG = 600.0
#: Longer than the portal repeats what is unknown: then a person decides.
AFTER_REPEATS = timedelta(minutes=20)


class Desk:
    """The staff at work: makers propose, checkers approve, workers deliver. Needs the demonstration's staff."""

    def __init__(self, clock: Clock, odin: StandIn) -> None:
        self.clock, self.odin = clock, odin
        people = {person.username: person for person in User.objects.all()}
        self.maker, self.other_maker = people["maker"], people["maker2"]
        self.checker, self.other_checker = people["checker"], people["checker2"]

    # makers

    def new_user(
        self, client: Client, reason: str, *, profile: str = "", by: User | None = None, **typed: Any
    ) -> Change:
        """Propose a client: by the form, filled in from an onboarding profile where one is named, with what is typed
        over it.
        """
        form = create_retail_user.FORM
        values = {**form.starting(), **(client.personal if profile else client.whole), "profile": profile}
        if profile and form.filling:
            values = form.filling.fill(values, "")
        return self._submit(form, {**values, **typed}, reason, by=by)

    def propose(
        self, lane: str, kind: str, reason: str, /, *, by: User | None = None, **typed: Any
    ) -> Change:
        """Propose a change of a retail user: what the form starts with, and what is typed over it."""
        form = _form(lane, kind)
        return self._submit(form, {**form.starting(), **form.fixed, **typed}, reason, by=by)

    def draft(self, lane: str, kind: str, **typed: Any) -> Change:
        """Keep what a maker typed so far."""
        form = _form(lane, kind)
        values = {**form.starting(), **form.fixed, **typed}
        return changes.save_draft(kind, values, by=self.maker, token=uuid.uuid4())

    def correct(self, earlier: Change, kind: str, reason: str, **typed: Any) -> Change:
        """Correct what was refused or rejected, and submit it again."""
        form = _form(earlier.subject, kind)
        values = {**form.starting(), **form.fixed, **typed}
        token = uuid.uuid4()
        changes.save_draft(kind, values, by=earlier.made_by, token=token, corrects=Corrected(earlier))
        return self._submit(form, values, reason, by=earlier.made_by, token=token)

    def _submit(
        self,
        form: EntryForm,
        values: dict[str, Any],
        reason: str,
        *,
        by: User | None,
        token: uuid.UUID | None = None,
    ) -> Change:
        return changes.submit(
            form.kind, values, by=by or self.maker, reason=reason, token=token or uuid.uuid4(), typed=True
        )

    # checkers

    def approve(self, change: Change, reason: str = "") -> None:
        """Approve a change, by as many checkers as it needs."""
        for checker in (self.checker, self.other_checker)[: change.checkers]:
            changes.approve(change.pk, by=checker, content_hash=change.content_hash, reason=reason)

    def approve_first(self, change: Change) -> None:
        """Approve as the first of two."""
        changes.approve(change.pk, by=self.other_checker, content_hash=change.content_hash)

    def settle(self, delivery: Delivery, found: Settlement, reason: str) -> None:
        """Settle an unknown delivery; two people settle money."""
        for checker in (self.checker, self.other_checker):
            deliveries.resolve(delivery.pk, by=checker, found=found, reason=reason)
            delivery.refresh_from_db()
            if not delivery.needs_person:
                return

    # workers

    def deliver(self) -> None:
        """Send what is due, and update the files."""
        sending.drain(LONG)
        completion.note_outcomes()

    def deliver_refused(self, change: Change, text: str) -> None:
        """Let the stand-in refuse the first message of a change in these words."""
        self.odin.faults.add("refuse_before", match=self._first(change), text=text)
        self.deliver()

    def deliver_unanswered(self, change: Change) -> Delivery:
        """Let a change come to the stand-in, which gives no proper answer until a person must decide."""
        armed = self.odin.faults.add("empty_200", match=self._first(change), times=-1)
        self.deliver()
        self.clock.to(self.clock.now() + AFTER_REPEATS)
        self.deliver()
        self.odin.faults.remove(armed.id)
        return Delivery.objects.get(change=change)

    def _first(self, change: Change) -> dict[str, object]:
        group_id, _, user_id = change.subject.partition("/")
        return {"type": change.messages[0]["type"], "group_id": group_id, "user_id": user_id}

    def read(self, lane: str, periodicity: str) -> None:
        """Ask ODIN for the funds and stocks of a retail user."""
        wanted = {"periodicity": periodicity}
        for kind, parameters in (
            (Kind.FUNDS_SUMMARY, {**wanted, "product": "1"}),
            (Kind.FUNDS_VIEW, wanted),
            (Kind.STOCK_VIEW, {}),
        ):
            questions.want(kind, by=self.maker, lane=lane, parameters=parameters)
        self.fetch()

    def fetch(self) -> None:
        """Fetch the answers to what was asked."""
        questions.fetch_all(gate)

    # files

    def check_file(self, kind: str, name: str, content: str) -> Batch:
        """Upload a file and let a worker check it."""
        batch = batches.upload(kind, [content.encode()], name, by=self.maker).batch
        batches.check(batch.pk, by=self.maker)
        self._work(batch)
        return batch

    def submit_file(self, batch: Batch, reason: str) -> Batch:
        """Propose the good rows of a checked file."""
        return decisions.submit(batch.pk, by=self.maker, mode=Mode.VALID, reason=reason)

    def approve_file(self, batch: Batch, reason: str) -> None:
        """Approve a file as a whole."""
        decisions.approve(batch.pk, by=self.checker, content_hash=batch.content_hash, reason=reason)

    def _work(self, batch: Batch) -> None:
        while batch.state == State.CHECKING or batch.state == State.UPLOADED:
            batch_tasks.work_due()
            batch.refresh_from_db()

    def refuse(self, clients: Iterable[Client], text: str) -> None:
        """Let the stand-in refuse to create these clients, in these words."""
        for client in clients:
            match = {"type": 301, "group_id": client.group_id, "user_id": client.user_id}
            self.odin.faults.add("refuse_before", match=match, text=text)


def _form(lane: str, kind: str) -> EntryForm:
    """The form of a kind of change for a retail user."""
    group_id, _, user_id = lane.partition("/")
    return change_form(group_id, user_id, kind)
