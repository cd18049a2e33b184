"""Makers of small files for tests of reading and checking. All people and numbers in them are made up."""

import csv
import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook

from backoffice.batches.file import templates
from backoffice.batches.file.columns import columns
from backoffice.changes.kinds import file_kind


def example_row(slug, **changed):
    """The cells of the template's example row by name, with some replaced or added."""
    header, row = csv.reader(io.StringIO(templates.csv(file_kind(slug).layout)))
    return {**dict(zip(header, row, strict=True)), **changed}


def as_csv(*rows, separator=",", headers=None):
    """Rows of cells by name as the text of a file; the header has the names of the first row."""
    headers = headers or list(rows[0])
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(headers)
    writer.writerows([[row.get(name, "") for name in headers] for row in rows])
    return text.getvalue()


def write(path: Path, content):
    """Keep bytes or text as a file, and give its path back."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(path: Path, *rows):
    """A workbook with these rows of values on its first sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def number_format(cell):
    """The number format of the column of a cell, which Excel gives to what is typed there."""
    columns = cell.parent.column_dimensions.values()
    return next(one.number_format for one in columns if one.min <= cell.column <= one.max)


def zipped(path: Path, parts, compression=zipfile.ZIP_DEFLATED):
    """A zip archive of these parts."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return path


def names(slug):
    """The names of the columns of a template."""
    return [column.name for column in columns(file_kind(slug).layout)]


#: Inputs as people send them; their names say what is odd about each.
CASES = Path(__file__).parent / "file" / "cases"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(path: Path, sheet, *, styles="", texts="", workbook="", text_part="sharedStrings.xml"):
    """A workbook of XML as a program writes it: the inside of its sheet, of its styles and of its table of texts.

    `workbook` goes before the list of sheets.
    """
    declared = f'xmlns="{_MAIN}" xmlns:r="{_OFFICE}"'
    related = (("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", text_part))
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(related, 1)
    )
    sheets = '<sheets><sheet name="Clients" sheetId="1" r:id="rId1"/></sheets>'
    return zipped(
        path,
        [
            ("[Content_Types].xml", "<Types/>"),
            (
                "_rels/.rels",
                f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="a" Type="{_OFFICE}/officeDocument" '
                'Target="xl/workbook.xml"/></Relationships>',
            ),
            ("xl/workbook.xml", f"<workbook {declared}>{workbook}{sheets}</workbook>"),
            ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'),
            ("xl/worksheets/sheet1.xml", f"<worksheet {declared}>{sheet}</worksheet>"),
            ("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>'),
            (f"xl/{text_part}", f'<sst xmlns="{_MAIN}">{texts}</sst>'),
        ],
    )


def styles_of(*codes):
    """Styles of cells with these number formats, from the second style on: the first is General."""
    declared = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for number, code in enumerate(codes, 164)
    )
    cells = "".join(f'<xf numFmtId="{number}" xfId="0"/>' for number in (0, *range(164, 164 + len(codes))))
    return f"<numFmts>{declared}</numFmts><cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs>{cells}</cellXfs>"
