"""The page of the queue: states, flow, ODIN's words, and new wordings until somebody has read them."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery import figures, flow, gate, operations, queue, settling, wordings
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.models import Attempt, Delivery, Gate, Wording
from backoffice.delivery.states import Move, State
from backoffice.desk.context import Frame
from backoffice.odin.outcome import Outcome, OutcomeKind
from tests.factories import AttemptFactory, DeliveryFactory, EntryFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

PAGE, LIST = reverse("delivery:queue"), reverse("delivery:list")
NEW = "Moon in wrong phase for RET001, order 4711"
NO_ANSWER = Outcome(OutcomeKind.UNKNOWN, reason="No answer came in time.", unreachable=True)


def refusal(text=NEW, *, new=True):
    return Outcome(OutcomeKind.REFUSED, "0", text, new_words=new)


def ends(outcome, lane="HO/RET001", message_type=314):
    """A delivery whose attempt ended like this."""
    DeliveryFactory(lane=lane, message_type=message_type)
    (claim,) = queue.claim_some(1)
    attempt = Attempt.objects.create(delivery=claim.delivery, number=1, request="63=FT1.0")
    settling.settle([settling.Result(claim.delivery, attempt, outcome, "", 5, 1)])
    return Delivery.objects.get(pk=claim.delivery.pk)


def shown(client, **headers):
    return client.get(PAGE, headers=headers).content.decode()


def test_each_state_is_counted_with_its_oldest_and_leads_to_its_list(as_checker):
    old = DeliveryFactory(lane="HO/A")
    Delivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=3))
    DeliveryFactory(lane="HO/B")
    DeliveryFactory(lane="HO/C", state=State.ON_HOLD)
    DeliveryFactory.settled(State.REFUSED, lane="HO/D")
    standing = figures.standing(timezone.now())
    assert {state: each.number for state, each in standing.items() if each.number} == {
        State.QUEUED: 2,
        State.ON_HOLD: 1,
        State.REFUSED: 1,
    }
    page = shown(as_checker)
    assert "oldest <time" in flowed(page)
    assert "3 h ago" in page
    assert f'href="{LIST}?state=on_hold"' in page


def test_the_last_hour_is_drawn_by_the_minute_and_by_outcome():
    now = timezone.now()
    for number, (minutes, outcome) in enumerate(
        [(1, "applied"), (1, "applied"), (1, "refused"), (30, "unknown"), (61, "applied")], 1
    ):
        attempt = AttemptFactory(delivery=DeliveryFactory(lane=f"HO/{number}"), outcome=outcome)
        Attempt.objects.filter(pk=attempt.pk).update(started_at=now - timedelta(minutes=minutes))
    chart = flow.gather(flow.window_of("hour")).chart
    assert (len(chart.columns), chart.total) == (60, 4)
    assert [column.words for column in chart.columns if column.bars] == ["1 unknown", "2 applied, 1 refused"]
    AttemptFactory(delivery=DeliveryFactory(lane="HO/NOW"), outcome="applied")
    assert figures.gather().a_minute == 1, "also while the minute of the clock is not over"


def told(action, minutes):
    """An entry of the trail, so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    with mock.patch("django.utils.timezone.now", return_value=at):
        return EntryFactory(action=action, subject="delivery")


def test_hours_without_sending_are_shaded_and_said_with_what_waited_and_how_fast_odin_answered(as_checker):
    """Also where a stop began before the window, and where it lasts."""
    told("delivery.resumed", 23 * 60)
    told("delivery.circuit_opened", 120)
    told("delivery.circuit_closed", 90)
    Gate.objects.update_or_create(pk=1, defaults={"paused_at": timezone.now() - timedelta(minutes=30)})
    delivery = DeliveryFactory(lane="HO/A")
    for number in range(1, 21):
        AttemptFactory(delivery=delivery, number=number, duration_ms=10 * number, outcome="refused")
    AttemptFactory(delivery=delivery, number=21, duration_ms=30_000, outcome="unknown")
    found = flow.gather(flow.window_of("day"))
    assert [(one.words, one.until is None) for one in found.stops] == [
        ("Sending was paused", False),
        ("ODIN could not be reached", False),
        ("Sending was paused", True),
    ]
    assert found.chart.shades[0].x == 0
    assert all(0 <= shade.x <= shade.x + shade.width <= 100 for shade in found.chart.shades)
    assert (found.p50, found.p95) == (110, 200), "an answer that never came has no time"
    assert found.chart.columns[-1].words == "20 refused, 1 unknown, 1 waiting"
    page = flowed(shown(as_checker))
    assert "within <strong>200 ms</strong>" in page
    assert "3 times without sending" in page


