"""Plain words on screens, in errors, documents and comments; buttons that name their action; short subtitles."""

import ast
import re
import tokenize
from pathlib import Path

import pytest

from backoffice.kit.list_view import ListView
from backoffice.outside import quoted
from tests.logins.test_pages_by_role import pages

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("accounts", "backoffice", "limits", "markets", "partners", "runs", "trading")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
#: For screens and errors. Plain words for these: “ ”, again, automatically, fix, removed, expired, needs attention.
NOT_SAID = re.compile(
    r"[«»]|\b(?:anew|by itself|for ever|put right|taken away|had become|needs? a person|what became of"
    r"|told (?:so|of|that|the)|(?:is|are|was) told|As told|stands? out|has become of"
    r"|nobody (?:asked|read|declared))\b",
    re.IGNORECASE,
)
#: For screens and errors besides: riddles of relative clauses, and pronouns where a role or a name says who.
ON_SCREENS = re.compile(
    NOT_SAID.pattern
    + r"|\b(?:(?:goes|go|going) on|somebody|nobody|everybody|told|stands(?! for)|of (?:which|whom)"
    r"|all the same|does not tell|of the calendar|comes? about)\b",
    re.IGNORECASE,
)
#: For docstrings, comments and documents besides: inverted clauses, and words that readers have to decode.
#: Plain words for these: outcome, continue, instead of, of a thing, is in, means, how many, condition.
RIDDLES = re.compile(
    NOT_SAID.pattern + r"|\b(?:what (?:becomes|has become|came|comes) of|came of it|(?:goes|went|going) on"
    r"|(?:that|which|whom|what) nobody|of (?:which|whom)|stands?(?! for|-)|in the place of"
    r"|(?:is|are|was|were) said|owed to|brings? about|holds of)\b|\bThe same,|(?-i:\bSo (?:many|much|often|long)\b)",
    re.IGNORECASE,
)
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
#: The only words that may be alone on a button; those without a verb choose all or none of a group.
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
    hidden = set(unseen(tree))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings | hidden
        ):
            yield node.lineno, node.value


def prose(path):
    """The docstrings and comments of a module with the line of each; lines of one comment are one text.

    None for a module without riddles anywhere, since telling comments from strings takes long.
    """
    if not RIDDLES.search(re.sub(r"\s*\n\s*(?:#:?\s)?", " ", path.read_text())):
        return
    with path.open("rb") as file:
        comments = [
            (token.start[0], token.start[1], token.string.lstrip("#: "))
            for token in tokenize.tokenize(file.readline)
            if token.type == tokenize.COMMENT
        ]
    joined = []
    for line, column, text in comments:
        if joined and joined[-1][1:3] == [line - 1, column]:
            joined[-1][1] = line
            joined[-1][3] += f" {text}"
        else:
            joined.append([line, line, column, text])
    yield from ((first, text) for first, _, _, text in joined)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, " ".join(text.split())


def unseen(tree):
    """The texts of a module that migrations or templates keep and no screen shows, by their identity."""
    names = {"help_text", "permissions", "violation_error_message", "rule"}
    for node in ast.walk(tree):
        kept = isinstance(node, ast.keyword) and node.arg in names
        kept = kept or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in names)
        if kept or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in names):
            yield from (id(one) for one in ast.walk(node))


def remarks(path):
    """The comments of a template, style sheet or script."""
    pattern = r"{% comment %}(.*?){% endcomment %}|/\*(.*?)\*/|^\s*//([^\n]*)"
    for found in re.findall(pattern, path.read_text(), re.DOTALL | re.MULTILINE):
        yield " ".join(" ".join(found).split())


#: Lists of characters that people type or files begin with, which are not texts.
CHARACTERS = ("backoffice/protocol/charset.py", "backoffice/batches/file/other_formats.py")
#: The text of a consent, which has a new version with every change of a word.
LEGAL = ("partners/consent_text.py",)
#: Faults of settings, which are quoted as a file of settings does, and those that only programmers see.
QUOTING = ("backoffice/environment.py", "backoffice/kit/conditions.py", "backoffice/rest/api/envelope.py")


def test_no_template_says_what_style_forbids():
    found = {
        str(path.relative_to(ROOT)): words
        for path in TEMPLATES
        if (words := ON_SCREENS.findall(visible(re.sub(r"{{.*?}}", "X", path.read_text()))))
    }
    assert not found


def test_no_text_of_the_code_says_what_style_forbids():
    modules = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and str(path.relative_to(ROOT)) not in CHARACTERS + LEGAL
    ]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]}"
        for path in modules
        for line, text in strings(path)
        if " " in text.strip() and ON_SCREENS.search(text)
    ]
    assert not found


def test_no_text_for_people_has_the_quotation_marks_of_python():
    conversions = (ord("r"), ord("a"))
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if str(path.relative_to(ROOT)) not in QUOTING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FormattedValue) and node.conversion in conversions
    ]
    assert not found


def test_no_docstring_or_comment_is_a_riddle():
    modules = [
        path
        for folder in (*ROOMS, "standins", "tests", "tools", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts and path != Path(__file__)
    ]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:100]}"
        for path in modules
        for line, text in prose(path)
        if RIDDLES.search(text)
    ]
    assert not found


def test_no_comment_of_a_template_style_sheet_or_script_is_a_riddle():
    own = [
        *TEMPLATES,
        *(path for kind in ("css", "js") for path in sorted((ROOT / "static" / kind).glob("*"))),
    ]
    found = [
        f"{path.relative_to(ROOT)}: {text[:100]}"
        for path in own
        if path.is_file()
        for text in remarks(path)
        if RIDDLES.search(text)
    ]
    assert not found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_no_document_is_a_riddle(path):
    text = re.sub(r"^```.*?^```$|`[^`\n]*`|^    .*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = [
        " ".join(text[max(0, hit.start() - 60) : hit.end() + 20].split()) for hit in RIDDLES.finditer(text)
    ]
    assert not found


def test_riddles_are_found_and_ordinary_words_are_not():
    found = RIDDLES.findall("What became of a message that nobody read stands in the place of the other.")
    assert found == ["What became of", "that nobody", "stands", "in the place of"]
    assert RIDDLES.search("So many rows are read at a time.")
    assert RIDDLES.search("the time after which, of\nwhich".replace("\n", " "))
    assert not RIDDLES.search(
        "A stand-in stands for ODIN. Go on. Not so many rows; the same rows, as nobody knows."
    )


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


def test_what_is_quoted_shows_its_unseen_characters():
    assert quoted("Ravi’s\x00 \u200bcode") == "“Ravi’s\\x00 \\u200bcode”"
