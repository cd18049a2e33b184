"""A morning's file with twelve wrong rows: corrected in the portal, submitted, approved and applied, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.batches.files import as_csv
from tests.pages.batch_files import client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOOD = 3
#: What is wrong with each of twelve rows, and what is typed instead: the column, the file's text, the right one.
WRONG = (
    ("pan", "AAAPF12", "KAAPF9801K"),
    ("city", "Mumbai, West", "Mumbai"),
    ("city", "Mumbai, West", ""),
    ("city", "Mumbai, West", ""),
    ("gender", "Q", "F"),
    ("poa", "9", "2"),
    ("birth_date", "31/12/85", "31-12-1985"),
    ("user_id", "FILE0800", "FILE0898"),
    ("password", "abc", "Sesame43"),
    ("category", "99", "4"),
    ("status", "X", "A"),
    ("name", "", "Prem Filewala"),
)
#: Rows that are corrected alike with the one before them.
ALIKE = 2


def rows():
    good = [client(800 + number) for number in range(GOOD)]
    return [*good, *(client(810 + at, **{name: text}) for at, (name, text, _) in enumerate(WRONG))]


def clean(page):
    """No serious finding, once the page is there: a click comes back before its document does."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert not [one for one in found if one["impact"] in ("serious", "critical")], found


def test_twelve_wrong_rows_are_corrected_submitted_approved_and_applied(log_in, tmp_path):
    file = tmp_path / "morning.csv"
    file.write_text(as_csv(*rows()))
    page = log_in("maker")
    page.goto("/batches/new/create_retail_user/")
    page.get_by_label("CSV or Excel").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("link", name="Correct 12 rows here").click(timeout=30_000)
    clean(page)
    for at, (_, text, right) in enumerate(WRONG):
        if not right:
            continue
        cell = page.locator(f"tr:has(#row-{GOOD + at + 2}) [aria-invalid]")
        if cell.evaluate("cell => cell.tagName") == "SELECT":
            cell.select_option(right)
        else:
            cell.fill(right)
            cell.press("Enter")
        expect(page.locator(f"#row-{GOOD + at + 2}")).not_to_contain_text("Errors")
        if text == "Mumbai, West":
            page.get_by_role("button", name=f"Apply to {ALIKE} more rows like this").click()
            expect(page.locator("#fix-left")).to_contain_text(
                f"{12 - at - 1 - ALIKE} rows with errors left", timeout=30_000
            )
    clean(page)
    page.reload()  # nothing of it was only in the browser
    expect(page.get_by_text("No row has errors")).to_be_visible()
    page.get_by_role("link", name="Submit the file").first.click()
    page.get_by_label("Reason").fill("New clients of the morning")
    page.get_by_role("button", name=f"Submit {GOOD + 12} rows").click()
    expect(page.get_by_text("Submitted. Waiting for a checker.")).to_be_visible()
    address = page.url
    checker = log_in("checker")
    checker.goto(address)
    expect(checker.get_by_role("heading", name="15 retail users will be created")).to_be_visible()
    clean(checker)
    checker.get_by_role("button", name="Approve 15 rows and send").click()
    expect(checker.get_by_role("heading", name="15 messages applied")).to_be_visible(timeout=60_000)
    clean(checker)


def test_enter_goes_round_to_an_earlier_row_and_stays_in_a_cell_that_is_still_wrong(log_in, tmp_path):
    file = tmp_path / "round.csv"
    file.write_text(as_csv(client(860, pan="AAAPF12"), client(861, city="Mumbai, West")))
    page = log_in("maker")
    page.goto("/batches/new/create_retail_user/")
    page.get_by_label("CSV or Excel").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("link", name="Correct 2 rows here").click(timeout=30_000)
    pan, city = page.get_by_label("PAN, row 2"), page.get_by_label("City, row 3")
    expect(pan).to_be_focused()
    city.fill("Mumbai")
    city.press("Enter")
    expect(pan).to_be_focused()
    expect(page.locator("#row-3")).not_to_contain_text("Errors")
    pan.fill("AAAPF13")
    pan.press("Enter")
    expect(pan).to_be_focused()
    pan.fill("KAAPF9804K")
    pan.press("Enter")
    expect(page.locator("#fix-left")).to_contain_text("0 rows with errors left")


def test_a_cell_of_another_window_is_not_overwritten_and_the_page_works_on_a_phone(log_in, tmp_path):
    file = tmp_path / "phone.csv"
    file.write_text(as_csv(client(850), client(851, pan="AAAPF12")))
    page = log_in("maker")
    page.goto("/batches/new/create_retail_user/")
    page.get_by_label("CSV or Excel").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("link", name="Correct 1 row here").click(timeout=30_000)
    expect(page.get_by_label("PAN, row 3")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    other = page.context.new_page()
    other.goto(page.url)
    for window, pan in ((page, "KAAPF9802K"), (other, "KAAPF9803K")):
        window.get_by_label("PAN, row 3").fill(pan)
        window.get_by_label("PAN, row 3").press("Enter")
        expect(window.locator("[id^=said-3-]")).to_contain_text(
            "Corrected" if window is page else "KAAPF9802K"
        )
    expect(other.locator("#fix").get_by_text("your value is not saved")).to_be_visible()
    clean(other)
