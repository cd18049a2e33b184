"""Importing a scrip master with its progress, finding a scrip, and choosing a security by symbol, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.markets.files import SHARES, changed, v2
from tests.pages.looks import PHONE, WIDE, narrow, violations
from tests.portals import log_in_as, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Enough rows to see the progress of reading them.
ROWS = 60_000
#: A retail user with a stock whose token is another security's in the master.
USER = """
from django.utils import timezone
from backoffice.odin.models import Question
from tests.factories import RetailUserFactory
RetailUserFactory(group_id="HO", user_id="SCRIP1")
stocks = '{"StockView": [{"sSymbol": "OAK", "ISIN": "INE009A01021", "sDPFree": 5, "OtherSegmentTokens": "1:900002"}]}'
Question.objects.create(
    message_type=328, lane="HO/SCRIP1", state="answered", answer=f"63=FT1.0|64=329|18=1|19={stocks}",
    ended_at=timezone.now(),
)
"""
STOCKS = "/limits/of/HO/SCRIP1/"
EDIS = "/users/HO/SCRIP1/change/edis_quantity/"
UNKNOWN = "INE009A01021"


def file(rows):
    return {"name": "NSE_EQ.json", "mimeType": "application/json", "buffer": v2(rows)}


def many():
    return [
        changed(SHARES[2], nToken=1_000_000 + number, sSymbol=f"IDX{number:05}") for number in range(ROWS)
    ]


@pytest.fixture(scope="module")
def imported(portal, chromium):
    """A master that an administrator uploaded, and what the page said while it was read: its address, and that."""
    portal.manage("shell", "--verbosity", "0", "--command", USER)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=portal.url)
    page = context.new_page()
    log_in_as(page, portal, "admin")
    page.goto("/markets/")
    page.get_by_role("combobox", name="Exchange").select_option("NSE_EQ")
    page.get_by_label("File").set_input_files(file([*SHARES, *many()]))
    page.get_by_role("button", name="Import file").click()
    bar = page.get_by_role("progressbar", name="Reading the file")
    expect(bar).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\s*[1-9][0-9,]*,000\s+scrips\s*$"))).to_be_visible(timeout=60_000)
    assert 0 < float(bar.get_attribute("value")) <= float(bar.get_attribute("max"))
    serious = violations(page)
    expect(page.get_by_text(re.compile("^since "))).to_be_visible(timeout=60_000)
    address = page.url
    context.close()
    assert not serious
    return address


@pytest.fixture(params=[WIDE, PHONE])
def as_maker(request, portal, imported, chromium):
    context = chromium.new_context(
        viewport={"width": request.param, "height": 900},
        base_url=portal.url,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.look = request.param
    log_in_as(page, portal, "maker")
    yield page
    context.close()


def looked_at(page, name):
    """Nothing wrong with the page as it is now."""
    picture(page, f"{name}-{page.look}")
    assert not narrow(page)
    assert not violations(page)
    assert not page.troubles


def test_an_import_its_search_and_a_scrip_s_page_are_accessible_and_fit(as_maker, imported):
    page = as_maker
    page.goto("/markets/")
    expect(page.get_by_role("cell", name="NSE Equity").first).to_be_visible()
    looked_at(page, "scrip-masters")
    page.goto(imported)
    expect(page.get_by_text("60,003")).to_be_visible()
    looked_at(page, "scrip-import")
    page.goto("/markets/scrips/")
    page.get_by_label("Symbol, ISIN or token").fill("peep")
    page.keyboard.press("Enter")
    expect(page.get_by_text("NSE Equity as of")).to_be_visible()
    looked_at(page, "scrip-search")
    page.get_by_role("link", name="PEEPAL EQ").click()
    expect(page.get_by_role("heading", name="Peepal Textiles")).to_be_visible()
    looked_at(page, "scrip")


def test_the_stock_view_names_its_tokens_and_marks_another_isin(as_maker):
    page = as_maker
    page.goto(STOCKS)
    expect(page.get_by_role("link", name="NSE Equity 900002 BANYAN EQ")).to_be_attached()
    expect(page.get_by_text(f"Check NSE Equity 900002: the scrip master has {SHARES[1][8]}")).to_be_visible()
    expect(page.get_by_text("NSE Equity as of")).to_be_visible()
    looked_at(page, "stocks-named")


def empty_card(page):
    """The field of a new security on the form, which has the focus."""
    page.goto(EDIS)
    page.get_by_role("button", name="Add", exact=False).first.click()
    field = page.get_by_role("combobox", name="ISIN")
    expect(field).to_be_focused()
    return field


def test_a_security_is_chosen_by_symbol_with_the_keyboard(as_maker):
    page, field = as_maker, empty_card(as_maker)
    page.keyboard.type("pe")
    option = page.get_by_role("option", name="PEEPAL")
    expect(option).to_contain_text("Peepal Textiles")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    looked_at(page, "edis-choosing")
    page.keyboard.press("Enter")
    expect(field).to_have_value(SHARES[0][8])
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".field-help", has_text="PEEPAL, Peepal Textiles (NSE Equity)")).to_be_visible()
    expect(page.get_by_text(re.compile("NSE Equity as of"))).to_be_visible()
    looked_at(page, "edis-chosen")


def test_escape_closes_the_list_and_keeps_what_was_typed(as_maker):
    page, field = as_maker, empty_card(as_maker)
    field.press_sequentially("ban")
    expect(page.get_by_role("option", name="BANYAN")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(field).to_have_value("BAN")
    expect(field).to_be_focused()
    field.press_sequentially("y")
    page.get_by_role("option", name="BANYAN").click()
    expect(field).to_have_value(SHARES[1][8])
    expect(field).to_be_focused()
    looked_at(page, "edis-mouse")


def test_a_card_that_is_added_is_looked_up_too_and_an_unknown_isin_is_a_warning(as_maker):
    page = as_maker
    empty_card(page).press_sequentially(UNKNOWN)
    expect(page.get_by_text(re.compile("NSE Equity as of"))).to_be_visible()
    page.get_by_label("Quantity").fill("5")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("combobox", name="ISIN").nth(1)).to_be_focused()
    page.keyboard.type("banyan")
    expect(page.get_by_role("option", name="BANYAN")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="ISIN").nth(1)).to_have_value(SHARES[1][8])
    page.get_by_label("Quantity").nth(1).fill("7")
    page.get_by_role("button", name="Check your answers", exact=True).last.click()
    expect(page.get_by_text(f"Check {UNKNOWN}: it is in no scrip master")).to_be_visible()
    looked_at(page, "edis-unknown")
