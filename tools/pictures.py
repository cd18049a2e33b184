"""The pictures of README.md, of a demonstration that `make run` has made and that runs: `make screenshots`.

Gives the demonstration's staff new passwords, since it must log in. For the animated picture a new client with a
made-up id is proposed, approved and sent to the stand-in.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import argparse
import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tools.browser import chromium, log_in, new_passwords
from tools.prepare import ROOT

FOLDER = ROOT / "docs" / "screenshots"
SIZE: Any = {"width": 1280, "height": 800}
#: A client with a short history.
INVITED = "HO/TRY001"
CHANGE = "a[href^='/changes/']"
#: Of the animated picture: its size, and how long a frame stays, in milliseconds.
SMALL = (1024, 640)
FRAME, LAST = 1400, 4000
#: The new client of the animated picture, in the groups that a frame shows.
STEPS: Sequence[dict[str, str]] = (
    {"name": "Asha Pictureworthy", "password": "Sesame42", "birth_date": "21-01-1985"},
    {"father_or_husband": "Ravi Pictureworthy", "address_1": "12 Example Street", "city": "Mumbai"},
    {"pin_code": "400001", "email": "asha.picture@example.com"},
)


def main() -> int:
    """Take all pictures. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Take the pictures of README.md.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal that runs")
    options = parser.parse_args()
    passwords = new_passwords()
    url = f"http://127.0.0.1:{options.port}"
    with chromium() as browser:
        checker = log_in(browser, url, "checker", passwords["checker"], viewport=SIZE)
        _take(checker, "today")
        checker.goto("/changes/inbox/")
        checker.get_by_role("row", name=re.compile("12,50,000")).locator(CHANGE).first.click()
        _take(checker, "approve")
        checker.goto(f"/users/{INVITED}/?tab=history")
        _take(checker, "history")
        checker.goto("/deliveries/queue/")
        _take(checker, "queue")
        maker = log_in(browser, url, "maker", passwords["maker"], viewport=SIZE)
        maker.goto("/batches/")
        row = maker.get_by_role("row", name=re.compile("new-clients-of-the-week"))
        maker.goto(f"{row.get_attribute('data-href')}fix/")
        _take(maker, "file")
        Story().tell(browser, url, passwords)
    return 0


def _take(page: Page, name: str) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.screenshot(path=FOLDER / f"{name}.png")


class Story:
    """A client on the way from the form to ODIN, frame by frame."""

    def __init__(self) -> None:
        self._frames: list[Image.Image] = []

    def tell(self, browser: Browser, url: str, passwords: dict[str, str]) -> None:
        """Do it, and write the animated picture."""
        maker = log_in(browser, url, "maker", passwords["maker"], viewport=SIZE)
        self._press(maker, maker.get_by_role("link", name="New retail user").first)
        self._fill_in(maker)
        self._press(maker, maker.get_by_role("button", name="Check your answers").last)
        expect(maker.get_by_role("heading", level=1)).to_contain_text("Check")
        self._frame(maker)
        maker.locator("[name=reason]").fill("Account opening form 4711")
        self._press(maker, maker.get_by_role("button", name=re.compile("Submit")))
        expect(maker.get_by_text("Submitted for approval.", exact=True)).to_be_visible()
        self._frame(maker)
        checker = log_in(browser, url, "checker", passwords["checker"], viewport=SIZE)
        self._frame(checker)
        checker.goto(maker.url)
        self._frame(checker)
        self._press(checker, checker.get_by_role("button", name="Approve and send to ODIN"))
        self._frame(checker)
        shown = checker.locator(".page-title .status")
        expect(shown).to_contain_text("Applied", timeout=120_000)
        self._frame(checker)
        first, *rest = self._frames
        times = [FRAME] * len(rest) + [LAST]
        first.save(
            FOLDER / "form-to-applied.webp",
            save_all=True,
            append_images=rest,
            duration=times,
            loop=0,
            quality=60,
        )

    def _fill_in(self, page: Page) -> None:
        page.locator("[name=profile]").select_option("Resident Mumbai")
        self._press(page, page.get_by_role("button", name="Fill in from the profile"))
        expect(page.locator("[name=branch]")).to_have_value("MUMBAI")
        now = datetime.now().astimezone()
        page.locator("[name=user_id]").fill(f"P{now:%d%H%M%S}")
        # Equal details would cause a warning for the checker.
        page.locator("[name=pan]").fill(f"PICPP{now:%M%S}A")
        page.locator("[name=mobile]").fill(f"98{now:%d%H%M%S}")
        for step in STEPS:
            for name, text in step.items():
                page.locator(f"[name={name}]").fill(text)
            self._frame(page)
        page.locator("[name=gender]").select_option("F")

    def _press(self, page: Page, what: Locator) -> None:
        """Show what is pressed, and press it."""
        what.focus()
        self._frame(page)
        what.click()

    def _frame(self, page: Page) -> None:
        page.get_by_role("heading", level=1).wait_for()
        frame = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        self._frames.append(frame.resize(SMALL, Image.Resampling.LANCZOS))


if __name__ == "__main__":
    sys.exit(main())
