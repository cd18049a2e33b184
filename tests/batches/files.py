"""Makers of small files for tests of reading and checking. All people and numbers in them are made up."""

import csv
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook

from backoffice.batches.columns import columns, template
from backoffice.batches.kinds import batch_kind


def example_row(slug, **changed):
    """The cells of the template's example row by name, with some replaced or added."""
    header, row = csv.reader(io.StringIO(template(batch_kind(slug).layout)))
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


def zipped(path: Path, parts, compression=zipfile.ZIP_DEFLATED):
    """A zip archive of these parts."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return path


def names(slug):
    """The names of the columns of a template."""
    return [column.name for column in columns(batch_kind(slug).layout)]
