"""Every page in a real browser: no serious accessibility violation, no script error, nothing wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.acceptance.conftest import log_in_as

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "maker": (
        "/",
        "/users/",
        "/users/new/",
        "/users/HO/NOBODY/",
        "/changes/",
        "/changes/mine/",
        "/deliveries/",
        "/limits/",
        "/search/",
    ),
    "checker": (
        "/",
        "/changes/inbox/",
        "/changes/inbox/review/",
        "/deliveries/?state=unknown",
        "/deliveries/queue/",
        "/deliveries/several/",
    ),
    "compliance": ("/audit/?code=1", "/changes/", "/users/", "/exports/"),
    "admin": ("/", "/changes/rules/", "/odin/session/", "/people/of/maker/"),
}
LOOKS = (("light", 1280), ("dark", 1280), ("light", 360))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
@pytest.mark.parametrize("person", PAGES)
def test_pages_are_accessible_and_fit(portal, chromium, person, scheme, width):
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        base_url=portal.url,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    log_in_as(page, portal, person)
    for path in PAGES[person]:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                troubles.append(f"{path}: {violation['id']}: {violation['nodes'][0]['html'][:200]}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            troubles.append(f"{path}: {wide} px wider than the window")
    context.close()
    assert not troubles
