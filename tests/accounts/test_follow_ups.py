"""One change, several messages: a profile and what goes out behind it, from form and file to ODIN and the records."""

import re
import uuid
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.kinds.create_retail_user import KIND as CREATE
from accounts.models import RetailUser
from backoffice.batches.decide import decisions
from backoffice.changes import operations
from backoffice.changes.again import next_step
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.delivery.operations import cancel
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from limits.models import LimitUpdate
from tests.factories import RetailUserFactory, set_rule
from tests.html_forms import Page, flowed
from tests.uploads import sent, uploaded

pytestmark = pytest.mark.django_db(transaction=True)

LANE = "HO/NEW001"
KEY = {"group_id": "HO", "user_id": "NEW001"}
BEHIND = {
    "templates": [{"type": "11", "name": "CRP1", "level": "0"}],
    "qvl_templates": [{"name": "ALL", "exchange": "1", "level": "0"}],
    "dealers": [{"group": "HO", "id": "DEAL1"}],
    "square_offs": [{"periodicity": "3", "mtm": "80", "mtm_trigger": "1"}],
    "deposits": [{"amount": "1000.50", "notional_deposit": "", "product_id": "1"}],
}
TYPES = [301, 310, 312, 314, 324, 303]


def proposed(maker, kind="create_retail_user", **changed):
    """What a maker submits on the form of a new retail user."""
    values = {**example(CreateRetailUser), **KEY, "reference": "", "password": "", **changed}
    return operations.submit(kind, values, by=maker, reason="New client", token=uuid.uuid4(), typed=True)


def approved(maker, checker, **changed):
    change = proposed(maker, **changed)
    return operations.approve(change.pk, by=checker, content_hash=change.content_hash)


def work():
    """Let a worker deliver until nothing is due."""
    while drain(5):
        pass


def states(change):
    return [(each.message_type, each.state) for each in change.deliveries.order_by("pk")]


def test_a_profile_and_all_behind_it_are_one_change_and_reach_odin_and_the_record(odin, maker, checker):
    change = approved(maker, checker, **BEHIND)
    work()
    assert states(change) == [(number, State.APPLIED) for number in TYPES]
    assert [line.type for line in odin.store.ledger(limit=50) if line.type in TYPES] == TYPES
    user = RetailUser.objects.get(**KEY)
    assert user.templates.get().template_name == "CRP1"
    assert user.dealer_mappings.get().dealer_id == "DEAL1"
    assert user.square_off_settings.get().periodicity == 3
    assert str(LimitUpdate.objects.get(retail_user=user).amount) == "1000.50"


def test_what_is_behind_a_refused_create_is_held_and_goes_on_when_a_correction_is_applied(
    odin, maker, checker
):
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    change = approved(maker, checker, **BEHIND)
    work()
    assert states(change) == [(301, State.REFUSED), *((number, State.ON_HOLD) for number in TYPES[1:])]
    correction = approved(maker, checker)
    assert any(found["rule"] == "portal.waiting" for found in correction.findings)
    work()
    assert states(correction) == [(301, State.APPLIED)]
    assert states(change) == [(301, State.REFUSED), *((number, State.APPLIED) for number in TYPES[1:])]


def test_what_a_correction_says_again_replaces_what_is_held_so_that_no_deposit_is_made_twice(
    odin, maker, checker
):
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    change = approved(maker, checker, **BEHIND)
    work()
    again = [{"amount": "2000", "notional_deposit": "", "product_id": "1"}]
    correction = approved(maker, checker, deposits=again)
    work()
    assert dict(states(change))[303] == State.CANCELLED
    assert dict(states(change))[310] == State.APPLIED
    assert states(correction) == [(301, State.APPLIED), (303, State.APPLIED)]
    assert [str(update.amount) for update in LimitUpdate.objects.all()] == ["2000.00"]


