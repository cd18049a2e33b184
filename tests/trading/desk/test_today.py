"""What a dealer sees first on Today: what is in doubt, the own open desks, and what is left of the day's cap."""

import pytest

from tests.html_forms import flowed
from tests.trading.conftest import place
from trading.models import DeskOrder

pytestmark = pytest.mark.django_db


def test_a_dealer_sees_open_desks_orders_of_today_and_what_is_in_doubt(client, desk, dealer, settings):
    order = place(desk)
    client.force_login(dealer)
    page = flowed(client.get("/").content.decode())
    assert "/trading/desk/of/HO/DEMO1/" in page
    assert "₹ 900.50 of ₹" in page
    assert "Outcome unknown" not in page
    assert "until its password expires" not in page
    DeskOrder.objects.filter(pk=order.pk).update(state="unknown")
    page = client.get("/").content.decode()
    assert "Outcome unknown" in page
    assert order.get_absolute_url() in page
    settings.ORDER_DESK = False
    assert "Your open desks" not in client.get("/").content.decode()


def test_only_dealers_see_it(client, desk, maker):
    client.force_login(maker)
    assert "Your open desks" not in client.get("/").content.decode()
