"""The Connector's staff pages in a real browser: the way of a basket, and every page without a violation."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.pages.looks import PHONE, UNFOLD, at_each_width, narrow, violations
from tests.portals import Portal, log_in_as, picture, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKE = "from tests.pages.connector_desk import make; make()"
#: In braces: the number of that name in `connector_desk`.
PAGES = {
    "maker": (
        "/partners/",
        "/partners/monitor/{first}/",
        "/partners/baskets/",
        "/partners/baskets/new/",
        "/partners/versions/{first}/",
        "/partners/versions/{second}/",
        "/partners/versions/{draft}/",
        "/partners/versions/{draft}/edit/",
        "/partners/versions/{first}/invite/",
        "/partners/invitations/",
        "/partners/invitations/{invitation}/",
        "/partners/findings/",
        "/partners/findings/{finding}/",
        "/partners/sessions/",
        "/partners/sessions/{session}/",
        "/partners/clients/",
        "/partners/clients/{names}/",
        "/partners/consents/",
        "/partners/consents/ask/",
        "/partners/consents/enter/",
        "/partners/consents/{waiting}/",
        "/partners/consents/{in_force}/",
        "/partners/registry/",
        "/partners/registry/new/",
        "/partners/partner/desk/",
        "/partners/partner/desk/change/",
        "/partners/partner/outside/",
        "/partners/switches/",
        "/partners/calls/",
    ),
    "checker": ("/partners/versions/{second}/",),
    "support": ("/partners/monitor/{first}/", "/partners/switches/"),
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A portal with the Connector on. Nothing is sent: its web server is enough."""
    portal = Portal(tmp_path_factory.mktemp("connector"), "", "")
    portal.environment |= {
        "CONNECTOR": "on",
        "CONNECTOR_PUBLIC_URL": "http://127.0.0.1:9",
        "CONNECTOR_LANDING_URL": "http://127.0.0.1:9",
        "CONNECTOR_VAS_URL": "http://127.0.0.1:9",
        "CONNECTOR_KEYS_URL": "http://127.0.0.1:9",
    }
    try:
        portal.prepare()
        portal.start("web")
        wait_for(f"{portal.url}/staff/login/")
        yield portal
    finally:
        portal.stop()


@pytest.fixture(scope="module")
def desk(portal):
    """The numbers of what `connector_desk` made, by name."""
    return json.loads(portal.manage("shell", "--verbosity", "0", "--command", MAKE))


@pytest.mark.parametrize("person", PAGES)
def test_pages_are_accessible_and_fit(portal, desk, chromium, person):
    context = chromium.new_context(base_url=portal.url)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    log_in_as(page, portal, person)
    for pattern in PAGES[person]:
        path = pattern.format(**desk)
        page.set_viewport_size({"width": PHONE, "height": 800})
        answer = page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if answer.status != 200:
            troubles.append(f"{path}: {answer.status}")
        name = re.sub(r"\W+", "-", pattern).strip("-")
        page.evaluate(UNFOLD)
        for width in at_each_width(page):
            picture(page, f"connector-{name}-{person}-{width}")
            troubles += [f"{path}, {width} px: {words}" for words in (*violations(page), *narrow(page))]
    context.close()
    assert not troubles


def test_a_basket_goes_from_the_grid_to_a_client(portal, desk, log_in):
    page = log_in("maker")
    page.goto("/partners/baskets/")
    page.get_by_role("link", name="Make a basket").click()
    page.get_by_role("textbox", name="Name").fill("Three trees")
    with page.expect_navigation():  # with its scripts, which listen to what is typed
        page.get_by_role("button", name="Make basket").click()
    page.get_by_label("Scrip").first.press_sequentially("peep")
    expect(page.locator("#names-0 option")).to_have_attribute("value", "PEEPAL EQ NSE_EQ 900001")
    page.get_by_label("Scrip").first.fill("PEEPAL EQ NSE_EQ 900001")
    page.get_by_label("Quantity").first.fill("10")
    page.get_by_label("Price ₹").first.fill("101.50")
    page.get_by_role("button", name="Add line").click()
    expect(page.get_by_label("Scrip").nth(3)).to_be_focused()
    page.get_by_label("Scrip").nth(3).fill("BANYAN")
    page.get_by_label("Quantity").nth(3).fill("5")
    page.get_by_label("Price ₹").nth(3).fill("55.05")
    page.get_by_label("Risk text").fill("Shares can fall.")
    page.get_by_label("Valid until").fill("31-12-2098 15:30")
    page.get_by_role("button", name="Save version").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Three trees, version 1")
    page.get_by_role("button", name="Submit for approval").first.click()
    page.get_by_role("dialog").get_by_label("Reason").fill("For clients")
    page.get_by_role("dialog").get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_role("main")).to_contain_text("another person must approve it")
    where = page.url
    checker = log_in("checker")
    checker.goto(where)
    checker.get_by_role("button", name="Approve and publish").click()
    page.goto(where)
    page.get_by_role("link", name="Invite clients").click()
    page.get_by_label("Clients").fill("HO/DESK5")
    page.get_by_role("button", name="Invite clients").click()
    expect(page.get_by_role("heading", name="1 of 1 invited")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Copy link http"))).to_be_visible()


def test_two_clicks_stop_everything(portal, desk, log_in):
    page = log_in("compliance")
    page.goto("/partners/switches/")
    page.get_by_role("button", name="Stop Everything").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Orders that nobody asked for")
    page.get_by_role("button", name="Stop now").click()
    expect(page.get_by_role("alert").filter(has_text="Everything is stopped since")).to_be_visible()
