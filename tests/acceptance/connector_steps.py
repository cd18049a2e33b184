"""What clients and staff do in the tests of the Connector, each in a browser of their own."""

import json
import re
import urllib.request

from playwright.sync_api import expect

PASSWORD = "Basket2026Xy"
VIEWPORT = {"width": 1280, "height": 800}


def data(portal, name):
    """What the stand-in knows, the newest first: visits, orders, sessions, deliveries, calls."""
    with urllib.request.urlopen(f"{portal.connector_url}/{name}") as answer:
        return json.load(answer)


def control(portal, path, **given):
    """Do over HTTP what a button of the stand-in's page does."""
    asked = urllib.request.Request(
        f"{portal.connector_url}/{path}", json.dumps(given).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


def arm(portal, fault, **options):
    """Arm a fault of the stand-in, once."""
    control(portal, "faults", fault=fault, **options)


class Walk:
    """A client with the link of an invitation, in a browser that knows nothing yet."""

    def __init__(self, portal, chromium, invited):
        self.portal, self.user_id, self.pan = portal, invited["user_id"], invited["pan"]
        self.link, self.invitation = invited["link"], invited["invitation"]
        self.context = chromium.new_context(viewport=VIEWPORT)
        self.page = self.context.new_page()

    def open(self):
        """Follow the link and prove who it is: the basket in words."""
        self.page.goto(self.link)
        self.page.get_by_label("The last four characters").fill(self.pan[-4:])
        self.page.get_by_role("button", name="Open the basket").click()
        return self

    def go(self):
        """Click on the basket's page and follow the link to the Connector."""
        self.page.get_by_role("button", name=re.compile("your broker$")).click()
        self.page.get_by_role("link", name=re.compile("at your broker")).click()
        return self

    def log_in(self):
        """Log in on the broker's page."""
        with urllib.request.urlopen(f"{self.portal.connector_url}/keys/{self.user_id}") as answer:
            totp = json.load(answer)["totp"]
        self.page.get_by_label("User").fill(self.user_id)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_label("TOTP").fill(totp)
        self.page.get_by_role("button", name="Log in").click()
        return self

    def to_the_basket(self):
        """Everything up to the basket at the broker, by model 1."""
        return self.open().go().log_in()

    def submit(self):
        """Place the orders of the basket at the broker."""
        self.page.get_by_role("button", name=re.compile("Place . orders")).click()
        return self

    def come_back(self):
        """Let the browser deliver the callback."""
        if (deliver := self.page.get_by_role("link", name=re.compile("^Deliver"))).count():
            deliver.last.click()
        return self

    def shows(self, *words):
        """The page says this."""
        for text in words:
            expect(self.page.locator("main, body").first).to_contain_text(text)
        return self

    def orders(self):
        """This client's orders at the stand-in, the first line first."""
        return [one for one in data(self.portal, "orders.json") if one["ucc"] == self.user_id][::-1]

    def visit(self):
        """This client's last visit at the stand-in."""
        return data(self.portal, "visits.json")[0]