def test_what_another_change_asked_for_is_not_replaced(odin, maker, checker):
    """A correction speaks of its own change alone."""
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    first = approved(maker, checker, templates=BEHIND["templates"])
    work()
    second = approved(maker, checker, deposits=BEHIND["deposits"])
    work()
    assert states(first) == [(301, State.REFUSED), (310, State.APPLIED)]
    assert states(second) == [(301, State.APPLIED), (303, State.APPLIED)]


def test_a_cancelled_create_holds_what_is_behind_it(maker, checker):
    change = approved(maker, checker, templates=BEHIND["templates"])
    cancel(change.deliveries.get(message_type=301).pk, by=checker, reason="Not wanted")
    held = change.deliveries.get(message_type=310)
    assert (held.state, held.held_by.message_type) == (State.ON_HOLD, 301)


def test_a_refused_follow_up_is_corrected_by_itself(odin, maker, checker, client):
    odin.faults.add("refuse_before", match={"type": 310}, text="Template does not exist")
    change = approved(maker, checker, **BEHIND)
    work()
    assert dict(states(change))[310] == State.REFUSED
    assert dict(states(change))[303] == State.APPLIED
    client.force_login(maker)
    page = client.get(change.get_absolute_url()).content.decode()
    address = reverse("accounts:change", args=["HO", "NEW001", "user_template"])
    assert f"{address}?again={change.pk}&amp;part=1" in page
    form = client.get(address, {"again": change.pk, "part": 1})
    assert form.context["sections"][0].parts["template_name"].bound.value() == "CRP1"
    assert client.get(address, {"again": change.pk, "part": 2}).status_code == 404


@pytest.mark.parametrize(("above", "checkers"), [("500", 2), ("5000", 1)])
def test_two_checkers_where_the_money_behind_a_profile_asks_for_it(maker, above, checkers):
    set_rule("cash_deposit", above=above)
    change = proposed(maker, deposits=BEHIND["deposits"])
    assert (str(change.amount), change.checkers) == ("1000.50", checkers)
    assert ("limit" in change.risks) == (checkers == 2)


def test_the_strictest_rule_of_all_messages_holds(maker):
    set_rule("dealer_mapping", checkers=2)
    assert proposed(maker, dealers=BEHIND["dealers"]).checkers == 2
    assert proposed(maker, user_id="NEW002").checkers == 1


def test_a_user_to_be_created_is_no_stranger_to_what_follows():
    (examined,) = CREATE.examine([{**example(CreateRetailUser), **KEY, **BEHIND}], CREATE.compose)
    assert [finding for finding in examined.findings if finding.rule == "portal.exists"] == []
    assert [one.kind for one in examined.follow_ups][:2] == ["user_template", "qvl_templates"]


def test_a_finding_of_a_follow_up_stands_where_it_was_typed():
    wrong = {"deposits": [{"amount": "x", "product_id": "1"}], "dealers": [{"group": "HO", "id": ""}]}
    (examined,) = CREATE.examine([{**example(CreateRetailUser), **KEY, **wrong}], CREATE.compose)
    assert {finding.path for finding in examined.findings} >= {"deposits.0.amount", "dealers.0.id"}


def test_a_package_sends_only_what_it_says_and_keeps_the_other_address(odin, maker, checker, client):
    work_for = approved(maker, checker)
    work()
    user = RetailUser.objects.get(**KEY)
    user.alternate_addresses.create(slot=2, type="2", city="Pune")
    values = {
        **KEY,
        "manager_id": "",
        "category": "",
        "dealers": [{"action": "", "group": "HO", "id": "DEAL1"}],
        "alternate_addresses": [{"type": "1", "city": "Mumbai"}],
    }
    change = operations.submit("package", values, by=maker, reason="Asked", token=uuid.uuid4(), typed=True)
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    work()
    assert states(change) == [(314, State.APPLIED), (346, State.APPLIED)]
    assert [row.city for row in user.alternate_addresses.order_by("slot")] == ["Mumbai", "Pune"]
    assert work_for.deliveries.count() == 1


