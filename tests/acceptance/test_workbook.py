"""A workbook as an office keeps it, in a real browser: from the file dialog to checked rows."""

import io
import re

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from tests.batches.files import example_row

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def office_workbook():
    """Instructions first, a title above the header, zeros by a number format, and a row that is hidden."""
    book = Workbook()
    book.active.title = "Instructions"
    book.active.append(["1. One row for each client"])
    sheet = book.create_sheet("Clients")
    rows = [
        example_row(
            "create_retail_user",
            user_id=f"BOOK{n}",
            pan=f"AAAPB{n}234C",
            mobile=f"981234567{n}",
            email=f"book{n}@example.com",
            bank_1_account_no=451234560 + n,
        )
        for n in range(1, 4)
    ]
    sheet.append(["Client list of branch 12"])
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(cells)
    for (cell,) in sheet.iter_rows(3, 5, (place := list(rows[0]).index("bank_1_account_no") + 1), place):
        cell.number_format = "00000000000000"
    sheet.row_dimensions[4].hidden = True
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_maker_uploads_a_workbook_and_decides_on_its_hidden_row(portal, log_in):
    page = log_in("maker")
    page.goto("/batches/new/create_retail_user/")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.locator("[name=file]").set_input_files(
        {"name": "branch 12.xlsx", "mimeType": kind, "buffer": office_workbook()}
    )
    page.get_by_role("button", name="Upload and check").click()
    main = page.locator("main")
    expect(main).to_contain_text("1 row is hidden in the sheet", timeout=30_000)
    expect(main).to_contain_text("Clients")
    expect(main).to_contain_text("in row 2")
    page.get_by_role("button", name="Leave out 1 hidden row").click()
    expect(main).to_contain_text("1 row hidden in the sheet is left out", timeout=30_000)
    expect(page.get_by_role("button", name=re.compile("Submit 2 rows"))).to_be_visible()
    batch = page.url
    page.goto(f"{batch}rows/3/")
    expect(main).to_contain_text("00000451234561")
    assert page.goto(f"{batch}rows/4/").status == 404

    page.goto(f"{batch}columns/")
    page.get_by_text("Choose another sheet or header row").click()
    page.locator("[name=sheet]").select_option("Instructions")
    page.locator("[name=header_row]").fill("1")
    page.get_by_role("button", name="Read these headers").click()
    expect(main).to_contain_text("The file has a header and no rows")
