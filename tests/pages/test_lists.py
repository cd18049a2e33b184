"""Lists in a real browser: columns by keyboard, views with and without scripts, a head that stays on screen."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.pages.looks import PHONE, WIDE, narrow, violations
from tests.portals import log_in_as

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIST = "/audit/"
#: Where the head of the table begins, and where the head of the page ends.
HEAD = "document.querySelector('#list thead th').getBoundingClientRect().top"
TOP = "document.querySelector('.top').getBoundingClientRect().bottom"


def wait_until(page, expression):
    """Wait until it holds. The page's content policy keeps Playwright from waiting for it in the page."""
    end = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"It never held: {expression}"
        page.wait_for_timeout(50)


def heads(page):
    return [text.strip() for text in page.locator("#list thead th").all_inner_texts()]


def test_columns_are_put_in_order_by_keyboard_and_saved_as_a_view(log_in):
    page = log_in("checker")
    page.goto(LIST)
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Columns of this list")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Move Action up").focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("checkbox", name="Reason").focus()
    page.keyboard.press("Space")
    dialog.get_by_role("button", name="Apply columns").click()
    expect(page.locator("#list thead th")).to_have_text(["When", "Action", "Who", "On", "In words"])
    assert "columns=" in page.url
    page.get_by_role("button", name="Show views").click()
    views = page.get_by_role("dialog", name="Views of this list")
    assert violations(page) == []
    views.get_by_label("Save this list as").fill("What first")
    views.get_by_role("button", name="Save view").click()
    page.get_by_role("button", name="Show views").click()
    expect(views.get_by_role("link", name="What first")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(views).to_be_hidden()
    page.get_by_role("button", name="Choose columns").click()
    dialog.get_by_role("button", name="Reset columns").click()
    expect(page.locator("#list thead th").nth(1)).to_have_text("Who")


def test_columns_are_chosen_without_scripts(portal, chromium):
    context = chromium.new_context(base_url=portal.url, java_script_enabled=False)
    page = context.new_page()
    log_in_as(page, portal, "compliance")
    page.goto(LIST)
    page.get_by_role("button", name="Choose columns").click()
    dialog = page.get_by_role("dialog", name="Columns of this list")
    dialog.get_by_label("Place of On").fill("1")
    dialog.get_by_role("button", name="Apply columns").click()
    assert heads(page)[:3] == ["When", "On", "Who"]
    page.get_by_role("button", name="Choose columns").click()
    dialog.get_by_role("button", name="Reset columns").click()
    context.close()


@pytest.mark.parametrize("width", [1440, 1000])
def test_the_page_alone_scrolls_a_list_under_its_head(log_in, width):
    page = log_in("checker", width)
    page.goto(f"{LIST}?per_page=100")
    expect(page.locator("#list tbody tr").first).to_be_visible()
    page.set_viewport_size({"width": width, "height": 300})
    assert not narrow(page)
    box = page.locator("#list .table-wrap")
    assert box.evaluate("box => box.scrollHeight - box.clientHeight") <= 1
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    wait_until(page, f"Math.abs({HEAD} - {TOP}) < 2")


def test_a_phone_folds_the_filters_into_one_line_that_says_how_many_are_set(log_in):
    page = log_in("checker", PHONE)
    page.goto(f"{LIST}?since=01-01-2026")
    filters = page.locator("details[data-filters]")
    expect(page.locator("#list-search")).to_be_visible()
    expect(page.get_by_label("To", exact=True)).to_be_hidden()
    expect(filters.locator(":scope > summary")).to_have_text(re.compile(r"^\s*Filters\s+1 set\s*$"))
    filters.locator(":scope > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("To", exact=True).fill("31-12-2099")
    page.keyboard.press("Tab")
    expect(filters.locator("[data-filters-set]")).to_have_text("2 set")
    expect(page).to_have_url(re.compile("until=31-12-2099"))
    assert violations(page) == []
    assert not narrow(page)


def test_filters_are_folded_on_a_phone_alone_with_scripts_and_without(portal, chromium):
    context = chromium.new_context(base_url=portal.url, java_script_enabled=False)
    page = context.new_page()
    log_in_as(page, portal, "compliance")
    page.goto(LIST)
    for width in (WIDE, PHONE, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.get_by_label("From", exact=True)).to_be_visible(visible=width != PHONE)
        expect(page.locator("details[data-filters] > summary")).to_be_visible(visible=width == PHONE)
    context.close()
