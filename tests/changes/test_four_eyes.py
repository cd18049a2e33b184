"""Maker and checkers: as many as the rule says, never the maker; in the operation and in the database itself."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.changes import guards, operations
from backoffice.changes.errors import AlreadyDecided, NotAllowed
from backoffice.changes.models import Approval, Change, State
from backoffice.delivery.models import Delivery
from tests.factories import ChangeFactory, StaffFactory, set_rule

pytestmark = pytest.mark.django_db


def approve(change, by):
    return operations.approve(change.pk, by=by, content_hash=change.content_hash)


class TestTwoCheckers:
    """A deposit above the limit."""

    def test_the_first_approval_leaves_it_waiting(self, deposit, checker):
        change = approve(deposit("1000000.01"), checker)
        assert (change.state, change.checkers, change.decided_by) == (State.SUBMITTED, 2, None)
        assert not Delivery.objects.exists()
        assert Entry.objects.filter(action="change.first_approval", by=checker).count() == 1

    def test_the_second_sends_it(self, deposit, checker, other_checker):
        change = deposit("1000000.01")
        approve(change, checker)
        change = approve(change, other_checker)
        assert (change.state, change.decided_by) == (State.APPROVED, other_checker)
        assert Delivery.objects.get().change == change
        assert [given.by for given in change.approvals.all()] == [checker, other_checker]

    def test_nobody_is_both(self, deposit, checker):
        change = deposit("1000000.01")
        approve(change, checker)
        with pytest.raises(AlreadyDecided, match="second checker"):
            approve(change, checker)
        assert not Delivery.objects.exists()

    def test_at_the_limit_one_is_enough(self, deposit, checker):
        assert approve(deposit("1000000.00"), checker).state == State.APPROVED

    def test_notional_rupees_count(self, deposit, settings):
        settings.CHANGES_TWO_CHECKERS_ABOVE = 100
        assert deposit("100.01").checkers == 2
        assert deposit("100").checkers == 1

    def test_either_may_reject(self, deposit, checker, other_checker):
        change = deposit("1000000.01")
        approve(change, checker)
        rejected = operations.reject(change.pk, by=other_checker, reason="No such cheque")
        assert rejected.state == State.REJECTED


def test_a_kind_that_needs_no_checker_goes_out_when_it_is_submitted(deposit, maker):
    set_rule("cash_deposit", checkers=0, above="5000")
    change = deposit("4000")
    assert (change.state, change.decided_by) == (State.APPROVED, None)
    assert Delivery.objects.get().change == change
    entry = Entry.objects.get(action="change.approved")
    assert (entry.by, entry.by_name) == (None, "system")
    assert "needs no checker" in entry.reason
    assert deposit("5000.01").checkers == 2


def test_what_came_in_a_file_is_not_decided_by_itself(propose, checker, maker):
    from backoffice.batches.models import Batch

    batch = Batch.objects.create(
        kind="create_retail_user", made_by=maker, sha256="", size=1, state="submitted"
    )
    change = ChangeFactory(made_by=maker, batch=batch, row_number=2)
    with pytest.raises(NotAllowed, match="with it"):
        approve(change, checker)


class TestDatabase:
    """What the database refuses, whoever asks."""

    def refused(self, words, act):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            act()

    def decide(self, change, by):
        return Change.objects.filter(pk=change.pk).update(
            state=State.APPROVED, decided_by=by, decided_at=timezone.now()
        )

    def test_an_approved_change_without_an_approval(self, propose, checker):
        change = propose()
        self.refused("approvals of others", lambda: self.decide(change, checker))

    def test_one_approval_where_two_are_needed(self, deposit, checker):
        change = deposit("1000000.01")
        Approval.objects.create(change=change, by=checker, content_hash=change.content_hash)
        self.refused("approvals of others", lambda: self.decide(change, checker))

    def test_an_approval_of_other_content(self, propose, checker):
        change = propose()
        self.refused(
            "approves what is submitted",
            lambda: Approval.objects.create(change=change, by=checker, content_hash="f" * 64),
        )

    def test_the_makers_approval(self, propose, maker):
        change = propose()
        self.refused(
            "another person",
            lambda: Approval.objects.create(change=change, by=maker, content_hash=change.content_hash),
        )

    def test_the_makers_approval_of_a_file(self, maker):
        from backoffice.batches.models import Batch

        batch = Batch.objects.create(
            kind="create_retail_user", made_by=maker, sha256="", size=1, state="submitted"
        )
        self.refused("another person", lambda: Approval.objects.create(batch=batch, by=maker))

    def test_the_same_persons_second_approval(self, deposit, checker):
        change = deposit("1000000.01")
        Approval.objects.create(change=change, by=checker, content_hash=change.content_hash)
        self.refused(
            "(?i)unique",
            lambda: Approval.objects.create(change=change, by=checker, content_hash=change.content_hash),
        )

    def test_an_approval_that_is_altered(self, deposit, checker, other_checker):
        change = deposit("1000000.01")
        given = Approval.objects.create(change=change, by=checker, content_hash=change.content_hash)
        self.refused("never changed", lambda: Approval.objects.filter(pk=given.pk).update(by=other_checker))

    def test_a_change_that_is_born_approved(self, checker):
        self.refused(
            "after it was submitted",
            lambda: ChangeFactory(state=State.APPROVED, decided_by=checker, decided_at=timezone.now()),
        )

    @pytest.mark.parametrize(
        "altered",
        [
            {"checkers": 0},
            {"content_hash": "f" * 64},
            {"subject": "HO/OTHER"},
            {"kind": "square_off"},
            {"own_values": {"name": "Other Name"}},
            {"message_adds": ["name"]},
            {"state": State.DRAFT},
        ],
    )
    def test_what_was_submitted_is_not_altered(self, propose, altered):
        change = propose()
        self.refused("stays as it is", lambda: Change.objects.filter(pk=change.pk).update(**altered))

    def test_a_change_that_is_put_into_an_approved_file(self, propose, maker, checker):
        from backoffice.batches.models import Batch

        common = {"kind": "create_retail_user", "made_by": maker, "sha256": "", "size": 1}
        batch = Batch.objects.create(state="submitted", **common)
        Approval.objects.create(batch=batch, by=checker)
        change = propose()
        self.refused(
            "stays as it is",
            lambda: Change.objects.filter(pk=change.pk).update(
                batch=batch,
                row_number=1,
                state=State.APPROVED,
                decided_by=checker,
                decided_at=timezone.now(),
            ),
        )
        Batch.objects.filter(pk=batch.pk).update(state="approved", decided_by=checker)
        self.refused(
            "with which it was submitted", lambda: ChangeFactory(made_by=maker, batch=batch, row_number=1)
        )

    def test_a_change_that_takes_another_number(self, propose, checker):
        change = propose()
        renumbered = {"id": change.pk + 1000, "state": State.APPROVED, "decided_by": checker}
        self.refused(
            "stays as it is",
            lambda: Change.objects.filter(pk=change.pk).update(decided_at=timezone.now(), **renumbered),
        )

    def test_one_among_many_that_nobody_approved(self, propose, checker):
        approved, other = propose(), propose(user_id="OTHER01", email="other@example.com")
        Approval.objects.create(change=approved, by=checker, content_hash=approved.content_hash)
        both = Change.objects.filter(pk__in=[approved.pk, other.pk])
        self.refused(
            "approvals of others",
            lambda: both.update(state=State.APPROVED, decided_by=checker, decided_at=timezone.now()),
        )

    def test_another_maker_put_in_afterwards(self, propose, other_maker):
        change = propose()
        self.refused(
            "stays as it is", lambda: Change.objects.filter(pk=change.pk).update(made_by=other_maker)
        )

    def test_a_delivery_of_what_nobody_approved(self, propose):
        change = propose()
        self.refused(
            "approved change is owed",
            lambda: Delivery.objects.create(
                change=change, message_type=301, lane=change.subject, own_values={}, content_hash=""
            ),
        )

    def test_a_delivery_of_a_change_that_is_not_there(self, propose):
        self.refused(
            "approved change is owed",
            lambda: Delivery.objects.create(
                change_id=propose().pk + 1, message_type=301, lane="HO/U1", own_values={}, content_hash=""
            ),
        )

    def test_a_delivery_that_is_given_to_another_change(self, propose, checker):
        approved, other = propose(), propose(user_id="OTHER01", email="other@example.com")
        approve(approved, checker)
        self.refused("stays that of its change", lambda: Delivery.objects.update(change=other))

    def test_a_submitted_change_that_is_deleted(self, propose, checker):
        change = propose()
        # Past Django, which itself keeps what has deliveries.
        self.refused("is kept", lambda: Change.objects.filter(pk=change.pk)._raw_delete("default"))
        approve(change, checker)
        self.refused("is kept", lambda: Change.objects.filter(pk=change.pk)._raw_delete("default"))

    def test_the_guards_are_put_up_again_after_a_migration(self, propose, checker):
        guards.take_down(using="default")
        guards.put_up(using="default")
        guards.put_up(using="default")
        change = propose()
        self.refused("approvals of others", lambda: self.decide(change, checker))


@pytest.mark.django_db(transaction=True)
def test_of_two_checkers_at_the_same_moment_one_wins_and_the_other_is_told(propose, checker, other_checker):
    change = propose()
    start = threading.Barrier(2)
    results = {}

    def click(person):
        try:
            start.wait()
            approve(change, person)
            results[person.username] = "won"
        except AlreadyDecided as error:
            results[person.username] = error.words
        finally:
            connections.close_all()

    clicks = [threading.Thread(target=click, args=(person,)) for person in (checker, other_checker)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(20)
    change.refresh_from_db()
    winner = change.decided_by.username
    loser = ({"checker", "checker2"} - {winner}).pop()
    assert results == {winner: "won", loser: f"This change is approved by {change.decided_by} already."}
    assert Delivery.objects.count() == 1


def test_a_superuser_approves_nothing_of_their_own(propose):
    boss = StaffFactory()
    boss.is_superuser = True  # the database refuses to keep it
    change = propose(by=boss)
    with pytest.raises(NotAllowed, match="another person"):
        approve(change, boss)
    with pytest.raises(NotAllowed, match="withdraw"):
        operations.reject(change.pk, by=boss, reason="Mine")
