"""Known weaknesses of libraries: found, not found, and no answer are three different things."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import audit
from tools import test as checks

#: As pip-audit 2.10 prints it.
SOUND = '{"name": "celery", "version": "5.6.0", "vulns": []}'
WEAK = (
    '{"name": "django", "version": "5.2.1", "vulns": [{"id": "PYSEC-2025-47", "fix_versions": ["4.2.22", "5.2.2"],'
    ' "aliases": ["CVE-2025-48432"], "description": "Internal HTTP response logging ..."}]}'
)
SKIPPED = (
    '{"name": "amqp", "skip_reason": "Dependency not found on PyPI and could not be audited: amqp (5.4.2)"}'
)


@pytest.fixture
def pip_audit(tmp_path, monkeypatch):
    """Replace pip-audit by a program with this output and exit code."""

    def put(*libraries, printed=None, error="", code=0):
        text = (
            printed if printed is not None else f'{{"dependencies": [{", ".join(libraries)}], "fixes": []}}'
        )
        program = tmp_path / "pip-audit"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nprint({text!r})\nprint({error!r}, file=sys.stderr)\nsys.exit({code})\n"
        )
        program.chmod(0o755)
        for module in (audit, checks):
            monkeypatch.setattr(module, "tool", lambda name: str(tmp_path / name))
        monkeypatch.setattr(audit, "make_venv", lambda *files: None)

    return put


def test_a_known_weakness_fails_and_is_named_with_the_version_that_mends_it(pip_audit, capsys):
    pip_audit(SOUND, WEAK, code=1)
    assert audit.main() == 1
    assert capsys.readouterr().out == "django 5.2.1: PYSEC-2025-47, fixed in 4.2.22, 5.2.2\n"


def test_none_is_said_to_be_none(pip_audit, capsys):
    pip_audit(SOUND)
    assert audit.main() == 0
    assert capsys.readouterr().out == "No library has a known weakness.\n"


def test_a_library_that_was_skipped_is_no_good_news_though_the_program_ends_well(pip_audit, capsys):
    pip_audit(SOUND, SKIPPED)
    assert audit.main() == 2
    said = capsys.readouterr()
    assert "does not know 1 of 2 libraries (amqp)" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "answers",
    [
        {"printed": "", "error": "ConnectionError: cannot reach the service", "code": 1},
        {"printed": "", "code": 1},
        {"printed": "<html>a proxy says no</html>"},
        {"printed": '{"error": 7}'},
    ],
)
def test_no_answer_is_said_in_words(pip_audit, capsys, answers):
    pip_audit(**answers)
    assert audit.main() == 2
    assert "Left out: known weaknesses of the libraries." in capsys.readouterr().err


def test_a_program_that_is_not_there_is_said_in_words(pip_audit, capsys, tmp_path):
    pip_audit()
    (tmp_path / "pip-audit").unlink()
    assert audit.main() == 2
    assert "not installed" in capsys.readouterr().err


def test_every_check_names_what_could_not_be_looked_up_and_goes_on(pip_audit):
    pip_audit(SKIPPED)
    assert [words.partition(". ")[0] for words in checks.known_weaknesses()] == [
        "known weaknesses of the libraries"
    ]
    pip_audit(SOUND)
    assert checks.known_weaknesses() == []


def test_every_check_names_a_known_weakness_and_fails_nothing(pip_audit, capsys):
    """A weakness that is published tomorrow must not turn the same commit red; `make audit` fails over it."""
    pip_audit(WEAK, SKIPPED)
    assert len(checks.known_weaknesses()) == 1
    assert "Known weakness: " in (printed := capsys.readouterr().out)
    assert "PYSEC-2025-47" in printed


def test_the_target_is_there():
    printed = subprocess.run(
        ["make", "--dry-run", "audit"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tools/audit.py" in printed.stdout