def test_the_line_of_what_waits_goes_down_as_deliveries_end():
    now = timezone.now()
    for lane, ended in (("HO/A", 10), ("HO/B", 40)):
        done = DeliveryFactory.settled(State.APPLIED, lane=lane)
        times = {"created_at": now - timedelta(minutes=50), "finished_at": now - timedelta(minutes=ended)}
        Delivery.objects.filter(pk=done.pk).update(**times)
    DeliveryFactory(lane="HO/C", state=State.ON_HOLD)
    columns = flow.gather(flow.window_of("hour")).chart.columns
    assert {one.words for one in columns} == {"nothing", "2 waiting", "1 waiting"}
    assert columns[-1].words == "1 waiting"


def test_a_part_of_the_page_is_asked_for_alone(as_checker):
    alone = shown(as_checker, **{"HX-Target": "flow"})
    assert 'id="flow"' in alone
    assert 'id="queue"' not in alone
    assert 'id="flow"' not in shown(as_checker, **{"HX-Target": "queue"})


def test_words_that_differ_by_ids_and_numbers_are_one_line_that_leads_to_its_deliveries(as_checker):
    ends(refusal("Margin of RET001 is 12.50 below 4711", new=False))
    second = ends(refusal("Margin of RET002 is 7.00 below 4712", new=False), lane="HO/RET002")
    ends(NO_ANSWER, lane="HO/RET003")
    lines = figures.gather().said
    assert [(line.wording.text, line.wording.code, line.state, line.number) for line in lines] == [
        ("Margin of … is … below …", "0", State.REFUSED, 2),
        ("No answer came in time.", "", State.UNKNOWN, 1),
    ]
    assert lines[0].newest == second.pk
    page = shown(as_checker)
    link = f"{LIST}?state=refused&amp;wording={lines[0].wording.pk}&amp;settled_since="
    assert link in page
    found = as_checker.get(LIST, {"wording": lines[0].wording.pk}).content.decode()
    assert "HO/RET001" in found
    assert "HO/RET002" in found
    assert "HO/RET003" not in found
    assert "Words: Margin of …" in found


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "1.5", "-1e5000000"])
def test_a_wording_that_is_none_chooses_no_delivery(as_checker, number):
    DeliveryFactory(lane="HO/RET001")
    answer = as_checker.get(LIST, {"wording": number})
    assert answer.status_code == 200
    assert "HO/RET001" not in answer.content.decode()
    assert f"{number} is not a number. Use up to 18 digits." in answer.content.decode()


def test_what_is_common_to_many_texts_keeps_no_person_s_data():
    text = "User ASHA of HO with PAN ABCPT1234A, 'Asha Testwala', asha@example.com, 9800000001 is not known"
    assert wordings.common(text, ("HO", "ASHA", "")) == "User … of HO with PAN … …, … … is not known"
    assert wordings.common("  ") == "No words"
    assert len(wordings.common("word " * 400)) == 500


def test_a_worker_that_died_while_sending_is_counted_too():
    DeliveryFactory()
    (claim,) = queue.claim_some(1)
    Attempt.objects.create(delivery=claim.delivery, number=1, request="63=FT1.0")
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    queue.recover_stale()
    assert [line.wording.text[:18] for line in figures.gather().said] == ["The worker stopped"]


def test_new_words_are_shown_until_somebody_has_read_them_and_never_again(as_checker, checker):
    refused = ends(refusal())
    assert (refused.state, refused.needs_person) == (State.REFUSED, False)
    wording = Wording.objects.get()
    for where in (PAGE, "/"):
        page = as_checker.get(where).content.decode()
        assert "New refusal message from ODIN" in page
        assert "Moon in wrong phase for …, order …" in page
    assert nav_count(checker) == 1
    assert "not marked as read yet" in as_checker.get(refused.get_absolute_url()).content.decode()
    as_checker.post(reverse("delivery:read_words", args=[wording.pk]))
    entry = Entry.objects.get(action="delivery.words_read")
    assert (entry.by, entry.details, "Moon in wrong phase" in entry.text) == (checker, {"code": "0"}, True)
    later = ends(refusal("Moon in wrong phase for RET002, order 4712"), lane="HO/RET002")
    assert later.wording == wording
    for where in (PAGE, "/"):
        assert "New refusal message from ODIN" not in as_checker.get(where).content.decode()
    assert nav_count(checker) == 0
    assert "New words then, read by " in flowed(as_checker.get(later.get_absolute_url()).content.decode())
    with pytest.raises(DeliveryError, match="already marked as read"):
        operations.read_words(wording.pk, by=checker)
    assert ends(refusal("Sun in wrong phase"), lane="HO/RET003").wording.is_new, "other words are asked again"


