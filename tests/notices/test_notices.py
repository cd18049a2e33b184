"""Who is notified of what, once, and when a notice is over."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches.decide import completion, decisions
from backoffice.batches.models import Batch
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.changes.notifying import notify
from backoffice.delivery import queue
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import Move
from backoffice.kit.formats import INDIA
from backoffice.notices import operations
from backoffice.notices.models import Mail, MailState, Mode, Notice
from tests.factories import ChangeFactory, DeliveryFactory, StaffFactory, set_rule

pytestmark = pytest.mark.django_db

SAID = queue.Said("delivery.tested", "A test moved it.")


def notified(person):
    """What somebody is notified that still holds."""
    return set(Notice.objects.filter(person=person, over_at=None).values_list("event", flat=True))


def everybody():
    return set(Notice.objects.values_list("person__username", "event"))


def move(delivery, step, **columns):
    assert queue.move(Delivery.objects.get(pk=delivery.pk), step, SAID, **columns)


def test_a_submission_is_notified_to_who_may_decide_and_its_rejection_to_its_maker(
    propose,
    maker,
    other_maker,
    checker,
    other_checker,
    compliance,
    admin,
):
    gone = StaffFactory(is_active=False)
    gone.groups.set(checker.groups.all())
    change = propose()
    assert everybody() == {("checker", "submitted"), ("checker2", "submitted")}
    changes.reject(change.pk, by=checker, reason="Wrong branch")
    assert (notified(checker), notified(other_checker), notified(maker)) == (set(), set(), {"rejected"})


def test_who_approved_first_of_two_waits_no_longer(deposit, maker, checker, other_checker):
    set_rule("cash_deposit", checkers=2)
    Notice.objects.all().delete()
    change = deposit("100")
    changes.approve(change.pk, by=checker, content_hash=change.content_hash)
    assert (notified(checker), notified(other_checker)) == (set(), {"submitted"})
    changes.approve(change.pk, by=other_checker, content_hash=change.content_hash)
    assert notified(other_checker) == notified(maker) == set()  # nothing came back yet


def test_a_withdrawn_change_waits_for_nobody_and_an_expired_one_comes_back(propose, maker, checker):
    changes.withdraw(propose().pk, by=maker)
    assert notified(checker) == notified(maker) == set()
    old = propose(user_id="OLD", email="old@example.com")
    Change.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(days=30))
    assert changes.expire_old() == 1
    assert (notified(checker), notified(maker)) == (set(), {"expired"})


def test_an_outcome_is_notified_once_however_often_it_is_tried_again():
    delivery = DeliveryFactory()
    maker = delivery.change.made_by
    for _ in range(2):
        claimed = queue.claim().delivery
        assert notified(maker) == ({"unknown"} if Notice.objects.exists() else set())
        move(claimed, Move.DOUBT, next_try_at=None)
        assert notified(maker) == {"unknown"}
    move(queue.claim().delivery, Move.APPLY)
    assert notified(maker) == {"done"}
    assert Notice.objects.count() == 2


@pytest.mark.parametrize(("step", "event"), [(Move.REFUSE, "refused"), (Move.STOP, "on_hold")])
def test_what_odin_refuses_or_what_is_held_comes_back(step, event):
    delivery = DeliveryFactory()
    move(queue.claim().delivery, step)
    assert notified(delivery.change.made_by) == {event}


def test_what_is_rolled_back_tells_nothing(propose, checker):
    change = propose()
    Notice.objects.all().delete()
    with pytest.raises(Exception, match="Review it again"):
        changes.approve(change.pk, by=checker, content_hash="0" * 64)
    assert not Notice.objects.exists()


def test_a_change_of_the_portal_itself_is_done_when_it_is_approved(admin, django_user_model):
    other = StaffFactory()
    other.groups.set(admin.groups.all())
    values = {"kind": "cash_deposit", "checkers": "2", "above": ""}
    change = changes.submit("approval_rule", values, by=admin, reason="Audit", token=uuid.uuid4())
    assert notified(other) == {"submitted"}
    changes.approve(change.pk, by=other, content_hash=change.content_hash)
    assert (notified(other), notified(admin)) == (set(), {"done"})


def test_a_file_is_notified_as_one_and_refused_rows_at_its_end(submitted, maker, checker):
    batch = submitted()
    assert list(Notice.objects.values_list("person", "event", "batch")) == [
        (checker.pk, "submitted", batch.pk)
    ]
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    first, *others = Delivery.objects.order_by("pk")
    move(queue.claim().delivery, Move.REFUSE)
    completion.note_outcomes()
    assert Batch.objects.get().result == "sent"
    assert notified(checker) == notified(maker) == set()
    for _ in others:
        move(queue.claim().delivery, Move.APPLY)
    completion.note_outcomes()
    completion.note_outcomes()
    assert notified(maker) == {"refused"}
    assert Notice.objects.filter(change__isnull=False).count() == 0
    assert first.lane


def test_a_rejected_file_comes_back(submitted, maker, checker, other_checker):
    decisions.reject(submitted().pk, by=checker, reason="Old template")
    assert (notified(checker), notified(other_checker), notified(maker)) == (set(), set(), {"rejected"})


def test_the_number_of_statements_does_not_grow_with_who_is_notified(
    propose,
    checker,
    django_assert_max_num_queries,
):
    change = propose()
    for _ in range(30):
        StaffFactory().groups.set(checker.groups.all())
    with django_assert_max_num_queries(5):
        notify([change])
    assert Notice.objects.count() == 31


def test_the_number_of_statements_does_not_grow_with_what_is_applied_together(
    maker,
    django_assert_max_num_queries,
):
    changes = [ChangeFactory.approved(made_by=maker) for _ in range(20)]
    Change.objects.update(result="applied")
    changes = list(Change.objects.all())
    with django_assert_max_num_queries(5):
        notify(changes)
    assert Notice.objects.filter(person=maker, event="done").count() == 20


def test_a_choice_is_kept_with_an_audit_entry_and_holds_for_what_was_not_mailed(propose, checker):
    propose()
    notice = Notice.objects.get(person=checker)
    assert timezone.localtime(notice.due_at, INDIA).strftime("%H:%M") == "09:00"
    operations.choose(Mode.AT_ONCE, by=checker)
    notice.refresh_from_db()
    assert notice.due_at <= timezone.now()
    operations.choose(Mode.NOTHING, by=checker)
    operations.choose(Mode.AT_ONCE, by=checker)  # what came in quiet times is not mailed later
    notice.refresh_from_db()
    assert notice.due_at is None
    assert Entry.objects.filter(action="notices.chosen", subject="staff:checker").count() == 3
    with pytest.raises(ValueError, match="weekly"):
        operations.choose("weekly", by=checker)


@pytest.mark.parametrize(
    ("now", "digest"),
    [("08:59", "29 09:00"), ("09:00", "30 09:00"), ("23:59", "30 09:00"), ("00:01", "29 09:00")],
)
def test_the_digest_goes_by_the_clock_in_kolkata(now, digest):
    hour, minute = map(int, now.split(":"))
    at = datetime(2026, 11, 29, hour, minute, tzinfo=INDIA)
    assert operations.next_digest(at).astimezone(INDIA).strftime("%d %H:%M") == digest


def test_an_unknown_outcome_is_mailed_only_when_the_repeats_are_over(settings):
    delivery = DeliveryFactory()
    operations.choose(Mode.AT_ONCE, by=delivery.change.made_by)
    move(queue.claim().delivery, Move.DOUBT)
    notice = Notice.objects.get()
    assert notice.due_at - notice.created_at >= timedelta(minutes=settings.DELIVERY_MAX_MINUTES - 1)


def test_notices_and_mails_are_deleted_when_their_time_is_over(propose, checker):
    propose()
    now = timezone.now()
    mail = Mail.objects.create(person=checker, next_try_at=now, state=MailState.KEPT, ended_at=now)
    for model in (Notice, Mail):
        model.objects.update(created_at=now - operations.KEPT + timedelta(hours=1))
    assert operations.expire() == 0
    Notice.objects.update(mail=mail)
    for model in (Notice, Mail):
        model.objects.update(created_at=now - operations.KEPT - timedelta(hours=1))
    assert operations.expire() == 2
    assert not Mail.objects.exists()


def test_many_changes_that_end_together_are_noticed_in_as_many_statements_as_one(maker):
    ended = [ChangeFactory.approved(subject=f"HO/M{number}", made_by=maker) for number in range(6)]
    Change.objects.update(result="applied")
    ended = list(Change.objects.order_by("pk"))

    def statements(some):
        with CaptureQueriesContext(connection) as captured:
            operations.notify(some)
        return len(captured)

    assert statements(ended[:1]) == statements(ended[1:])
    found = Notice.objects.filter(person=maker, event="done").values_list("change", flat=True)
    assert sorted(found) == [change.pk for change in ended]
