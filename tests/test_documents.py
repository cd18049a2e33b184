"""What the documents name exists, and what code names is in the documents."""

import re
import tomllib
from pathlib import Path

import pytest

from backoffice import __version__

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
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
#: What only looks like a name of a rule: cells of a sheet, a version of the wire format, an ending of times.
NO_RULES = {"A1", "B2", "FT1", "Z0"}


def test_package_project_and_changelog_name_the_same_version():
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == __version__
    assert re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == __version__


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_every_path_leads_somewhere(document):
    text = document.read_text()
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link} - {
        ""
    }
    named = set(re.findall(rf"`((?:{'|'.join(ROOMS)}|deploy|docs|tests|tools|benchmarks)/[\w./-]+)`", text))
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [name for name in named - MADE_UP if not (ROOT / name).exists()]
    assert missing == []


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
