"""`make audit`: whether the pinned libraries have known weaknesses, asked of pip-audit's service over the network.

Ends with 0 where each was looked up and none has one, with 1 where one has, and with 2 where some could not be looked
up: a schedule must notice that too.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tools  # noqa: F401  # first: it refuses an old Python

# isort: split

import json
import subprocess
from dataclasses import dataclass

from tools.prepare import ROOT, CannotStart, make_var, make_venv, tool

PINNED = ("requirements.txt", "requirements-dev.txt")
#: Seconds; a machine without a way out must not hold up `make test`.
LONGEST = 120


@dataclass(frozen=True)
class Answer:
    """What was found: a line for each weakness, and why there is no answer about some libraries ("" if there is)."""

    weaknesses: tuple[str, ...] = ()
    left_out: str = ""


def ask() -> Answer:
    """Look up every pinned library. No answer is an Answer too: it says in words why."""
    files = [part for name in PINNED for part in ("-r", name)]
    command = [
        tool("pip-audit"),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
    ]
    try:
        found = subprocess.run(
            [*command, *files], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except FileNotFoundError:
        return Answer(left_out=_words("pip-audit is not installed. Pin it with `make requirements`."))
    except subprocess.TimeoutExpired:
        return Answer(left_out=_words(f"There was no answer within {LONGEST} seconds."))
    try:
        libraries = json.loads(found.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = found.stderr.strip().splitlines()
        return Answer(left_out=_words(said[-1] if said else f"pip-audit ended with {found.returncode}."))
    return _read(libraries)


def _read(libraries: list[dict[str, object]]) -> Answer:
    """pip-audit ends well where it skipped libraries that its service does not know, even all of them."""
    skipped = [str(library["name"]) for library in libraries if "skip_reason" in library]
    weaknesses = []
    for library in libraries:
        for weakness in library.get("vulns", ()):  # type: ignore[attr-defined]  # as the JSON has it
            fixed = ", ".join(weakness["fix_versions"]) or "no version yet"
            weaknesses.append(f"{library['name']} {library['version']}: {weakness['id']}, fixed in {fixed}")
    if not skipped:
        return Answer(tuple(weaknesses))
    some = ", ".join(skipped[:3]) + (", …" if len(skipped) > 3 else "")
    words = f"The service does not know {len(skipped)} of {len(libraries)} libraries ({some})."
    return Answer(tuple(weaknesses), _words(words))


def _words(why: str) -> str:
    return f"known weaknesses of the libraries. {why}"


def main() -> int:
    """Ask and say what was found. Returns the exit code."""
    try:
        make_var()
        make_venv(*PINNED)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    answer = ask()
    for line in answer.weaknesses:
        print(line)
    if answer.left_out:
        print(f"Left out: {answer.left_out}", file=sys.stderr)
    if not answer.weaknesses and not answer.left_out:
        print("No library has a known weakness.")
    return 1 if answer.weaknesses else 2 if answer.left_out else 0


if __name__ == "__main__":
    sys.exit(main())
