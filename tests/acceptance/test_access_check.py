"""The access check as a new user does it, in a real browser with both stand-ins; and no secret is left anywhere."""

import json
import re
import sqlite3
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.portals import picture, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "Walk2026Xy"
USER = "/users/HO/ACCESS1/"
ACCESS = "/trading/access/HO/ACCESS1/"
#: Widths and colours that every page of the check is looked at in.
LOOKS = ((1440, "light"), (1440, "dark"), (360, "light"), (360, "dark"))
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NOTE_PROGRESS = """
new MutationObserver(() => {
  const shown = document.querySelector("#progress")?.innerText.replace(/\\s+/g, " ");
  if (shown) localStorage.setItem("shown", shown);
}).observe(document.querySelector("#check-form"), { childList: true, subtree: true });
"""
CREATE = """
import time, uuid
from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.secret import SecretText
from backoffice.logins.models import User
maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
alone = {"pan": "", "mobile": "9800000077", "banks": [], "demats": [], "mf_ucc": {}, "products": [], "reference": ""}
values = {
    **example(CreateRetailUser), **alone, "user_id": "ACCESS1", "group_id": "HO", "name": "Wanda Walk",
    "password": SecretText("PASSWORD"), "login_types": ["16", "18"], "trading_segments": ["1", "3"],
    "market_data_segments": ["1", "3"], "login_segments": ["1", "3"], "status": "A",
}
change = operations.submit("create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4())
operations.approve(change.pk, by=checker, content_hash=change.content_hash)
for _ in range(300):
    if RetailUser.objects.filter(user_id="ACCESS1").exists():
        break
    time.sleep(0.1)
else:
    raise SystemExit("ODIN did not confirm the creation.")
""".replace("PASSWORD", PASSWORD)


def content_of(path):
    """What a file holds; nothing of one that a worker has taken meanwhile, as wake-ups in the broker's folder are."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.fixture(scope="module")
def rest(portal):
    """The portal with the stand-in of the REST API beside that of ODIN, and a client whom it created."""
    portal.start("rest-stand-in")
    wait_for(portal.rest_url)
    portal.manage("shell", "--verbosity", "0", "--command", CREATE)
    return portal


@pytest.fixture
def clerk(rest, log_in):
    """A page of the demonstration's clerk."""
    return log_in("access", width=1440)


def totp(portal):
    with urllib.request.urlopen(f"{portal.rest_url}/keys/ACCESS1", timeout=10) as answer:
        return json.load(answer)["totp"]


