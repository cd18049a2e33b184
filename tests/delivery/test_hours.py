"""When messages may go: hours, days, holidays, a time of their own, and what a person lets through before it."""

import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches.decide import decisions
from backoffice.changes import operations
from backoffice.changes.errors import ChangeError
from backoffice.changes.models import Change
from backoffice.delivery import hours, queue, tasks, urgent
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.hours import SendingTimes
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import Move, State
from backoffice.kit.formats import INDIA
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.batches.conftest import checked
from tests.delivery.test_queue import SAID, enqueue_after
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db

__all__ = ["checked"]

HOLIDAY = date(2026, 12, 7)


def moment(text):
    """A time in Kolkata as DD-MM-YYYY HH:MM."""
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=INDIA)


@pytest.fixture
def clock(monkeypatch):
    """Set the portal's clock."""

    def set_to(text):
        now = moment(text).astimezone(UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return set_to


@pytest.fixture
def weekdays(settings, monkeypatch):
    """Sending from 8 to 18 on weekdays, but for a Monday that is a holiday."""
    settings.SENDING_HOURS, settings.SENDING_DAYS = (time(8), time(18)), frozenset(range(5))
    monkeypatch.setattr(hours, "_holidays", [lambda: {HOLIDAY: "Founder’s Day"}])


@pytest.mark.parametrize(
    ("at", "opens", "why"),
    [
        ("04-12-2026 07:59", "04-12-2026 08:00", "outside sending hours (08:00 to 18:00)"),
        ("04-12-2026 08:00", "04-12-2026 08:00", ""),
        ("04-12-2026 17:59", "04-12-2026 17:59", ""),
        ("04-12-2026 18:00", "08-12-2026 08:00", "outside sending hours (08:00 to 18:00)"),
        ("05-12-2026 12:00", "08-12-2026 08:00", "nothing is sent on a Saturday"),
        ("07-12-2026 12:00", "08-12-2026 08:00", "holiday (Founder’s Day)"),
    ],
)
def test_sending_is_closed_outside_hours_and_on_days_off(weekdays, at, opens, why):
    times = SendingTimes()
    assert (times.closed(moment(at)), times.opens(moment(at))) == (why, moment(opens))


def test_sending_is_open_always_unless_the_settings_close_it(settings, django_assert_num_queries):
    assert (None, frozenset()) == (settings.SENDING_HOURS, settings.SENDING_DAYS)
    with django_assert_num_queries(0):
        assert hours.closed(moment("06-12-2026 03:00")) == ""


def test_a_year_without_an_open_day_is_said(settings, monkeypatch):
    settings.SENDING_DAYS = frozenset({0})
    days = {date(2026, 11, 30) + timedelta(days=number): "Strike" for number in range(800)}
    monkeypatch.setattr(hours, "_holidays", [lambda: days])
    found = SendingTimes().goes_out(None, moment("04-12-2026 12:00"))
    assert str(found) == "Does not go out within a year: nothing is sent on a Friday."


def test_the_words_say_when_and_why(weekdays):
    times, now = SendingTimes(), moment("04-12-2026 12:00")
    assert times.goes_out(None, now) is None
    assert str(times.goes_out(moment("04-12-2026 15:30"), now)) == (
        "Goes out Fri 04-12-2026, 15:30: not before then, as its maker asked."
    )
    assert str(times.goes_out(moment("07-12-2026 09:00"), now)) == (
        "Goes out Tue 08-12-2026, 08:00: not before then, as its maker asked, and then holiday (Founder’s Day)."
    )


def test_nothing_is_claimed_while_sending_is_closed_but_what_was_let_through(weekdays, clock):
    clock("04-12-2026 18:30")
    waits, let = DeliveryFactory(lane="HO/A"), DeliveryFactory(lane="HO/B", let_through=True)
    doubted = DeliveryFactory(lane="HO/C", state=State.UNKNOWN, doubted=True)
    assert queue.claim().delivery.pk == let.pk
    assert queue.claim() is None
    clock("07-12-2026 12:00")
    assert queue.claim() is None, "a holiday"
    clock("08-12-2026 08:00")
    assert {queue.claim().delivery.pk, queue.claim().delivery.pk} == {waits.pk, doubted.pk}


def test_what_waits_follows_the_holidays_and_the_settings_as_they_change(
    weekdays, clock, settings, monkeypatch
):
    clock("07-12-2026 12:00")
    delivery = DeliveryFactory()
    assert queue.claim() is None
    monkeypatch.setattr(hours, "_holidays", [dict])
    assert str(SendingTimes().of(delivery, timezone.now())) == "None"
    settings.SENDING_HOURS = (time(13), time(14))
    assert str(SendingTimes().of(delivery, timezone.now())).startswith("Goes out Mon 07-12-2026, 13:00")
    assert queue.claim() is None
    settings.SENDING_HOURS = None
    assert queue.claim().delivery.pk == delivery.pk


@pytest.mark.parametrize("now", ["04-12-2026 12:00", "04-12-2026 19:00"])
def test_the_list_finds_what_waits_for_its_time_as_each_row_says_it(weekdays, clock, client, checker, now):
    clock(now)
    client.force_login(checker)
    for lane, columns in (
        ("HO/A", {}),
        ("HO/B", {"not_before": moment("08-12-2026 10:00")}),
        ("HO/C", {"let_through": True}),
        ("HO/D", {"state": State.ON_HOLD, "needs_person": True}),
    ):
        DeliveryFactory(lane=lane, **columns)
    DeliveryFactory.settled(State.APPLIED, lane="HO/E")
    later, others = (
        {row.record for row in client.get("/deliveries/", {"waits": waits}).context["table"].page.object_list}
        for waits in ("true", "false")
    )
    assert later | others == set(Delivery.objects.all())
    times = SendingTimes()
    assert later == {each for each in Delivery.objects.all() if times.of(each, timezone.now())}
    assert len(later) == (1 if now.endswith("12:00") else 2)


def test_a_lane_waits_in_order_behind_what_is_not_due_and_others_go_on(clock):
    clock("04-12-2026 12:00")
    later = DeliveryFactory(lane="HO/A", not_before=moment("04-12-2026 15:00"))
    behind, other = enqueue_after(later), DeliveryFactory(lane="HO/B")
    assert queue.claim().delivery.pk == other.pk
    assert queue.claim() is None
    tasks.sweep()
    assert queue.claim() is None, "its time has not come"
    clock("04-12-2026 15:00")
    tasks.sweep()
    claim = queue.claim()
    assert claim.delivery.pk == later.pk
    queue.move(claim.delivery, Move.APPLY, SAID)
    assert queue.claim().delivery.pk == behind.pk


def test_a_claim_among_many_that_wait_walks_past_none_of_them():
    change = DeliveryFactory().change
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    soon = timezone.now() + timedelta(hours=1)
    Delivery.objects.bulk_create(
        Delivery(change=change, message_type=301, lane=f"HO/R{n:05}", part=n, own_values={}, not_before=soon)
        for n in range(1, 2000)
    )
    queue.without_sorting()
    for let_through in (False, True):
        waiting = queue.due(timezone.now())
        plan = (waiting.filter(let_through=True) if let_through else waiting)[:1].explain()
        assert "delivery_next" in plan
        assert "sort" not in plan.lower()


def submit(maker, propose_values, **options):
    return operations.submit(
        "create_retail_user", propose_values, by=maker, reason="Form 12", token=uuid.uuid4(), **options
    )


@pytest.fixture
def values():
    return {**example(CreateRetailUser), "reference": ""}


def test_a_change_goes_out_at_its_time_and_its_follow_ups_behind_it(odin, maker, checker, values, clock):
    clock("04-12-2026 12:00")
    later = moment("04-12-2026 15:00")
    dealers = {"dealers": [{"group": "HO", "id": "DEAL1"}]}
    change = submit(maker, {**values, **dealers}, not_before=later, typed=True)
    assert change.not_before == later
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    owed = change.deliveries.order_by("id")
    assert list(owed.values_list("message_type", "not_before")) == [(301, later), (314, later)]
    entry = Entry.objects.get(action="change.approved")
    assert entry.details["not_before"] == "04-12-2026 15:00"
    tasks.sweep()
    drain(20)
    assert set(change.deliveries.values_list("state", flat=True)) == {State.QUEUED}
    clock("04-12-2026 15:00")
    tasks.sweep()
    drain(20)
    assert set(change.deliveries.values_list("state", flat=True)) == {State.APPLIED}


def test_the_time_is_fixed_with_what_is_submitted(maker, values, clock):
    clock("04-12-2026 12:00")
    change = submit(maker, values, not_before=moment("04-12-2026 15:00"))
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Change.objects.filter(pk=change.pk).update(not_before=None)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("04-12-2026 12:00", "is past"),
        ("03-12-2026 15:00", "is past"),
        ("06-12-2027 12:00", "more than a year"),
        ("01-01-9999 00:00", "more than a year"),
    ],
)
def test_a_time_that_cannot_be_is_refused(maker, values, clock, at, words):
    clock("04-12-2026 12:00")
    with pytest.raises(ChangeError, match=words):
        submit(maker, values, not_before=moment(at))
    assert not Change.objects.exists()


