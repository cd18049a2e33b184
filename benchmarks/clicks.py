"""Clicks and keystrokes of a day's work, counted while a real browser does it in a portal of its own.

What is counted: each click, two for a choice from a list (open, choose), three for a file (button, file, Open), each
key pressed. Logging in is not. Each job is done to its end, and its effect is checked.

Run: `python benchmarks/clicks.py`; it ends with 1 where a bound is missed.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.portals import Portal, log_in_as

#: A change is there, and applied, within so many milliseconds.
PATIENCE = 60_000
FIELDS = {
    "user_id": "CLICK1",
    "name": "Asha Clickwala",
    "password": "Sesame42",
    "birth_date": "21011985",
    "father_or_husband": "Ravi Clickwala",
    "pan": "ABCPC1234A",
    "address_1": "12 Example Street",
    "city": "Mumbai",
    "pin_code": "400001",
    "mobile": "9876501234",
    "email": "asha.click@example.com",
}
SUBMIT = """
import uuid
from django.contrib.auth import get_user_model
from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.changes.references import new_reference
from backoffice.delivery.handlers import apply
from tests.factories import retail_user_values
maker = get_user_model().objects.get(username="maker")
for number in range(20):
    whom = {"group_id": "HO", "user_id": f"READ{number:02}"}
    own = {"pan": f"READP{number:04}Q", "mobile": f"98765{number:05}", "email": f"r{number}@example.com"}
    apply(301, f"HO/{whom['user_id']}", retail_user_values(**whom, **own, banks=[], demats=[], mf_ucc={}))
    values = {**whom, "amount": f"{1000 + number}", "product_id": "1", "reference": new_reference()}
    operations.submit("cash_deposit", values, by=maker, reason=f"Cheque {number}", token=uuid.uuid4(), typed=True)
"""
MORNING = """
import json
from pathlib import Path
from tests.batches.files import as_csv
from tests.pages.test_fixing import ALIKE, GOOD, WRONG, rows
Path("{path}").write_text(as_csv(*rows()))
print(json.dumps([ALIKE, GOOD, WRONG]))
"""


class Hand:
    """A person at a page: whatever they do is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.keys = 0

    def click(self, what: Locator) -> None:
        """One click."""
        what.click()
        self.clicks += 1

    def choose(self, what: Locator, code: str) -> None:
        """A choice from a list, by the mouse."""
        what.select_option(code)
        self.clicks += 2

    def write(self, what: Locator, text: str) -> None:
        """Click into a field and replace its text."""
        self.click(what)
        if what.input_value():
            self.press("Control+a")
        what.press_sequentially(text)
        self.keys += len(text)

    def press(self, *keys: str) -> None:
        """Keys, wherever the page is."""
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def take(self, what: Locator, path: Path) -> None:
        """A file, chosen in the browser's dialog."""
        what.set_input_files(path)
        self.clicks += 3


@dataclass(frozen=True)
class Job:
    """A job, what it took, and what it may take at most."""

    title: str
    clicks: int
    keys: int
    most_clicks: int | None = None
    most_keys: int | None = None

    @property
    def is_missed(self) -> bool:
        """Whether it took more than it may."""
        too_many = self.most_clicks is not None and self.clicks > self.most_clicks
        return too_many or (self.most_keys is not None and self.keys > self.most_keys)


