"""Settling several deliveries at once: each as its own operation allows, with a result for each."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.delivery import many, many_views
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS
from tests.factories import DeliveryFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

SEVERAL, LIST = reverse("delivery:several"), reverse("delivery:list")
REASON = "The group was made in ODIN"


def held(lane, **columns):
    return DeliveryFactory(lane=lane, state=State.ON_HOLD, needs_person=True, **columns)


def in_doubt(lane, message_type=314):
    return DeliveryFactory(
        lane=lane,
        state=State.UNKNOWN,
        needs_person=True,
        doubted=True,
        message_type=message_type,
        own_values=example(REQUESTS[message_type]),
    )


def press(client, action, *deliveries, reason=REASON):
    numbers = [delivery.pk for delivery in deliveries]
    return client.post(SEVERAL, {"delivery": numbers, "shown": numbers, "press": action, "reason": reason})


def states(*deliveries):
    found = Delivery.objects.in_bulk([delivery.pk for delivery in deliveries])
    return [found[delivery.pk].state for delivery in deliveries]


def test_what_allows_it_is_done_and_the_rest_is_told_why_not(as_checker, checker):
    first, second = held("HO/A"), held("HO/B")
    applied = DeliveryFactory.settled(State.APPLIED, lane="HO/C")
    page = press(as_checker, "free", first, applied, second).content.decode()
    assert states(first, applied, second) == [State.QUEUED, State.APPLIED, State.QUEUED]
    assert "2 of 3 taken off hold" in page
    assert "This delivery is applied. That is possible only while it is on hold." in page
    assert (
        list(Entry.objects.filter(action="delivery.freed").values_list("by_name", "reason"))
        == [("checker", REASON)] * 2
    )


def test_cancelling_leaves_what_may_have_been_applied(as_checker):
    queued, doubtful = DeliveryFactory(lane="HO/A"), in_doubt("HO/B")
    held_after_a_doubt = held("HO/C", doubted=True)
    press(as_checker, "cancel", queued, doubtful, held_after_a_doubt)
    assert states(queued, doubtful, held_after_a_doubt) == [State.CANCELLED, State.UNKNOWN, State.ON_HOLD]


def test_money_is_sent_again_only_when_a_second_person_says_the_same(as_checker, client, other_checker):
    deposit, template = in_doubt("HO/A", 303), in_doubt("HO/B")
    page = press(as_checker, "again", deposit, template).content.decode()
    assert "another person must say the same" in page
    assert f">D-{deposit.pk}</a>" in page
    assert set(Delivery.objects.filter(needs_person=True)) == {deposit}
    assert "You proposed this yourself" in press(as_checker, "again", deposit).content.decode()
    client.force_login(other_checker)
    press(client, "again", deposit)
    assert not Delivery.objects.filter(needs_person=True).exists()


def test_money_that_is_not_in_doubt_is_not_even_proposed(as_checker):
    deposit = held("HO/A", message_type=303)
    page = press(as_checker, "again", deposit).content.decode()
    assert "This delivery is on hold. That is possible only while it is unknown." in page
    deposit.refresh_from_db()
    assert (deposit.proposed, deposit.proposed_by) == ("", None)


def test_what_is_repeated_by_itself_is_not_sent_again_by_a_person(as_checker):
    repeated = DeliveryFactory(state=State.UNKNOWN, doubted=True)
    assert "being repeated automatically" in press(as_checker, "again", repeated).content.decode()


@pytest.mark.parametrize(
    ("action", "reason", "words"),
    [("free", " ", "Give a reason"), ("applied", REASON, "Choose what to do"), ("", REASON, "Choose what")],
)
def test_without_a_reason_or_with_another_action_nothing_is_done(as_checker, action, reason, words):
    delivery = held("HO/A")
    answer = press(as_checker, action, delivery, reason=reason)
    assert answer.status_code == 409
    assert words in answer.content.decode()
    assert f'name="delivery" value="{delivery.pk}"' in answer.content.decode(), "what was chosen stays"
    assert states(delivery) == [State.ON_HOLD]


def test_all_that_match_the_filters_are_shown_the_oldest_first_and_no_more_than_can_be_settled(
    as_checker, monkeypatch
):
    monkeypatch.setattr(many_views, "AT_ONCE", 2)
    first, second, third = held("HO/A"), held("HO/B"), held("HO/C")
    queued = DeliveryFactory(lane="HO/D")
    page = as_checker.get(SEVERAL, {"all": "1", "state": "on_hold"}).content.decode()
    assert [f'name="shown" value="{each.pk}"' in page for each in (first, second, third, queued)] == [
        True,
        True,
        False,
        False,
    ]
    assert "These are the 2 oldest" in page
    assert "Release from hold (2)" in flowed(page)
    assert "Send again" not in flowed(page)
    press(as_checker, "free", first, second, third)
    assert states(third) == [State.ON_HOLD], "a longer list than the page shows is cut"


def test_why_a_delivery_is_held_hides_personal_data_from_those_who_may_not_see_it(
    client, compliance, as_checker
):
    delivery = held("HO/A", reason="PAN ABCPT1234A is taken")
    assert "ABCPT1234A" in as_checker.get(SEVERAL, {"delivery": delivery.pk}).content.decode()
    compliance.user_permissions.add(Permission.objects.get(codename="resolve_delivery"))
    client.force_login(compliance)
    page = client.get(SEVERAL, {"delivery": delivery.pk}).content.decode()
    assert "ABCPT1234A" not in page
    assert "234A is taken" in page


def test_nothing_chosen_says_so(as_checker):
    assert "Nothing to settle here" in as_checker.get(SEVERAL, {"delivery": ["x", "9" * 30]}).content.decode()


def test_who_may_not_settle_gets_no_boxes_no_page_and_no_operation(client, maker):
    delivery = held("HO/A")
    client.force_login(maker)
    page = client.get(LIST).content.decode()
    assert "Choose delivery" not in page
    assert press(client, "free", delivery).status_code == 403
    (told,) = many.act("free", [delivery.pk], by=maker, reason=REASON)
    assert (told.done, told.words) == (False, "You may not settle deliveries. Ask a checker.")
    assert states(delivery) == [State.ON_HOLD]


def test_the_list_lets_a_checker_choose_and_the_look_costs_the_same_however_many(
    as_checker, django_assert_num_queries
):
    deliveries = [held(f"HO/R{number}") for number in range(30)]
    assert f'name="delivery" value="{deliveries[-1].pk}"' in as_checker.get(LIST).content.decode()
    for some in (deliveries[:2], deliveries):
        with django_assert_num_queries(13):
            as_checker.get(SEVERAL, {"delivery": [delivery.pk for delivery in some]})


@pytest.mark.parametrize(
    "query",
    [
        {"since": "31-02-2026"},
        {"since": "9999-12-31"},
        {"state": "bogus"},
        {"needs_person": "maybe"},
        {"q": "ABCPT1234A"},
    ],
)
def test_filters_that_cannot_be_read_choose_none_of_all_that_match(as_checker, query):
    held("HO/A")
    answer = as_checker.get(SEVERAL, {**query, "all": "1"})
    assert "HO/A" not in answer.content.decode()
    assert 'id="problem"' in answer.content.decode()


def test_all_that_match_are_those_that_the_list_shows(as_checker):
    held("HO/A")
    for since, shown in (("01-01-2020", True), ("2020-01-01", True), ("31-12-2098", False)):
        assert ("HO/A" in as_checker.get(LIST, {"since": since}).content.decode()) is shown
        assert ("HO/A" in as_checker.get(SEVERAL, {"since": since, "all": "1"}).content.decode()) is shown


def test_only_what_something_can_be_done_with_can_be_chosen_on_the_list_and_by_its_filters(as_checker):
    choices = [
        held("HO/A"),
        held("HO/B", doubted=True),
        in_doubt("HO/C"),
        DeliveryFactory(lane="HO/D"),
    ]
    others = [
        DeliveryFactory.settled(State.APPLIED, lane="HO/E"),
        DeliveryFactory.settled(State.REFUSED, lane="HO/F", needs_person=True),
        DeliveryFactory(lane="HO/G", state=State.UNKNOWN, doubted=True),
        DeliveryFactory(lane="HO/H", doubted=True),
    ]
    page = as_checker.get(LIST).content.decode()
    shown = as_checker.get(SEVERAL, {"all": "1"}).content.decode()
    for delivery in (*choices, *others):
        assert (f'name="delivery" value="{delivery.pk}"' in page) is (delivery in choices), delivery.lane
        assert (f'name="delivery" value="{delivery.pk}"' in shown) is (delivery in choices), delivery.lane
    nothing = as_checker.get(SEVERAL, {"delivery": [others[0].pk]}).content.decode()
    assert 'type="checkbox"' not in nothing
    assert "(0)" not in nothing, "no button for what cannot be done"


def test_a_missing_reason_leads_to_its_field_and_other_problems_do_not(as_checker):
    delivery = held("HO/A")
    assert (
        '<a href="#reason">Give a reason' in press(as_checker, "free", delivery, reason="").content.decode()
    )
    other = press(as_checker, "free").content.decode()
    assert "Tick what you want to settle." in other
    assert 'href="#reason"' not in other
