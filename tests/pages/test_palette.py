"""The search on top as a palette: by keyboard, within twelve keys, accessible, and with nothing personal kept."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_KEYS = 12


def test_a_client_is_found_and_a_deposit_opened_by_few_keys(log_in, files):
    page = log_in("maker")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    keys = ["/", *"FILE0001", "ArrowDown", "ArrowDown", "Enter"]
    assert len(keys) <= MOST_KEYS
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url("**/users/HO/FILE0001/change/cash_deposit/")
    assert [url for url in asked if "q=" in url] == []
    assert page.evaluate("Object.values(localStorage)") == ['["HO/FILE0001"]']

    page.goto("/changes/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="HO/FILE0001")).to_be_visible()  # recent
    page.keyboard.type("file0001 susp")
    expect(page.get_by_role("option", name="Suspend…")).to_be_visible()
    for scheme, width in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()

    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of this page")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