def test_a_package_without_a_setting_or_a_user_is_wrong():
    kind = KINDS["package"]
    empty, stranger = kind.examine([{**KEY}, {"group_id": "HO", "user_id": "X", **BEHIND}], kind.compose)
    assert {finding.rule for finding in empty.findings} >= {"portal.nothing", "portal.exists"}
    assert [finding.rule for finding in stranger.findings].count("portal.exists") == 1


def test_a_package_that_odin_confirmed_already_is_done(db):
    user = RetailUserFactory(**KEY)
    user.dealer_mappings.create(dealer_group="HO", dealer_id="DEAL1")
    kind = KINDS["package"]
    dealer = {"action": "A", "group": "HO", "id": "DEAL1"}
    code = [{"segment": "1", "code": "X1"}]
    done, not_yet = kind.examine(
        [{**KEY, "dealers": [dealer]}, {**KEY, "dealers": [dealer], "participants": code}], kind.compose
    )
    assert (done.done, not_yet.done) == (True, False)


def test_users_and_their_accounts_are_read_once_for_all_that_a_package_sends():
    kind, lanes = KINDS["package"], [{"group_id": "HO", "user_id": f"RET{number}"} for number in range(5)]
    for lane in lanes:
        RetailUserFactory(**lane)
    with CaptureQueriesContext(connection) as asked:
        examined = kind.examine([{**lane, **BEHIND} for lane in lanes], kind.compose)
    assert {len(one.follow_ups) for one in examined} == {len(BEHIND)}
    read = Counter(
        found for query in asked for found in re.findall(r'^SELECT .* FROM "(accounts_\w+)"', query["sql"])
    )
    assert set(read.values()) == {1}, read


ROW = {
    **KEY,
    "name": "Ravi Testwala",
    "manager_id": "10.0.10.0",
    "category": "4",
    "odin_user_type": "1",
    "password": "Sample2026",
    "status": "A",
    "gender": "M",
    "pan": "ABCPT1234A",
    "birth_date": "21-01-1985",
    "mobile": "9800000002",
    "trading_segments": "1",
    "market_data_segments": "1",
    "login_segments": "1",
    "login_types": "17",
    "products": "3",
    "gst_template": "USERMIG",
    "client_type": "IND",
    "tax_status": "1",
    "occupation": "1",
    "surveillance": "0",
    "form60": "N",
    "address_1": "1 Sample Street",
    "city": "Pune",
    "pin_code": "411004",
    "email": "ravi@example.com",
    "template_1_type": "11",
    "template_1_name": "CRP1",
    "dealer_1_group": "HO",
    "dealer_1_id": "DEAL1",
}


