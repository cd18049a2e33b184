"""Baskets by the Connector, end to end in a real browser: model 1, model 2, and each fault of the stand-in.

Each is looked at on both sides: on the portal's pages for staff, and at the stand-in that plays Connector and broker.
"""

import re
import sqlite3
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.acceptance.connector_steps import PASSWORD, VIEWPORT, Client, arm, control, data, disarm
from tests.portals import log_in_as, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Clients that the tests take one by one.
CLIENTS = 9
PREPARE = """
import time, uuid
from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.logins.models import User
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.secret import SecretText
maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
alone = {"banks": [], "demats": [], "mf_ucc": {}, "products": [], "reference": ""}
segments = {name: ["1", "3"] for name in ("trading_segments", "market_data_segments", "login_segments")}
def carry_out(slug, values):
    change = operations.submit(slug, values, by=maker, reason="New client", token=uuid.uuid4())
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
whom = [{"group_id": "HO", "user_id": f"BASKET{number}"} for number in range(1, CLIENTS + 1)]
for number, client in enumerate(whom, 1):
    carry_out("create_retail_user", {
        **example(CreateRetailUser), **alone, **segments, **client, "name": f"Basket {number}", "status": "A",
        "pan": f"ABCPT100{number}K", "mobile": f"981110000{number}",
        "email": f"basket{number}@example.com", "password": SecretText("PASSWORD"),
    })
for _ in range(600):
    if RetailUser.objects.filter(user_id__startswith="BASKET").count() == CLIENTS:
        break
    time.sleep(0.1)
else:
    raise SystemExit("ODIN did not confirm the creations.")
for number, client in enumerate(whom, 1):
    deposit = {"reference": f"BASKET000{number}", "amount": "100000", "notional_deposit": ""}
    carry_out("cash_deposit", {**example(CashDeposit), **client, **deposit})
"""
GROWTH, INCOME = "Growth three", "Income two"


@pytest.fixture(scope="module")
def desk(portal):
    """The demonstration's research desk with its baskets, the stand-ins, and clients with cash at ODIN."""
    for name, url in (("rest-stand-in", portal.rest_url), ("connector-stand-in", portal.connector_url)):
        portal.start(name)
        wait_for(url)
    portal.manage("demo_connector", SCRIP_MASTER_URL=f"{portal.rest_url}/scripfiles/v2")
    program = f"CLIENTS = {CLIENTS}\n{PREPARE.replace('PASSWORD', PASSWORD)}"
    portal.manage("shell", "--verbosity", "0", "--command", program)
    return portal


@pytest.fixture(scope="module")
def maker(desk, chromium):
    """A page of the maker."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=desk.url)
    page = context.new_page()
    log_in_as(page, desk, "maker")
    yield page
    context.close()


@pytest.fixture(scope="module")
def checker(desk, chromium):
    """A page of the checker."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=desk.url)
    page = context.new_page()
    log_in_as(page, desk, "checker")
    yield page
    context.close()


@pytest.fixture(scope="module")
def numbers():
    """The numbers of clients whom no test took yet."""
    return iter(range(1, CLIENTS + 1))


@pytest.fixture
def client(desk, chromium, numbers):
    """The next client, whose browser is closed afterwards."""
    found = Client(desk, chromium, f"BASKET{next(numbers)}")
    yield found
    found.page.context.close()


def says(page, path, *words, without=(), seconds=10, part="main"):
    """Load a page until it says all of this, a text or a pattern each: a worker reads the inbox meanwhile.

    Ask here for whatever comes last. A page that was loaded once does not show what came a moment later.
    """
    patterns = [one if isinstance(one, re.Pattern) else re.compile(re.escape(one)) for one in words]
    for _ in range(seconds * 4):
        page.goto(path)
        text = page.locator(part).inner_text()
        if all(one.search(text) for one in patterns) and not any(one in text for one in without):
            return page.locator(part)
        page.wait_for_timeout(250)
    raise AssertionError(text)


def keeps(page, client, text):
    """The portal's list of sessions says this of the client's newest session; "" if there is none.

    The client's own request has stored it before its page answers, so the list is loaded once.
    """
    page.goto(f"/partners/sessions/?q={client.user_id}")
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text(text) if text else expect(newest).to_have_count(0)


def standin_says(page, portal, *words):
    """The stand-in's own page says this."""
    other = page.context.new_page()
    says(other, portal.connector_url, *words, part="body")
    other.close()