def arm(portal, **fault):
    body = json.dumps(fault).encode()
    asked = urllib.request.Request(f"{portal.rest_url}/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=10).close()


def fill_in(page, portal, password=PASSWORD):
    """Fill in the form as clerk and client do. Returns the code that the client typed."""
    page.goto(USER)
    page.get_by_role("navigation", name="Parts of this retail user").get_by_role(
        "link", name="Access"
    ).click()
    page.get_by_role("link", name="Check access").click()
    page.get_by_label("Reason").fill("Onboarding, form 4711")
    page.get_by_label("How was the client identified?").select_option("document")
    page.locator("[name=factor]").select_option("TOTP")
    page.get_by_label("Client's password").fill(password)
    code = totp(portal)
    page.get_by_label("Client's second factor").fill(code)
    return code


def check(page, portal, expected, **given):
    code = fill_in(page, portal, **given)
    page.get_by_role("button", name="Check access").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Access check A-", timeout=30_000)
    expect(page.locator(".page-title .status")).to_have_text(expected)
    return code


def look_at(page, name):
    """No serious finding of axe and nothing wider than the window, in both themes and at both widths."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        picture(page, f"access-{name}-{width}-{scheme}")
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        assert page.evaluate(TOO_WIDE) <= 0
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def row(page, label):
    return page.get_by_role("region", name="Compared").get_by_role("row").filter(has_text=label).first


def test_a_difference_is_found_proposed_approved_and_equal_again(rest, clerk, log_in):
    check(clerk, rest, "Equal")
    expect(row(clerk, "Trading allowed")).to_contain_text("NSE Equity, BSE Equity")
    expect(row(clerk, "Mobile")).to_contain_text("Equal")
    look_at(clerk, "equal")
    clerk.emulate_media(media="print")
    expect(clerk.get_by_role("button", name="Print")).to_be_hidden()
    expect(row(clerk, "Trading allowed")).to_be_visible()
    picture(clerk, "access-printed")
    clerk.emulate_media(media="screen")

    # Behind the portal's back, on the stand-in's page.
    standin = clerk.context.new_page()
    standin.goto(rest.rest_url)
    line = standin.get_by_role("row").filter(has_text="ACCESS1").first
    expect(line.get_by_role("button", name=re.compile(f"Copy TOTP {totp(rest)}"))).to_be_visible()
    line.locator("summary").nth(1).click()
    picture(standin, "access-standin")
    line.get_by_role("button", name="Stop BSE_EQ").click()
    expect(line.get_by_role("button", name="Stop BSE_EQ")).to_have_count(0)
    standin.close()

    check(clerk, rest, "Different")
    expect(row(clerk, "Trading allowed")).to_contain_text("Not allowed by the API: BSE Equity.")
    look_at(clerk, "different")
    result = clerk.url.removeprefix(rest.url)

    maker = log_in("maker")
    maker.goto(result)
    maker.get_by_role("button", name="Propose an update").click()
    expect(maker.locator("[name=send_again][value=trading_segments]")).to_be_checked()
    maker.get_by_role("button", name="Check your answers").click()
    maker.locator("[name=reason]").fill("ODIN lost a segment")
    maker.get_by_role("button", name=re.compile("Submit")).click()
    expect(maker.locator("main")).to_contain_text("another person must approve")
    checker = log_in("checker")
    checker.goto(maker.url.removeprefix(rest.url))
    expect(checker.locator("main")).to_contain_text("NSE Cash, BSE Cash")
    checker.get_by_role("button", name=re.compile("Approve")).first.click()
    expect(checker.locator("main")).to_contain_text("Applied", timeout=15_000)

    check(clerk, rest, "Equal")
    clerk.goto(ACCESS)
    expect(clerk.get_by_role("region", name="Checks").locator("tbody tr")).to_have_count(3)
    look_at(clerk, "list")


def test_a_slow_check_shows_how_far_it_is_and_says_what_is_not_known(rest, clerk):
    arm(rest, fault="silence_before", call="balance", seconds=8)
    fill_in(clerk, rest)
    look_at(clerk, "form")
    # Playwright waits for the answer of the form, so the page itself notes what it shows until then.
    clerk.evaluate(NOTE_PROGRESS)
    clerk.get_by_role("button", name="Check access").click()
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("Access check A-", timeout=30_000)
    expect(clerk.locator(".page-title .status")).to_have_text("Incomplete")
    shown = clerk.evaluate("localStorage.getItem('shown')")
    assert "The check is running" in shown
    assert "Validate Done" in shown
    expect(row(clerk, "Cash after deposits")).to_contain_text("The balance could not be read.")
    expect(row(clerk, "Trading allowed")).to_contain_text("Equal")


def test_no_secret_is_left_anywhere(rest, clerk):
    wrong = "Wrong#2026Zq"
    addresses, kept = [], []

    def note(response):
        addresses.append(response.url)
        if (
            response.request.resource_type == "document"
            and "no-store" not in response.headers["cache-control"]
        ):
            kept.append(response.url)

    clerk.on("response", note)
    codes = [check(clerk, rest, "Equal"), check(clerk, rest, "No login", password=wrong)]
    look_at(clerk, "refused")
    clerk.go_back()
    for secret in (PASSWORD, wrong, *codes):
        assert secret not in clerk.content()
    assert kept == []  # the browser writes no page to its disk
    state = json.dumps(clerk.context.storage_state(indexed_db=True)) + clerk.evaluate(
        "JSON.stringify(sessionStorage)"
    )
    with sqlite3.connect(rest.var / "standin-rest.sqlite3") as standin:
        tokens = [token for (token,) in standin.execute("SELECT token FROM sessions")]
    assert tokens
    keys = [rest.environment[name] for name in ("REST_API_KEY", "REST_X_API_KEY")]
    texts = [
        re.escape(text) for text in (PASSWORD, wrong, *tokens, *(one.split(".")[-1] for one in tokens), *keys)
    ]
    # A code may be part of a longer number, such as a fraction of a second.
    pattern = re.compile("|".join([*texts, *(rf"(?<![\d.]){code}(?!\d)" for code in codes)]).encode())
    left = [path for path in rest.var.rglob("*") if path.is_file() and not path.name.startswith("standin")]
    assert {"portal.sqlite3", "web.log", "worker.log"} <= {path.name for path in left}
    # The search finds what is there.
    assert any(tokens[0].encode() in path.read_bytes() for path in rest.var.glob("standin-rest.sqlite3*"))
    assert not pattern.search("\n".join([state, *addresses]).encode())
    assert [path.name for path in left if pattern.search(content_of(path))] == []