def main() -> int:
    """Do the jobs and print what they took."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-clicks-") as folder:
        portal = Portal(Path(folder), "", "")
        try:
            portal.prepare()
            portal.manage("demo_profiles")
            portal.start_all()
            with browser() as chromium:
                jobs = [job(portal, opener(portal, chromium)) for job in JOBS]
        finally:
            portal.stop()
    for job in jobs:
        bounds = [
            f"{most} {what}" for most, what in ((job.most_clicks, "clicks"), (job.most_keys, "keys")) if most
        ]
        bound = f"at most {' and '.join(bounds)}" if bounds else "no bound"
        print(
            f"{job.title}: {job.clicks} clicks, {job.keys} keys ({bound}){' MISSED' if job.is_missed else ''}"
        )
    return int(any(job.is_missed for job in jobs))


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield found
        found.close()


def opener(portal: Portal, chromium: Browser) -> Callable[[str], Page]:
    """What logs a person in, in a browser context of their own, and gives their Today."""

    def open_for(name: str) -> Page:
        page: Page = chromium.new_context(
            viewport={"width": 1440, "height": 900}, base_url=portal.url
        ).new_page()
        log_in_as(page, portal, name)
        return page

    return open_for


def one_client(portal: Portal, open_for: Callable[[str], Page]) -> Job:
    """A new client with a profile, which brings six kinds of follow-up messages, and a deposit; approved once."""
    page = open_for("maker")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="New retail user").first)
    hand.choose(page.locator("[name=profile]"), "Resident Mumbai")
    hand.click(page.get_by_role("button", name="Fill in from the profile"))
    expect(page.locator("[name=branch]")).to_have_value("MUMBAI")
    for name, text in FIELDS.items():
        hand.write(page.locator(f"[name={name}]"), text)
    hand.choose(page.locator("[name=gender]"), "F")
    hand.click(page.locator("button[data-add][value='add:deposits']"))
    hand.write(page.locator("[name=deposits-0-amount]"), "25000")
    hand.choose(page.locator("[name=deposits-0-product_id]"), "1")
    hand.click(page.get_by_role("button", name="Check your answers"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check")
    hand.write(page.locator("[name=reason]"), "Account opening form 4711")
    hand.click(page.get_by_role("button", name=re.compile("Submit")))
    expect(page.get_by_text("another person must approve")).to_be_visible()
    checker = open_for("checker")
    eyes = Hand(checker)
    eyes.click(checker.get_by_role("region", name="Changes that wait for you").get_by_role("link").first)
    eyes.click(checker.get_by_role("button", name="Approve and send to ODIN"))
    outcomes = checker.locator("#outcome .outcome-row")
    expect(outcomes.filter(has_text="Applied").nth(6)).to_be_visible(timeout=PATIENCE)
    expect(outcomes.filter(has_text="Refused")).to_have_count(0)
    followed = outcomes.count() - 1
    title = f"One client with a profile and {followed} follow-ups, one approval"
    return Job(title, hand.clicks + eyes.clicks, hand.keys + eyes.keys, most_clicks=35)


def twelve_rows(portal: Portal, open_for: Callable[[str], Page]) -> Job:
    """Twelve wrong rows of a file, corrected in the grid."""
    path = portal.var / "morning.csv"
    made = portal.manage("shell", "--verbosity", "0", "--command", MORNING.format(path=path))
    alike, good, wrong = json.loads(made)
    page = open_for("maker")
    page.goto("/batches/new/create_retail_user/")
    page.get_by_label("CSV or Excel").set_input_files(path)
    page.get_by_role("button", name="Upload and check").click()
    link = page.get_by_role("link", name="Correct 12 rows here")
    expect(link).to_be_visible(timeout=PATIENCE)
    hand = Hand(page)
    addresses: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    hand.click(link)
    for at, (_, text, right) in enumerate(wrong):
        if not right:
            continue
        row = good + at + 2
        cell = page.locator(f"tr:has(#row-{row}) [aria-invalid]")
        if cell.evaluate("cell => cell.tagName") == "SELECT":
            hand.choose(cell, right)
        else:
            hand.write(cell, right)
            hand.press("Enter")
        expect(page.locator(f"#row-{row}")).not_to_contain_text("Errors")
        if text == "Mumbai, West":
            hand.click(page.get_by_role("button", name=f"Apply to {alike} more rows like this"))
            left = f"{12 - at - 1 - alike} rows with errors left"
            expect(page.locator("#fix-left")).to_contain_text(left, timeout=PATIENCE)
    expect(page.locator("#fix-left")).to_contain_text("0 rows with errors left")
    left_it = [url for url in addresses if not url.startswith(f"{portal.url}/batches/")]
    if left_it:
        raise AssertionError(f"Left the file's pages: {left_it}")
    return Job("Twelve wrong rows corrected in the grid", hand.clicks, hand.keys)


def twenty_changes(portal: Portal, open_for: Callable[[str], Page]) -> Job:
    """Twenty deposits, each read with name and rupees, approved together."""
    portal.manage("shell", "-c", SUBMIT)
    page = open_for("checker")
    hand = Hand(page)
    hand.click(page.locator("a.tile", has_text="Waiting for"))
    hand.click(page.get_by_role("button", name="Review all matching"))
    expect(page.get_by_role("heading", level=1)).to_have_text("20 changes to decide")
    for number in range(20):
        row = page.locator("tbody tr", has_text=f"READ{number:02}").first
        expect(row).to_contain_text(f"₹ 1,0{number:02}.00 cash deposit")
        expect(row).to_contain_text("Asha Testwala")
    hand.click(page.get_by_role("button", name=re.compile("Approve 20 changes")))
    expect(page.get_by_role("heading", level=1)).to_have_text("20 of 20 approved", timeout=PATIENCE)
    return Job("Twenty changes approved with everything read", hand.clicks, hand.keys, most_clicks=4)


def a_deposit(portal: Portal, open_for: Callable[[str], Page]) -> Job:
    """A client is found and the form of a deposit opened, its cursor in the amount."""
    page = open_for("maker")
    hand = Hand(page)
    hand.press("/", *"READ07")
    expect(page.get_by_role("option", name="HO/READ07")).to_be_visible()
    hand.press("ArrowDown", "ArrowDown", "Enter")
    page.wait_for_url("**/users/HO/READ07/change/cash_deposit/")
    first = page.locator("main form input:not([type=hidden]), main form select").first
    expect(first).to_have_attribute("name", "amount")
    return Job("A client found and a deposit form open", hand.clicks, hand.keys, most_keys=12)


def a_typo(portal: Portal, open_for: Callable[[str], Page]) -> Job:
    """A wrong letter in the address of a client whose page is open, until it is submitted."""
    page = open_for("maker")
    page.goto("/users/HO/READ07/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Edit address"))
    hand.write(page.locator("[name=city]"), "Pune")
    hand.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check")
    hand.write(page.locator("[name=reason]"), "Typo")
    hand.click(page.get_by_role("button", name="Submit for approval"))
    expect(page.get_by_text("another person must approve")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Pune")
    return Job("A typo in an address, submitted", hand.clicks, hand.keys, most_clicks=4)


JOBS: tuple[Callable[[Portal, Any], Job], ...] = (one_client, twelve_rows, twenty_changes, a_deposit, a_typo)


if __name__ == "__main__":
    sys.exit(main())
