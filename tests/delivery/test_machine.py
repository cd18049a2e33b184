"""The delivery operations against a model: whatever happens in whatever order, ODIN gets each effect once, in order.

Workers, the sweep, a person and an ODIN that may fail in every way take turns as Hypothesis chooses. The model says
after each step the state of every delivery; ODIN says what took effect.
"""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as chosen
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backoffice.delivery import gate, lanes, operations, queue, sending
from backoffice.delivery.content import one
from backoffice.delivery.models import Delivery, Settlement
from backoffice.delivery.states import BUSY, FINAL, OPEN, State
from backoffice.odin.gateway import MaybeSent, NotSent
from backoffice.odin.logon import Session
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.secret import SecretText
from backoffice.protocol.wire import decode_request
from tests.factories import ChangeFactory, StaffFactory

pytestmark = pytest.mark.django_db

CREATE, DEPOSIT, TEMPLATE, UPDATE = 301, 303, 310, 320
LANES = ("HO/A", "HO/B")
MAX_ATTEMPTS = 4
HYPOTHESIS = chosen(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)

#: What may become of a call, and whether ODIN applies the message.
ANSWERED, LOST_BEFORE, LOST_AFTER, NOT_SENT, REFUSED, UNREACHABLE, NO_SESSION, DIES_BEFORE, DIES_AFTER = (
    FATES
) = (
    *("answered", "lost before", "lost after", "not sent", "refused", "unreachable", "no session"),
    *("dies before", "dies after"),
)
REFUSALS = {
    REFUSED: "Error occurred, kindly contact administrator",
    UNREACHABLE: "Unable to connect to the remote server",
    NO_SESSION: "Invalid Session",
}
#: What the circuit breaker counts.
NO_CONNECTION = (LOST_BEFORE, LOST_AFTER, NOT_SENT, UNREACHABLE)
EXISTS = {
    CREATE: "User Id already exist in the system",
    DEPOSIT: "Transaction No already exist in the system",
}


class Died(BaseException):
    """The worker was killed."""


class Odin:
    """An ODIN that keeps each effect with the delivery that caused it, and fails on demand."""

    def __init__(self) -> None:
        self.fate = ANSWERED
        self.delivery = 0
        self.effects: dict[tuple[int, str], int] = {}

    def call(self, message_type: int, text: str, *, started: float) -> str:
        """Answer a message, or not."""
        if self.fate == NOT_SENT:
            raise NotSent("not-sent", "ODIN's service cannot be reached.")
        if self.fate == DIES_BEFORE:
            raise Died
        if self.fate == LOST_BEFORE:
            raise MaybeSent("timeout", "No answer came in time.")
        values = decode_request(text).values
        said = REFUSALS.get(self.fate) or self._apply(message_type, values)
        if self.fate == DIES_AFTER:
            raise Died
        if self.fate == LOST_AFTER:
            raise MaybeSent("timeout", "No answer came in time.")
        message = REQUESTS[message_type]
        echo = f"|252={values['reference']}" if message_type == DEPOSIT else ""
        return f"63=FT1.0|64={message.reply}|18={0 if said else 1}{echo}|19={said or 'Done'}"

    def _apply(self, message_type: int, values) -> str:
        """Take effect; the text of a refusal where a create or a deposit did so before."""
        effect = message_type, values.get("template_name") or values.get("reference") or values["user_id"]
        if message_type == CREATE:
            effect = CREATE, values["user_id"]
        if message_type == UPDATE:
            effect = UPDATE, str(self.delivery)
        if message_type in EXISTS and effect in self.effects:
            return EXISTS[message_type]
        self.effects.setdefault(effect, self.delivery)
        return ""


@dataclass
class Model:
    """The expected state of a delivery."""

    id: int
    lane: str
    type: int
    effect: tuple[int, str]
    state: State = State.QUEUED
    needs_person: bool = False
    doubted: bool = False
    attempts: int = 0
    reached_nobody: int = 0
    turned_away: int = 0
    rests: bool = False
    waits_for_odin: bool = False
    begun: bool = field(default=False)
    create: int = 0
    held: bool = False
    behind: int = 0

    @property
    def turn(self) -> tuple[int, int, int]:
        """Its place in its lane: what makes a create certain comes directly behind it, then what waited for it."""
        if self.behind:
            return (self.behind, 2, self.id)
        return (self.create or self.id, bool(self.create), self.id)


