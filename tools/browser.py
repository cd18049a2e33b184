"""A browser at the demonstration that runs, logged in as one of its staff: for pictures and measurements."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools.prepare import ROOT, demonstration, python


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield found
        found.close()


def new_passwords() -> dict[str, str]:
    """New passwords of the demonstration's staff, by their names: those that were printed are kept nowhere."""
    printed = subprocess.run(
        [python(), "manage.py", "demo_staff", "--reset"],
        cwd=ROOT,
        env=demonstration(8000, 8801, 8802, 8803),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(re.findall(r"^\s+(\w+)\s+(\S+)$", printed, re.MULTILINE))


def log_in(browser: Browser, url: str, name: str, password: str, **options: Any) -> Page:
    """Today of this person, in a browser context of its own with these options, after the tour."""
    page = browser.new_context(base_url=url, reduced_motion="reduce", **options).new_page()
    page.goto("/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")
    if (button := page.get_by_role("button", name="End the tour")).count():
        button.click()
    return page
