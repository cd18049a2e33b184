"""The desk of a client and its books among the pages of the retail user: one head, one row of tabs."""

import re

import pytest

from accounts.models import RetailUser
from accounts.tabs import PAGES, Page
from tests.html_forms import flowed
from tests.trading.conftest import place

pytestmark = pytest.mark.django_db
OF = "/trading/desk/of/HO/DEMO1/"


@pytest.fixture(autouse=True)
def tab():
    """The tab that the room adds when the portal starts with the desk on."""
    added = Page("trading:client", "Order desk", "trading.view_deskorder")
    PAGES.append(added)
    yield
    PAGES.remove(added)


def tabs(page, label):
    nav = re.search(rf'<nav class="tabs" aria-label="{label}">(.*?)</nav>', page, re.DOTALL)
    return re.findall(r'<a href="([^"]+)"( aria-current="page")?\s*>([^<]+)', nav[1]) if nav else []


@pytest.mark.parametrize("where", [OF, f"{OF}books/orders/"])
def test_the_desk_has_the_head_and_the_tabs_of_the_retail_user(client, desk, dealer, where):
    client.force_login(dealer)
    page = client.get(where).content.decode()
    own = client.get("/users/HO/DEMO1/").content.decode()
    heading = re.search(r"<h1.*?</h1>", own, re.DOTALL)[0]
    assert heading in page
    parts = tabs(page, "Parts of this retail user")
    assert [(url, label) for url, _, label in parts] == [
        (url, label) for url, _, label in tabs(own, "Parts of this retail user")
    ]
    assert [label for _, current, label in parts if current] == ["Order desk"]
    books = tabs(page, "The client's desk")
    assert [label for _, current, label in books if current] == ["Desk" if where == OF else "Order book"]


def test_login_types_that_shut_the_desk_lead_to_an_update_for_who_may_propose_one(
    client, client_user, standin, maker, dealer
):
    RetailUser.objects.update(login_types=["18"])
    button = '<a class="btn" href="/users/HO/DEMO1/change/update_retail_user/">Propose an update</a>'
    for person, may in ((maker, True), (dealer, False)):
        client.force_login(person)
        page = client.get(OF).content.decode()
        assert "login types lack API Web" in page
        assert (button in page) is may


def test_who_may_only_look_sees_no_books_and_no_buttons(client, desk, maker):
    client.force_login(maker)
    page = client.get(OF).content.decode()
    assert "Order desk" in page
    assert tabs(page, "The client's desk") == []
    assert "Place an order" not in page


def test_the_order_book_says_codes_by_name(client, desk, dealer):
    place(desk)
    client.force_login(dealer)
    book = flowed(client.get(f"{OF}books/orders/").content.decode())
    shown = dict(re.findall(r'<td data-label="(\w+)"[^>]*>\s*([^<]*?)\s*</td>', book))
    assert {name: shown[name] for name in ("Side", "Exchange", "Type", "Trigger", "Validity")} == {
        "Side": "Buy",
        "Exchange": "NSE Equity",
        "Type": "Limit",
        "Trigger": "–",
        "Validity": "For the day",
    }
