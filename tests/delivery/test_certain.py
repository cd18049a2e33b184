"""A create that ODIN had already, as ODIN or a person says: its approved values go out once more, to be certain."""

import pytest
from django.utils import timezone

from accounts.models import RetailUser
from accounts.values import to_values
from backoffice.audit.models import Entry
from backoffice.config import odin_config
from backoffice.delivery import queue
from backoffice.delivery.models import Delivery
from backoffice.delivery.queue import Said
from backoffice.delivery.sending import drain
from backoffice.delivery.states import Move, State
from backoffice.odin import session
from backoffice.odin.gateway import gateway
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.templates import UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.wire import Header, encode
from standins.odin.handlers.users import APART
from tests.factories import DeliveryFactory

TEMPLATE = {**example(UpdateUserTemplate), "group_id": "HO", "user_id": "NEW001"}

pytestmark = pytest.mark.django_db(transaction=True)


def create_elsewhere(**changed):
    """Another system creates a retail user in ODIN."""
    config = odin_config()
    values = {**example(CreateRetailUser), **changed}
    cipher = config.cipher()
    text = encode(CreateRetailUser, values, Header(config.dealer_id, session.current().id), cipher)
    assert "18=1|" in gateway().call(301, text)


def work():
    """Let a worker deliver until nothing is due."""
    while drain(5):
        pass


def applied(odin, *types):
    """What took effect at ODIN, of these types."""
    return [line for line in odin.store.ledger(limit=100) if line.applied and line.type in types]


def test_a_create_whose_answer_was_lost_is_followed_by_an_update_and_then_its_record_is_confirmed(
    odin, approved
):
    odin.faults.add("drop_after", match={"type": 301})
    delivery = approved(user_id="NEW001", group_id="HO", telephone="02226400000", mobile="9876543210")
    work()
    followed = Delivery.objects.filter(change=delivery.change, ahead=True).order_by("pk")
    assert [(d.message_type, d.state) for d in followed] == [(320, State.APPLIED)] * 2
    assert sorted(line.type for line in applied(odin, 301, 320)) == [301, 320, 320]
    user = RetailUser.objects.get(user_id="NEW001")
    assert (user.telephone, user.mobile) == ("02226400000", "9876543210")
    assert odin.store.user("HO", "NEW001")["values"]["telephone"] == "02226400000"
    assert user.version == 3


def test_what_another_system_created_with_other_values_ends_with_the_approved_ones(odin, approved):
    create_elsewhere(
        user_id="NEW001", name="Somebody Else", pan="", city="Pune", fax="0221", address_2="Elsewhere"
    )
    odin.faults.add("drop_before", match={"type": 301})
    delivery = approved(user_id="NEW001", group_id="HO", fax="", address_2="")
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.code) == (State.APPLIED, "0")
    assert len(applied(odin, 301)) == 1, "that of the other system"
    there = odin.store.user("HO", "NEW001")
    carried = {name for update in Delivery.objects.filter(ahead=True) for name in update.values}
    assert len(carried) > 30
    known = to_values(RetailUser.objects.get(user_id="NEW001"))
    for name in carried - {*APART, *("orders_per_second", "max_broadcast_scrips", "max_gtd")}:
        assert there["values"][name] == delivery.values[name] == (known[name] or ""), name
    assert {bank["account_no"] for bank in delivery.values["banks"]} == {
        bank["account_no"] for bank in there["banks"]
    }