def test_known_words_ask_nobody():
    ends(refusal("User Id does not exist in the system", new=False))
    assert figures.new_words() == []


def test_only_who_settles_deliveries_reads_for_all(client, maker):
    wording = ends(refusal()).wording
    client.force_login(maker)
    assert "Mark as read" not in shown(client)
    assert client.post(reverse("delivery:read_words", args=[wording.pk])).status_code == 403
    with pytest.raises(DeliveryError, match="Ask a checker"):
        operations.read_words(wording.pk, by=maker)
    assert wordings.unread().count() == 1


def test_a_refusal_that_a_person_must_look_at_waits_until_one_says_what_came_of_it(as_checker, checker):
    refused = ends(
        Outcome(OutcomeKind.REFUSED, "0", "Transaction No already exist", "Used before.", needs_person=True)
    )
    settle = reverse("delivery:settle", kwargs={"pk": refused.pk, "action": "read"})
    assert settle in as_checker.get(refused.get_absolute_url()).content.decode()
    as_checker.post(settle, {"reason": " "})
    assert Delivery.objects.filter(needs_person=True).exists()
    as_checker.post(settle, {"reason": "Typed twice by the branch; the first one stands"})
    refused.refresh_from_db()
    assert (refused.state, refused.needs_person) == (State.REFUSED, False)
    entry = Entry.objects.get(action="delivery.refusal_read")
    assert (entry.by, entry.reason) == (checker, "Typed twice by the branch; the first one stands")
    with pytest.raises(DeliveryError, match="no refusal that waits"):
        operations.read_refusal(refused.pk, by=checker, reason="Again")


def test_the_page_says_that_sending_is_stopped_and_renews_only_its_inner_part(as_checker, admin, swept):
    assert "Sending is active." in shown(as_checker)
    gate.pause(by=admin, reason="ODIN moves")
    part = shown(as_checker, **{"HX-Request": "true", "HX-Target": "queue"})
    assert "Sending is paused since" in part
    assert "<html" not in part


def test_the_page_costs_the_same_however_much_there_is(as_checker, django_assert_num_queries):
    def fill(first):
        for number in range(first, first + 12):
            ends(refusal(f"New words {chr(65 + number)}"), lane=f"HO/R{number}")
            ends(NO_ANSWER, lane=f"HO/S{number}")
            DeliveryFactory(lane=f"HO/T{number}", state=State.ON_HOLD)

    fill(0)
    shown(as_checker)
    with django_assert_num_queries(24):
        shown(as_checker)
    fill(12)
    with django_assert_num_queries(24):
        shown(as_checker)
    with django_assert_num_queries(13):
        shown(as_checker, **{"HX-Request": "true", "HX-Target": "queue"})


def test_its_questions_are_answered_from_indexes():
    change = DeliveryFactory().change
    now = timezone.now()
    wording = wordings.kept(code="0", text="Words")
    Delivery.objects.bulk_create(
        Delivery(
            change=change,
            message_type=301,
            lane=f"HO/R{number}",
            part=number,
            own_values={},
            state=State.REFUSED if number % 50 == 0 else State.APPLIED,
            wording=wording if number % 50 == 0 else None,
            finished_at=now - timedelta(days=number),
        )
        for number in range(1, 4000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    since = now - timedelta(days=7)
    lately = Delivery.objects.filter(state=State.REFUSED, finished_at__gte=since, wording__isnull=False)
    assert "delivery_by_" in lately.explain()
    assert "delivery_by_wording" in Delivery.objects.filter(wording=wording).order_by("-id")[:25].explain()


def nav_count(person):
    class Request:
        user, resolver_match = person, None

    return next(item.count for item in Frame(Request()).nav if item.label == "Deliveries")


def test_what_was_settled_by_a_person_leaves_the_list_of_what_is_unknown(checker):
    unknown = ends(NO_ANSWER)
    assert [line.number for line in figures.gather().said] == [1]
    queue.move(unknown, Move.CLAIM, queue.Said("delivery.tested", "x"), lease_token="0" * 32)
    assert figures.gather().said == []