def test_a_file_goes_out_at_its_time(checked, maker, checker, clock):
    clock("04-12-2026 12:00")
    batch = checked(good=3)
    later = moment("04-12-2026 15:00")
    decisions.submit(batch.pk, by=maker, mode="all", reason="Morning", not_before=later)
    batch.refresh_from_db()
    assert set(Change.objects.values_list("not_before", flat=True)) == {later}
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    assert queue.claim() is None
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        type(batch).objects.filter(pk=batch.pk).update(not_before=None)
    clock("04-12-2026 15:00")
    tasks.sweep()
    assert len(queue.claim_some(10)) == 3


def test_an_urgent_change_is_let_through_by_another_person_with_a_reason(
    weekdays, clock, maker, checker, compliance, values
):
    clock("04-12-2026 19:00")
    change = submit(maker, values, not_before=moment("08-12-2026 10:00"))
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    with pytest.raises(DeliveryError, match="Ask a checker"):
        urgent.let_change_through(change.pk, by=compliance, reason="Now")
    with pytest.raises(DeliveryError, match="why it is urgent"):
        urgent.let_change_through(change.pk, by=checker, reason=" ")
    assert queue.claim() is None
    assert urgent.let_change_through(change.pk, by=checker, reason="The client trades tonight") == 1
    entry = Entry.objects.get(action=urgent.ACTION)
    assert (entry.by, entry.reason, entry.change_id) == (checker, "The client trades tonight", change.pk)
    assert queue.claim().delivery.change_id == change.pk
    with pytest.raises(DeliveryError, match="Nothing of it waits"):
        urgent.let_change_through(change.pk, by=checker, reason="Again")