def test_what_a_person_found_in_odin_ends_with_the_approved_values_on_the_checkers_word(
    odin, approved, client, checker, settings
):
    settings.DELIVERY_MAX_ATTEMPTS = 1
    create_elsewhere(user_id="NEW001", name="Somebody Else", pan="", city="Pune")
    odin.faults.add("drop_before", match={"type": 301})
    create = approved(user_id="NEW001", group_id="HO")
    later = DeliveryFactory(lane=create.lane, message_type=310, own_values=TEMPLATE)
    work()
    client.force_login(checker)
    client.post(f"/deliveries/{create.pk}/applied/", {"reason": "WebAdmin shows the user"})
    work()
    create.refresh_from_db()
    later.refresh_from_db()
    assert (create.state, later.state) == (State.APPLIED, State.APPLIED)
    there = odin.store.user("HO", "NEW001")["values"]
    assert (there["name"], there["city"]) == (create.values["name"], create.values["city"])
    came = sorted(applied(odin, 301, 310, 320), key=lambda line: line.received)
    assert [line.type for line in came] == [301, 320, 320, 310], "the first is that of the other system"
    entry = Entry.objects.filter(action="delivery.confirming").first()
    assert (entry.change_id, entry.details["create"]) == (create.change_id, create.pk)
    assert "a person found the user" in entry.text


def test_it_goes_before_what_waits_behind_the_create(odin, approved):
    odin.faults.add("drop_after", match={"type": 301})
    create = approved(user_id="NEW001", group_id="HO")
    later = DeliveryFactory(lane=create.lane, message_type=310, own_values=TEMPLATE)
    work()
    later.refresh_from_db()
    assert later.state == State.APPLIED
    came = sorted(applied(odin, 301, 310, 320), key=lambda line: line.received)
    assert [line.type for line in came] == [301, 320, 320, 310]


def test_of_two_such_updates_the_second_waits_for_the_first_whatever_becomes_of_it(approved):
    create = approved()
    Delivery.objects.filter(pk=create.pk).update(state=State.APPLIED, finished_at=timezone.now())
    options = {"change_id": create.change_id, "message_type": 320, "lane": create.lane, "reference": ""}
    first, second = (
        queue.enqueue(values={"name": name}, ahead=True, number=number, **options)
        for number, name in enumerate(("One", "Two"), 1)
    )
    claim = queue.claim()
    assert claim.delivery.pk == first.pk
    queue.release(claim.delivery, Said("delivery.released", "Later."), next_try_at=second.created_at)
    Delivery.objects.filter(pk=first.pk).update(needs_person=True)
    assert queue.claim() is None
    first.refresh_from_db()
    queue.move(first, Move.CANCEL, Said("delivery.cancelled", "Never."))
    assert queue.claim().delivery.pk == second.pk


def test_compliance_sees_why_it_was_sent_and_on_whose_approval_it_rests(
    odin, approved, client, checker, compliance
):
    odin.faults.add("drop_after", match={"type": 301})
    create = approved(user_id="NEW001", group_id="HO", password=SecretText("Sesame42"))
    work()
    update = Delivery.objects.filter(ahead=True).first()
    entry = Entry.objects.get(action="delivery.confirming", delivery_id=update.pk)
    assert (entry.change_id, entry.details["create"]) == (create.change_id, create.pk)
    assert entry.details["create_content_hash"] == create.content_hash
    assert f"approved with C-{create.change_id}" in entry.text
    assert "password" not in update.values
    client.force_login(compliance)
    page = client.get(update.get_absolute_url()).content.decode()
    assert "so that they are certain" in page
    assert f"by {checker}" in page


def test_a_refused_one_comes_to_a_person_since_the_values_are_not_certain(odin, approved):
    odin.faults.add("drop_after", match={"type": 301})
    refusal = "Error occurred, kindly contact administrator"
    odin.faults.add("refuse_before", match={"type": 320}, text=refusal)
    approved(user_id="NEW001", group_id="HO", telephone="", mobile="")
    work()
    update = Delivery.objects.get(ahead=True)
    assert (update.state, update.needs_person) == (State.REFUSED, True)
    assert "WebAdmin" in update.reason


def test_a_create_that_odin_confirmed_is_followed_by_nothing(odin, approved):
    approved(user_id="NEW001", group_id="HO")
    work()
    assert not Delivery.objects.filter(ahead=True).exists()
    assert not applied(odin, 320)
