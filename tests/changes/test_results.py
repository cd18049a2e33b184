"""One status of a change: it follows its deliveries, lists show and find it, and a refused one is corrected."""

import importlib
import uuid
from itertools import combinations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.changes import operations
from backoffice.changes.kinds import with_status
from backoffice.changes.models import STATUSES, Change, State
from backoffice.changes.results import Result, result_of
from backoffice.delivery import operations as settling
from backoffice.delivery import queue
from backoffice.delivery.models import Delivery, Settlement
from backoffice.delivery.moving import moving
from backoffice.delivery.states import FINAL, Move
from backoffice.delivery.states import State as DeliveryState
from tests.factories import ChangeFactory, DeliveryFactory
from tests.html_forms import Page

pytestmark = pytest.mark.django_db

SAID = queue.Said("delivery.tested", "A test moved it.")


def status(change):
    return Change.objects.get(pk=change.pk).status


@pytest.mark.parametrize(
    ("states", "result"),
    [
        ((), ""),
        (("queued", "queued"), ""),
        (("queued", "cancelled"), ""),
        (("queued", "in_flight"), "sent"),
        (("applied", "queued"), "sent"),
        (("refused", "queued"), "sent"),
        (("refused", "in_flight", "cancelled"), "sent"),
        (("applied", "refused", "on_hold"), "on_hold"),
        (("applied", "on_hold", "queued"), "on_hold"),
        (("refused", "unknown", "in_flight", "on_hold"), "unknown"),
        (("applied", "applied"), "applied"),
        (("applied", "cancelled"), "applied"),
        (("applied", "refused", "cancelled"), "refused"),
        (("refused", "cancelled"), "refused"),
        (("cancelled", "cancelled"), "cancelled"),
    ],
)
def test_the_states_of_several_deliveries_give_one_result(states, result):
    assert result_of(states) == result


def test_a_change_says_sent_then_applied_in_the_transactions_of_its_delivery():
    delivery = DeliveryFactory()
    assert status(delivery.change) == State.APPROVED
    claim = queue.claim()
    assert status(delivery.change) == Result.SENT
    queue.move(claim.delivery, Move.APPLY, SAID)
    assert status(delivery.change) == Result.APPLIED


def test_a_result_that_is_rolled_back_with_its_move_leaves_nothing():
    delivery = DeliveryFactory()

    def undone():
        with moving():
            queue.move(delivery, Move.CANCEL, SAID)
            raise LookupError("The transaction ends here.")

    with pytest.raises(LookupError):
        undone()
    assert status(delivery.change) == State.APPROVED
    queue.move(Delivery.objects.get(), Move.CANCEL, SAID)
    assert status(delivery.change) == Result.CANCELLED


def test_no_delivery_moves_where_its_change_could_not_follow():
    delivery = DeliveryFactory()
    with pytest.raises(RuntimeError, match="its change must follow"):
        queue.advance([delivery], Move.CANCEL)


def test_a_person_who_settles_a_delivery_gives_its_change_the_result(checker):
    delivery = DeliveryFactory(state=DeliveryState.ON_HOLD, needs_person=True)
    settling.cancel(delivery.pk, by=checker, reason="Not wanted any more.")
    assert status(delivery.change) == Result.CANCELLED


def test_a_refused_create_shows_what_waits_behind_it_as_on_hold(checker):
    create = DeliveryFactory(state=DeliveryState.UNKNOWN, needs_person=True)
    later = DeliveryFactory(lane=create.lane)
    settling.resolve(create.pk, by=checker, found=Settlement.REFUSED, reason="Not in WebAdmin.")
    assert (status(create.change), status(later.change)) == (Result.REFUSED, Result.ON_HOLD)


def test_only_an_approved_change_has_a_result():
    change = ChangeFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=change.pk).update(result=Result.APPLIED)


@pytest.mark.parametrize("value", [value for value, _ in STATUSES])
def test_every_status_is_filtered_by_the_index_of_statuses(value):
    found = Change.objects.filter(with_status([value])).order_by("-id").values("id")[:25]
    if connection.vendor == "sqlite":
        assert "change_by_status" in found.explain()
    assert list(found) == []


