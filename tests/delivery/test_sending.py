"""A delivery from the queue to ODIN and back, over real SOAP."""

import os
import threading
from dataclasses import replace
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.delivery import gate, handlers, operations, sending
from backoffice.delivery.content import one
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.models import Attempt, Delivery, Settlement
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.odin.models import DealerSession
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.messages.templates import UpdateUserTemplate
from tests.factories import ChangeFactory, DeliveryFactory, RetailUserFactory, StaffFactory
from tests.faults.installation import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(delivery):
    """Let a worker deliver what is due now, repeats included."""
    drain(20)
    delivery.refresh_from_db()
    return delivery


def test_an_approved_create_reaches_odin_once_and_becomes_a_record(odin, approved):
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert (delivery.state, delivery.code, delivery.text) == (State.APPLIED, "1", "User created successfully")
    assert odin.store.user("HO", "NEW001")
    user = RetailUser.objects.get(group_id="HO", user_id="NEW001")
    assert user.banks.count() == len(delivery.values["banks"])
    assert [line.type for line in odin.store.ledger() if line.applied and line.type == 301] == [301]


def test_m8_an_answer_with_white_space_around_its_bars_is_a_success(odin, approved):
    odin.faults.add("spaced", times=-1)
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert (delivery.state, delivery.code, delivery.text) == (State.APPLIED, "1", "User created successfully")
    assert len(odin.store.ledger()) == 2, "a logon and the creation"


def test_white_space_in_megabytes_does_not_hold_a_worker(odin, approved):
    odin.faults.add("garbage", match={"type": 301}, text="4=" + " " * 5_000_000)
    delivery = approved(user_id="NEW001", group_id="HO")
    assert drain(20)
    attempt = delivery.attempts.first()
    assert attempt.outcome == "unknown"
    assert len(attempt.answer) <= sending.KEPT


def test_the_record_does_not_run_ahead_of_odin(odin, approved):
    approved(user_id="NEW001", group_id="HO")
    assert not RetailUser.objects.exists()


def test_an_attempt_says_what_was_sent_and_what_came_back_without_secrets(odin, approved):
    delivery = deliver(approved(user_id="NEW001", group_id="HO", password=SecretText("Sesame42")))
    attempt = delivery.attempts.get()
    assert "64=301" in attempt.request
    assert "201=NEW001" in attempt.request
    assert "|4=••••|" in attempt.request
    assert "207=••••" in attempt.request
    assert (attempt.outcome, attempt.code) == ("applied", "1")
    assert "18=1" in attempt.answer
    assert attempt.worker.endswith(f":{os.getpid()}")
    entry = Entry.objects.get(action="delivery.applied")
    assert (entry.details["worker"], entry.details["attempt"]) == (attempt.worker, 1)


def test_a_refusal_is_shown_with_odins_words_and_changes_no_record(odin, approved):
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    delivery = deliver(approved())
    assert (delivery.state, delivery.code, delivery.text) == (State.REFUSED, "0", "Group Id does not exist")
    assert not RetailUser.objects.exists()


def test_a_lost_answer_is_unknown_and_the_repeat_finds_its_own_effect(odin, approved):
    odin.faults.add("drop_after", match={"type": 301})
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert [attempt.outcome for attempt in delivery.attempts.all()] == ["unknown", "applied"]
    assert delivery.state == State.APPLIED
    assert len([line for line in odin.store.ledger() if line.applied and line.type == 301]) == 1


def test_a_message_that_never_arrived_is_sent_again(odin, approved):
    odin.faults.add("drop_before", match={"type": 301})
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert delivery.state == State.APPLIED
    assert odin.store.user("HO", "NEW001")


def test_an_expired_session_leads_to_one_new_logon_and_then_the_message(odin, approved):
    deliver(approved(user_id="NEW001", group_id="HO"))
    odin.faults.add("session_expiry", match={"type": 301})
    delivery = deliver(approved(user_id="NEW002", group_id="HO", pan="", mobile=""))
    assert delivery.state == State.APPLIED
    assert DealerSession.objects.get().number == 2


