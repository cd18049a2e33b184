"""Every page in a real browser: no serious accessibility violation, no script error, nothing wider than a phone."""

import pytest
from playwright.sync_api import expect

from tests.pages.looks import PHONE, UNFOLD, at_each_width, narrow, violations
from tests.portals import log_in_as

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOT_THERE = "/users/HO/NOBODY/"
#: In braces: the batch of that name in `batch_files`.
PAGES = {
    "maker": (
        "/",
        "/users/",
        "/users/new/",
        NOT_THERE,
        "/users/HO/FILE0001/",
        "/users/HO/FILE0001/?tab=profile",
        "/users/HO/FILE0001/?tab=accounts",
        "/users/HO/FILE0001/edit/segments/",
        "/limits/of/HO/FILE0001/",
        "/users/HO/FILE0001/?tab=history",
        "/users/HO/FILE0001/?tab=limits",
        "/changes/",
        "/changes/mine/",
        "/changes/drafts/",
        "/deliveries/",
        "/limits/",
        "/limits/deposits/",
        "/search/",
        "/batches/",
        "/batches/new/",
        "/batches/new/create_retail_user/",
        "/batches/new/cash_deposit/",
        "/batches/{unclear}/columns/",
        "/batches/{unconfirmed}/columns/",
        "/batches/{hidden}/",
        "/batches/{hidden}/columns/",
        "/batches/{unreadable}/",
        "/batches/{being-checked}/",
        "/batches/{found}/",
        "/batches/{found}/rows/",
        "/batches/{found}/fix/",
        "/batches/{found}/rows/?finding=city%7CF5",
        "/batches/{found}/rows/3/",
        "/batches/{found}/rows/5/",
        "/batches/{clean}/",
        "/batches/{submitted}/",
        "/batches/{rejected}/",
        "/reconciliation/",
        "/reconciliation/new/",
        "/reconciliation/{unmapped}/columns/",
        "/reconciliation/{compared}/",
        "/reconciliation/{compared}/different/",
        "/reconciliation/{compared}/only-in-the-file/",
        "/reconciliation/{compared}/only-in-the-portal/",
        "/reconciliation/{compared}/unreadable/",
        "/reconciliation/{compared}/settle/?all=1",
    ),
    "checker": (
        "/",
        "/notices/",
        "/changes/inbox/",
        "/changes/inbox/review/",
        "/deliveries/?state=unknown",
        "/deliveries/queue/",
        "/deliveries/several/",
        "/batches/{submitted}/",
        "/batches/{submitted}/rows/7/",
        "/batches/{money}/",
        "/batches/{money}/rows/3/",
        "/batches/{under-way}/",
        "/batches/{done}/",
        "/batches/{done}/rows/",
        "/batches/{done}/rows/7/",
    ),
    "compliance": (
        "/audit/?code=1",
        "/audit/numbers/",
        "/audit/verification/",
        "/changes/",
        "/users/",
        "/exports/",
        "/batches/{submitted}/",
        "/batches/{submitted}/rows/7/",
        "/reconciliation/{compared}/",
        "/reconciliation/{compared}/different/",
        "/reports/?by=kind",
    ),
    "admin": (
        "/",
        "/changes/rules/",
        "/odin/session/",
        "/people/2/",
        "/batches/aliases/",
        "/markets/holidays/",
    ),
}
#: Buttons and fields that are too low to touch.
TOO_LOW = """[...document.querySelectorAll('main :is(.btn, .tabs a, .pager a, select, input[type=text])')]
    .filter(one => one.offsetHeight && one.offsetHeight < 43.5).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("person", PAGES)
def test_pages_are_accessible_and_fit(portal, files, chromium, person):
    context = chromium.new_context(base_url=portal.url)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    log_in_as(page, portal, person)
    for pattern in PAGES[person]:
        path = pattern.format(**files)
        page.set_viewport_size({"width": PHONE, "height": 800})
        answer = page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if answer.status != (404 if path == NOT_THERE else 200):
            troubles.append(f"{path}: {answer.status}")
        if (bell := page.locator(".bell-count")).count() and not page.title().startswith(
            f"({bell.inner_text()}) "
        ):
            troubles.append(f"{path}: the title {page.title()!r} does not count what waits")
        page.evaluate(UNFOLD)
        for width in at_each_width(page):
            if width == PHONE and (low := page.evaluate(TOO_LOW)):
                troubles.append(f"{path}: lower than a thumb needs: {low[:3]}")
            troubles += [f"{path}, {width} px: {words}" for words in (*violations(page), *narrow(page))]
    context.close()
    assert not troubles
