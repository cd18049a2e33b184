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


def disarm(portal):
    """Remove all faults."""
    urllib.request.urlopen(urllib.request.Request(f"{portal.connector_url}/faults", method="DELETE")).close()


class Client:
    """A client of the broker, in a browser that knows nothing yet. `link`, `invitation`: of the last invitation."""

    def __init__(self, portal, chromium, user_id):
        self.portal, self.user_id = portal, user_id
        self.link = self.invitation = ""
        self.page = chromium.new_context(viewport=VIEWPORT).new_page()

    def invited_to(self, maker, basket, model=1):
        """The maker invites this client to the newest version of a basket, and hands the link over."""
        maker.goto("/partners/baskets/")
        maker.get_by_role("link", name=basket, exact=True).click()
        maker.get_by_role("link", name="Invite clients").click()
        maker.get_by_label("Clients").fill(f"HO/{self.user_id}")
        maker.get_by_label("Model").select_option(str(model))
        maker.get_by_role("button", name="Invite clients").click()
        self.link = (
            maker.get_by_role("region", name="Links").locator("[data-copy]").get_attribute("data-copy")
        )
        maker.goto("/partners/invitations/")
        self.invitation = maker.locator("tbody tr").first.get_by_role("link").first.get_attribute("href")
        return self

    def open(self):
        """Follow the link and prove who it is: the basket in words."""
        self.page.goto(self.link)
        self.page.get_by_label("The last four characters").fill(f"00{self.user_id[-1]}K")
        self.page.get_by_role("button", name="Open the basket").click()
        return self

    def again(self):
        """Back to the basket at the portal, within the same visit."""
        self.page.goto(f"{self.portal.url}/connector/visit/")
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
        return self.press("Log in")

    def press(self, button):
        """Press a button of the page."""
        self.page.get_by_role("button", name=button).click()
        return self

    def submit(self):
        """Place the orders of the basket at the broker; one callback delivers itself."""
        self.page.get_by_role("button", name=re.compile("Place . orders")).click()
        return self

    def deliver_both(self):
        """Deliver two callbacks, the first one in another tab."""
        deliver = self.page.get_by_role("link", name=re.compile("^Deliver"))
        with self.page.expect_popup() as popup:
            deliver.first.click()
        expect(popup.value.get_by_role("heading")).to_have_text("Back from your broker")
        deliver.last.click()
        return self

    def shows(self, *words):
        """The page says this."""
        for text in words:
            expect(self.page.locator("body")).to_contain_text(text)
        return self

    def orders(self):
        """This client's orders at the stand-in, in the order of the basket's lines."""
        return [one for one in data(self.portal, "orders.json") if one["ucc"] == self.user_id][::-1]
