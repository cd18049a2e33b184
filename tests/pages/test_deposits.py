"""The grid of deposits: lines of a spreadsheet pasted, names by code, rows and total by keyboard, errors at the row."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_deposits_are_pasted_named_totalled_and_submitted_once(log_in, files):
    page = log_in("maker")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/limits/deposits/")
    rows = page.locator("[data-row]")
    expect(page.get_by_label("User id", exact=True).first).to_be_focused()
    lines = ["file0001\t2,50,000\t\tCounter 3", "HO/FILE0002\t1000.50", "NOBODY\t5", *["FILE0001\t7"] * 3]
    page.evaluate(PASTE, "\r\n".join(lines))
    expect(rows).to_have_count(6)
    expect(rows.nth(0).locator("[data-name]")).not_to_be_empty()
    expect(rows.nth(2).locator("[data-name]")).to_have_text("No such retail user")
    expect(page.locator("[data-total]")).to_have_text("₹ 2,51,026.50")
    expect(page.locator("[data-words]")).to_have_text(
        "Rupees two lakh fifty-one thousand twenty-six and fifty paise"
    )
    assert not [url for url in asked if "?" in url]

    rows.nth(5).get_by_label("Remarks").press("Enter")
    expect(rows).to_have_count(7)
    expect(rows.nth(6).get_by_label("User id", exact=True)).to_be_focused()
    page.get_by_label("Reason").fill("Pay-in slips, bundle 4")
    submit = page.get_by_role("button", name="Submit deposits")
    submit.click()
    expect(rows.nth(2)).to_contain_text("is no retail user here")
    rows.nth(2).get_by_role("button", name="Remove this row").click()
    expect(page.locator("[data-total]")).to_have_text("₹ 2,51,021.50")
    submit.click()
    expect(rows.nth(3)).to_contain_text("Check that it is not the same deposit")
    page.get_by_label("I have checked the warnings").check()
    submit.click()
    page.wait_for_url("**/batches/*/")
    expect(page.locator(".stepper")).to_contain_text("5 rows")


def test_enter_begins_the_next_row_where_the_row_before_was_begun(log_in):
    page = log_in("maker")
    page.goto("/limits/deposits/")
    rows = page.locator("[data-row]")
    rows.nth(0).get_by_label("User id", exact=True).click()
    page.keyboard.type("FILE0001\t100")
    page.keyboard.press("Enter")
    expect(rows.nth(1).get_by_label("User id", exact=True)).to_be_focused()
    rows.nth(0).get_by_label("Amount in rupees").click()
    page.keyboard.press("Enter")
    expect(rows.nth(1).get_by_label("Amount in rupees")).to_be_focused()
