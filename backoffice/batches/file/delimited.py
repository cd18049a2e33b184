"""Text files with a separator between cells: their encoding, separator and records."""

import codecs
import csv
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from backoffice.batches.errors import FileProblem

Shape = dict[str, Any]
Records = Generator[tuple[int, list[str]], None, None]

SEPARATORS = ",;\t|"
#: Characters of one cell, as in a spreadsheet; of one record, four times the longest useful one.
CELL, RECORD = 32_767, 65_536
#: How many records decide the separator.
SAMPLE = 10
#: Bytes read at a time when the whole file is examined.
BLOCK = 1 << 20

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Bytes without a meaning in Windows-1252.
_NOT_WESTERN = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
#: Excel's own first line that names the separator.
_DIRECTIVE = re.compile(r'"?sep=(.)"?')


def text_shape(path: Path, beginning: bytes, known: Callable[[list[str]], int]) -> Shape:
    """Find out how to read a text file: encoding, separator, approximate number of lines. Raises FileProblem.

    `known` counts the cells of a record that name a column.
    """
    encoding, lines = _encoding(path, beginning)
    shape: Shape = {"format": "csv", "encoding": encoding, "rows": lines}
    return {**shape, "separator": _separator(path, encoding, known)}


def is_directive(cells: list[str], separator: str) -> bool:
    """Whether a record is Excel's line that names the separator, and not data."""
    return len(cells) <= 2 and bool(_DIRECTIVE.fullmatch(separator.join(cells)))


def text_records(path: Path, shape: Shape) -> Records:
    """Return the records of a text file, numbered from 1. A record that breaks the rules of quoting may be damaged.

    At most RECORD characters of a record reach the parser, which splits its whole input at once.
    """
    csv.field_size_limit(CELL)
    number = 0
    with path.open(encoding=shape["encoding"], newline="") as file:
        lines = _Lines(file)
        try:
            for number, cells in enumerate(csv.reader(lines, delimiter=shape["separator"], strict=True), 1):
                lines.taken = 0
                yield number, cells
        except _TooLong:
            raise FileProblem(
                f"Row {number + 1} is longer than {RECORD} characters. "
                "Is a separator or the end of a line missing, or a quotation mark not closed?"
            ) from None
        except csv.Error as error:
            raise FileProblem(_quoting(number + 1, str(error))) from None
        except UnicodeError:
            raise FileProblem(
                f"The file changed after it was uploaded: row {number + 1} cannot be read."
            ) from None


class _TooLong(Exception):
    """A record has more characters than are read."""


class _Lines:
    """Return the lines of a file for the parser; `taken` counts the characters since the record began."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(RECORD + 1)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken > RECORD:
            raise _TooLong
        return line


def _encoding(path: Path, beginning: bytes) -> tuple[str, int]:
    """Return the encoding in which the whole file can be read, and its approximate number of lines."""
    if wide := _wide(beginning):
        return wide, _lines_of_wide(path, wide)
    utf8, western, lines, last = True, True, 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if b"\0" in block:
                raise FileProblem("The file has NUL bytes in it: it is no text. Save the table as CSV again.")
            utf8 = utf8 and _decodes(decoder, block)
            western = western and len(block.translate(None, _NOT_WESTERN)) == len(block)
            lines += block.count(b"\n") or block.count(b"\r")
            last = block[-1:]
    lines += last not in (b"\n", b"\r")
    if utf8 and _decodes(decoder, b"", final=True):
        return "utf-8-sig" if beginning.startswith(_BOM) else "utf-8", lines
    if western:
        return "cp1252", lines
    raise FileProblem("The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8.")


def _wide(beginning: bytes) -> str:
    """Return which UTF-16 it is, if any: Excel's “Unicode text” declares it, other programs do not."""
    if beginning.startswith(_UTF16):
        return "utf-16"
    first = beginning[:64]
    if len(first) > 3 and not any(first[1::2]) and all(first[::2]):
        return "utf-16-le"
    if len(first) > 3 and not any(first[::2]) and all(first[1::2]):
        return "utf-16-be"
    return ""


def _lines_of_wide(path: Path, encoding: str) -> int:
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = 1
            while block := file.read(BLOCK):
                if "\0" in block:
                    raise FileProblem("The file has NUL characters in it. Save the table as CSV UTF-8.")
                lines += block.count("\n") or block.count("\r")
    except UnicodeError:
        raise FileProblem(
            "The file begins as UTF-16, but the rest is not UTF-16. Save it as CSV UTF-8."
        ) from None
    return lines


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _separator(path: Path, encoding: str, known: Callable[[list[str]], int]) -> str:
    """Return the separator that a first line names, or that gives most names of columns, then the widest record.

    If two are equal, the records below decide.
    """

    def names_and_columns(separator: str) -> tuple[int, int, int]:
        records = text_records(path, {"encoding": encoding, "separator": separator})
        sample: list[list[str]] = []
        with closing(records), suppress(FileProblem):
            sample += (cells for _, cells in islice(records, SAMPLE))
        widths = [len(cells) for cells in sample] or [0]
        return max(map(known, sample), default=0), widths[0], widths.count(widths[0])

    with path.open(encoding=encoding, newline="") as file:
        if (named := _DIRECTIVE.fullmatch(file.readline(20).strip("\r\n"))) and named[1] in SEPARATORS:
            return named[1]
    return max(SEPARATORS, key=names_and_columns)


def _quoting(number: int, error: str) -> str:
    if "field larger" in error:
        return f"Row {number} has a cell longer than {CELL} characters. Is a quotation mark not closed there?"
    return f'Row {number} cannot be read: a quotation mark (") is not closed, or is in the middle of a cell.'
