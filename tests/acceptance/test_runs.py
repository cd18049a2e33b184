"""A run of three lines for two clients, in a real browser: placed then silence, a switch in the middle, the monitor.

Looked at on both sides: on the portal's pages, and on the page of the stand-in that plays the OMS.
"""

import json
import re
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.acceptance.connector_steps import PASSWORD, VIEWPORT
from tests.portals import picture, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PREPARE = """
import time, uuid
from datetime import timedelta
from decimal import Decimal
from django.db import transaction
from django.utils import timezone
from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.connector.api.lines import Line
from backoffice.logins.models import User
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.secret import SecretText
from partners import baskets, consents, key_fetches
from partners.models import ApiKey, Consent, Partner
maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
def approve(change):
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
def carry_out(slug, values):
    approve(operations.submit(slug, values, by=maker, reason="New client", token=uuid.uuid4()))
desk = Partner.objects.get(code="desk")
approve(key_fetches.propose(desk, by=maker, reason="Keys for runs", token=uuid.uuid4()))
alone = {"banks": [], "demats": [], "mf_ucc": {}, "products": [], "reference": ""}
segments = {name: ["1", "3"] for name in ("trading_segments", "market_data_segments", "login_segments")}
whom = [{"group_id": "HO", "user_id": f"RUN{number}"} for number in (1, 2)]
for number, client in enumerate(whom, 1):
    carry_out("create_retail_user", {
        **example(CreateRetailUser), **alone, **segments, **client, "name": f"Run {number}", "status": "A",
        "pan": f"ABCPT200{number}K", "mobile": f"982220000{number}", "login_types": ["16", "17", "18"],
        "product_type": "",
        "password": SecretText("PASSWORD"),
    })
for _ in range(600):
    if RetailUser.objects.filter(user_id__startswith="RUN").count() == 2 and ApiKey.objects.exists():
        break
    time.sleep(0.1)
else:
    raise SystemExit("ODIN did not confirm the creations, or no keys came.")
for number, client in enumerate(whom, 1):
    deposit = {"reference": f"RUNRUN000{number}", "amount": "100000", "notional_deposit": ""}
    carry_out("cash_deposit", {**example(CashDeposit), **client, **deposit})
    own = Consent(
        client=RetailUser.objects.get(user_id=client["user_id"]), partner=desk, product_code="GROWTH",
        text_version="1", text="I agree.", text_hash="0" * 64, cap_run=50000, cap_day=50000,
        valid_until=timezone.now() + timedelta(days=30), how_given="own_click", asked_by=maker,
    )
    with transaction.atomic():
        own.save()
        consents.put_in_force(own)
basket = baskets.make(desk, "Runners", "GROWTH", by=maker)
lines = [
    Line("NSE_EQ", token, symbol, "BUY", "RL", 10, Decimal(price))
    for token, symbol, price in ((900001, "PEEPAL", "90.05"), (900002, "BANYAN", "200.10"), (900005, "NEEM", "300"))
]
version = baskets.save_version(
    basket, lines, risk_text="Prices can fall.", prices_as_of=timezone.now(),
    valid_until=timezone.now() + timedelta(hours=6), by=maker,
)
approve(baskets.submit(version, by=maker, reason="For runs", token=uuid.uuid4()))
print(version.pk)
"""


@pytest.fixture(scope="module")
def version(portal):
    """A published basket of three lines, and two clients with cash, consents and the desk's keys."""
    for name, url in (("rest-stand-in", portal.rest_url), ("connector-stand-in", portal.connector_url)):
        portal.start(name)
        wait_for(url)
    portal.manage("demo_connector", SCRIP_MASTER_URL=f"{portal.rest_url}/scripfiles/v2")
    program = PREPARE.replace("PASSWORD", PASSWORD)
    return portal.manage("shell", "--verbosity", "0", "--command", program).strip()


