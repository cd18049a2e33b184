"""What text a cell of a workbook has, in workbooks as several programs write them: what is shown, or a mark."""

import datetime
import re
import zipfile

import pytest
from openpyxl import Workbook

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.reading import inspect, open_rows
from tests.batches.files import styles_of, xlsx, zipped

#: A sheet as Excel writes it, with all the elements before and after the rows.
EXCEL = (
    '<sheetPr filterMode="1"/><dimension ref="A1:C3"/><sheetViews><sheetView{view} workbookViewId="0"/></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/>{columns}<sheetData><row r="1" spans="1:3"><c r="A1" t="s"><v>0</v></c>'
    '<c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>{rows}</sheetData><sheetProtection/>'
    '{behind}<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
)
TEXTS = "<si><t>user_id</t></si><si><t>birth_date</t></si><si><t>city</t></si>"
BIRTH_DATE = 1


def excel(path, rows, *, styles=(), texts="", columns="", behind="", view="", workbook=""):
    """A workbook with the headers user_id, birth_date and city."""
    sheet = EXCEL.format(rows=rows, columns=columns, behind=behind, view=view)
    return xlsx(path / "a.xlsx", sheet, styles=styles_of(*styles), texts=TEXTS + texts, workbook=workbook)


def read(path, **shape):
    """The rows by their numbers, and their marks by number and place."""
    found = inspect(path, path.name)
    rows = dict(open_rows(path, found.shape | shape, len(found.headers), dates=[BIRTH_DATE]))
    marks = {
        (number, place): mark
        for number, row in rows.items()
        for place, mark in getattr(row, "marks", {}).items()
    }
    return {number: list(row) for number, row in rows.items()}, marks


def cell(tmp_path, inner, **options):
    """The text of a cell of the column city, and its mark."""
    rows, marks = read(excel(tmp_path, f'<row r="2"><c r="A2"><v>1</v></c>{inner}</row>', **options))
    return rows[2][2], marks.get((2, 2))


def date_cell(tmp_path, inner, **options):
    """The text of a cell of the column birth_date, and its mark."""
    rows, marks = read(excel(tmp_path, f'<row r="2"><c r="A2"><v>1</v></c>{inner}</row>', **options))
    return rows[2][1], marks.get((2, 1))


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ('<c r="C2" t="s"><v>3</v></c>', "Meera Rao"),
        ('<c r="C2" t="s"><v>4</v></c>', "Pune"),
        ('<c r="C2" t="s"><v>5</v></c>', "12 Lake View\r\nNear _x000D_ School"),
        (
            '<c r="C2" t="inlineStr"><is><r><t>Mee</t></r><r><t xml:space="preserve">ra Rao</t></r></is></c>',
            "Meera Rao",
        ),
        ('<c r="C2" t="str"><f>A2&amp;"x"</f><v>1x</v></c>', "1x"),
        ('<c r="C2" t="str"><f>IF(1,"")</f><v></v></c>', ""),
        ('<c r="C2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="C2" t="inlineStr"><is><t>A_xD83D__xDE00_B_x0000_C_xD800_</t></is></c>', "A😀B\ufffdC\ufffd"),
        ('<c r="C2"><v>0.30000000000000004</v></c>', "0.3"),
        ('<c r="C2"><v>1E3</v></c>', "1000"),
        ('<c r="C2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="C2" s="1"><v>451234567</v></c>', "00451234567"),
    ],
)
def test_a_cell_has_the_text_that_the_sheet_shows(tmp_path, inner, text):
    texts = (
        '<si><r><t>Mee</t></r><r><rPr><b/></rPr><t xml:space="preserve">ra Rao</t></r></si>'
        '<si><t>Pune</t><rPh sb="0" eb="4"><t>READING</t></rPh></si>'
        "<si><t>12 Lake View_x000D_\nNear _x005F_x000D_ School</t></si>"
    )
    assert cell(tmp_path, inner, texts=texts, styles=["00000000000"]) == (text, None)