def fits_a_telephone(page):
    """Nothing is wider than the window of a telephone, and axe has no serious finding."""
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 1280, "height": 800})


def move(client, symbol, button):
    """Press a button beside an order of this client on the stand-in's page."""
    page = client.page.context.new_page()
    page.goto(client.portal.connector_url)
    own = page.get_by_role("row").filter(has_text=client.user_id).filter(has_text=symbol)
    with page.expect_navigation():  # Chromium may never answer a tab that is closed while it loads
        own.get_by_role("button", name=button, exact=True).click()
    page.close()


def submit_and_approve(maker, checker):
    """Submit the version that the maker has open, and let the checker publish it. Returns the version's path."""
    maker.get_by_role("button", name="Submit for approval").first.click()
    maker.get_by_role("dialog").get_by_label("Reason").fill("Idea of the week")
    maker.get_by_role("dialog").get_by_role("button", name="Submit for approval").click()
    expect(maker.locator("main")).to_contain_text("Submitted")
    version = re.sub("^https?://[^/]+", "", maker.url)
    checker.goto(version)
    checker.get_by_role("button", name="Approve and publish").click()
    checker.goto(version)
    expect(checker.locator("main")).to_contain_text("Published")
    return version


# --- model 1 ------------------------------------------------------------------------------------------------------


def test_a_basket_goes_from_the_desk_to_the_client_and_its_orders_come_back(desk, maker, checker, client):
    maker.goto("/partners/baskets/new/")
    maker.get_by_label("Partner and product").select_option(label="Research desk: Growth ideas")
    maker.locator("main").get_by_label("Name").fill("Monsoon")
    maker.get_by_role("button", name="Make basket").click()
    for place, (scrip, order_type, quantity, price) in enumerate(
        (("PEEPAL", "Limit", "10", "101.50"), ("BANYAN", "Market", "4", ""), ("NEEM", "Limit", "2", "400"))
    ):
        for name, text in (("scrip", scrip), ("quantity", quantity), ("price", price)):
            maker.locator(f"[name=lines-{place}-{name}]").fill(text)
        maker.locator(f"[name=lines-{place}-order_type]").select_option(label=order_type)
    maker.get_by_label("Risk text").fill("Prices can fall.")
    maker.get_by_role("button", name="Save version").last.click()
    version = submit_and_approve(maker, checker)

    client.invited_to(maker, "Monsoon").open()
    client.shows("Peepal Textiles", "101.50", "Prices can fall.", "SEBI registration INH000000000")
    fits_a_telephone(client.page)
    client.go().log_in().shows("Basket at Banyan Broking")
    expect(client.page.locator("body")).not_to_contain_text("Slips of the publisher")
    client.page.get_by_label("Quantity of line 2").fill("3")
    client.submit().shows("Your broker's page said that the basket was sent.")

    # What was asked, what was reported, and the difference, on both sides.
    standin_says(client.page, desk, "5 of 10", "3 of 3", "0 of 2")
    monitor = version.replace("versions", "monitor")
    peepal = re.compile(r"PEEPAL\s+NSE Equity\s+Buy\s+10\s+10\s+1\s+10\s+5\s+5")
    says(maker, monitor, peepal, "Another quantity than the basket's.", "CN", without=["Conflicts\n1"])
    says(maker, client.invitation, "Returned: success", "the client's browser", "Another quantity")

    # The rest of the basket's life: one filled, one rejected.
    move(client, "PEEPAL", "Fill")
    move(client, "NEEM", "Reject")
    says(maker, client.invitation, "Executed in part", "Rejected")
    assert [(one["traded"], one["quantity"]) for one in client.orders()] == [(10, 10), (3, 3), (0, 2)]


