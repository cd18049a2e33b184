"""How the portal speaks: plain words on screens and in errors, buttons that say what they do, short subtitles."""

import ast
import re
from pathlib import Path

from backoffice.kit.list_view import ListView
from tests.logins.test_pages_by_role import pages

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("accounts", "backoffice", "limits", "markets", "partners", "runs", "trading")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
#: What is said instead: “ ”, again, automatically, fix, removed, expired, needs attention, notified.
NOT_SAID = re.compile(
    r"[«»]|\banew\b|\bby itself\b|\bfor ever\b|\bput right\b|\btaken away\b|\bhad become\b"
    r"|\bneeds? a person\b|\bwhat became of\b|\btold (?:so|of|that|the)\b|\b(?:is|are|was) told\b|\bAs told\b",
    re.IGNORECASE,
)
#: The only words that stand alone on a button; those without a verb choose all or none of a group.
VERBS = {
    *(
        "Add",
        "Cancel",
        "Close",
        "Comment",
        "Compare",
        "Continue",
        "Download",
        "End",
        "Fetch",
        "Filter",
        "Find",
        "Lift",
    ),
    *("Print", "Remove", "Revoke", "Show", "Stop", "Withdraw"),
}
NAMES = {"All", "None"}
SUBTITLE = 90


def visible(template):
    """The text of a template without its tags, comments and scripts."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", template, flags=re.DOTALL)
    return re.sub(r"{%.*?%}|<[^>]*>", " ", text, flags=re.DOTALL)


def strings(path):
    """The texts of a module with the line of each, without docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


#: Where characters are listed that people type or files begin with, not texts.
CHARACTERS = ("backoffice/protocol/charset.py", "backoffice/batches/file/other_formats.py")


def test_no_template_says_what_style_forbids():
    found = {
        str(path.relative_to(ROOT)): words
        for path in TEMPLATES
        if (words := NOT_SAID.findall(visible(path.read_text())))
    }
    assert not found


def test_no_text_of_the_code_says_what_style_forbids():
    modules = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and str(path.relative_to(ROOT)) not in CHARACTERS
    ]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]}"
        for path in modules
        for line, text in strings(path)
        if NOT_SAID.search(text)
    ]
    assert not found


def test_the_check_finds_what_it_looks_for():
    assert NOT_SAID.findall("It is told so, and sent anew by itself.") == ["is told", "anew", "by itself"]
    assert not NOT_SAID.search("The maker told us a reason; fix it, then send it again.")
    assert "anew" not in visible(
        '{% comment %}anew{% endcomment %}<p title="anew">again</p>{% if anew %}{% endif %}'
    )


def test_a_button_of_one_word_is_a_verb():
    lone = {}
    for path in TEMPLATES:
        for label in re.findall(r"<button[^>]*>(.*?)</button>", path.read_text(), re.DOTALL):
            text = " ".join(re.sub(r"{{.*?}}", "X X", visible(label)).split()).rstrip("…")
            if text and " " not in text and text not in VERBS | NAMES:
                lone[text] = str(path.relative_to(ROOT))
    assert not lone


def test_subtitles_of_lists_fit_on_a_line():
    list(pages())  # imports every view
    long = {
        one.__qualname__: str(one.subtitle) for one in lists(ListView) if len(str(one.subtitle)) > SUBTITLE
    }
    assert not long


def test_subtitles_of_templates_fit_on_a_line():
    long = {}
    for path in TEMPLATES:
        for block in re.findall(r"{% block subheading %}(.*?){% endblock", path.read_text(), re.DOTALL):
            for said in re.split(r"{% (?:if|elif|else|endif)[^%]*%}", block):
                text = " ".join(visible(re.sub(r"{{.*?}}", "X", said)).split())
                if len(text) > SUBTITLE:
                    long[str(path.relative_to(ROOT))] = text
    assert not long


def test_subtitles_of_forms_fit_on_a_line():
    long = {}
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())) if "EntryForm" in path.read_text() else ():
            named = isinstance(node, ast.keyword) and node.arg == "text"
            if named or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "text"):
                for said in ast.walk(node.value):
                    if isinstance(said, ast.Constant) and len(str(said.value)) > SUBTITLE:
                        long[str(path.relative_to(ROOT))] = said.value
    assert not long


def lists(base):
    """All classes of lists below one."""
    for one in base.__subclasses__():
        yield one
        yield from lists(one)
