"""An older Python gets a sentence and nothing else."""

import ast
from pathlib import Path

import pytest

from tools import advice, complaint


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 11, 7), (3, 12, 0), (4, 0, 0)])
def test_a_python_that_will_do_is_not_complained_of(version):
    assert complaint(version) == ""


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 10, 14), (2, 7, 18)])
def test_an_older_python_is_told_what_is_needed_and_what_was_found(version):
    words = complaint(version)
    assert words.startswith("Python 3.11 or newer is needed; found {}.{}.".format(*version[:2]))
    assert "make run PYTHON=" in words


@pytest.mark.parametrize(
    ("version", "named"), [((3, 11, 4), True), ((3, 11, 5), False), ((3, 12, 0), False), ((3, 10, 1), False)]
)
def test_a_python_without_the_security_fixes_is_named_and_not_refused(version, named):
    assert ("has the security fixes of 3.11.5" in advice(version)) is named


@pytest.mark.parametrize("name", ["run.py", "test.py", "audit.py"])
def test_the_version_is_checked_before_anything_that_an_older_python_cannot_import(name):
    tree = ast.parse((Path(__file__).parents[2] / "tools" / name).read_text())
    imported = [
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert imported[:3] == ["sys", "pathlib", "tools"]


def test_the_check_itself_and_the_programs_can_be_read_by_python_3_8():
    for name in ("__init__.py", "run.py", "test.py", "audit.py"):
        ast.parse((Path(__file__).parents[2] / "tools" / name).read_text(), feature_version=(3, 8))