def test_nothing_is_served_before_everything_is_good(desk, maker, checker, client):
    client.invited_to(maker, GROWTH).open()
    arm(desk, "forged_token")
    client.go().shows("The publisher refused the token")
    says(maker, client.invitation, "Redirected", without=["Token checked"])

    arm(desk, "late_token")
    client.again().go().shows("Token not checked yet")
    with sqlite3.connect(desk.var / "portal.sqlite3", timeout=20) as database:
        database.execute("UPDATE partners_twowaytoken SET ends_at = datetime('now', '-1 second')")
    client.press("Check now").shows("The publisher refused the token")

    arm(desk, "reused_token")
    arm(desk, "unknown_partner")
    client.again().go().log_in().shows("The publisher served no basket")
    expect(client.page.locator("body")).not_to_contain_text("accepted the same token twice")
    says(maker, client.invitation, "Token checked", without=["Basket served"])
    for fault, seconds in (("suspended_partner", 0), ("vas_auth_down", 0), ("vas_auth_slow", 4)):
        arm(desk, fault, seconds=seconds)
        client.press("Ask for the basket again").shows("The publisher served no basket")
    client.press("Return without an order").shows("this did not work")
    says(maker, client.invitation, "Returned: failure", without=["Basket served"])

    arm(desk, "wrong_auth_code")
    client.again().go().log_in().shows("The publisher served no basket")
    client.press("Return without an order").shows("this did not work")
    says(
        *(checker, "/audit/?q=partner:desk"),
        *("no such token", "too old", "used up", "(unreadable)", "(reg-400-042)"),
    )
    says(checker, "/audit/?q=partner:unknown", "no active partner has this Partner ID")
    assert client.orders() == []

    client.again().go().log_in().shows("Basket at Banyan Broking")
    client.press("Ask for the basket again").shows("Basket at Banyan Broking")
    expect(client.page.locator("body")).not_to_contain_text("Slips of the publisher")
    says(maker, client.invitation, "Basket served")


def test_a_callback_is_a_claim_that_is_bound_or_leaves_no_trace(desk, maker, client):
    client.invited_to(maker, GROWTH)
    arm(desk, "callback_forged_echo")
    client.open().go().log_in().press("Return without an order").shows("There is nothing to show here.")
    says(maker, client.invitation, "Basket served", without=["Returned"])
    says(maker, "/partners/findings/", "Callback that belongs to nothing")

    arm(desk, "callback_twice")
    client.again().go().log_in().press("Return without an order").deliver_both().shows("this did not work")
    says(maker, client.invitation, "Returned: failure", "C101 Cancelled by the client")

    arm(desk, "callback_contradicting")
    client.again().go().log_in().submit().deliver_both().shows("the basket was sent")
    says(
        maker, client.invitation, "Returned: success", "A second callback says F101; the first one said S101."
    )
    assert len(client.orders()) == 3


# --- order messages -----------------------------------------------------------------------------------------------


def test_what_the_browser_and_the_webhook_lost_comes_by_sync(desk, maker, client):
    client.invited_to(maker, GROWTH)
    arm(desk, "callback_lost")
    arm(desk, "webhook_lost", times=-1)
    client.open().go().log_in().submit().shows("The callback is lost")
    says(maker, client.invitation, "Basket served", "No order message", without=["CN0"])
    standin_says(client.page, desk, "webhook_lost", "5 of 10")
    disarm(desk)

    maker.goto("/partners/partner/desk/")
    maker.get_by_role("button", name="Ask for sync").click()
    says(maker, client.invitation, *(one["unique_code"] for one in client.orders()), seconds=40)


def test_order_messages_end_in_the_right_state_however_they_come(desk, maker, client):
    client.invited_to(maker, GROWTH)
    for fault in ("webhook_out_of_order", "webhook_garbage", "webhook_twice", "webhook_unknown_reco"):
        arm(desk, fault)
    client.open().go().log_in().submit().shows("the basket was sent")
    says(maker, "/partners/findings/", "Order message that cannot be read", "Order that belongs to nothing")
    # None of them made us disconnected, and the next message says whose order it is.
    standin_says(client.page, desk, "connected", "webhook_garbage", "webhook_unknown_reco")
    move(client, "PEEPAL", "Fill")
    arm(desk, "webhook_same_sequence")
    move(client, "NEEM", "Cancel")
    peepal, banyan, neem = (one["unique_code"] for one in client.orders())
    filled = re.compile(rf"{peepal}\s+PEEPAL\s+BUY\s+10\s+10")
    shown = says(maker, client.invitation, filled, banyan, neem, "Two messages of one sequence", "Cancelled")
    expect(shown.get_by_role("row").filter(has_text=peepal)).not_to_contain_text("Belongs to no basket")


# --- model 2 ------------------------------------------------------------------------------------------------------


