"""The order desk in a real browser: an order by keyboard, and every page without a violation."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from standins.rest import RestStandIn
from tests.pages.looks import narrow
from tests.portals import Portal, log_in_as, picture, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKE = "from tests.pages.order_desk import make; make()"
OF = "/trading/desk/of/HO/DEMO1/"
LOOKS = (("light", 1440), ("dark", 360))


@pytest.fixture(scope="module")
def standin():
    with RestStandIn(api_key="portal-api-key-1", x_api_key="portal-x-key-2") as standin:
        yield standin


@pytest.fixture(scope="module")
def portal(standin, tmp_path_factory):
    """A portal with the order desk on, before a stand-in of this process."""
    portal = Portal(tmp_path_factory.mktemp("desk"), "", "")
    portal.environment |= {"ORDER_DESK": "on", "REST_BASE_URL": standin.base}
    try:
        portal.prepare()
        portal.manage("shell", "--verbosity", "0", "--command", MAKE)
        portal.start("web")
        wait_for(f"{portal.url}/staff/login/")
        yield portal
    finally:
        portal.stop()


def look_at(page, name):
    """The page as it is, at both widths and themes."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert not narrow(page), (name, width)
        violations = Axe().run(page).response["violations"]
        found = [one for one in violations if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (name, scheme, width)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_dealer_opens_a_desk_and_places_modifies_and_cancels_an_order(portal, standin, chromium):
    page = chromium.new_context(base_url=portal.url).new_page()
    log_in_as(page, portal, "dealer")
    page.goto("/trading/desk/")
    client = page.get_by_role("combobox", name="Client")
    expect(client).to_be_focused()
    client.press_sequentially("asha")
    expect(page.locator(".look-up [role=option]")).to_have_text("HO/DEMO1Asha Example")
    look_at(page, "choosing a client")
    client.press("ArrowDown")
    client.press("Enter")
    expect(client).to_have_value("HO/DEMO1")
    client.press("Enter")
    page.wait_for_url(re.compile(re.escape(f"{OF}open/")))
    page.get_by_label("How was the client identified?").select_option("known")
    page.locator("[name=factor]").select_option("TOTP")
    page.get_by_label("Client's password").fill("Demo#2026")
    page.get_by_label("Client's second factor").fill(standin.people.keys("DEMO1").totp)
    look_at(page, "open")
    page.get_by_role("button", name="Open desk").click()
    page.wait_for_url(re.compile("/place/"))
    scrip = page.locator("#id_scrip")
    scrip.press_sequentially("peep")
    expect(page.locator(".look-up [role=option]")).to_have_count(1)
    scrip.press("ArrowDown")
    scrip.press("Enter")
    expect(scrip).to_have_value("PEEPAL EQ NSE_EQ 900001")
    page.locator("#id_quantity").fill("10")
    page.locator("#id_price").fill("90.05")
    page.locator("#id_instruction").select_option("recording")
    page.locator("#id_reference").fill("Call 4711")
    look_at(page, "ticket")
    page.get_by_role("button", name="Check the order").click()
    expect(page.locator(".order-words")).to_contain_text("Buy 10 PEEPAL EQ on NSE Equity")
    look_at(page, "confirm")
    page.get_by_role("button", name="Send this order").click()
    expect(page.get_by_text("Accepted by the OMS").first).to_be_visible()
    look_at(page, "order")
    order = page.url

    (held,) = standin.store.orders("DEMO1")
    standin.oms.move(held["order_id"], "fill-one")
    page.goto(f"{OF}books/orders/")
    look_at(page, "book")
    picture(page, "order-book")
    page.get_by_role("link", name=re.compile("^Modify")).click()
    page.locator("#id_quantity").fill("20")
    page.locator("#id_instruction").select_option("email")
    page.locator("#id_reference").fill("Mail 12")
    look_at(page, "modify")
    page.get_by_role("button", name="Check the modification").click()
    page.get_by_role("button", name="Send this modification").click()
    expect(page.get_by_text("Asked for").first).to_be_visible()
    look_at(page, "asked")
    page.goto(f"{OF}books/orders/")
    page.goto(order)
    expect(page.get_by_text("1 of 20")).to_be_visible()

    page.get_by_role("link", name="Cancel order").click()
    page.locator("#id_instruction").select_option("recording")
    page.locator("#id_reference").fill("Call 4712")
    look_at(page, "cancel")
    page.get_by_role("button", name="Send this cancellation").click()
    page.wait_for_url(re.compile("/asked/"))
    page.goto(f"{OF}books/orders/")
    page.goto(order)
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    for name in ("trades", "positions", "holdings"):
        page.goto(f"{OF}books/{name}/")
        look_at(page, name)
    page.goto("/trading/desk/")
    page.get_by_role("button", name="Stop all desks").click()
    expect(page.get_by_text("All order desks are stopped")).to_be_visible()
    look_at(page, "stopped")
    page.goto(OF)
    look_at(page, "desk")
    page.context.close()
