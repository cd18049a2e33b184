"""`make test`: lint, types, import contracts, migrations, deployment check, and all tests.

Says at the end what was left out because a server or the browser is not on this machine. With REQUIRE_ALL=1 (set by
`.ci/run`) anything left out is a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from prepare import ROOT, CannotStart, check_python, make_var, make_venv, python  # noqa: E402

PRODUCTION = {
    "SECRET_KEY": "a key of fifty characters that is only used for this check, 0123456789",
    "PORTAL_ENVIRONMENT": "LIVE",
    "PORTAL_SEAL_KEYS": "YSBrZXkgdGhhdCBpcyBvbmx5IHVzZWQgaW4gdGVzdHM=",
    "ODIN_SERVICE_URL": "https://odin.example/UserCreation.svc/soap",
    "ODIN_WSDL_URL": "https://odin.example/UserCreation.svc?singleWsdl",
    "ODIN_DEALER_ID": "RESERVEDPG",
    "ODIN_DEALER_PASSWORD": "Only4Check",
    "ODIN_PASSWORD_KEY": "0123456789abcdef",
}


def main() -> int:
    """Run what was asked for. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Run every check.")
    parser.add_argument("--lint", action="store_true", help="only lint, types and contracts")
    parser.add_argument("--format", action="store_true", help="format the code and stop")
    parser.add_argument("--only", help="only these tests, on SQLite")
    options = parser.parse_args()
    try:
        check_python()
        make_var()
        make_venv("requirements.txt", "requirements-dev.txt")
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    if options.format:
        return _run("ruff", "format", ".") or _run("ruff", "check", "--fix", "--quiet", ".")
    if options.only:
        return _run("pytest", options.only)
    failed = _lint()
    if options.lint or failed:
        return failed
    return _tests()


def _lint() -> int:
    for name, arguments in (
        ("ruff", ("check", ".")),
        ("ruff", ("format", "--check", "--quiet", ".")),
        ("mypy", ()),
        ("import-linter", ()),
    ):
        command = "lint-imports" if name == "import-linter" else name
        if _run(command, *arguments, production=True):
            return 1
    for arguments in (("makemigrations", "--check", "--dry-run"), ("check", "--deploy", "--fail-level", "WARNING")):
        if _run("python", "manage.py", *arguments, production=True):
            return 1
    return 0


def _tests() -> int:
    left_out: list[str] = []
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    skipped = [] if browser else ["browser"]
    if not browser:
        left_out.append("Browser tests: no Chromium. On Debian: apt-get install chromium")
    postgres, amqp = os.environ.get("TEST_POSTGRES_URL"), os.environ.get("TEST_AMQP_URL")
    if not postgres:
        left_out.append(
            "PostgreSQL: set TEST_POSTGRES_URL to a server where databases may be made, "
            "for example postgres://tester@127.0.0.1:5432/postgres. On Debian: apt-get install postgresql"
        )
    if not amqp:
        left_out.append(
            "RabbitMQ: set TEST_AMQP_URL, for example amqp://guest:guest@127.0.0.1:5672//. "
            "On Debian: apt-get install rabbitmq-server"
        )
    failed = _pytest(skipped + ([] if amqp else ["broker"]), {})
    if postgres and not failed:
        print("\nOnce more on PostgreSQL: the tests that touch the database.", flush=True)
        failed = _pytest([*skipped, *([] if amqp else ["broker"])], {"TEST_DATABASE_URL": postgres}, "database")
    for line in left_out:
        print(f"Left out: {line}")
    if left_out and os.environ.get("REQUIRE_ALL") == "1":
        print("Nothing may be left out here.", file=sys.stderr)
        return 1
    return failed


def _pytest(skipped: list[str], environment: dict[str, str], wanted: str = "") -> int:
    expression = " and ".join([*([wanted] if wanted else []), *(f"not {mark}" for mark in skipped)])
    return _run("pytest", "-q", *(["-m", expression] if expression else []), environment=environment)


def _run(command: str, *arguments: str, environment: dict[str, str] | None = None, production: bool = False) -> int:
    shown = {**os.environ, **(PRODUCTION if production else {}), **(environment or {})}
    print(f"\n$ {command} {' '.join(arguments)}", flush=True)
    path = python() if command == "python" else str(Path(python()).parent / command)
    return subprocess.run([path, *arguments], cwd=ROOT, env=shown).returncode


if __name__ == "__main__":
    sys.exit(main())
