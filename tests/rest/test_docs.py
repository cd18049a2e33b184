"""docs/rest.md says what the declarations and the settings say."""

import re

from backoffice.rest import client
from backoffice.rest.api.call import CALLS
from tools.prepare import ROOT

DOC = (ROOT / "docs" / "rest.md").read_text()
SETTINGS = set(re.findall(r"^(REST_\w+) = ", (ROOT / "backoffice" / "settings.py").read_text(), re.MULTILINE))


def test_every_call_is_in_the_table_with_its_method_path_and_function():
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z]+) `(\S+)` \| `(\w+)` \|", DOC, re.MULTILINE)
    assert {name: (method, path) for name, method, path, _ in rows} == {
        name: (call.method, call.path) for name, call in CALLS.items()
    }
    assert all(callable(getattr(client, function)) for *_, function in rows)


def test_every_setting_is_explained_and_in_the_example():
    example = (ROOT / ".env.example").read_text()
    for name in SETTINGS:
        assert f"`{name}`" in DOC
        assert f"#{name}=" in example


def test_every_ruling_that_the_code_names_is_explained():
    code = "".join(path.read_text() for path in (ROOT / "backoffice" / "rest").rglob("*.py"))
    named = set(re.findall(r"\bR\d{1,2}\b", code))
    explained = set(re.findall(r"R\d{1,2}", "".join(re.findall(r"^\| (R[^|]*) \|", DOC, re.MULTILINE))))
    assert named - explained == set()