def test_nobody_lets_their_own_change_through_nor_one_behind_another_that_waits(
    clock, maker, checker, values
):
    clock("04-12-2026 12:00")
    later = moment("04-12-2026 15:00")
    first = submit(maker, values, not_before=later)
    operations.approve(first.pk, by=checker, content_hash=first.content_hash)
    behind = DeliveryFactory(lane=first.subject, not_before=later)
    with pytest.raises(
        DeliveryError, match=f"{first.pk}. goes out before it, .* Let that change through first"
    ):
        urgent.let_change_through(behind.change_id, by=checker, reason="It is urgent")
    maker.user_permissions.add(Permission.objects.get(codename="let_through_delivery"))
    maker = type(maker).objects.get(pk=maker.pk)
    with pytest.raises(DeliveryError, match="You made this"):
        urgent.let_change_through(first.pk, by=maker, reason="It is urgent")


def test_an_urgent_file_is_let_through(checked, maker, checker, clock):
    clock("04-12-2026 12:00")
    batch = checked(good=3)
    decisions.submit(batch.pk, by=maker, mode="all", reason="Morning", not_before=moment("05-12-2026 09:00"))
    batch.refresh_from_db()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    assert urgent.let_batch_through(batch.pk, by=checker, reason="Trading begins") == 3
    assert Entry.objects.get(action=urgent.ACTION).subject == batch.subject
    assert len(queue.claim_some(10)) == 3
