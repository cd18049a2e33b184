"""What the scripts of a page take from the server: what names a person, and who is of age. And its style sheets."""

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.segments import EQUITY_AND_DERIVATIVES
from backoffice.protocol.codes import Segment

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
#: The selectors that the browser does not read.
UNREADABLE = """(selectors) => selectors.filter((one) => {
    try { document.querySelector(one); return false; } catch { return true; }
})"""


@pytest.mark.parametrize("text", ["abcpt1234a", "+91 9800000001", "asha@example.com"])
def test_a_list_is_not_asked_for_with_a_person_s_identifier_in_the_address(log_in, text):
    page = log_in("maker")
    page.goto("/changes/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#filters [name=q]").fill(text)
    expect(page.get_by_text("A list is not searched by PAN").first).to_be_attached()
    assert [url for url in asked if "q=" in url] == []
    with page.expect_request("**/changes/?*q=Asha*"):
        page.locator("#filters [name=q]").fill("Asha")


def test_the_guardian_of_a_minor_is_asked_for_while_the_date_is_typed(log_in):
    page = log_in("maker")
    page.goto("/users/new/")
    born, guardian = page.locator("[name=birth_date]"), page.locator("[data-how=minor]").first
    for years, state in ((17, "on"), (18, "off")):
        today = date.today()
        born.fill(f"01-01-{today.year - years}")
        expect(guardian).to_have_attribute("data-state", state)


def test_dates_amounts_and_addresses_are_typed_as_in_india(log_in, files):
    """The very keys that people press, one by one."""
    page = log_in("maker")
    page.goto("/users/new/")
    born = page.locator("[name=birth_date]")
    for keys in ("21-01-1985", "21/1/1985", "21.01.1985", "21011985"):
        born.fill("")
        born.press_sequentially(keys)
        born.blur()
        assert born.input_value() == "21-01-1985", keys
    address = page.locator("[name=address_1]")
    address.fill("12-A, Ring Road ,Andheri")
    address.blur()
    assert address.input_value() == "12-A Ring Road Andheri"
    expect(page.get_by_text("Commas replaced by spaces", exact=False).last).to_be_visible()

    page.goto("/users/HO/FILE0001/change/cash_deposit/")
    amount = page.locator("[name=amount]")
    for keys, shown in (("5,000", "5,000"), ("250000.5", "2,50,000.5"), ("₹ 2,50,000", "2,50,000")):
        amount.fill("")
        amount.press_sequentially(keys)
        amount.blur()
        assert amount.input_value() == shown
    expect(page.locator("output[for=id_amount]")).to_contain_text("two lakh fifty thousand")

    page.goto("/deliveries/")
    today = date.today()
    with page.expect_request("**/deliveries/?*since=01-*"):
        page.get_by_role("button", name="This month").click()
    assert page.locator("#filters [name=since]").input_value()[2:] == f"-{today:%m-%Y}"


def test_one_button_ticks_the_segments_that_go_together_in_each_column(log_in):
    """By keyboard, in two halves side by side if there is room."""
    page = log_in("maker", width=1440)
    page.goto("/users/new/")
    ticked = "[data-matrix] input:checked"
    page.get_by_role("button", name="All segments").focus()
    page.keyboard.press("Enter")
    expect(page.locator(ticked)).to_have_count(3 * len(Segment))
    page.get_by_role("button", name="Equity and F&O").focus()
    page.keyboard.press("Space")
    codes = page.locator(ticked).evaluate_all("boxes => boxes.map(box => box.value)")
    assert sorted(codes) == sorted(3 * EQUITY_AND_DERIVATIVES)
    assert page.url.endswith("/users/new/")
    first, second = (page.locator("[data-matrix]").nth(place).bounding_box() for place in (0, 1))
    assert first["x"] + first["width"] <= second["x"]
    page.set_viewport_size({"width": 360, "height": 800})
    first, second = (page.locator("[data-matrix]").nth(place).bounding_box() for place in (0, 1))
    assert first["x"] == second["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_browser_takes_each_rule_of_the_style_sheets(log_in):
    """A selector that it cannot read is dropped, with its whole rule."""
    sheets = " ".join(path.read_text() for path in (ROOT / "static").rglob("*.css"))
    rules = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", re.sub(r"/\*.*?\*/", "", sheets, flags=re.DOTALL))
    selectors = [one for one in rules if one not in ("from", "to") and "::-moz-" not in one]
    assert len(selectors) > 500
    assert log_in("maker").evaluate(UNREADABLE, selectors) == []


@pytest.mark.parametrize(
    ("who", "address", "most"),
    [
        ("maker", "/batches/new/create_retail_user/", 200_000_000),
        ("maker", "/reconciliation/new/", 200_000_000),
        ("admin", "/markets/", 128 * 1024 * 1024),
        ("admin", "/markets/holidays/", 200_000_000),
        ("admin", "/masters/upload/", 2_000_000),
    ],
)
def test_a_file_over_the_limit_is_refused_on_choosing_it(log_in, tmp_path, who, address, most):
    page = log_in(who)
    page.goto(address)
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    with large.open("wb") as file:
        file.truncate(most + 1)
    small.write_text("a,b\n")
    field = page.locator("input[type=file]")
    said = page.get_by_text("The file is larger than")
    expect(said).to_be_hidden()
    field.set_input_files(large)
    expect(said).to_be_visible()
    assert field.evaluate("field => field.files.length") == 0, "nothing of it can be sent"
    field.set_input_files(small)
    expect(said).to_be_hidden()
    assert field.evaluate("field => field.files.length") == 1
