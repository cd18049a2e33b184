"""Templates that people fill in: the format and the list of each column in Excel, and that its list items are read."""

import csv
import io

import pytest
from openpyxl import load_workbook

from backoffice.batches.file import templates
from backoffice.batches.file.cells import RowReader
from backoffice.batches.file.columns import columns
from backoffice.changes.kinds import file_kind, file_kinds
from backoffice.masters.operations import keep
from tests.batches.files import names, number_format

CREATE, DEPOSIT = "create_retail_user", "cash_deposit"

pytestmark = pytest.mark.django_db


def opened(slug):
    return load_workbook(templates.workbook(file_kind(slug).layout))


def offered(book, name):
    """The items of the list of a column, None without a list, and the note beside its cells."""
    sheet = book[templates.ROWS]
    place = next(cell.column_letter for cell in sheet[1] if cell.value == name)
    found = [one for one in sheet.data_validations.dataValidation if f"{place}2" in one.sqref]
    if not found:
        return None, ""
    (rule,) = found
    if rule.type != "list":
        return None, rule.prompt
    cells = book[templates.LISTS][rule.formula1.partition("!")[2].replace("$", "")]
    cells = cells if isinstance(cells, tuple) else ((cells,),)
    return [cell.value for (cell,) in cells], rule.prompt


def test_the_template_leaves_secrets_and_references_empty():
    header, row = csv.reader(io.StringIO(templates.csv(file_kind(CREATE).layout)))
    cells = dict(zip(header, row, strict=True))
    assert cells["name"] == "Asha Rao"
    assert cells["bank_1_bank_id"] == "HDFC"
    assert cells["bank_2_bank_id"] == cells["password"] == cells["reference"] == ""


@pytest.mark.parametrize("slug", file_kinds())
def test_the_workbook_has_the_header_of_the_csv_over_columns_of_text(slug):
    book = opened(slug)
    sheet = book[templates.ROWS]
    assert [cell.value for cell in sheet[1]] == names(slug)
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    assert {number_format(cell) for cell in sheet[1]} == {"@"}
    assert [one.title for one in book if one.sheet_state == "visible"] == [templates.ROWS]


def test_required_columns_are_bold_and_each_column_says_what_the_guide_says():
    sheet = opened(CREATE)[templates.ROWS]
    heads = {cell.value: cell for cell in sheet[1]}
    layout = file_kind(CREATE).layout
    assert {name for name, cell in heads.items() if cell.font.bold} == {
        column.name for column in columns(layout) if column.required
    }
    note = heads["user_id"].comment.text
    assert "Required." in note
    assert "Example: " in note
    assert "Required when there is a demat account" in heads["birth_date"].comment.text


@pytest.mark.parametrize("slug", file_kinds())
def test_whatever_a_list_offers_is_read_as_its_code(slug):
    book, layout = opened(slug), file_kind(slug).layout
    for column in columns(layout):
        if not column.codes:
            continue
        texts, _ = offered(book, column.name)
        assert texts == [meaning for _, meaning in column.codes]
        codes = [part(RowReader(layout, [column.name]).read([text]).values, column.path) for text in texts]
        assert codes == [[code] if column.several else code for code, _ in column.codes], column.name


def part(values, path):
    """The value at the path of a column, of the only record where it is one of several."""
    for name in path.split("."):
        values = values[0] if isinstance(values, list) else values[name]
    return values


def test_a_short_master_list_is_offered_by_its_codes_with_the_names_beside_and_a_long_one_is_not(admin):
    for code, label in (("HDFC", "Sample Bank"), ("SBI", "State Sample Bank")):
        keep("banks", code, label, by=admin)
    for number in range(templates.CHOSEN_UP_TO + 1):
        keep("dps", f"IN{number:06}", "", by=admin)
    book = opened(CREATE)
    texts, said = offered(book, "bank_2_bank_id")
    assert texts == ["HDFC", "SBI"]
    assert said == "HDFC – Sample Bank\nSBI – State Sample Bank"
    assert offered(book, "demat_1_dp_id") == (None, "")


def test_several_codes_and_dates_are_explained_beside_the_cell():
    book = opened(CREATE)
    assert offered(book, "trading_segments")[1] == "One or several, with ; between."
    assert offered(book, "birth_date") == (None, "A date as DD-MM-YYYY.")