def test_odin_down_leaves_the_delivery_in_the_queue(odin, approved, settings):
    settings.ODIN_SERVICE_URL = settings.ODIN_WSDL_URL = "http://127.0.0.1:9/UserCreation.svc"
    delivery = deliver(approved())
    assert delivery.state == State.QUEUED
    assert not Attempt.objects.exists(), "no logon, so nothing of the message was sent"


def test_a_refused_create_holds_back_what_depends_on_it(odin, approved):
    first = approved()
    later = DeliveryFactory(lane=first.lane)
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    deliver(first)
    later.refresh_from_db()
    assert (later.state, later.needs_person) == (State.ON_HOLD, True)
    assert str(first.pk) in later.reason


def test_a_cancelled_create_holds_back_what_depends_on_it(odin, approved, checker):
    first = approved()
    later = DeliveryFactory(lane=first.lane)
    operations.cancel(first.pk, by=checker, reason="Not wanted any more")
    deliver(later)
    assert (later.state, later.needs_person, later.attempts.count()) == (State.ON_HOLD, True, 0)
    assert f"(D-{first.pk}) was cancelled" in later.reason


def test_a_message_that_is_not_the_approved_one_is_never_sent(odin, approved):
    delivery = approved()
    Delivery.objects.filter(pk=delivery.pk).update(own_values={**delivery.values, "name": "Somebody Else"})
    deliver(delivery)
    assert delivery.state == State.ON_HOLD
    assert not [line for line in odin.store.ledger() if line.type == 301]


def test_one_that_may_have_been_applied_and_cannot_be_repeated_is_settled_by_a_person(
    odin, approved, checker, settings
):
    settings.DELIVERY_HOLD_SECONDS = 300
    odin.faults.add("drop_before", match={"type": 301})
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    Delivery.objects.update(next_try_at=None, own_values={**delivery.values, "name": "Somebody Else"})
    deliver(delivery)
    assert (delivery.state, delivery.needs_person, delivery.attempts.count()) == (State.UNKNOWN, True, 1)
    operations.resolve(delivery.pk, by=checker, found=Settlement.REFUSED, reason="WebAdmin has no such user")
    delivery.refresh_from_db()
    assert delivery.state == State.REFUSED


def test_a_create_that_may_be_half_made_and_is_turned_away_too_often_is_settled_by_a_person(
    odin, approved, settings
):
    settings.DELIVERY_MAX_ATTEMPTS = 1
    text = "Unable to connect to the remote server"
    odin.faults.add("refuse_before", match={"type": 301}, text=text)
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert (delivery.state, delivery.needs_person, delivery.doubted) == (State.UNKNOWN, True, True)


def test_while_odin_may_still_work_on_it_nobody_settles_it_and_its_lane_rests(
    odin, approved, settings, checker
):
    settings.DELIVERY_MAX_ATTEMPTS, settings.DELIVERY_HOLD_SECONDS = 1, 30
    odin.faults.add("drop_before", match={"type": 301})
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    for found in Settlement:
        with pytest.raises(DeliveryError, match="may still take effect"):
            operations.resolve(delivery.pk, by=checker, found=found, reason="Looked at once")
    assert deliver(delivery).attempts.count() == 1
    Delivery.objects.update(next_try_at=timezone.now())
    operations.resolve(delivery.pk, by=checker, found=Settlement.AGAIN, reason="Looked later")
    assert deliver(delivery).state == State.APPLIED


