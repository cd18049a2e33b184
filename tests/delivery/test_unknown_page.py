"""The page of an unknown delivery: steps, equal decisions, the first reason, and attempts alike in one line."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.delivery import operations
from backoffice.delivery.course import course
from backoffice.delivery.models import Attempt, Settlement
from backoffice.odin.models import Question
from tests.factories import AttemptFactory, DeliveryFactory, RetailUserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deposit():
    user = RetailUserFactory()
    values = {"group_id": user.group_id, "user_id": user.user_id, "amount": "5000", "reference": "PAYIN1"}
    return DeliveryFactory(
        lane=user.lane,
        message_type=303,
        own_values=values,
        state="unknown",
        needs_person=True,
        reference="PAYIN1",
    )


def page(client, person, delivery):
    client.force_login(person)
    return " ".join(client.get(delivery.get_absolute_url()).content.decode().split())


def test_the_three_decisions_are_offered_alike(client, checker, deposit):
    shown = page(client, checker, deposit)
    for label in ("Mark as applied", "Mark as not applied", "Send again"):
        assert f">{label}</button>" in shown
    assert "Look in WebAdmin" in shown


def test_the_second_person_sees_the_first_ones_decision_and_reason(client, checker, other_checker, deposit):
    operations.resolve(deposit.pk, by=checker, found=Settlement.APPLIED, reason="The funds went up.")
    shown = page(client, other_checker, deposit)
    assert f"{checker} decided: Mark as applied" in shown
    assert "The funds went up." in shown
    assert "disabled" not in shown.partition("Decide</h3>")[2].partition("</section>")[0]
    own = page(client, checker, deposit).partition("Decide</h3>")[2].partition("</section>")[0]
    assert own.count("disabled") == 1


def test_attempts_that_ended_alike_are_one_line(client, checker, deposit):
    for number in range(1, 9):
        AttemptFactory(
            delivery=deposit, number=number, outcome="unknown", code="", text="", reason="No answer came."
        )
    AttemptFactory(
        delivery=deposit, number=9, outcome="unknown", code="", text="", reason="The connection broke."
    )
    shown = page(client, checker, deposit)
    assert "8 attempts, same answer" in shown
    assert shown.count("No answer came.") == 1
    assert "1–8" in shown


def test_the_funds_before_and_after_the_attempts_stand_side_by_side(client, checker, deposit):
    AttemptFactory(delivery=deposit, outcome="unknown")
    now = timezone.now()
    readings(deposit, checker, now, (-5, "10000.00"), (5, "15000.00"))
    Attempt.objects.update(started_at=now)
    shown = page(client, checker, deposit)
    assert "Before the first attempt" in shown
    assert shown.index("10,000.00") < shown.index("15,000.00")


def test_what_was_read_before_the_attempts_were_over_is_not_shown_as_read_after_them(
    client, checker, other_checker, deposit
):
    """A reading in between may show what ODIN had not applied yet: trusting it would make a deposit twice."""
    now = timezone.now()
    attempt = AttemptFactory(delivery=deposit, outcome="unknown", duration_ms=10 * 60_000)
    Attempt.objects.update(started_at=now)
    readings(deposit, checker, now, (5, "15000.00"))
    assert "15,000.00" not in page(client, checker, deposit)
    for columns, is_shown in (
        ({"duration_ms": 60_000}, True),
        ({"outcome": "", "duration_ms": None}, False),
        ({"outcome": "unknown"}, False),  # its worker died; the lane rests until an unrecorded time
    ):
        Attempt.objects.filter(pk=attempt.pk).update(**columns)
        assert ("15,000.00" in page(client, checker, deposit)) == is_shown
    deposit.next_try_at = now - timedelta(minutes=1)
    deposit.save()
    assert "15,000.00" in page(client, checker, deposit)
    operations.resolve(deposit.pk, by=checker, found=Settlement.AGAIN, reason="Not in WebAdmin.")
    operations.resolve(deposit.pk, by=other_checker, found=Settlement.AGAIN, reason="Not in WebAdmin.")
    assert "15,000.00" not in page(client, checker, deposit)


def readings(deposit, person, now, *balances):
    """The funds as somebody read them, so many minutes from now."""
    for minutes, rupees in balances:
        answer = '63=FT1.0|64=317|18=1|19={"FundsViewSummary":{"Net Available Funds":"' + rupees + '"}}'
        question = Question.objects.create(
            message_type=316,
            lane=deposit.lane,
            values={"periodicity": "1"},
            asked_by=person,
            state=Question.State.ANSWERED,
            answer=answer,
            ended_at=now + timedelta(minutes=minutes),
        )
        Question.objects.filter(pk=question.pk).update(asked_at=now + timedelta(minutes=minutes))


def test_a_settled_delivery_no_longer_shows_why_it_was_unknown_as_a_warning(client, checker):
    delivery = DeliveryFactory.settled("applied", reason="The connection broke.", settled_by=checker)
    shown = page(client, checker, delivery)
    assert "The connection broke." not in shown.partition("<main")[2].partition("Result</h2>")[0]
    assert f"None. Settled by {checker}." in shown


def test_attempts_holds_and_readings_lie_on_one_axis_of_time(client, checker, deposit):
    deposit.doubted = True
    deposit.next_try_at = timezone.now() + timedelta(minutes=4)
    deposit.save()
    for number, minutes in ((1, -6), (2, -2)):
        attempt = AttemptFactory(delivery=deposit, number=number, outcome="unknown", duration_ms=1000)
        Attempt.objects.filter(pk=attempt.pk).update(started_at=timezone.now() + timedelta(minutes=minutes))
    readings(deposit, checker, timezone.now(), (-60, "10000.00"), (0, "15000.00"))
    drawn = course(deposit)
    attempts, holds, read = [lane for lane, _, _ in drawn.drawn]
    assert (len(attempts.moments), len(holds.stretches), len(read.moments)) == (2, 2, 2)
    assert [at for _, _, dots in drawn.drawn for at, _ in dots] == sorted_within(drawn)
    shown = page(client, checker, deposit)
    assert 'aria-label="Attempts: Attempt 1, ' in shown
    assert "On hold from" in shown


def sorted_within(drawn):
    """The places of the dots, lane by lane, each lane in the order of time and inside the drawing."""
    return [at for _, _, dots in drawn.drawn for at in sorted(min(100, max(0, place)) for place, _ in dots)]


def test_a_delivery_that_was_never_unknown_has_no_axis(client, checker):
    attempt = AttemptFactory()
    assert course(attempt.delivery) is None
    assert "axis" not in page(client, checker, attempt.delivery)
