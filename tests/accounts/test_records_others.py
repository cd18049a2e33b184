"""What the other confirmed messages do to the records of a retail user."""

import pytest

from accounts.models import RetailUser
from backoffice.delivery.handlers import apply
from backoffice.protocol.message import REQUESTS, Repeat
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db

LANE = "HO/RET001"
KEY = {"user_id": "RET001", "group_id": "HO"}


@pytest.fixture
def user():
    return RetailUserFactory(**KEY)


def test_every_message_that_changes_something_has_a_handler():
    from backoffice.delivery import handlers

    changing = {
        number for number, message in REQUESTS.items() if message.repeat not in (Repeat.READ, Repeat.SESSION)
    }
    assert changing <= set(handlers._handlers)


def test_310_keeps_one_template_of_a_type_and_an_empty_level_is_global(user):
    apply(310, LANE, {**KEY, "template_type": "1", "template_name": "ALL", "level": ""})
    applied = apply(310, LANE, {**KEY, "template_type": "1", "template_name": "FEW", "level": "1"})
    assert [(row.template_name, row.level) for row in user.templates.all()] == [("FEW", "1")]
    assert applied.before == {"templates": [{"template_type": "1", "template_name": "ALL", "level": "0"}]}
    assert applied.after == {"templates": [{"template_type": "1", "template_name": "FEW", "level": "1"}]}


def test_312_keeps_one_template_for_each_exchange_and_level(user):
    rows = [
        {"template_name": "ALL", "exchange": "1", "level": "0"},
        {"template_name": "TEST", "exchange": "1", "level": "1"},
    ]
    apply(312, LANE, {**KEY, "templates": rows})
    apply(312, LANE, {**KEY, "templates": [{"template_name": "NEW", "exchange": "1", "level": "0"}]})
    assert [(row.level, row.template_name) for row in user.qvl_templates.all()] == [
        ("0", "NEW"),
        ("1", "TEST"),
    ]


def test_314_adds_and_removes_dealers(user):
    def dealer(action, dealer_id):
        return {"action": action, "dealer_group": "HO", "dealer_id": dealer_id}

    apply(314, LANE, {**KEY, "mappings": [dealer("A", "DEAL1"), dealer("A", "DEAL2")]})
    apply(314, LANE, {**KEY, "mappings": [dealer("R", "DEAL1"), dealer("A", "DEAL2"), dealer("R", "NOBODY")]})
    assert [row.dealer_id for row in user.dealer_mappings.all()] == ["DEAL2"]


def test_322_takes_channels_and_leaves_what_it_does_not_carry(user):
    channel = {"template_name": "TRADING", "channel": "SMS", "status": "1", "action": "1"}
    apply(322, LANE, {**KEY, "gst_template": "", "si_template": "SI1", "channels": [channel]})
    applied = apply(322, LANE, {**KEY, "gst_template": "GST2", "si_template": "", "channels": []})
    user.refresh_from_db()
    assert (user.si_template, user.gst_template) == ("SI1", "GST2")
    assert user.channel_subscriptions.get().status == "1"
    assert applied.after == {"gst_template": "GST2"}
    apply(322, LANE, {**KEY, "channels": [{**channel, "action": "2"}]})
    assert not user.channel_subscriptions.exists()


def test_344_keeps_one_participant_code_a_segment(user):
    apply(
        344,
        LANE,
        {**KEY, "participants": [{"segment": "1", "code": "P1"}, {"segment": "4096", "code": "P2"}]},
    )
    apply(344, LANE, {**KEY, "participants": [{"segment": "1", "code": "P3"}]})
    assert [(row.segment, row.code) for row in user.participant_codes.all()] == [(1, "P3"), (4096, "P2")]


def test_346_takes_both_addresses_as_sent_and_drops_a_blank_one(user):
    names = REQUESTS[346].fields
    blank = {name: "" for name in names if name.startswith(("first_", "second_"))}
    both = {**blank, "first_type": "1", "first_city": "Mumbai", "second_type": "2", "second_city": "Pune"}
    apply(346, LANE, {**KEY, **both})
    assert [(row.slot, row.city) for row in user.alternate_addresses.all()] == [(1, "Mumbai"), (2, "Pune")]
    applied = apply(346, LANE, {**KEY, **blank, "first_type": "3", "first_state": "Kerala"})
    assert [(row.slot, row.city, row.state) for row in user.alternate_addresses.all()] == [(1, "", "Kerala")]
    assert len(applied.before["alternate_addresses"]) == 2


@pytest.mark.parametrize(
    ("message_type", "values"),
    [
        (310, {"template_type": "1", "template_name": "ALL"}),
        (312, {"templates": []}),
        (314, {"mappings": []}),
        (322, {"gst_template": "G"}),
        (344, {"participants": []}),
        (346, {}),
    ],
)
def test_each_confirmed_message_raises_the_version_so_that_what_was_seen_before_is_stale(
    user, message_type, values
):
    apply(message_type, LANE, {**KEY, **values})
    user.refresh_from_db()
    assert user.version == 2


def test_a_message_for_a_user_that_nobody_registered_keeps_it_as_declared(user):
    apply(
        310, "HO/OTHER", {"user_id": "OTHER", "group_id": "HO", "template_type": "1", "template_name": "ALL"}
    )
    other = RetailUser.objects.get(user_id="OTHER")
    assert other.source == "declared"
    assert "name" in other.unknown_fields
