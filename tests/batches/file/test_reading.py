"""Reading files: separators, encodings, quoting, workbooks, and what is refused."""

import datetime
import zipfile

import pytest

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.reading import inspect, open_rows
from tests.batches.files import workbook, write, zipped

HEADER, ROW = "user_id,name\n", "RET1,Asha Rao\n"


def read(path):
    """The headers, and the rows with their numbers."""
    found = inspect(path, path.name)
    return found.headers, list(open_rows(path, found.shape, len(found.headers)))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_separator_is_told_by_itself(tmp_path, separator):
    text = separator.join(["user_id", "name", "city"]) + "\n" + separator.join(["RET1", "Rao, Asha; B", "x"])
    if separator in ",;":
        text = text.replace("Rao, Asha; B", '"Rao, Asha; B"')
    assert read(write(tmp_path / "a.csv", text)) == (
        ["user_id", "name", "city"],
        [(2, ["RET1", "Rao, Asha; B", "x"])],
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ((HEADER + "R1,José\n").encode(), "José"),
        (b"\xef\xbb\xbf" + (HEADER + "R1,José\n").encode(), "José"),
        ((HEADER + "R1,José €\n").encode("cp1252"), "José €"),
    ],
)
def test_each_encoding_is_told_by_itself(tmp_path, content, name):
    headers, rows = read(write(tmp_path / "a.csv", content))
    assert (headers, rows) == (["user_id", "name"], [(2, ["R1", name])])


def test_a_bad_byte_far_into_the_file_decides_about_the_encoding(tmp_path):
    content = (HEADER + ROW * 200_000).encode() + b"R2,Jos\xe9\n"
    assert inspect(write(tmp_path / "a.csv", content), "a.csv").shape["encoding"] == "cp1252"


def test_a_quoted_line_break_begins_no_row_and_a_blank_line_is_counted(tmp_path):
    text = HEADER + '"RET1","Asha\nRao"\n\nRET2,Ravi\r\n'
    assert read(write(tmp_path / "a.csv", text))[1] == [(2, ["RET1", "Asha\nRao"]), (4, ["RET2", "Ravi"])]


def test_empty_cells_beyond_the_header_are_dropped_and_others_are_kept(tmp_path):
    text = HEADER + "RET1,Asha,,\nRET2,Ravi,,x\nRET3\n"
    assert read(write(tmp_path / "a.csv", text))[1] == [
        (2, ["RET1", "Asha"]),
        (3, ["RET2", "Ravi", "", "x"]),
        (4, ["RET3"]),
    ]


def test_reading_goes_on_after_a_row(tmp_path):
    path = write(tmp_path / "a.csv", HEADER + ROW * 5)
    shape = inspect(path, "a.csv").shape
    assert [number for number, _ in open_rows(path, shape, 2, after=4)] == [5, 6]


def test_a_workbook_gives_texts_and_the_numbers_of_its_rows(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        ["user_id", "amount", "birth_date", "note"],
        ["RET1", 1000.5, datetime.date(1985, 1, 21), True],
        [],
        ["RET2", 12, datetime.datetime(1985, 1, 21), None],
    )
    headers, rows = read(path)
    assert headers == ["user_id", "amount", "birth_date", "note"]
    assert rows == [(2, ["RET1", "1000.5", "21-01-1985", "TRUE"]), (4, ["RET2", "12", "21-01-1985", ""])]


NUMBERED = '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>x</t></is></c></row>'
BOMB = b"0" * 30_000_000


