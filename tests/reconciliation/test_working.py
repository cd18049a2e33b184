"""The worker of a comparison: one at a time, in slices, continued by the next one; and what the database refuses."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice import leases
from backoffice.batches.errors import LeaseLost
from backoffice.reconciliation import operations, working
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation, State
from backoffice.reconciliation.views import progress
from tests.batches.files import as_csv
from tests.factories import RetailUserFactory
from tests.reconciliation.conftest import compare, upload, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(as_maker, monkeypatch):
    """A comparison that waits for a worker, in slices of two: six rows, one retail user whom none of them names."""
    monkeypatch.setattr(working, "ROWS", 2)
    RetailUserFactory(group_id="HO", user_id="HERE")
    RetailUserFactory(group_id="HO", user_id="U1", name="Other Testwala")
    upload(as_maker, as_csv(*({"group_id": "HO", "user_id": f"U{n}", "name": "Asha"} for n in range(6))))
    return Reconciliation.objects.get()


def expire(one):
    Reconciliation.objects.filter(pk=one.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def outcome(one):
    one.refresh_from_db()
    return (
        one.state,
        one.rows,
        one.different,
        one.only_there,
        one.only_here,
        one.lines.count(),
        one.found.count(),
    )


DONE = (State.COMPARED, 6, 1, 5, 1, 7, 1)


def test_a_worker_whose_time_is_over_gives_the_rest_to_the_next(started, monkeypatch):
    monkeypatch.setattr(working, "WORK_SECONDS", 0)
    assert working.work_due() == 1
    started.refresh_from_db()
    assert (started.state, started.rows, started.lease_token) == (State.COMPARING, 2, None)
    work()
    assert outcome(started) == DONE


@pytest.mark.parametrize("place", ["store_rows", "look_for_users"])
def test_a_killed_worker_loses_and_doubles_nothing(started, monkeypatch, place):
    """The worker ends as a killed one does: its slice is not stored, its lease is not given back."""
    whole, calls = getattr(working, place), []

    def killed(*args):
        calls.append(place)
        if place == "store_rows" and len(calls) == 1:
            return whole(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(working, place, killed)
    with pytest.raises(KeyboardInterrupt):
        working.work_due()
    monkeypatch.setattr(working, place, whole)
    assert working.work_due() == 0, "the lease holds until it runs out"
    expire(started)
    started.refresh_from_db()
    assert progress(started)["rate"] is None, "a lost worker has no rate"
    assert working.take(started)
    started.refresh_from_db()
    assert started.measured_done == started.rows + started.looked
    assert started.measured_at > started.started_at
    expire(started)
    work()
    assert outcome(started) == DONE


def test_a_worker_that_lost_its_lease_stores_nothing(started):
    token = working.take(started)
    started.refresh_from_db()
    expire(started)
    assert working.take(started) not in (None, token)
    with pytest.raises(LeaseLost):
        working.store_rows(started, token, [], 9)
    with pytest.raises(LeaseLost):
        working.look_for_users(started, token)
    operations.finish(started, token)
    operations.stop(started, token, "No.")
    started.refresh_from_db()
    assert (started.state, started.next_row, started.problem) == (State.COMPARING, 0, "")


@pytest.mark.only_on("postgresql")
def test_nobody_takes_a_comparison_while_its_result_is_deleted(started):
    token = working.take(started)
    with CaptureQueriesContext(connection) as asked:
        operations.stop(started, token, "No.")
    texts = [query["sql"] for query in asked]
    locked = next(at for at, sql in enumerate(texts) if "FOR UPDATE" in sql)
    deleted = next(at for at, sql in enumerate(texts) if "reconciliation_line" in sql)
    assert locked < deleted


def test_a_file_that_kills_every_worker_ends_with_the_reason(started):
    for _ in range(leases.MOST_FAILURES + 1):
        assert working.take(started)
        expire(started)
    assert working.work_due() == 1
    started.refresh_from_db()
    assert (started.state, started.lines.count()) == (State.UPLOADED, 0)
    assert "failed" in started.problem


def test_the_bar_counts_rows_and_records_and_never_passes_its_end(started, monkeypatch):
    monkeypatch.setattr(working, "WORK_SECONDS", 0)
    seen = []
    while started.state == State.COMPARING:
        seen.append((progress(started)["done"], progress(started)["total"]))
        working.work_due()
        started.refresh_from_db()
    assert seen[0][0] == 0
    assert seen == sorted(seen)
    assert all(done <= total for done, total in seen)
    assert seen[-1][0] >= 6


class TestWhatTheDatabaseRefuses:
    @pytest.fixture
    def one(self, as_maker):
        RetailUserFactory(group_id="HO", user_id="U1", name="Other Testwala")
        return compare(as_maker, {"group_id": "HO", "user_id": "U1", "name": "Asha"})

    @pytest.mark.parametrize(
        "act",
        [
            lambda one: one.lines.update(outcome=Outcome.SAME),
            lambda one: one.found.update(there="Other"),
            lambda one: one.found.update(field="email"),
            lambda one: one.lines.all().delete(),
            lambda one: one.found.all().delete(),
            lambda one: Reconciliation.objects.filter(pk=one.pk).update(different=0),
            lambda one: Reconciliation.objects.filter(pk=one.pk).update(state=State.COMPARING),
            lambda one: Reconciliation.objects.filter(pk=one.pk).update(sha256="0" * 64),
            lambda one: Reconciliation.objects.filter(pk=one.pk).delete(),
            lambda one: Line.objects.create(reconciliation=one, outcome=Outcome.ONLY_HERE, user_id="X"),
            lambda one: Difference.objects.create(
                reconciliation=one, number=9, group_id="HO", user_id="U1", version=1, field="email"
            ),
        ],
    )
    def test_a_result_stays_as_it_was_found(self, one, act):
        with pytest.raises(IntegrityError), transaction.atomic():
            act(one)

    def test_a_user_is_compared_once(self, started):
        line = {"reconciliation": started, "group_id": "HO", "user_id": "TWICE", "outcome": Outcome.SAME}
        Line.objects.create(**line)
        with pytest.raises(IntegrityError), transaction.atomic():
            Line.objects.create(**line)


def test_files_are_deleted_when_their_time_is_over_and_results_stay(as_maker, tmp_path):
    RetailUserFactory(group_id="HO", user_id="U1", name="Other Testwala")
    one = compare(as_maker, {"group_id": "HO", "user_id": "U1", "name": "Asha"})
    Reconciliation.objects.filter(pk=one.pk).update(file_until=timezone.now() - timedelta(seconds=1))
    assert operations.expire_files() == 1
    assert list((tmp_path / "uploads").iterdir()) == []
    assert one.found.count() == 1


def test_somebody_without_the_right_compares_nothing(checker):
    with pytest.raises(operations.NotAllowed):
        operations.upload([b"a"], "a.csv", by=checker, token=uuid.uuid4())
