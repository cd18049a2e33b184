"""`make test`: format, lint, types, import contracts, migrations, deployment check, known weaknesses, and all tests.

What this machine cannot run (a server or the browser is missing) is named just before pytest's last line. With
REQUIRE_ALL=1, which `.ci/run` sets, anything left out is a failure. Known weaknesses of libraries are named
and fail nothing: the same commit must give the same answer tomorrow. `make audit` fails over them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tools  # noqa: F401  # first: it refuses an old Python

# isort: split

import argparse
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from tools import audit
from tools.prepare import ROOT, CannotStart, make_var, make_venv, python, tool

CHROMIUM = Path("/usr/bin/chromium")
#: What every run says at its end: which tests took longest.
SLOWEST = "--durations=20"
#: The exit code of a run in which a test in the browser hung.
HUNG = 86

#: For the deployment check only: shaped like a real installation's, and no real one's.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "backoffice.settings",
    "SECRET_KEY": "a key of fifty characters that is only used for this check, 0123456789",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "portal.example",
    "PORTAL_ENVIRONMENT": "LIVE",
    "PORTAL_SEAL_KEYS": "YSBrZXkgdGhhdCBpcyBvbmx5IHVzZWQgaW4gdGVzdHM=",
    "DATABASE_URL": "postgres://portal:secret@db.example:5432/portal",
    "CELERY_BROKER_URL": "amqp://portal:secret@broker.example:5672/portal",
    "ODIN_SERVICE_URL": "https://odin.example/UserCreation.svc/soap",
    "ODIN_WSDL_URL": "https://odin.example/UserCreation.svc?singleWsdl",
    "ODIN_DEALER_ID": "RESERVEDPG",
    "ODIN_DEALER_PASSWORD": "Only4Check",
    "ODIN_PASSWORD_KEY": "0123456789abcdef",
}

#: Which tests a server makes a difference to: their mark, and the settings that they and `make test` find it by.
SERVERS = (
    ("database", "TEST_DATABASE_URL", "TEST_POSTGRES_URL"),
    ("broker", "TEST_BROKER_URL", "TEST_AMQP_URL"),
    ("broker", "TEST_BROKER_URL", "TEST_REDIS_URL"),
)
MISSING = {
    "TEST_POSTGRES_URL": "tests on PostgreSQL. Set TEST_POSTGRES_URL to a database whose owner may make others, like "
    "postgres://tester@127.0.0.1:5432/postgres (Debian: apt-get install postgresql).",
    "TEST_AMQP_URL": "tests on RabbitMQ. Set TEST_AMQP_URL, like amqp://guest:guest@127.0.0.1:5672// "
    "(Debian: apt-get install rabbitmq-server).",
    "TEST_REDIS_URL": "tests on Redis. Set TEST_REDIS_URL, like redis://127.0.0.1:6379/15 "
    "(Debian: apt-get install redis-server).",
}
NO_BROWSER = "tests in the browser. /usr/bin/chromium is missing (Debian: apt-get install chromium)."


def main() -> int:
    """Run what was asked for. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Run every check.")
    parser.add_argument(
        "--lint", action="store_true", help="only format, lint, types, contracts and configuration"
    )
    parser.add_argument("--format", action="store_true", help="format the code and stop")
    parser.add_argument("--only", nargs="+", help="only these tests, on SQLite")
    parser.add_argument("--soak", nargs=argparse.REMAINDER, help="the long run of the fault test")
    options = parser.parse_args()
    # Where a shell started this beside other work, what it starts would ignore the signal that ends it early.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Some hundred processes import the same modules: each would compile all of them where none are kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        make_var()
        make_venv("requirements.txt", "requirements-dev.txt")
        if options.format:
            _run(tool("ruff"), "check", "--fix", "--quiet", ".")
            _run(tool("ruff"), "format", ".")
            _templates()
        elif options.soak is not None:
            _run(python(), "-m", "tests.faults.soak", *options.soak)
        elif options.only:
            _run(tool("pytest"), *options.only)
        else:
            if options.lint:
                _lint()
            else:
                left_out = _left_out()
                _check([*left_out, *known_weaknesses()])
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        return 130
    return 0