def files(tmp_path):
    """Files that are refused as a whole: what each is, and words of the reason."""
    path = tmp_path / "a.csv"
    book = workbook(tmp_path / "book.xlsx", ["user_id"], ["RET1"])
    truncated = book.read_bytes()[:-200]
    with zipfile.ZipFile(book) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    hostile = [
        (name, content.replace(b"<worksheet", entity + b"<worksheet") if "sheet1" in name else content)
        for name, content in parts
    ]
    return (
        {
            "empty": (write(path, ""), "is empty"),
        }
        | {
            name: (write(tmp_path / f"{name}.csv", content), words)
            for name, (content, words) in {
                "nul": (HEADER + "RET1,\0\n", "NUL"),
                "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", "a PDF"),
                "png": (b"\x89PNG\r\n\x1a\n", "a picture"),
                "gzip": (b"\x1f\x8b\x08", "compressed"),
                "old_excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "password"),
                "half_utf16": (("\ufeff" + HEADER + ROW).encode("utf-16-le")[:-1], "UTF-16"),
                "nul_in_utf16": (("\ufeff" + HEADER + "R1,\0\n").encode("utf-16-le"), "NUL"),
                "neither": (HEADER.encode() + b"RET1,\x81\xff\n", "neither UTF-8"),
                "header_only": (HEADER, "no rows"),
                "blank_header": (",,\nRET1,x,y\n", "no rows"),
                "blank": (",,\n , \n", "no text in the file"),
                "open_quote": (HEADER + 'RET1,"Asha\n' + ROW, "quotation mark"),
                "quote_inside": (HEADER + 'RET1,"Asha" Rao\n' + ROW, "quotation mark"),
                "long_cell": (HEADER + "RET1," + "x" * 40_000 + "\n", "longer than 32767"),
                "long_row": (HEADER + ",".join(["x" * 30_000] * 3) + "\n", "longer than 65536"),
                "many_columns": (",".join(f"c{n}" for n in range(500)) + "\n1\n", "500 columns"),
                "control_in_header": ("user\x01id,name\nRET1,x\n", "no header has"),
                "broken_zip": (b"PK\x03\x04" + b"x" * 200, "damaged"),
                "truncated_workbook": (truncated, "damaged"),
            }.items()
        }
        | {
            "plain_zip": (zipped(tmp_path / "a.zip", [("a.csv", HEADER + ROW)]), "no Excel workbook"),
            "bomb": (
                zipped(tmp_path / "bomb.xlsx", [*parts, ("xl/media/bomb.xml", BOMB)]),
                "far more than a table",
            ),
            "odd_packing": (zipped(tmp_path / "odd.xlsx", parts, zipfile.ZIP_BZIP2), "oddly packed"),
            "no_sheets": (zipped(tmp_path / "none.xlsx", [("[Content_Types].xml", "<x/>")]), "damaged"),
            "entities": (zipped(tmp_path / "entity.xlsx", hostile), "damaged"),
        }
    )


NAMES = [
    *(
        "empty",
        "nul",
        "pdf",
        "png",
        "gzip",
        "old_excel",
        "half_utf16",
        "nul_in_utf16",
        "neither",
        "header_only",
        "blank_header",
    ),
    *("blank", "open_quote", "quote_inside", "long_cell", "long_row", "many_columns"),
    *("control_in_header", "broken_zip", "truncated_workbook", "plain_zip", "bomb", "odd_packing"),
    *("no_sheets", "entities"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_refused_in_words(tmp_path, name):
    path, words = files(tmp_path)[name]
    with pytest.raises(FileProblem, match=words):
        read(path)


def test_an_encrypted_part_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["user_id"], ["RET1"])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the archive's directory
    with pytest.raises(FileProblem, match="encrypted"):
        read(write(path, bytes(content)))


def test_more_rows_than_the_settings_allow(tmp_path, settings):
    settings.BATCH_MAX_ROWS = 3
    assert len(read(write(tmp_path / "a.csv", HEADER + ROW * 3))[1]) == 3
    with pytest.raises(FileProblem, match="more than 3 rows"):
        read(write(tmp_path / "b.csv", HEADER + ROW * 4))


def test_a_workbook_that_unpacks_to_too_much(tmp_path, settings):
    settings.BATCH_MAX_UNPACKED_MB = 0
    with pytest.raises(FileProblem, match="unpacks to more than"):
        read(workbook(tmp_path / "a.xlsx", ["user_id"], ["RET1"]))