def test_after_too_many_unknown_attempts_a_person_decides(odin, approved, settings, checker):
    settings.DELIVERY_MAX_ATTEMPTS = 2
    odin.faults.add("drop_before", match={"type": 301}, times=-1)
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert (delivery.state, delivery.needs_person, delivery.attempts.count()) == (State.UNKNOWN, True, 2)
    operations.resolve(delivery.pk, by=checker, found=Settlement.APPLIED, reason="Seen in WebAdmin")
    delivery.refresh_from_db()
    assert delivery.state == State.APPLIED
    assert RetailUser.objects.filter(user_id="NEW001").exists()


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        (Settlement.APPLIED, Settlement.AGAIN, State.UNKNOWN),
        (Settlement.AGAIN, Settlement.APPLIED, State.APPLIED),
        (Settlement.AGAIN, Settlement.REFUSED, State.REFUSED),
    ],
)
def test_of_money_two_people_must_say_the_same(first, then, state, checker, other_checker):
    deposit = DeliveryFactory(
        message_type=303,
        state=State.UNKNOWN,
        needs_person=True,
        doubted=True,
        own_values=example(REQUESTS[303]),
    )
    RetailUserFactory(group_id="HO", user_id="RET001")
    operations.resolve(deposit.pk, by=checker, found=first, reason="Seen in WebAdmin")
    deposit.refresh_from_db()
    assert (deposit.state, deposit.needs_person, deposit.proposed_by) == (State.UNKNOWN, True, checker)
    with pytest.raises(DeliveryError, match="Another person"):
        operations.resolve(deposit.pk, by=checker, found=first, reason="Again")
    operations.resolve(deposit.pk, by=other_checker, found=then, reason="I see it otherwise")
    deposit.refresh_from_db()
    assert (deposit.state, deposit.needs_person, deposit.proposed_by) == (State.UNKNOWN, True, other_checker)
    operations.resolve(deposit.pk, by=checker, found=then, reason="Looked again")
    deposit.refresh_from_db()
    assert (deposit.needs_person, deposit.proposed, deposit.proposed_by) == (False, "", None)
    assert deposit.state == state
    assert Entry.objects.filter(action="delivery.settlement_proposed").count() == 2


def test_whoever_made_a_deposit_is_none_of_the_two_who_settle_it(checker, other_checker):
    values = example(REQUESTS[303])
    change = ChangeFactory.approved(
        kind="cash_deposit", subject="HO/RET001", messages=one(303, values), made_by=checker
    )
    deposit = DeliveryFactory(
        change=change,
        message_type=303,
        own_values=values,
        state=State.UNKNOWN,
        needs_person=True,
        doubted=True,
    )
    RetailUserFactory(group_id="HO", user_id="RET001")
    applied = {"found": Settlement.APPLIED, "reason": "Seen in WebAdmin"}
    with pytest.raises(DeliveryError, match="Two others must settle it"):
        operations.resolve(deposit.pk, by=checker, **applied)
    operations.resolve(deposit.pk, by=other_checker, **applied)
    with pytest.raises(DeliveryError, match="You made this change"):
        operations.resolve(deposit.pk, by=checker, **applied)
    third = StaffFactory(username="third")
    third.groups.set(checker.groups.all())
    operations.resolve(deposit.pk, by=third, **applied)
    deposit.refresh_from_db()
    assert (deposit.state, deposit.settled_by) == (State.APPLIED, third)


def test_what_odin_refuses_each_time_after_an_unknown_sending_is_given_up_and_frees_its_lane(
    odin, approved, checker
):
    deliver(approved(user_id="NEW001", group_id="HO"))
    odin.faults.add("drop_before", match={"type": 310})
    odin.faults.add("refuse_before", match={"type": 310}, text="Template does not exist", times=1)
    values = {**example(UpdateUserTemplate), "group_id": "HO", "user_id": "NEW001"}
    first, second = (DeliveryFactory(lane="HO/NEW001", message_type=310, own_values=values) for _ in "ab")
    deliver(first)
    assert (first.state, first.needs_person, first.text) == (State.UNKNOWN, True, "Template does not exist")
    assert deliver(second).state == State.QUEUED
    operations.resolve(first.pk, by=checker, found=Settlement.REFUSED, reason="WebAdmin shows the old one")
    assert deliver(second).state == State.APPLIED
    first.refresh_from_db()
    assert (first.state, first.needs_person, first.text) == (State.REFUSED, False, "Template does not exist")