@pytest.mark.parametrize(
    ("inner", "words", "cleaned"),
    [
        ('<c r="C2"><f>1+1</f></c>', "is a formula without a value", None),
        ('<c r="C2"><f>1+1</f><v></v></c>', "is a formula without a value", None),
        ('<c r="C2"><f t="shared" si="0"/></c>', "is a formula without a value", None),
        ('<c r="C2" t="e"><f>B9</f><v>#SPILL!</v></c>', "is #SPILL!: a formula failed", None),
        ('<c r="C2"><v>4874560000002</v></c>', "shows 4.87456E+12 but holds 4874560000002", "4874560000002"),
        ('<c r="C2"><v>1234567890123456</v></c>', "more digits than a spreadsheet keeps", None),
        ('<c r="C2" s="1"><v>1000.005</v></c>', "shows 1000.01 but holds 1000.005", None),
        ('<c r="C2" s="2"><v>0.5</v></c>', "holds 0.5 in the number format “# ?/?”", None),
        ('<c r="C2" s="3"><v>5</v></c>', "holds 5, but its number format shows nothing", None),
        ('<c r="C2" s="3" t="s"><v>0</v></c>', "holds user_id, but its number format shows nothing", None),
        ('<c r="C2" s="4"><v>31068</v></c>', "is a date in the sheet, 21-01-1985", None),
        ('<c r="C2" s="4"><v>0.4</v></c>', "is a time of day", None),
        ('<c r="C2" s="4"><v>1e300</v></c>', "not a valid date", None),
        ('<c r="C2" t="d"><v>1985-01-21</v></c>', "is a date in the sheet, 21-01-1985", None),
        ('<c r="C2" s="99"><v>5</v></c>', "which the portal does not read", None),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_show_what_it_holds_is_marked(tmp_path, inner, words, cleaned):
    styles = ["#,##0.00", "# ?/?", ";;;", "dd\\-mm\\-yyyy"]
    _, mark = cell(tmp_path, inner, styles=styles)
    assert words in mark.words
    assert mark.cleaned == cleaned


@pytest.mark.parametrize(
    ("inner", "text", "words", "workbook"),
    [
        ('<c r="B2" s="1"><v>31068</v></c>', "21-01-1985", "", ""),
        ('<c r="B2" s="1"><v>31067.9999999999</v></c>', "21-01-1985", "", ""),
        ('<c r="B2" s="1"><v>29606</v></c>', "21-01-1985", "", '<workbookPr date1904="1"/>'),
        ('<c r="B2" s="2"><v>31068</v></c>', "21-01-1985", "", ""),
        ('<c r="B2" t="d"><v>1985-01-21T00:00:00</v></c>', "21-01-1985", "", ""),
        ('<c r="B2" s="1"><v>31068.5</v></c>', "21-01-1985", "holds a time beside the date", ""),
        ('<c r="B2" s="2"><v>9152</v></c>', "20-01-1925", "shows only a part of it", ""),
        ('<c r="B2" s="3"><v>31068</v></c>', "21-01-1985", "shows only a part of it", ""),
        ('<c r="B2" s="1"><v>60</v></c>', "60", "not a valid date", ""),
        ('<c r="B2" s="1"><v>-1</v></c>', "-1", "not a valid date", ""),
        ('<c r="B2" s="1"><v>2958465</v></c>', "2958465", "not a valid date", '<workbookPr date1904="1"/>'),
        ('<c r="B2"><v>31068</v></c>', "31068", "", ""),
    ],
)  # fmt: skip
def test_a_date_is_read_where_the_column_takes_one(tmp_path, inner, text, words, workbook):
    styles = ["dd\\-mm\\-yyyy", "dd\\-mmm\\-yy", "mmm\\-yy"]
    found, mark = date_cell(tmp_path, inner, styles=styles, workbook=workbook)
    assert found == text
    assert words in (mark.words if mark else "")
    assert bool(mark) == bool(words)


def test_a_date_has_the_first_accepted_shape(tmp_path, settings):
    settings.BATCH_DATE_SHAPES = ["DD-MMM-YYYY"]
    assert date_cell(tmp_path, '<c r="B2" s="1"><v>31068</v></c>', styles=["dd/mm/yyyy"])[0] == "21-Jan-1985"


def test_results_that_are_to_be_calculated_when_the_file_is_opened_are_none(tmp_path):
    """XlsxWriter writes 0 as the result of every formula, and that the whole is to be calculated."""
    formula = '<c r="C2"><f>1+1</f><v>0</v></c>'
    _, mark = cell(tmp_path, formula, workbook='<calcPr calcId="124519" fullCalcOnLoad="1"/>')
    assert "is a formula without a value" in mark.words


def test_zeros_that_a_sheet_does_not_show_are_empty(tmp_path):
    assert cell(tmp_path, '<c r="C2"><v>0</v></c>', view=' showZeros="0"') == ("", None)


HIDDEN = (
    '<row r="2"><c r="A2"><v>1</v></c></row><row r="3" hidden="1"><c r="A3"><v>2</v></c></row>'
    '<row r="4" hidden="1"><c r="A4" s="1"/></row><row r="5" ht="0" customHeight="1"><c r="A5"><v>3</v></c></row>'
)


def test_hidden_rows_are_marked_until_somebody_decides(tmp_path):
    path = excel(tmp_path, HIDDEN, behind='<autoFilter ref="A1:C5"/>')
    rows, marks = read(path)
    assert (list(rows), list(marks)) == ([2, 3, 5], [(3, -1), (5, -1)])
    assert read(path, hidden="include") == (rows, {})
    assert read(path, hidden="leave_out") == ({2: rows[2]}, {})


def test_hidden_columns_are_known(tmp_path):
    columns = '<cols><col min="2" max="2" width="9" hidden="1"/><col min="3" max="16384" width="0"/></cols>'
    path = excel(tmp_path, HIDDEN, columns=columns)
    assert inspect(path, path.name).shape["hidden_columns"] == [1, 2]


@pytest.mark.parametrize(
    ("columns", "hidden"),
    [
        ('<col min="-999999999999" max="2" hidden="1"/>', [0, 1]),
        (f'<col min="2" max="{"9" * 4000}" hidden="1"/>', [1, 2]),
        ('<col min="1" max="16384" hidden="1"/>' * 16_384, [0, 1, 2]),
    ],
    ids=["begins before the first", "ends behind the last", "all of them, many times"],
)
def test_a_file_does_not_decide_how_many_hidden_columns_are_looked_at(tmp_path, columns, hidden):
    path = excel(tmp_path, HIDDEN, columns=f"<cols>{columns}</cols>")
    assert inspect(path, path.name).shape["hidden_columns"] == hidden


def test_more_hidden_columns_than_a_sheet_has_are_refused(tmp_path):
    columns = '<col min="1" max="1" hidden="1"/>' * 16_385
    path = excel(tmp_path, HIDDEN, columns=f"<cols>{columns}</cols>")
    with pytest.raises(FileProblem, match="cannot be read"):
        inspect(path, path.name)


def test_merged_cells_that_overlap_are_refused(tmp_path):
    """Each row would be looked at once for each of them."""
    behind = '<mergeCells count="2"><mergeCell ref="A2:C3"/><mergeCell ref="A2:C2"/></mergeCells>'
    with pytest.raises(FileProblem, match="cannot be read"):
        read(excel(tmp_path, HIDDEN, behind=behind))


def test_cells_under_a_merged_one_are_marked_with_its_name(tmp_path):
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>both</t></is></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="C3"><v>7</v></c></row>'
    )
    behind = '<mergeCells count="2"><mergeCell ref="B2:C3"/><mergeCell ref="D1:XFD9"/></mergeCells>'
    _, marks = read(excel(tmp_path, rows, behind=behind))
    assert {place: mark.words.partition(".")[0] for place, mark in marks.items()} == {
        (2, 2): "is merged with the cell B2",
        (3, 1): "is merged with the cell B2",
        (3, 2): "is merged with the cell B2",
    }


def test_libreoffice_leaves_out_the_names_of_cells_and_writes_formats_of_its_own(tmp_path):
    """Its dimension is that of an empty sheet, and it repeats the style of a column down to the last row."""
    sheet = (
        '<sheetPr filterMode="false"><pageSetUpPr fitToPage="false"/></sheetPr><dimension ref="A1"/><sheetData>'
        '<row r="1" customFormat="false" ht="12.8" hidden="false"><c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
        '<c t="s"><v>2</v></c></row><row><c s="2"><v>42</v></c><c s="3"><v>31068</v></c><c s="4"><v>1234567</v></c>'
        '</row><row r="1048576"><c r="A1048576" s="1"/></row></sheetData>'
    )
    codes = ["General", "000000", "dd/mm/yy;@", "[$₹-4009]\\ #,##,##0"]
    path = xlsx(tmp_path / "a.xlsx", sheet, styles=styles_of(*codes), texts=TEXTS)
    assert read(path) == ({2: ["000042", "21-01-1985", "1234567"]}, {})


def test_openpyxl_writes_formulas_without_a_value_and_dates_of_its_own(tmp_path):
    book = Workbook()
    book.active.append(["user_id", "birth_date", "city"])
    book.active.append(["R1", datetime.date(1985, 1, 21), "=1+1"])
    book.active.append([42, datetime.datetime(1985, 1, 21, 9, 30), "x"])
    book.active["A3"].number_format = "0000"
    book.save(tmp_path / "a.xlsx")
    rows, marks = read(tmp_path / "a.xlsx")
    assert rows == {2: ["R1", "21-01-1985", ""], 3: ["0042", "21-01-1985", "x"]}
    assert {place: mark.words[:14] for place, mark in marks.items()} == {
        (2, 2): "is a formula w",
        (3, 1): "holds a time b",
    }


def test_a_program_may_put_a_prefix_before_every_name(tmp_path):
    path = excel(tmp_path, '<row r="2"><c r="A2" s="1"><v>7</v></c></row>', styles=["000"])
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name).decode()) for name in archive.namelist()]
    prefixed = [
        (name, re.sub("<(/?)(?=[a-zA-Z])", r"<\1x:", text).replace("xmlns=", "xmlns:x="))
        for name, text in parts
    ]
    assert read(zipped(tmp_path / "b.xlsx", prefixed)) == read(path) == ({2: ["007", "", ""]}, {})


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="3"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>99</v></c></row>',
        '<row r="2"><c r="A2"><v>1_0</v></c></row>',
        '<row r="2"><c r="A2"><v>nan</v></c></row>',
        '<row r="2"><c r="?2"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="what"><v>1</v></c></row>',
        '<row r="x"/>',
        '<row r="9999999"/>',
    ],
)
def test_a_damaged_sheet_is_refused(tmp_path, rows):
    with pytest.raises(FileProblem, match="damaged"):
        read(excel(tmp_path, rows))
