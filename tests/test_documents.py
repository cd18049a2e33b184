"""What the documents name exists, and what code names is in the documents."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

from backoffice import __version__

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
ROOMS = ("accounts", "backoffice", "limits", "markets", "partners", "runs", "standins", "trading")
CODE = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
#: Names of rules, and the document that defines them.
RULES = {
    "T": "protocol",
    "F": "protocol",
    "M": "protocol",
    "U": "protocol",
    "O": "protocol",
    "A": "protocol",
    "R": "rest",
}
#: A file that `docs/adding-a-message.md` adds for a message that there is not.
MADE_UP = {"accounts/kinds/email_address.py"}
#: Modules under another name: that made-up one, and the program in an evidence pack.
OTHER_MODULES = {"email_address.py", "verify.py"}
#: Texts that are code, or that an installation is made of.
SOURCES = [
    *(
        path
        for top in (*ROOMS, "benchmarks", "deploy", "tests", "tools")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in {".py", ".yaml", ".sql", ".sh", ".service"} or path.name == "Containerfile"
    ),
    *(ROOT / name for name in ("gunicorn.conf.py", "manage.py", ".env.example", "Makefile")),
]
CONSTANT = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
CONSTANTS = {word for path in SOURCES for word in CONSTANT.findall(path.read_text())}
#: What only looks like a name of a rule: cells of a sheet, a version of the wire format, an ending of times.
NO_RULES = {"A1", "B2", "FT1", "Z0"}


def test_package_project_and_changelog_name_the_same_version():
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == __version__
    assert re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == __version__


def in_code(text):
    """What a document has in code style: within a line, and in blocks that are indented or fenced."""
    blocks = re.findall(r"^    .+$|^```\w*\n.*?^```", text, re.MULTILINE | re.DOTALL)
    return [*re.findall(r"`([^`\n]+)`", text), *blocks]


def anchors(text):
    """The anchors of a document's headings, as they are made where it is shown."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_path_leads_somewhere(document):
    text = document.read_text()
    missing = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            missing.append(link)
    named = set(re.findall(rf"`((?:{'|'.join(ROOMS)}|deploy|docs|tests|tools|benchmarks)/[\w./-]+)`", text))
    missing += [name for name in named - MADE_UP if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_every_constant_that_a_document_names_exists(document):
    """A document may leave out the folder of a module if its room is clear."""
    code = " ".join(in_code(document.read_text()))
    modules = set(re.findall(r"(?<![\w/.])(\w+\.py)\b", code))
    missing = modules - OTHER_MODULES - {path.name for path in SOURCES}
    assert (missing, set(CONSTANT.findall(code)) - CONSTANTS) == (set(), set())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_names_exists(document):
    code = "\n".join(in_code(document.read_text()))
    commands = set(re.findall(r"manage\.py ([a-z_]+)", code)) | set(re.findall(r'DO="?([a-z_]+)', code))
    targets = set(re.findall(r"^(?:\s*)make ([a-z]+)", code, re.MULTILINE))
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert (commands - set(get_commands()), targets - made) == (set(), set())


def test_every_document_is_in_the_list_of_documents():
    text = (ROOT / "README.md").read_text()
    assert [
        path.name for path in DOCUMENTS if path.parent.name == "docs" and f"](docs/{path.name})" not in text
    ] == []


def test_rooms_are_listed_in_the_order_in_which_they_may_import_one_another():
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    order = {
        room.strip().replace(".", "/"): number
        for number, layer in enumerate(layers)
        for room in layer.split("|")
    }
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("## The rooms")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    listed = [order[room] for row in rows for room in re.findall(r"`([\w/]+)`", row) if room in order]
    assert len(listed) > 20
    assert listed == sorted(listed)


def test_every_room_is_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {f"backoffice/{path.parent.name}" for path in ROOT.glob("backoffice/*/__init__.py")} | {
        *ROOMS
    } - {"backoffice"}
    assert [room for room in sorted(rooms) if f"`{room}`" not in text] == []


def test_every_rule_that_code_names_is_defined():
    defined = {letter: (ROOT / "docs" / f"{name}.md").read_text() for letter, name in RULES.items()}
    missing = set()
    for path in CODE:
        for rule in re.findall(r"\b([TFMUOAR]\d{1,2})\b", path.read_text()):
            rows = re.findall(r"^\| ([A-Z0-9, ]+) \|", defined[rule[0]], re.MULTILINE)
            if rule not in NO_RULES and not any(rule in row.split(", ") for row in rows):
                missing.add((rule, str(path.relative_to(ROOT))))
    assert sorted(missing) == []


GLOSSARY = dict(
    re.findall(r"^\| ([a-z][a-z -]+) \| (.+) \|$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
)
GLOSSARY.pop("term")


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_term_of_the_glossary_is_used_in_code_and_on_screen_or_in_documents(term):
    word = re.compile(rf"\b{re.sub('[ -]', '[ _-]', term)}(?:s|es)?\b", re.IGNORECASE)
    texts = [path for path in DOCUMENTS if path.name != "glossary.md"] + sorted(
        (ROOT / "templates").rglob("*.html")
    )
    assert any(word.search(path.read_text()) for path in CODE)
    assert any(word.search(path.read_text()) for path in texts)


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_name_that_the_glossary_gives_to_a_term_exists(term):
    source = "\n".join(path.read_text() for path in CODE)
    for name in re.findall(r"`([A-Z][a-z]\w+)`", GLOSSARY[term]):
        assert f"class {name}" in source
