"""Submissions and approvals that concern one retail user, or the portal's own rights, at the same moment."""

import threading
import uuid
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.kinds.update_retail_user import STARTING
from accounts.models import RetailUser
from accounts.values import to_values
from backoffice.batches.decide import bulk, decisions
from backoffice.changes import operations, queueing, turns
from backoffice.changes.errors import ChangeError
from backoffice.changes.models import Change, State
from backoffice.delivery.handlers import apply
from backoffice.delivery.models import Delivery
from backoffice.logins.models import User
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.staff.kinds import rights
from tests.batches.conftest import checked, stored_row
from tests.factories import retail_user_values
from tests.partners.test_guards import at_once
from tests.racing import meet_at
from tests.staff.test_rights import make_admin, propose

__all__ = ["checked"]

pytestmark = pytest.mark.django_db(transaction=True)

#: Two changes of one set: each would undo the other.
ONE_MORE, ANOTHER = {"trading_segments": ["1", "2", "3"]}, {"trading_segments": ["1", "3", "4"]}


@pytest.fixture
def user():
    with transaction.atomic():
        apply(301, "HO/RET001", retail_user_values())
    return RetailUser.objects.get()


@pytest.fixture
def update(user, maker):
    """Submit an update as its form does: the whole profile, with the values that keywords replace."""

    def submit(**typed):
        known = to_values(user)
        shown = {name: known[name] for name in ("user_id", "group_id", *STARTING) if name in known}
        values = {**shown, **typed}
        words = {"by": maker, "reason": "Form 12", "token": uuid.uuid4(), "typed": True}
        return operations.submit("update_retail_user", values, **words)

    return submit


@pytest.fixture
def meet(monkeypatch):
    return partial(meet_at, monkeypatch)


def approve(change, by):
    try:
        return operations.approve(change.pk, by=by, content_hash=change.content_hash).state
    except ChangeError as error:
        return str(error)


def test_of_two_approvals_one_does_not_undo_the_other_unseen(update, meet, checker, other_checker):
    earlier, later = update(**ONE_MORE), update(**ANOTHER)
    meet(queueing, "require_none_undone")
    said = at_once(lambda: approve(earlier, checker), lambda: approve(later, other_checker))
    approved = set(Change.objects.filter(state=State.APPROVED).values_list("pk", flat=True))
    assert approved in ({earlier.pk}, {later.pk}), said
    assert Delivery.objects.count() == 1
    assert any("would undo it" in str(words) for words in said)


@pytest.fixture
def submit_file(checked, maker, user):
    """Submit a file with another update of the user."""
    batch = checked(good=0, kind="update_retail_user")
    values = {"user_id": "RET001", "group_id": "HO", **ANOTHER}
    stored_row(batch, 2, (320, values), before=to_values(user), record_version=user.version).save()
    batch.good = batch.total_rows = 1
    batch.save()
    return lambda: decisions.submit(batch.pk, by=maker, mode="all", reason="Moved")


def approve_file(batch, by):
    try:
        return decisions.approve(batch.pk, by=by, content_hash=batch.content_hash).rows
    except ChangeError as error:
        return str(error)


def test_a_file_and_a_change_of_one_user_wait_for_one_another(
    update, meet, submit_file, checker, other_checker
):
    single, batch = update(**ONE_MORE), submit_file()
    meet(queueing, "require_none_undone")
    said = at_once(lambda: approve(single, checker), lambda: approve_file(batch, other_checker))
    assert Delivery.objects.count() == 1, said
    assert any("would undo it" in str(words) for words in said)


@pytest.mark.only_on("postgresql")
def test_a_file_waits_for_a_change_whose_approval_began_before_the_file_was_submitted(
    update, meet, submit_file, checker, other_checker, monkeypatch
):
    single, began, real = update(**ONE_MORE), threading.Event(), queueing.require_none_undone

    def noted(*given):
        began.set()
        real(*given)

    monkeypatch.setattr(queueing, "require_none_undone", noted)
    meet(queueing, "require_none_undone")

    def file_afterwards():
        assert began.wait(10)
        return approve_file(submit_file(), other_checker)

    said = at_once(lambda: approve(single, checker), file_afterwards)
    assert said[0] == State.APPROVED
    assert "would undo it" in said[1]
    assert Delivery.objects.count() == 1