def test_a_create_that_is_given_up_holds_back_what_waits_behind_it(checker):
    create, behind = (
        DeliveryFactory(lane="HO/NEW001", message_type=kind, own_values={"a": kind}) for kind in (301, 310)
    )
    Delivery.objects.filter(pk=create.pk).update(state=State.UNKNOWN, needs_person=True, doubted=True)
    operations.resolve(create.pk, by=checker, found=Settlement.REFUSED, reason="Not in WebAdmin")
    behind.refresh_from_db()
    assert (behind.state, behind.needs_person) == (State.ON_HOLD, True)


def test_a_person_needs_a_reason_and_the_permission_to_settle(odin, approved, settings, checker, maker):
    settings.DELIVERY_MAX_ATTEMPTS = 1
    odin.faults.add("drop_before", match={"type": 301}, times=-1)
    delivery = deliver(approved())
    for by, reason in ((maker, "Seen in WebAdmin"), (checker, " ")):
        with pytest.raises(DeliveryError):
            operations.resolve(delivery.pk, by=by, found=Settlement.APPLIED, reason=reason)


def test_a_lease_that_does_not_cover_a_whole_call_sends_nothing(odin, approved, settings):
    delivery = approved()
    settings.DELIVERY_LEASE_SECONDS = settings.ODIN_TOTAL_TIMEOUT / 2  # what a slow logon leaves of it
    deliver(delivery)
    assert not Attempt.objects.exists()
    assert not [line for line in odin.store.ledger() if line.type == 301]


def test_what_came_instead_of_an_answer_is_kept_with_the_attempt(odin, approved, settings):
    settings.DELIVERY_MAX_ATTEMPTS = 1
    odin.faults.add("html_200", match={"type": 301})
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert "Please come back later" in delivery.attempts.get().answer


def test_every_outcome_is_an_audit_entry(odin, approved):
    odin.faults.add("drop_after", match={"type": 301})
    delivery = approved(user_id="NEW001", group_id="HO", password=SecretText("Sesame42"))
    for _ in range(2):
        deliver(delivery)
    entries = Entry.objects.filter(delivery_id=delivery.pk).order_by("id")
    assert [entry.action for entry in entries] == ["delivery.unknown", "delivery.applied"]
    assert entries[1].after["name"] == delivery.values["name"]
    assert "Sesame42" not in str(list(entries.values()))


def test_a_message_that_odin_turns_away_each_time_comes_to_a_person(odin, approved, settings):
    settings.DELIVERY_MAX_ATTEMPTS = 2
    approved(user_id="NEW001", group_id="HO")
    drain(5)
    delivery = DeliveryFactory(lane="HO/NEW001", message_type=310, own_values=example(UpdateUserTemplate))
    text = "Unable to connect to the remote server"
    odin.faults.add("refuse_before", match={"type": 310}, text=text, times=-1)
    for _ in range(2):
        Delivery.objects.update(next_try_at=None)
        deliver(delivery)
    assert (delivery.state, delivery.needs_person, delivery.text) == (State.ON_HOLD, True, text)


def test_what_the_service_has_no_operation_for_comes_to_a_person_after_some_tries(odin, approved, settings):
    settings.DELIVERY_MAX_ATTEMPTS = 2
    settings.ODIN_OPERATIONS = {301: "CreateNobody"}
    delivery = deliver(approved(user_id="NEW001", group_id="HO"))
    assert (delivery.state, delivery.needs_person) == (State.QUEUED, False), (
        "somebody may be mending it just now"
    )
    Delivery.objects.update(next_try_at=None)
    deliver(delivery)
    assert (delivery.state, delivery.needs_person) == (State.ON_HOLD, True)
    assert "no operation CreateNobody" in delivery.reason