def test_a_create_file_with_follow_ups_goes_out_row_by_row_and_a_wrong_group_is_found_at_its_cell(
    odin, maker, checker, client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    other = {"user_id": "NEW002", "mobile": "9800000003", "pan": "ABCPT1234B", "email": "b@example.com"}
    rows = uploaded(client, "create_retail_user", ROW, {**ROW, **other, "dealer_1_id": ""})
    assert [row.state for row in rows] == ["good", "wrong"]
    assert [finding["path"] for finding in rows[1].findings] == ["dealers.0.id"]
    assert "Lets this dealer act for the user." in rows[0].risks
    sent(client, checker, rows)
    work()
    change = Change.objects.get(batch=rows[0].batch)
    assert states(change) == [(number, State.APPLIED) for number in (301, 310, 314)]
    assert RetailUser.objects.get(**KEY).dealer_mappings.count() == 1


def test_a_corrected_row_that_is_uploaded_again_replaces_what_is_held(
    odin, maker, checker, client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    odin.faults.add("refuse_before", match={"type": 301}, text="Group Id does not exist")
    client.force_login(maker)
    for _ in range(2):
        sent(client, checker, uploaded(client, "create_retail_user", ROW))
        work()
    held = Delivery.objects.order_by("pk").values_list("message_type", "state")
    assert list(held) == [
        (301, State.REFUSED),
        (310, State.CANCELLED),
        (314, State.CANCELLED),
        (301, State.APPLIED),
        (310, State.APPLIED),
        (314, State.APPLIED),
    ]


def test_the_money_of_a_create_file_needs_its_total_and_the_checkers_of_its_rule(
    maker, client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    set_rule("cash_deposit", above="500")
    client.force_login(maker)
    (row,) = uploaded(
        client, "create_retail_user", {**ROW, "deposit_1_amount": "600", "deposit_1_product_id": "1"}
    )
    assert "limit" in row.flags
    address = reverse("batches:submit", args=[row.batch_id])
    client.post(address, {"mode": "valid", "reason": "As asked", "control_total": "600"})
    assert Change.objects.get(batch=row.batch_id).checkers == 2


SETTINGS_ROW = {
    "gst_template": "USERMIG",
    "template_1_type": "11",
    "template_1_name": "CRP1",
    "qvl_1_name": "ALL",
    "qvl_1_exchange": "1",
    "qvl_1_level": "0",
    "dealer_1_group": "HO",
    "dealer_1_id": "DEAL1",
    "channel_1_template": "TRADING",
    "channel_1_channel": "ONLINE",
    "channel_1_status": "1",
    "square_off_1_periodicity": "3",
    "square_off_1_mtm": "80",
    "square_off_1_mtm_trigger": "1",
    "participant_1_segment": "1",
    "participant_1_code": "01494460IH",
}
KNOWN = {
    "gst_template": "",
    "manager_id": "10.0.10.0",
    "category": "4",
    "client_type": "IND",
    "mobile": "9800000009",
}
CONVERSION_ROW = {
    "password": "Sample2026",
    "mobile": "9800000009",
    "client_type": "IND",
    "gst_template": "USERMIG",
    "dealer_1_group": "HO",
    "dealer_1_id": "DEAL1",
}


@pytest.mark.parametrize(
    ("slug", "cells", "odin_user_type"),
    [("package", SETTINGS_ROW, "1"), ("convert_retail_user", CONVERSION_ROW, "0")],
)
def test_starting_again_from_a_row_asks_for_the_same_messages(
    client, maker, checker, settings, tmp_path, slug, cells, odin_user_type
):
    settings.VAR_DIR = tmp_path
    RetailUserFactory(group_id="HO", user_id="HERE1", odin_user_type=odin_user_type, **KNOWN)
    client.force_login(maker)
    [row] = uploaded(client, slug, {"group_id": "HO", "user_id": "HERE1", **cells})
    submitted = client.post(
        reverse("batches:submit", args=[row.batch_id]), {"mode": "all", "reason": "Asked"}
    )
    assert submitted.status_code == 302, flowed(submitted.content.decode())
    decisions.reject(row.batch_id, by=checker, reason="One of them is wrong")
    change = Change.objects.get(batch=row.batch_id)
    step = next_step(change, maker)
    page = Page(client.get(step.url).content.decode())
    typed = {"password": "Sample2026"} if slug == "convert_retail_user" else {}
    check = client.post(step.url.partition("?")[0], page.sent(press="check", again=str(change.pk), **typed))
    assert check.status_code == 302, [one.text for one in check.context["findings"]]
    client.post(check.url, Page(client.get(check.url).content.decode()).sent(reason="Corrected"))
    again = Change.objects.get(corrects=change)
    assert behind(change) == behind(again) != []


def behind(change):
    """Return the messages after a 301, without their references, which are used once."""
    return [
        (part["type"], {name: value for name, value in part["values"].items() if name != "reference"})
        for part in change.messages
        if part["type"] != 301
    ]