class Machine(RuleBasedStateMachine):
    """One portal with two lanes, in a transaction that is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.odin = Odin()
        sending.gateway = lambda: self.odin
        self.numbers = itertools.count(1)
        self.maker = StaffFactory()
        self.person, self.other_person = StaffFactory(), StaffFactory()
        for person in (self.person, self.other_person):
            person.groups.add(Group.objects.get(name="checker"))
        self.claims: list[queue.Claim] = []
        self.models: dict[int, Model] = {}
        self.failures = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # what may happen

    @precondition(lambda self: len(self.models) < 8)
    @rule(lane=st.sampled_from(LANES), message_type=st.sampled_from((CREATE, DEPOSIT, TEMPLATE)))
    def approve(self, lane: str, message_type: int) -> None:
        number = next(self.numbers)
        group_id, _, user_id = lane.partition("/")
        values = {**example(REQUESTS[message_type]), "group_id": group_id, "user_id": user_id}
        own = {
            CREATE: {"password": ""},
            DEPOSIT: {"reference": f"R{number}"},
            TEMPLATE: {"template_name": f"T{number}"},
        }
        values |= own[message_type]
        change = ChangeFactory.approved(subject=lane, messages=one(message_type, values), made_by=self.maker)
        delivery = queue.enqueue(
            change_id=change.pk,
            message_type=message_type,
            lane=lane,
            values=values,
            reference=str(values.get("reference", "")),
            part=0,
        )
        effect = message_type, next(iter(own[message_type].values())) or user_id
        self.models[delivery.pk] = Model(delivery.pk, lane, message_type, effect)

    @rule()
    def claim(self) -> None:
        claim = queue.claim()
        expected = min((model.id for model in self.models.values() if self._claimable(model)), default=None)
        assert (claim.delivery.pk if claim else None) == expected
        if claim:
            self.claims.append(claim)
            self.models[expected].state = State.IN_FLIGHT

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), fate=st.sampled_from(FATES))
    def deliver(self, data: st.DataObject, fate: str) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        self.claims.remove(claim)
        self._deliver(claim, fate)

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def work(self, fates: list[str]) -> None:
        """Some time with a worker that delivers what is due."""
        for fate in fates:
            self.time_passes()
            self.claim()
            if self.claims:
                self._deliver(self.claims.pop(), fate)

    def _deliver(self, claim: queue.Claim, fate: str) -> None:
        self.odin.fate, self.odin.delivery = fate, claim.delivery.pk
        model = self.models[claim.delivery.pk]
        there = model.type in EXISTS and model.effect in self.odin.effects
        model.attempts += 1
        try:
            for call in sending.begin([claim]):
                results = [sending.send(call)]
                sending.report(results)
                sending.settle(results)
        except Died:
            model.begun = True
        else:
            self._circuit(fate)
            self._expect(model, fate, there)

    @rule()
    def sweep_after_the_leases(self) -> None:
        """Whoever holds a claim is taken for dead, and what it began for unknown."""
        Delivery.objects.filter(state=State.IN_FLIGHT).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        self.claims.clear()
        queue.recover_stale()
        for model in self.models.values():
            if model.state == State.IN_FLIGHT and model.begun:
                self._doubt(model)
                model.begun = False
            elif model.state == State.IN_FLIGHT:
                model.state = State.UNKNOWN if model.doubted else State.QUEUED

    @rule()
    def blocked_lanes_are_set_aside(self) -> None:
        """The model ignores marks: the same deliveries may be claimed, and freed ones are considered again."""
        lanes.set_aside()

    @rule()
    def time_passes(self) -> None:
        Delivery.objects.filter(next_try_at__isnull=False).update(
            next_try_at=timezone.now() - timedelta(seconds=1)
        )
        for model in self.models.values():
            model.rests = False

    @precondition(lambda self: self._waiting(State.UNKNOWN))
    @rule(data=st.data(), looks=st.booleans(), gives_up=st.booleans())
    def resolve(self, data: st.DataObject, looks: bool, gives_up: bool) -> None:
        """A person who finds it in ODIN says so; one who does not find it gives it up or has it sent again, and so does
        one who does not look.
        """
        model = self._draw(data, State.UNKNOWN)
        found = Settlement.REFUSED if looks and gives_up else Settlement.AGAIN
        if looks and model.effect in self.odin.effects:
            found = Settlement.APPLIED
        if model.rests:
            with pytest.raises(operations.DeliveryError):
                operations.resolve(model.id, by=self.person, found=found, reason="Looked too early")
            return
        for person in (self.other_person, self.person):  # of money, two say the same
            if Delivery.objects.get(pk=model.id).needs_person:
                operations.resolve(model.id, by=person, found=found, reason="Seen in WebAdmin")
        model.needs_person = model.rests = False
        model.state = {
            Settlement.APPLIED: State.APPLIED,
            Settlement.REFUSED: State.REFUSED,
            Settlement.AGAIN: State.UNKNOWN,
        }[found]
        if model.state == State.REFUSED and model.type == CREATE:
            self._hold_back(model)
        if model.state == State.APPLIED and model.type == CREATE:
            self._make_certain(model)
            self._let_go_on(model)

    @precondition(lambda self: self._waiting(State.ON_HOLD))
    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        model = self._draw(data, State.ON_HOLD)
        operations.free(model.id, by=self.person, reason="The user is there after all")
        model.state, model.needs_person, model.rests, model.held = State.QUEUED, False, False, False

    @precondition(lambda self: len(self._waiting(State.QUEUED)) > 3 or self._waiting(State.ON_HOLD))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        model = self._draw(data, State.QUEUED, State.ON_HOLD)
        if model.doubted:
            with pytest.raises(operations.DeliveryError):
                operations.cancel(model.id, by=self.person, reason="Not wanted")
            return
        operations.cancel(model.id, by=self.person, reason="Not wanted")
        model.state, model.needs_person, model.held = State.CANCELLED, False, False
        if model.type == CREATE:
            self._hold_back(model)

    # what must be so

    @invariant()
    def every_delivery_stands_as_the_model_says(self) -> None:
        found = {
            delivery.pk: (delivery.state, delivery.needs_person, delivery.doubted, delivery.attempt_count)
            for delivery in Delivery.objects.filter(change__made_by=self.maker)
        }
        assert found == {
            model.id: (model.state, model.needs_person, model.doubted, model.attempts)
            for model in self.models.values()
        }

    @invariant()
    def odin_has_each_effect_once_and_in_order(self) -> None:
        for lane in LANES:
            models = (self.models[pk] for pk in self.odin.effects.values())
            effects = [model.turn for model in models if model.lane == lane]
            assert effects == sorted(effects)
            assert sum(model.state in BUSY for model in self.models.values() if model.lane == lane) <= 1
        for model in self.models.values():
            if model.type != CREATE and model.state in FINAL:
                assert (model.effect in self.odin.effects) == (model.state == State.APPLIED)

    # the model

    def _waiting(self, state: State) -> list[Model]:
        """What a person may act on in a state."""
        asked = [model for model in self.models.values() if model.state == state]
        return [model for model in asked if model.needs_person] if state == State.UNKNOWN else asked

    def _draw(self, data: st.DataObject, *states: State) -> Model:
        return data.draw(st.sampled_from([model for state in states for model in self._waiting(state)]))

    def _claimable(self, model: Model) -> bool:
        lane = [other for other in self.models.values() if other.lane == model.lane]
        open_ones = [other for other in lane if other.state in OPEN]
        if model.type == CREATE and any(other.held for other in open_ones):
            open_ones = [
                other
                for other in open_ones
                if not other.held and (other.state != State.QUEUED or other.type == CREATE)
            ]
        first = min((other.turn for other in open_ones), default=None)
        due = model.state == State.QUEUED or (model.state == State.UNKNOWN and not model.needs_person)
        return due and not model.rests and model.turn == first

    def _expect(self, model: Model, fate: str, there: bool) -> None:
        """The outcome of a delivery by the fate of its call. `there`: ODIN had this effect before."""
        if fate == ANSWERED and (not there or model.doubted):
            model.state = State.APPLIED
            if there and model.type == CREATE:
                self._make_certain(model)
            if model.type == CREATE:
                self._let_go_on(model)
        elif fate in (LOST_BEFORE, LOST_AFTER) or (fate == REFUSED and model.doubted):
            self._doubt(model)
            model.needs_person = model.needs_person or fate == REFUSED
        elif fate in (ANSWERED, REFUSED):
            model.state, model.needs_person = State.REFUSED, bool(model.create)
            if model.type == CREATE:
                self._hold_back(model)
        else:
            model.turned_away += fate in (UNREACHABLE, NO_SESSION)
            model.reached_nobody += fate == NOT_SENT
            # "Unreachable" may follow a half-made create.
            doubted = model.doubted or (fate == UNREACHABLE and model.type == CREATE)
            often = fate != NOT_SENT and model.turned_away >= MAX_ATTEMPTS
            if often and not gate.state().opened_at:
                model.state, model.needs_person = State.UNKNOWN if doubted else State.ON_HOLD, True
            else:
                model.state = State.UNKNOWN if model.doubted else State.QUEUED
                model.rests = model.waits_for_odin = fate != NO_SESSION
            model.doubted = doubted

    def _circuit(self, fate: str) -> None:
        """An answer that closes the circuit ends the pauses of what waits for ODIN, never a rest after a doubt."""
        if fate in NO_CONNECTION:
            self.failures += 1
            return
        if self.failures >= gate.FAILURES:
            for model in self.models.values():
                model.rests = model.rests and not model.waits_for_odin
        self.failures = 0

    def _make_certain(self, create: Model) -> None:
        """The example's values take two updates: the telephone has its own."""
        new = Delivery.objects.filter(ahead=True).exclude(pk__in=self.models).order_by("pk")
        assert [delivery.message_type for delivery in new] == [UPDATE, UPDATE]
        for delivery in new:
            self.models[delivery.pk] = Model(
                delivery.pk, create.lane, UPDATE, (UPDATE, str(delivery.pk)), create=create.id
            )

    def _doubt(self, model: Model) -> None:
        model.state, model.doubted, model.rests, model.waits_for_odin = State.UNKNOWN, True, True, False
        model.needs_person = model.attempts - model.reached_nobody >= MAX_ATTEMPTS

    def _hold_back(self, refused: Model) -> None:
        for model in self.models.values():
            if model.lane == refused.lane and model.id > refused.id and model.state == State.QUEUED:
                model.state, model.needs_person, model.held = State.ON_HOLD, True, True

    def _let_go_on(self, create: Model) -> None:
        """Deliveries that waited for a create follow it."""
        waiting = [
            model for model in self.models.values() if model.lane == create.lane and model.state in OPEN
        ]
        if not any(model.held for model in waiting):
            return
        for model in waiting:
            if model.turn < create.turn:
                model.behind = create.id
            if model.held:
                model.state, model.needs_person, model.rests, model.held = State.QUEUED, False, False, False


def test_whatever_happens_each_effect_comes_once_and_in_order(monkeypatch, settings):
    settings.DELIVERY_MAX_ATTEMPTS, settings.DELIVERY_HOLD_SECONDS = MAX_ATTEMPTS, 30
    monkeypatch.setattr(sending, "gateway", sending.gateway)
    monkeypatch.setattr(sending.session, "current", lambda: Session(1, SecretText("0x1")))
    monkeypatch.setattr(sending.session, "invalidate", lambda number: None)
    run_state_machine_as_test(Machine, settings=HYPOTHESIS)