def test_a_login_is_kept_used_revoked_and_asked_for_again(desk, maker, client):
    client.invited_to(maker, GROWTH, model=2).open().shows("Log in at your broker")
    client.go().log_in().shows("You are logged in.")
    keeps(maker, client, "Live")
    standin_says(client.page, desk, "live")
    client.page.get_by_role("link", name="Continue to the basket").click()
    client.go().shows("Basket at Banyan Broking").submit().shows("the basket was sent")
    says(maker, client.invitation, "Login to keep", "Basket, with a kept session", "CN0")

    # Later: straight to another basket.
    client.invited_to(maker, INCOME, model=2).open().go().shows("Basket at Banyan Broking")
    client.press("Return without an order").shows("this did not work")

    # Revoked by the client: log in again.
    client.again().page.get_by_role("link", name="Your kept login").click()
    client.press("Revoke this login").shows("Your login is revoked")
    keeps(maker, client, "Revoked by the client")
    client.again().shows("Log in at your broker").go().log_in().shows("You are logged in.")

    # The vendor calls it invalid: either the broker's page asks for the login, or we do.
    live = next(one for one in data(desk, "sessions.json") if one["ucc"] == client.user_id)
    control(desk, "sessions/invalidate", session=live["session"])
    client.again().go().shows("The session is invalid. Log in again.")
    publisher = desk.environment["CONNECTOR_APPLICATION_TOKEN"]
    control(desk, "publishers", application_token=publisher, invalid_session="callback")
    client.again().go().shows("Your kept login is not valid any more.")
    control(desk, "publishers", application_token=publisher, invalid_session="login")
    keeps(maker, client, "The Connector called it invalid")
    client.again().shows("Log in at your broker").go().shows("Log in at Banyan Broking")


def test_a_session_of_somebody_else_is_not_kept_and_a_claim_waits_for_two(desk, maker, checker, client):
    client.invited_to(maker, GROWTH, model=2).open()
    arm(desk, "session_of_another")
    client.go().log_in().shows("There is nothing to show here.")
    keeps(maker, client, "")
    says(maker, client.invitation, "Login callback for another client")

    arm(desk, "no_trading_user")
    client.again().go().log_in().shows("Your broker has to confirm who you are")
    maker.goto(f"/partners/clients/?q={client.user_id}")
    maker.locator("tbody tr").get_by_role("link").last.click()
    maker.get_by_label("Reason").fill("Asked the client by telephone")
    with maker.expect_navigation():  # the form asks first whether the login still holds
        maker.get_by_role("button", name="Submit for approval").click()
    checker.goto(re.sub("^https?://[^/]+", "", maker.url))
    checker.get_by_role("link", name=re.compile("^C-")).click()
    checker.get_by_role("button", name=re.compile("^Approve")).first.click()
    says(maker, f"/partners/clients/?q={client.user_id}", "Bound")
    client.again().go().shows("Basket at Banyan Broking")


# --- stopping -----------------------------------------------------------------------------------------------------


def test_a_superseded_basket_is_refused_and_the_link_leads_to_the_new_one(desk, maker, checker, client):
    client.invited_to(maker, INCOME).open().go()
    maker.goto("/partners/baskets/")
    maker.get_by_role("link", name=INCOME).click()
    maker.get_by_role("link", name="New version").click()
    maker.locator("[name=lines-0-quantity]").fill("3")
    maker.get_by_role("button", name="Save version").last.click()
    submit_and_approve(maker, checker)

    client.log_in().shows("The publisher served no basket")
    says(maker, client.invitation, "Revoked", without=["Basket served"])
    old = client.link
    client.page.goto(old)
    client.shows("This basket is closed.")
    client.invited_to(maker, INCOME).link = old
    client.open().shows("Version 2")
    assert client.orders() == []