def rest(portal, path, **given):
    """Do over HTTP what a button of the REST stand-in's page does; without values: read."""
    asked = urllib.request.Request(
        f"{portal.rest_url}/{path}",
        json.dumps(given).encode() if given else None,
        {"Content-Type": "application/json"} if given else {},
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


class Visitor:
    """The browser of a client."""

    def __init__(self, portal, chromium, user_id, link):
        self.portal, self.user_id = portal, user_id
        self.page = chromium.new_context(viewport=VIEWPORT).new_page()
        self.page.goto(link)
        self.page.get_by_label("The last four characters").fill(f"00{user_id[-1]}K")
        self.page.get_by_role("button", name="Open the basket").click()

    def shows(self, *words):
        """The page says this."""
        for text in words:
            expect(self.page.locator("body")).to_contain_text(text)
        return self

    def type(self):
        """Type the login."""
        self.page.get_by_label("Second factor", exact=True).select_option("TOTP")
        self.page.get_by_label("Your password of ODIN").fill(PASSWORD)
        totp = rest(self.portal, f"keys/{self.user_id}")["totp"]
        self.page.get_by_label("The code of your second factor").fill(totp)
        return self

    def place(self):
        """Log in and place what is left."""
        self.type().page.get_by_label("I want to place").check()
        self.page.get_by_role("button", name=re.compile("^Place ")).click()
        return self

    def results(self):
        """What the page says of each line."""
        return [
            row.locator(".result").inner_text().split("\n")[0] for row in self.page.locator("tbody tr").all()
        ]

    def fits(self, name):
        """The page fits, and is accessible."""
        fits(self.page, f"run-client-{name}")
        return self


def fits(page, name):
    """Nothing is wider than a telephone's window, and axe has no serious finding; a picture of each look."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 360):
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"{name}-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.set_viewport_size(VIEWPORT)


def ask(page, button, reason):
    """Press a button, give a reason in its dialog, and press again."""
    page.get_by_role("button", name=button).first.click()
    page.get_by_role("dialog").get_by_label("Reason").fill(reason)
    with page.expect_navigation():  # the form asks first whether the login still holds
        page.get_by_role("dialog").get_by_role("button", name=button).click()


def test_three_lines_for_two_clients(portal, version, chromium, log_in):
    maker, checker = log_in("maker"), log_in("checker")
    maker.goto(f"/partners/versions/{version}/")
    maker.get_by_role("link", name="Propose a run").click()
    maker.get_by_label("Clients").fill("HO/RUN1 HO/RUN2")
    maker.get_by_label("Reason").fill("Idea of the week")
    with maker.expect_navigation():  # the form asks first whether the login still holds
        maker.get_by_role("button", name="Submit for approval").click()
    run = re.sub("^https?://[^/]+", "", maker.url)
    checker.goto(run)
    checker.get_by_role("link", name=re.compile("^C-")).click()
    checker.get_by_role("button", name=re.compile("^Approve")).first.click()
    maker.goto(run)
    maker.get_by_role("button", name="Make links").click()
    handed = maker.get_by_role("region", name="Links").locator("[data-copy]")
    expect(handed).to_have_count(2)  # the page of the pressed button may still be on its way
    links = [one.get_attribute("data-copy") for one in handed.all()]
    picture(maker, "run-links")

    # The second line is placed, then there is silence; the third waits.
    first = Visitor(portal, chromium, "RUN1", links[0])
    first.shows(
        "Prices can fall.", "SEBI registration INH000000000", "Buy 10 PEEPAL EQ", "Algo id DEMOGROWTH"
    )
    first.fits("before")
    rest(portal, "faults", fault="escaped_data", call="place")
    rest(portal, "faults", fault="silence_after", call="place", seconds=6)
    first.place().shows("Is it placed?", "it is not known whether it was placed")
    assert first.results() == ["Accepted by the OMS", "Unknown", "Not placed"]
    first.fits("doubt")
    first.type().page.get_by_role("button", name="Look in the order book").click()
    first.shows("Your broker decides whether the rest is placed.")
    assert first.results() == ["Working", "Working", "Not placed"]
    checker.goto(run)
    checker.get_by_role("link", name="HO/RUN1").click()
    ask(checker, "Let the client continue", "The client asked for it")
    first.page.reload()
    first.place().shows("Accepted by the OMS")
    assert first.results() == ["Working", "Working", "Accepted by the OMS"]
    first.fits("done")

    # The switch is thrown while the second line of the other client is under way.
    second = Visitor(portal, chromium, "RUN2", links[1])
    rest(portal, "faults", fault="escaped_data", call="place")
    rest(portal, "faults", fault="slow_drip", call="place", seconds=4)
    second.type().page.get_by_label("I want to place").check()
    second.page.evaluate(
        "setTimeout(() => document.querySelector('form[action$=\"/place/\"]').requestSubmit(), 0)"
    )
    for _ in range(100):
        if sum(one["user_id"] == "RUN2" for one in rest(portal, "orders.json")) == 2:
            break
        maker.wait_for_timeout(50)
    checker.goto("/partners/switches/")
    checker.get_by_label("One client, GROUP/USER").fill("HO/RUN2")
    checker.locator("#client-reason").fill("Complaint 12")
    checker.get_by_role("button", name="Stop this client").click()
    second.shows("This is stopped for the moment.")

    # What the portal says, and what the stand-in says.
    held = [(one["user_id"], one["symbol"]) for one in rest(portal, "orders.json")]
    expected = [("RUN1", name) for name in ("PEEPAL", "BANYAN", "NEEM")] + [
        ("RUN2", "PEEPAL"),
        ("RUN2", "BANYAN"),
    ]
    assert sorted(one for one in held if one[0].startswith("RUN")) == sorted(expected)
    maker.goto(run)
    clients = maker.get_by_role("region", name="Clients and lines")
    expect(clients.locator("tbody").first).to_contain_text("Done")
    expect(clients.locator("tbody").last).to_contain_text("A kill switch holds")
    expect(clients.locator("tbody").last.get_by_role("row").last).to_contain_text("not placed")
    of_second = clients.get_by_role("link", name="HO/RUN2").get_attribute("href")
    for path in (run, of_second, "/runs/", f"/runs/new/{version}/"):
        maker.goto(path)
        fits(maker, "run-staff" + path.replace("/", "-").rstrip("-"))
    own_page = chromium.new_context(viewport=VIEWPORT).new_page()
    own_page.goto(portal.rest_url)
    expect(own_page.locator("body")).to_contain_text("Orders (5)")

    checker.goto(run)
    ask(checker, "Stop this run", "The idea is over")
    expect(checker.locator("main")).to_contain_text("The idea is over")
    checker.goto("/audit/?q=HO/RUN1")
    for words in ("the client confirmed what is left", "Found as", "the client may place what is left"):
        expect(checker.locator("main")).to_contain_text(words)
