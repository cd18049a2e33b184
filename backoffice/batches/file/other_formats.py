"""File formats that are not read, recognised by their first bytes: what they are, and what to save them as."""

import re
from pathlib import Path

from backoffice.batches.errors import FileProblem
from backoffice.batches.file.archive import DAMAGE, UNREADABLE, open_zip

#: First bytes that identify a file.
BEGINNING = 4096

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_SIGNATURES = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"{\\rtf": "a text document",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"ID;P": "a table in the SYLK format",
    b"\x09\x00\x04\x00": "a very old Excel file",
    b"\x09\x02\x06\x00": "a very old Excel file",
    b"\x09\x04\x06\x00": "a very old Excel file",
}
#: Beginnings of a text, in lower case and without leading white space.
_MARKED_UP = (
    (
        re.compile(r"<\?xml[^>]{0,200}>.{0,2000}urn:schemas-microsoft-com:office:spreadsheet", re.DOTALL),
        "an XML table of Excel 2003",
    ),
    (re.compile(r"<\?xml[^>]{0,200}>.{0,2000}opendocument", re.DOTALL), "a LibreOffice table in XML (.fods)"),
    (re.compile(r"<(?:!doctype html|html|head|meta|body|table|style|script|div)\b"), "a web page (HTML)"),
    (re.compile(r"<\?xml"), "an XML file"),
    (re.compile(r"mime-version:"), "a web archive (.mht)"),
    (re.compile(r"[{\[]\s{0,100}[\"{\[]"), "a JSON file"),
)
#: Parts of a zip archive.
_ARCHIVES = (
    ("xl/workbook.bin", "an Excel binary workbook (.xlsb)"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("index/document.iwa", "a Numbers table"),
)
SAVE_AS = "Open it in the spreadsheet program, and save the table as .xlsx or as CSV."


def refuse_other(path: Path, beginning: bytes) -> None:
    """Raise FileProblem for a file of a known format that is not read."""
    if beginning.startswith(ZIP):
        what = _archive(path)
    elif beginning.startswith(_OLE):
        raise FileProblem(
            "This is an old Excel file (.xls), or one that is protected by a password. "
            "Save it as .xlsx without a password, or as CSV."
        )
    else:
        found = (words for signature, words in _SIGNATURES.items() if beginning.startswith(signature))
        what = next(found, "") or _marked_up(beginning)
    if what:
        raise FileProblem(f"This is {what}, whatever its name says. {SAVE_AS}")


def _marked_up(beginning: bytes) -> str:
    text = beginning.replace(b"\0", b"").decode("latin-1").lstrip("\ufeffÿþï»¿ \t\r\n").lower()
    return next((words for pattern, words in _MARKED_UP if pattern.match(text)), "")


def _archive(path: Path) -> str:
    """Return what a zip archive is, if it is a known format other than .xlsx."""
    try:
        with open_zip(path) as archive:
            names = {name.lower() for name in archive.namelist()}
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype")
                if b"opendocument.spreadsheet" in kind:
                    return "a LibreOffice table (.ods)"
                if b"opendocument" in kind:
                    return "a LibreOffice document"
    except DAMAGE as error:
        raise FileProblem(UNREADABLE) from error
    return next((words for part, words in _ARCHIVES if part in names), "")