def test_the_tries_of_an_outage_do_not_count_when_odin_is_back(odin, approved, settings):
    settings.DELIVERY_MAX_ATTEMPTS, settings.DELIVERY_HOLD_SECONDS = 2, 30
    delivery = approved(user_id="NEW001", group_id="HO")
    for number in (1, 2):
        Attempt.objects.create(
            delivery=delivery, number=number, outcome="not_applied", reason="No connection."
        )
    Delivery.objects.update(attempt_count=2)
    settings.ODIN_OPERATIONS = {301: "CreateNobody"}
    deliver(delivery)
    assert (delivery.state, delivery.needs_person, delivery.first_sent_at) == (State.QUEUED, False, None)
    settings.ODIN_OPERATIONS = {}
    Delivery.objects.update(next_try_at=None)
    odin.faults.add("drop_before", match={"type": 301})
    deliver(delivery)
    assert (delivery.state, delivery.needs_person) == (State.UNKNOWN, False)


@pytest.fixture
def both(approved):
    """Creations of two retail users."""
    return [approved(user_id=f"NEW00{n}", group_id="HO", pan="", mobile="", email="") for n in range(2)]


def test_one_delivery_that_cannot_be_settled_keeps_no_other_from_it(odin, both, monkeypatch):
    apply = handlers.apply

    def breaks(message_type, lane, values):
        if lane == both[0].lane:
            raise RuntimeError("A fault of the portal")
        return apply(message_type, lane, values)

    monkeypatch.setattr(handlers, "apply", breaks)
    alone = replace(handlers._handlers[301], apply_many=None)
    monkeypatch.setitem(handlers._handlers, 301, alone)
    drain(5)
    assert [Delivery.objects.get(pk=each.pk).state for each in both] == [State.IN_FLIGHT, State.APPLIED]
    assert RetailUser.objects.get().user_id == "NEW001"


def test_a_call_that_fails_in_an_unforeseen_way_keeps_no_other_from_being_settled(odin, both, monkeypatch):
    send = sending.send

    def breaks(call):
        if call.claim.delivery.pk == both[0].pk:
            raise RuntimeError("A fault of the portal")
        return send(call)

    monkeypatch.setattr(sending, "send", breaks)
    drain(5)
    assert [Delivery.objects.get(pk=each.pk).state for each in both] == [State.IN_FLIGHT, State.APPLIED]


def test_what_was_with_odin_when_delivering_was_broken_off_is_settled_by_the_next(
    odin, approved, monkeypatch
):
    deliver(approved(user_id="NEW001", group_id="HO", pan="", mobile="", email=""))
    delivery = approved(user_id="NEW002", group_id="HO", pan="", mobile="", email="")
    odin.faults.add("latency", match={"type": 301}, seconds=0.3)
    monkeypatch.setattr(sending, "LOOK", 0.05)
    allowed = Mock(side_effect=[4, OperationalError("The database is away")])
    with monkeypatch.context() as broken:
        broken.setattr(gate, "allowed", allowed)
        with pytest.raises(OperationalError):
            drain(5)
    assert Delivery.objects.get(pk=delivery.pk).state == State.IN_FLIGHT
    assert drain(0) == 0
    assert [attempt.outcome for attempt in delivery.attempts.all()] == ["applied"]


def test_while_a_thread_delivers_another_of_its_process_leaves_the_work_to_it(odin, approved):
    odin.faults.add("latency", match={"type": 301}, seconds=3)
    first = approved(user_id="NEW001", group_id="HO", pan="", mobile="", email="")

    def work():
        drain(5)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: Attempt.objects.filter(delivery=first).exists(), "the call is under way")
    second = approved(user_id="NEW002", group_id="HO", pan="", mobile="", email="")
    assert drain(5) == 0
    wait_until(lambda: deliver(second).state == State.APPLIED, "the second is applied")
    assert deliver(first).state == State.IN_FLIGHT, "it went out beside the first"
    thread.join()


