"""Each template, static file, style and picture has a user, so that what nothing names is deleted."""

import re
from pathlib import Path

import allauth
import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("accounts", "backoffice", "limits", "markets", "partners", "runs", "trading")
CODE = {path: path.read_text() for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}
TEMPLATES = {path: path.read_text() for path in sorted((ROOT / "templates").rglob("*")) if path.is_file()}
SCRIPTS = {path: path.read_text() for path in sorted((ROOT / "static").rglob("*.js"))}
USERS = CODE | TEMPLATES | SCRIPTS
#: Templates that allauth looks for by name, and `backoffice.error_pages` by status.
THEIRS = {
    *("400.html", "403.html", "404.html", "405.html", "429.html", "500.html"),
    *(
        path.relative_to(folder).as_posix()
        for folder in [Path(allauth.__file__).parent / "templates"]
        for path in folder.rglob("*.*")
    ),
}
#: What code makes the name of a template with, as `f"trading/desk/_book_{name}.html"`.
BEGINNINGS = tuple(
    beginning for text in CODE.values() for beginning in re.findall(r'f"([a-z]+/[\w/]*)\{', text)
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_is_named_by_code_or_by_another_template(template):
    name = template.relative_to(ROOT / "templates").as_posix()
    used = any(name in text for path, text in USERS.items() if path != template)
    assert used or name in THEIRS or name.startswith(BEGINNINGS)


@pytest.mark.parametrize(
    "file",
    [path for path in sorted((ROOT / "static").rglob("*")) if path.is_file()],
    ids=lambda path: path.name,
)
def test_a_static_file_is_named_by_code_or_by_a_template(file):
    name = file.relative_to(ROOT / "static").as_posix()
    assert any(name in text for path, text in USERS.items() if path != file)


#: Classes that htmx gives while it asks.
OF_LIBRARIES = {"htmx-request"}


def _styled():
    """Each class that a style sheet speaks of."""
    sheets = [*(ROOT / "static").rglob("*.css"), *(path for path in TEMPLATES if path.suffix == ".css")]
    for sheet in sheets:
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for selector in re.findall(r"([^{}]+)\{", rules):
            yield from re.findall(r"\.([a-zA-Z][\w-]*)", selector)


def _given():
    """The words of quoted text, where a class can be given, and the beginnings that code completes."""
    quoted = " ".join(
        text
        for path, text in USERS.items()
        if path.suffix != ".css"
        for pair in re.findall(r'"([^"]*)"|\'([^\'\n]*)\'|`([^`]*)`', text)
        for text in pair
    )
    return set(re.findall(r"[\w-]+", quoted.lower())), set(re.findall(r"\b([a-z]+-)\$?\{", quoted))


def test_a_class_of_a_style_sheet_is_given_to_something():
    words, beginnings = _given()
    unused = {
        name
        for name in _styled()
        if name not in words
        and not any(name.startswith(one) and name.removeprefix(one) in words for one in beginnings)
    }
    assert unused - OF_LIBRARIES == set()


def test_a_picture_is_in_a_document():
    documents = " ".join(path.read_text() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
    assert [
        path.name for path in (ROOT / "docs" / "screenshots").iterdir() if path.name not in documents
    ] == []