def test_the_lists_show_and_filter_the_one_status(client, checker):
    refused, queued = DeliveryFactory(lane="HO/RET001"), DeliveryFactory(lane="HO/RET002")
    queue.move(queue.claim().delivery, Move.REFUSE, SAID)
    client.force_login(checker)
    page = client.get(reverse("changes:list"), {"state": "refused"}).content.decode()
    assert refused.lane in page
    assert queued.lane not in page
    assert "Refused by ODIN" in page
    page = client.get(reverse("changes:list"), {"state": "approved"}).content.decode()
    assert queued.lane in page
    assert refused.lane not in page


@pytest.fixture
def refused(propose, checker):
    change = propose()
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    queue.move(queue.claim().delivery, Move.REFUSE, SAID, text="Branch is not known")
    change.refresh_from_db()
    return change


def test_a_refused_change_stands_on_its_makers_today_until_it_is_corrected(client, maker, refused):
    client.force_login(maker)
    today = client.get(reverse("desk:today")).content.decode()
    assert "Refused by ODIN (1)" in today
    assert "Branch is not known" in today
    form = Page(client.get(client.get(refused.get_absolute_url()).context["next_step"].url).content.decode())
    client.post(reverse("accounts:new"), {**form.sent(), "press": "save"})
    corrected = Change.objects.get(state=State.DRAFT)
    assert corrected.corrects == refused
    assert corrected.values["name"] == refused.values["name"]
    assert "Refused by ODIN (1)" not in client.get(reverse("desk:today")).content.decode()


def test_a_corrected_change_has_a_reference_of_its_own_and_names_the_old_one(client, maker, refused):
    client.force_login(maker)
    form = Page(client.get(client.get(refused.get_absolute_url()).context["next_step"].url).content.decode())
    sent = form.sent()
    client.post(reverse("accounts:new"), {**sent, "press": "check"})
    check = reverse("accounts:new_check", args=sent["token"])
    page = Page(client.get(check).content.decode())
    client.post(check, {**page.sent(), "reason": "Branch corrected"})
    corrected = Change.objects.get(corrects=refused)
    assert corrected.state == State.SUBMITTED
    assert corrected.messages[0]["values"]["reference"] != refused.messages[0]["values"]["reference"]
    assert f"C-{corrected.pk}" in client.get(refused.get_absolute_url()).content.decode()
    assert f"C-{refused.pk}" in client.get(corrected.get_absolute_url()).content.decode()


def test_what_was_submitted_keeps_the_change_that_it_corrects(refused, propose):
    other = propose(user_id="RET777")
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=other.pk).update(corrects=refused)


def test_following_costs_three_statements_however_many_deliveries_moved():
    for number in range(6):
        DeliveryFactory(lane=f"HO/RET{number}")
    with CaptureQueriesContext(
        connection,
    ) as one:
        queue.claim_some(1)
    with CaptureQueriesContext(connection) as many:
        queue.claim_some(5)
    assert len(many) == len(one)


def test_a_refused_deposit_is_corrected_without_being_taken_for_the_same_one_again(deposit, checker):
    refused = deposit("5000")
    operations.approve(refused.pk, by=checker, content_hash=refused.content_hash)
    queue.move(queue.claim().delivery, Move.REFUSE, SAID)
    assert deposit("5000").risks == []


def test_the_migration_gives_changes_and_files_the_results_that_the_code_gives(maker, checker):
    module = importlib.import_module("backoffice.changes.migrations.0003_results_so_far")
    cases = [states for count in (1, 2, 3) for states in combinations(DeliveryState.values, count)]
    expected = {}
    for states in cases:
        change = ChangeFactory.approved(subject=f"HO/{len(expected)}")
        for part, state in enumerate(states):
            ended = timezone.now() if state in FINAL else None
            leased = {"lease_token": uuid.uuid4()} if state == DeliveryState.IN_FLIGHT else {}
            lane = f"HO/{change.pk}-{part}"
            DeliveryFactory(change=change, lane=lane, part=part, state=state, finished_at=ended, **leased)
        expected[change.pk] = result_of(states)
    module.fill(apps, None)
    assert dict(Change.objects.values_list("pk", "result")) == expected
    for states in combinations(DeliveryState.values, 3):
        assert module.of_batch({result_of([state]) for state in states}) == result_of(states)
