"""The stand-in's pages in a real browser: the whole way of model 1, accessible, and no wider than a phone."""

import urllib.parse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.standins.connector.conftest import PARTNER, PRODUCT, TOKEN, TP_USER, line, settled

pytestmark = pytest.mark.browser

UNFOLD = "document.querySelectorAll('main details').forEach(one => { one.open = true })"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Client:
    """A person at the browser; what is wrong with a page is collected."""

    def __init__(self, page, standin):
        self.page, self.standin = page, standin
        self.troubles = []
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda said: said.type == "error" and self.troubles.append(f"{page.url}: {said.text}")
        )

    def look(self, name):
        """Judge the page that is open."""
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.page.evaluate(UNFOLD)
        for violation in Axe().run(self.page).response["violations"]:
            self.troubles.append(f"{name}: {violation['id']}: {violation['nodes'][0]['html'][:200]}")
        if (wide := self.page.evaluate(TOO_WIDE)) > 0:
            self.troubles.append(f"{name}: {wide} px wider than the window")

    def land(self, publisher, **changed):
        given = {
            "sAppToken": TOKEN,
            "nRequestType": "1",
            "sProductCode": PRODUCT,
            "sTpUserId": TP_USER,
            "sTwoWayToken": publisher.mint(),
            **changed,
        }
        self.page.goto(f"{self.standin.home}landing/redirect?{urllib.parse.urlencode(given)}")

    def log_in(self):
        self.page.get_by_label("User").fill("DEMO1")
        self.page.get_by_label("Password").fill("Demo#2026")
        self.page.get_by_label("TOTP").fill(self.standin.people.keys("DEMO1").totp)
        self.page.get_by_role("button", name="Log in").click()


@pytest.fixture
def client(chromium, standin, request):
    scheme, width = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    one = Client(context.new_page(), standin)
    yield one
    context.close()
    assert not one.troubles


@pytest.mark.parametrize("client", [("light", 1280), ("dark", 1280), ("light", 360)], indirect=True)
def test_the_whole_way_of_a_client(client, publisher, standin):
    page = client.page
    standin.publishers.change({"application_token": TOKEN, "callback_method": "POST"})
    publisher.lines = [*publisher.lines, line(mktSegId=8)]
    client.land(publisher)
    client.look("choose")
    page.get_by_label("Broker").select_option(PARTNER)
    page.get_by_role("button", name="Continue").click()
    client.look("login")
    client.log_in()
    expect(page.get_by_text("mktSegId 8 is not a plain segment id.")).to_be_visible()
    client.look("basket")
    page.get_by_label("Quantity of line 1").fill("7")
    page.get_by_role("button", name="Place 3 orders").click()
    expect(page.get_by_role("heading", name="Back at the publisher")).to_be_visible()
    assert publisher.callbacks[0][:2] == ("basket", "POST")
    settled(standin)
    publisher.webhook_status = 500
    standin.faults.add("webhook_lost", times=-1)
    standin.omex.move(standin.omex.orders()[-1]["unique_code"], "cancel")
    standin.vas.open_session(TOKEN, standin.vas.users()[0])
    standin.publishers.change({"application_token": TOKEN, "connected": False})
    page.goto(standin.home)
    client.look("home")
    expect(page.get_by_role("cell", name="0 of 7")).to_be_visible()


@pytest.mark.parametrize("client", [("light", 1280)], indirect=True)
def test_a_callback_by_get_after_a_form_is_not_stopped_and_two_are_delivered_one_by_one(
    client, publisher, standin
):
    page = client.page
    client.land(publisher, sPartnerId=PARTNER)
    client.log_in()
    page.get_by_role("button", name="Return without an order").click()
    expect(page.get_by_role("heading", name="Back at the publisher")).to_be_visible()
    standin.faults.add("callback_twice")
    client.land(publisher, sPartnerId=PARTNER)
    client.log_in()
    page.get_by_role("button", name="Place 3 orders").click()
    client.look("two callbacks")
    with page.context.expect_page() as other:
        page.get_by_role("link", name="Deliver").first.click()
    expect(other.value.get_by_role("heading", name="Back at the publisher")).to_be_visible()
    page.get_by_role("link", name="Deliver").last.click()
    expect(page.get_by_role("heading", name="Back at the publisher")).to_be_visible()
    assert [fields["sStatusCode"] for _, _, fields in publisher.callbacks] == ["C101", "S101", "S101"]


@pytest.mark.parametrize("client", [("dark", 360)], indirect=True)
def test_the_ends_of_a_visit(client, publisher, standin):
    client.land(publisher, sTwoWayToken="made-up")
    client.look("refused")
    standin.faults.add("late_token")
    client.land(publisher, sPartnerId=PARTNER)
    client.look("held")
    client.page.get_by_role("button", name="Check now").click()
    standin.faults.add("wrong_auth_code")
    client.log_in()
    client.look("no basket")
    standin.faults.add("callback_lost")
    client.page.get_by_role("button", name="Return without an order").click()
    client.look("over")
    client.page.goto(standin.home)
    client.page.get_by_text("Addresses and settings").click()
    client.page.get_by_label("Callbacks come by").select_option("POST")
    client.page.get_by_role("button", name="Save settings").click()
    expect(client.page.get_by_text("Addresses and settings")).to_be_visible()
    assert standin.publishers.find(TOKEN).callback_method == "POST"