def test_a_switch_stops_what_it_can_and_two_people_release_it(desk, maker, checker, client):
    client.invited_to(maker, GROWTH)
    arm(desk, "pause_between_lines", seconds=2)
    client.open().go().log_in().shows("Basket at Banyan Broking")
    # The browser waits for the answer; the switch is thrown while the broker places line after line.
    client.page.evaluate(
        "setTimeout(() => document.querySelector('form[action$=\"/submit\"]').requestSubmit(), 0)"
    )
    maker.goto("/partners/switches/")
    maker.get_by_label("One client, GROUP/USER").fill(f"HO/{client.user_id}")
    maker.locator("#client-reason").fill("Complaint 12")
    maker.get_by_role("button", name="Stop this client").click()
    expect(maker.locator("main")).to_contain_text(f"HO/{client.user_id} is stopped")
    expect(maker.locator("main")).to_contain_text("Orders that are in the market already.")
    client.shows("Back from your broker")
    # A basket that was already at the broker continues, and is reported.
    says(maker, client.invitation, *(one["unique_code"] for one in client.orders()))
    assert len(client.orders()) == 3
    client.page.goto(client.link)
    client.shows("This is stopped for the moment.")

    maker.goto("/partners/switches/")
    maker.get_by_role("button", name="Propose release").click()
    maker.get_by_role("dialog").get_by_label("Reason").fill("Settled with the client")
    with maker.expect_navigation():  # the form asks first whether the login still holds
        maker.get_by_role("dialog").get_by_role("button", name="Submit for approval").click()
    checker.goto("/partners/switches/")
    checker.get_by_role("link", name=re.compile("^C-")).first.click()
    checker.get_by_role("button", name=re.compile("^Approve")).first.click()
    says(maker, "/partners/switches/", "Complaint 12", without=["is stopped since"])
    client.page.goto(client.link)
    client.shows("This link is for one person.")


# --- model 3 ------------------------------------------------------------------------------------------------------


def test_keys_are_fetched_and_a_client_gives_and_revokes_a_consent(desk, maker, checker, chromium):
    maker.goto("/partners/partner/desk/")
    maker.get_by_role("button", name="Fetch keys").click()
    maker.get_by_role("dialog").get_by_label("Reason").fill("First keys of the desk")
    with maker.expect_navigation():  # the form asks first whether the login still holds
        maker.get_by_role("dialog").get_by_role("button", name="Fetch keys").click()
    checker.goto("/partners/partner/desk/")
    checker.get_by_role("link", name=re.compile("^C-")).first.click()
    checker.get_by_role("button", name=re.compile("^Approve")).first.click()
    says(maker, "/partners/partner/desk/", "Fetched", "Interactive", f"{desk.rest_url}/interactive")
    assert [one["note"] for one in data(desk, "calls.json") if one["call"] == "apiKeys"] == [""]

    maker.goto("/partners/consents/ask/")
    maker.get_by_label("Partner and product").select_option(label="Research desk: Growth ideas")
    for label, text in (
        ("Cap of one basket", "1,00,000"),
        ("Cap of a day", "2,00,000"),
        ("Valid until", f"{date.today() + timedelta(days=90):%d-%m-%Y}"),
        ("Clients", "HO/BASKET1"),
    ):
        maker.get_by_label(label).fill(text)
    maker.locator("main").get_by_role("button", name="Ask for consent").click()
    link = maker.get_by_role("region", name="Links").locator("[data-copy]").get_attribute("data-copy")

    context = chromium.new_context(viewport=VIEWPORT)
    page = context.new_page()
    body = page.locator("body")
    page.goto(link)
    page.get_by_label("The last four characters").fill("001K")
    page.get_by_role("button", name="Open").click()
    expect(body).to_contain_text("for the orders of one basket")
    expect(body).to_contain_text("SEBI registration INH000000000")
    fits_a_telephone(page)
    page.get_by_role("button", name="Send me a code").click()
    expect(body).to_contain_text("would have sent this to b••••@example.com")
    code = re.search(r"Your code is ([0-9]{6})", body.inner_text())[1]
    fits_a_telephone(page)
    page.get_by_label("Code from the e-mail").fill(f"{(int(code) + 1) % 10**6:06d}")
    page.get_by_role("button", name="Give consent").click()
    expect(body).to_contain_text("That is not the code of the last e-mail.")
    page.get_by_label("Code from the e-mail").fill(code)
    page.get_by_role("button", name="Give consent").click()
    expect(body).to_contain_text("In force since")
    assert link.rpartition("/c/")[2] not in page.url
    fits_a_telephone(page)
    says(maker, "/partners/consents/?q=BASKET1", "In force", "1,00,000.00")

    page.get_by_role("button", name="Revoke consent").click()
    expect(body).to_contain_text("From now on nothing is prepared for you")
    maker.get_by_role("link", name=re.compile("^Consent [0-9]+$")).first.click()
    expect(maker.locator("main")).to_contain_text("by the client")
    page.goto(link)
    expect(body).to_contain_text("This consent is revoked.")
    context.close()