def waiting():
    """How many are not applied."""
    return Delivery.objects.exclude(state=State.APPLIED).count()


def several(approved, count):
    """Make this many approved creates of different retail users."""
    users = (f"NEW{number:03}" for number in range(count))
    return [approved(user_id=user, group_id="HO", pan="", mobile="", email="") for user in users]


def test_what_is_ready_when_calls_turn_slow_is_given_back_unsent_and_in_no_doubt(odin, approved, settings):
    settings.DELIVERY_PARALLEL, settings.DELIVERY_LEASE_SECONDS = 1, 6
    settings.DELIVERY_MAX_ATTEMPTS = 1  # what was not sent counts for nothing
    settings.ODIN_READ_TIMEOUT = settings.ODIN_TOTAL_TIMEOUT = 3
    ready = several(approved, 8)
    for slow in ready[2:]:
        odin.faults.add("latency", match={"user_id": slow.lane.partition("/")[2]}, seconds=1.2)
    wait_until(lambda: not drain(5) and not waiting(), "all are applied")
    assert not Delivery.objects.filter(doubted=True).exists()
    given_back = Attempt.objects.filter(outcome="not_applied")
    assert {attempt.reason for attempt in given_back} == {sending.TAKEN_BACK.reason}
    assert len(applied_at(odin)) == 8
    assert not gate.state().failures


def test_one_slow_call_among_quick_ones_does_not_make_the_groups_small(odin, approved, settings, monkeypatch):
    settings.DELIVERY_PARALLEL = 2
    several(approved, 20)
    results, held = sending._results, []

    def first_of_each_was_slow(ended):
        held.append(Delivery.objects.filter(state=State.IN_FLIGHT).count())
        return [
            replace(result, duration_ms=10 if number else 900) for number, result in enumerate(results(ended))
        ]

    monkeypatch.setattr(sending, "_results", first_of_each_was_slow)
    wait_until(lambda: not drain(5) and not waiting(), "all are applied")
    # As few as if every call were slow: one for each thread, and one more.
    assert max(held) > 2 * 2


ALL_READY = "all are ready", lambda: Attempt.objects.count() == 9
#: There is no room for more, since a call takes longer than what is ready may wait.
CALLS_ARE_SLOW = "a slow call is settled", lambda: Attempt.objects.filter(duration_ms__gt=1000).exists()


@pytest.mark.parametrize(("when", "seconds"), [(ALL_READY, 0.6), (CALLS_ARE_SLOW, 1.2)])
def test_when_sending_is_paused_what_is_ready_does_not_go_out(odin, approved, admin, settings, when, seconds):
    settings.DELIVERY_PARALLEL = 1
    ready = several(approved, 9)
    for slow in ready[2:]:
        odin.faults.add("latency", match={"user_id": slow.lane.partition("/")[2]}, seconds=seconds)

    def pause_soon():
        what, true = when
        wait_until(true, what)
        gate.pause(by=admin, reason="ODIN's administrator asked for it")
        connections.close_all()

    thread = threading.Thread(target=pause_soon)
    thread.start()
    drain(10)
    thread.join()
    states = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert states[:2] == [State.APPLIED] * 2
    assert states[-2:] == [State.QUEUED] * 2
    assert set(states) == {State.APPLIED, State.QUEUED}
    kept_back = Entry.objects.filter(action="delivery.not_applied")
    assert [entry.details["sent"] for entry in kept_back] == [""] * states.count(State.QUEUED)
    assert not Delivery.objects.filter(state=State.QUEUED, first_sent_at__isnull=False).exists()
    assert len(applied_at(odin)) == states.count(State.APPLIED)


def applied_at(odin):
    """The creations that the stand-in applied."""
    return [line for line in odin.store.ledger() if line.applied and line.type == 301]
