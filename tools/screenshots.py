"""`make screenshots`: the pictures of README.md, of a demonstration that `make run` has made and that runs.

Gives the demonstration's staff new passwords, since it must log in. Decides nothing and sends nothing.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tools  # noqa: F401  # first: it refuses an old Python

# isort: split

import argparse
import re
import shutil
import subprocess

from playwright.sync_api import Browser, Page, sync_playwright

from tools.prepare import ROOT, demonstration, make_venv, python

FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1280, "height": 800}
#: A client with a short history.
INVITED = "HO/TRY001"
CHANGE = "a[href^='/changes/']"


def main() -> int:
    """Take all pictures. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Take the pictures of README.md.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal that runs")
    options = parser.parse_args()
    make_venv("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
    passwords = _new_passwords()
    url = f"http://127.0.0.1:{options.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        checker = _log_in(browser, url, "checker", passwords)
        _take(checker, "today")
        checker.goto("/changes/inbox/")
        checker.get_by_role("row", name=re.compile("12,50,000")).locator(CHANGE).first.click()
        _take(checker, "approve")
        checker.goto(f"/users/{INVITED}/?tab=history")
        _take(checker, "history")
        maker = _log_in(browser, url, "maker", passwords)
        maker.goto("/batches/")
        row = maker.get_by_role("row", name=re.compile("new-clients-of-the-week"))
        maker.goto(f"{row.get_attribute('data-href')}fix/")
        _take(maker, "file")
        browser.close()
    return 0


def _new_passwords() -> dict[str, str]:
    printed = subprocess.run(
        [python(), "manage.py", "demo_staff", "--reset"],
        cwd=ROOT,
        env=demonstration(8000, 8801, 8802, 8803),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(re.findall(r"^\s+(\w+)\s+(\S+)$", printed, re.MULTILINE))


def _log_in(browser: Browser, url: str, name: str, passwords: dict[str, str]) -> Page:
    """A page of this person, in a browser context of its own, after the tour."""
    page = browser.new_context(viewport=SIZE, base_url=url, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto("/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(passwords[name])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")
    if (button := page.get_by_role("button", name="End the tour")).count():
        button.click()
    return page


def _take(page: Page, name: str) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
