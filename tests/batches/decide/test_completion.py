"""An approved file on its way: paused, resumed, cancelled; and what the history keeps of its end."""

import pytest
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches import pausing
from backoffice.batches.check import summary
from backoffice.batches.decide import completion, decisions
from backoffice.batches.errors import BatchError, NotAllowed, ReasonMissing
from backoffice.delivery.models import Delivery
from backoffice.delivery.queue import claim, due
from backoffice.delivery.sending import begin, drain, send, settle
from tests.factories import DeliveryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved_file(submitted, checker):
    batch = submitted()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    batch.refresh_from_db()
    return batch


def waiting():
    return due(timezone.now()).count()


def test_deliveries_of_a_paused_file_are_not_claimed_and_resumed_ones_are(approved_file, maker, approved):
    pausing.pause(approved_file.pk, by=maker)
    assert claim() is None
    single = approved(user_id="ALONE", reference="")
    assert claim().delivery == single
    pausing.resume(approved_file.pk, by=maker)
    assert waiting() == 3


def test_a_checker_may_pause_a_file_that_is_being_sent_and_a_stranger_may_not(
    approved_file, checker, other_maker
):
    with pytest.raises(NotAllowed):
        pausing.pause(approved_file.pk, by=other_maker)
    pausing.pause(approved_file.pk, by=checker)
    assert waiting() == 0
    assert Entry.objects.get(action="batch.paused").by == checker


def test_a_file_that_waits_for_a_checker_has_nothing_to_pause(submitted, maker):
    with pytest.raises(BatchError, match="nothing to pause"):
        pausing.pause(submitted().pk, by=maker)


def test_cancelling_takes_back_what_was_not_sent_and_nothing_else(approved_file, checker):
    in_flight = claim().delivery
    Delivery.objects.filter(lane="HO/U0003").update(doubted=True)
    assert completion.cancel_unsent(approved_file.pk, by=checker, reason="Wrong branch") == 1
    states = dict(Delivery.objects.filter(change__batch=approved_file).values_list("lane", "state"))
    assert states == {in_flight.lane: "in_flight", "HO/U0003": "queued", "HO/U0004": "cancelled"}
    assert Delivery.objects.get(lane="HO/U0004").reason == "Wrong branch"
    assert Entry.objects.get(action="batch.cancelled").details["cancelled"] == 1
    entry = Entry.objects.get(action="delivery.cancelled")
    assert (entry.subject, entry.by, entry.reason) == ("HO/U0004", checker, "Wrong branch")
    assert Delivery.objects.get(pk=entry.delivery_id).state == "cancelled"


def test_what_waits_behind_a_cancelled_create_waits_for_somebody(approved_file, checker):
    create = Delivery.objects.get(lane="HO/U0004")
    behind = DeliveryFactory(lane=create.lane, message_type=310, own_values={})
    elsewhere = DeliveryFactory(lane="HO/OTHER", message_type=310, own_values={})
    completion.cancel_unsent(approved_file.pk, by=checker, reason="Wrong branch")
    behind.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (behind.state, behind.needs_person) == ("on_hold", True)
    assert f"(D-{create.pk}) was cancelled with its file" in behind.reason
    assert elsewhere.state == "queued"


def test_cancelling_needs_a_reason_and_somebody_who_may(approved_file, maker, checker):
    with pytest.raises(NotAllowed):
        completion.cancel_unsent(approved_file.pk, by=maker, reason="No")
    with pytest.raises(ReasonMissing):
        completion.cancel_unsent(approved_file.pk, by=checker, reason=" ")
    assert waiting() == 3


def test_a_file_goes_to_odin_row_by_row_and_its_history_keeps_the_end(approved_file, odin):
    completion.note_outcomes()
    approved_file.refresh_from_db()
    assert (approved_file.outcome["queued"], approved_file.finished_at) == (3, None)
    odin.faults.add("refuse_before", match={"user_id": "U0003"}, times=1, text="No such branch")
    assert drain(20) == 3
    assert completion.note_outcomes() == 1
    approved_file.refresh_from_db()
    assert (approved_file.outcome["applied"], approved_file.outcome["refused"]) == (2, 1)
    assert approved_file.finished_at is not None
    assert odin.store.user("HO", "U0002") is not None
    assert odin.store.user("HO", "U0003") is None


def test_progress_counts_what_is_settled_and_tells_the_rate(approved_file, odin):
    settle([send(call) for call in begin([claim()])])
    counts = summary.deliveries(approved_file)
    bar = summary.sending(approved_file, counts)
    assert (bar.done, bar.total, bar.moving) == (1, 3, True)
    assert bar.rate > 0
    assert bar.seconds_left == pytest.approx(2 / bar.rate)


def test_progress_has_no_rate_where_nothing_moved_for_some_seconds(approved_file, odin, monkeypatch):
    """A worker died: the page says that it waits for one, not how long the rest takes."""
    settle([send(call) for call in begin([claim()])])
    counts = summary.deliveries(approved_file)
    later = timezone.now() + summary.STALLED
    monkeypatch.setattr(summary.timezone, "now", lambda: later)
    bar = summary.sending(approved_file, counts)
    assert (bar.rate, bar.seconds_left, bar.moving) == (None, None, True)