def _lint() -> None:
    _run(tool("ruff"), "check", ".")
    _run(tool("ruff"), "format", "--check", ".")
    _templates("--check")
    _run(tool("mypy"))
    _run(tool("lint-imports"))
    _run(
        python(),
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        DJANGO_SETTINGS_MODULE="tests.settings",
    )
    _run(python(), "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)


def _templates(*check: str) -> None:
    """Format the templates: the template language by djade, the indentation by djhtml. Or only check that they are."""
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    _run(tool("djade"), "--target-version", "5.2", *check, *files)
    _run(tool("djhtml"), "--tabwidth", "2", *check, *files)


def _left_out() -> list[str]:
    """What this machine cannot run. Raises CannotStart if nothing may be left out."""
    left_out = [words for name, words in MISSING.items() if not os.environ.get(name)]
    if not CHROMIUM.exists():
        left_out.append(NO_BROWSER)
    if left_out and os.environ.get("REQUIRE_ALL") == "1":
        raise CannotStart("\n".join(["REQUIRE_ALL=1, but these would be left out:", *left_out]))
    return left_out


def known_weaknesses() -> list[str]:
    """Print each known weakness; what could not be looked up, in words."""
    answer = audit.ask()
    for line in answer.weaknesses:
        print(f"Known weakness: {line}", flush=True)
    return [answer.left_out] if answer.left_out else []


def _check(left_out: list[str]) -> None:
    """Run the tests on SQLite and the filesystem broker. Beside them, in a run of their own, those that start whole
    installations or drive the browser, and so wait for a good part of their time. Beside both: the tests of the
    brokers, format, lint and types, and the tests to which PostgreSQL makes a difference. Where PostgreSQL is there,
    some run on that alone (`once`, see `tests/conftest.py`).
    """
    marks = [] if CHROMIUM.exists() else ["not browser"]
    on_sqlite = ["not once"] if os.environ.get("TEST_POSTGRES_URL") else []
    environment = {**os.environ, "LEFT_OUT": "\n".join(left_out)}
    installed = _marked(*on_sqlite, "(slow or browser)", *marks)
    with _beside(environment, *_marked(*on_sqlite, "not slow", "not browser")) as others:
        # First: the workers of an installation would take what these send over the same RabbitMQ.
        _on_servers("broker", *marks)
        with _beside(environment, *installed) as installations:
            _lint()
            _on_servers("database", *marks)
    hung = installations.returncode == HUNG  # sometimes: the run has said where, in its stacks
    for process in (others,) if hung else (others, installations):
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
    if hung:
        _run(tool("pytest"), *installed)


def _on_servers(mark: str, *marks: str) -> None:
    """Run the tests of this mark on each of its servers that is there."""
    for its, setting, name in SERVERS:
        if its == mark and (url := os.environ.get(name)):
            _run(tool("pytest"), SLOWEST, *_naming(mark), *_marked(mark, *marks), **{setting: url})


def _marked(*marks: str) -> list[str]:
    """Return the arguments by which pytest takes only tests with all of these marks."""
    return ["-m", " and ".join(marks)] if marks else []


def _naming(mark: str) -> list[str]:
    """Return the files of tests that name this mark: to collect all others costs more than to run these. None where
    no file does, since it is set automatically.
    """
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path.relative_to(ROOT)) for path in files if f"mark.{mark}" in path.read_text()]


@contextmanager
def _beside(environment: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run pytest beside what is done in the block, and pass on what it printed when both have ended. It is ended
    early where the block fails.
    """
    command = [tool("pytest"), SLOWEST, *arguments]
    with TemporaryFile() as printed:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
        try:
            yield process
            print(f"\n$ pytest {' '.join(command[1:])}", flush=True)
            _show(process, printed)
        except BaseException:
            process.send_signal(signal.SIGINT)  # so that it ends what it has started
            process.wait()
            print(f"\n$ pytest {' '.join(command[1:])}  (ended early)", flush=True)
            _show(process, printed)
            raise


def _show(process: subprocess.Popen[bytes], printed: IO[bytes]) -> None:
    """Pass on what a process has printed to a file, and what it still prints until it ends."""
    position = 0
    while True:
        ended = process.poll() is not None
        while piece := os.pread(printed.fileno(), 1 << 16, position):
            sys.stdout.buffer.write(piece)
            position += len(piece)
        sys.stdout.flush()
        if ended:
            return
        time.sleep(0.2)


def _run(program: str, *arguments: str, **environment: str) -> None:
    """Raises CalledProcessError unless it went well."""
    print(
        f"\n$ {Path(program).name} {' '.join(arguments)[:200]}  {' '.join(name for name in environment)}",
        flush=True,
    )
    subprocess.run([program, *arguments], cwd=ROOT, env={**os.environ, **environment}, check=True)


if __name__ == "__main__":
    sys.exit(main())
