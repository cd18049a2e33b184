"""What the audit trail keeps of a client who places a run: the client's own clicks by the client's name."""

import pytest

from backoffice.audit.models import Entry
from tests.runs.conftest import text_of
from trading.models import DeskOrder

pytestmark = pytest.mark.django_db


def test_the_login_the_confirmation_and_each_order_are_the_clients_own(visitor, compliance, client, settings):
    visitor.place()
    own = Entry.objects.filter(by_name="Client HO/DEMO1", subject="HO/DEMO1")
    actions = list(own.order_by("id").values_list("action", flat=True))
    assert actions == [
        *("runs.link_opened", "desk.login", "desk.opened", "runs.confirmed"),
        *["desk.order_confirmed"] * 3,
    ]
    answered = Entry.objects.filter(action="desk.order_answered")
    assert {one.by_name for one in answered} == {"system"}
    client.force_login(compliance)
    order = own.filter(action="desk.order_confirmed").last()
    page = client.get(order.get_absolute_url()).content.decode()
    assert "by Client HO/DEMO1" in page
    settings.ORDER_DESK = True
    steps = text_of(client.get(DeskOrder.objects.first().get_absolute_url()).content.decode())
    assert "by the client" in steps
