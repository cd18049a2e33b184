"""What people write is bounded in the operation, whatever was sent: the trail can never let go of it."""

import uuid

import pytest
from django.db import transaction

from backoffice.audit import retention
from backoffice.audit.models import Entry
from backoffice.changes import operations as changes
from backoffice.changes.errors import ChangeError
from backoffice.delivery import gate
from backoffice.delivery import operations as deliveries
from backoffice.delivery.errors import DeliveryError
from backoffice.desk.context import Frame
from backoffice.free_text import COMMENT_LENGTH, REASON_LENGTH
from backoffice.odin import session
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import ChangeFactory, DeliveryFactory
from tests.logins.test_pages_by_role import pages
from tests.test_hostile_values import everybody, filled, methods, names  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db

LONG = "x" * 2_000_000


ACTIONS = ("approve", "reject", "withdraw", "comment", "applied", "free", "cancel")


def taking_a_reason(client, asked):
    """Every address that takes a reason, with all that it asks for."""
    for route, name, parts in pages():
        for action in ACTIONS if "action" in parts else ("",):
            address = filled(client, route, name, parts, action=action)
            asked.clear()
            if "post" in methods(client, address) and "reason" in asked:
                yield address, set(asked)


def written(client, addresses, reason):
    """What the trail has after every page that takes a reason got this one: address, action and characters."""
    found = []
    for address, asked in addresses:
        with transaction.atomic():
            known = Entry.objects.count()
            client.post(address, {**dict.fromkeys(asked, "1"), "subject": "HO/RET001", "reason": reason})
            entries = Entry.objects.order_by("id")[known:]
            found += [(address, entry.action, len(entry.reason) + len(entry.text)) for entry in entries]
            transaction.set_rollback(True)
    return found


def test_no_page_lets_more_into_the_trail_than_its_forms_do(everybody, names):  # noqa: F811
    """Whatever a form asks for is sent at full length to every page that takes a reason."""
    addresses = list(taking_a_reason(everybody, names))
    assert len({action for _, action, _ in written(everybody, addresses, "Because")}) >= 4
    assert [found for found in written(everybody, addresses, LONG) if found[2] > COMMENT_LENGTH] == []


def submit(reason, maker):
    values = {**example(CreateRetailUser), "reference": "", "user_id": "NEW001", "group_id": "HO"}
    return changes.submit("create_retail_user", values, by=maker, reason=reason, token=uuid.uuid4())


OPERATIONS = {
    "submit": (ChangeError, lambda reason, people: submit(reason, people["maker"])),
    "reject": (
        ChangeError,
        lambda reason, people: changes.reject(
            ChangeFactory(subject="HO/A", message_values={}).pk, by=people["checker"], reason=reason
        ),
    ),
    "free": (
        DeliveryError,
        lambda reason, people: deliveries.free(
            DeliveryFactory(lane="HO/B", state="on_hold").pk, by=people["checker"], reason=reason
        ),
    ),
    "pause": (DeliveryError, lambda reason, people: gate.pause(by=people["admin"], reason=reason)),
    "take over": (session.NotAllowed, lambda reason, people: session.take_over(people["admin"], reason)),
    "hold": (
        retention.RetentionError,
        lambda reason, people: retention.place_hold("HO/A", by=people["compliance"], reason=reason),
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_refuses_what_is_too_long_in_words(name, maker, checker, admin, compliance):
    people = {"maker": maker, "checker": checker, "admin": admin, "compliance": compliance}
    error, do = OPERATIONS[name]
    with pytest.raises(error, match=r"The text has 501 characters; at most 500 are kept\. Shorten it\."):
        do("x" * (REASON_LENGTH + 1), people)


def test_a_pause_keeps_a_reason_that_fits_and_no_more(client, admin):
    client.force_login(admin)
    address = "/deliveries/pause/"
    page = client.post(address, {"reason": "x" * 501}, follow=True).content.decode()
    assert "at most 500 are kept" in page
    assert gate.state().paused_at is None
    # A browser sends each end of a line as two characters and counts it as one.
    client.post(address, {"reason": "a\r\n" * 249 + "ab"})
    assert gate.state().pause_reason == "a\n" * 249 + "ab"


def test_a_control_character_is_kept_as_its_sign(client, admin):
    client.force_login(admin)
    client.post("/deliveries/pause/", {"reason": "a\x00b\x1b[2J\x85\u202e\tc\nd"})
    assert gate.state().pause_reason == "a\u2400b\u241b[2J\ufffd\ufffd\tc\nd"


def test_forms_say_how_much_an_operation_takes(client, admin, checker, maker):
    client.force_login(admin)
    html = client.get("/deliveries/").content.decode()
    assert f'maxlength="{REASON_LENGTH}"' in html
    assert (Frame.reason_length, Frame.comment_length) == (REASON_LENGTH, COMMENT_LENGTH)