@pytest.mark.only_on("postgresql")
def test_the_approval_of_a_file_keeps_no_other_user_waiting(
    update, submit_file, checked, maker, checker, other_checker, monkeypatch
):
    single = update(**ONE_MORE)
    batch = decisions.submit(checked().pk, by=maker, mode="all", reason="Branch")
    monkeypatch.setattr(turns, "LOCKS", 1)  # as for a file so long that it has users of every lock
    under_way, decided, in_time = threading.Event(), threading.Event(), []
    real = bulk.enqueue_all

    def until_decided(*given):
        under_way.set()
        in_time.append(decided.wait(10))
        real(*given)

    monkeypatch.setattr(bulk, "enqueue_all", until_decided)

    def meanwhile():
        assert under_way.wait(10)
        state = approve(single, other_checker)
        decided.set()
        return state

    assert at_once(lambda: approve_file(batch, checker), meanwhile) == [3, State.APPROVED]
    assert in_time == [True]


def test_what_was_confirmed_while_an_approval_looked_is_not_undone(update, checker, monkeypatch):
    earlier, later = update(global_flag="1"), update(name="Asha Otherwala")
    approve(earlier, checker)
    real = queueing.require_none_undone

    def confirmed(*given):
        with transaction.atomic():
            apply(320, earlier.subject, {**earlier.values, "global_flag": "1"})
        Delivery.objects.update(state="applied", finished_at=timezone.now())
        real(*given)

    monkeypatch.setattr(queueing, "require_none_undone", confirmed)
    assert "changed during the approval" in str(approve(later, checker))
    assert Change.objects.get(pk=later.pk).state == State.SUBMITTED


def test_a_new_user_is_proposed_once(maker, other_maker, meet):
    values = {**example(CreateRetailUser), "reference": "", "pan": "", "mobile": ""}
    meet(operations, "examine")

    def submit(by):
        try:
            operations.submit("create_retail_user", values, by=by, reason="Form 12", token=uuid.uuid4())
        except ChangeError:
            return False
        return True

    assert sorted(at_once(lambda: submit(maker), lambda: submit(other_maker))) == [False, True]
    assert Change.objects.filter(state=State.SUBMITTED).count() == 1


def test_the_second_of_two_new_users_with_one_pan_is_warned(maker, other_maker, meet):
    values = {**example(CreateRetailUser), "reference": "", "mobile": ""}
    meet(operations, "examine")

    def submit(by, user_id, pan):
        form = {**values, "user_id": user_id, "pan": pan}
        return operations.submit("create_retail_user", form, by=by, reason="Form 12", token=uuid.uuid4())

    first, second = at_once(
        lambda: submit(maker, "NEW1", "ABCPS1234K"), lambda: submit(other_maker, "NEW2", "ABCPS1234K")
    )
    warned = [
        [one for one in change.findings if "waiting change" in one["text"]] for change in (first, second)
    ]
    assert sorted(len(found) for found in warned) == [0, 1]


def test_two_clicks_at_the_same_moment_are_one_new_user(maker, meet):
    values = {**example(CreateRetailUser), "reference": "", "pan": "", "mobile": ""}
    token = uuid.uuid4()
    meet(operations, "require_maker")  # both clicks have begun

    def submit():
        return operations.submit("create_retail_user", values, by=maker, reason="Form 12", token=token).pk

    first, second = at_once(submit, submit)
    assert first == second == Change.objects.get().pk


def test_two_administrators_remain_when_two_are_to_go_at_once(meet):
    admins = [make_admin(name) for name in ("admin1", "admin2", "admin3")]
    first, second, third = admins
    changes = [
        propose(by, **{**rights.values_of(person), "roles": ["support"], "first_name": "Amar"})
        for by, person in ((third, first), (first, second))
    ]
    meet(rights, "findings")
    at_once(lambda: approve(changes[0], second), lambda: approve(changes[1], third))
    remaining = User.objects.filter(is_active=True, groups__name="admin").count()
    assert remaining >= rights.ADMINS_NEEDED
