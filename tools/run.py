"""`make run`: the whole portal in one terminal, as a demonstration with the stand-ins of ODIN, REST API and Connector.

Sets up what is missing, starts the stand-ins, the Celery worker, beat and the web server as processes of their own,
prints the address, and ends all of them on Ctrl-C. One that ends on its own is started again after a pause; where it
ends soon after its start, the others end too and the last lines of its log are shown.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tools  # noqa: F401  # first: it refuses an old Python

# isort: split

import argparse
import errno
import socket
import sqlite3
import subprocess

from tools.prepare import DATABASE, ROOT, VAR, CannotStart, demonstration, make_var, make_venv, python
from tools.supervisor import Supervisor


def main() -> int:
    """Run until Ctrl-C, or until one of the processes ends on its own. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the portal as a demonstration.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal")
    parser.add_argument("--odin-port", type=int, default=8801, help="of the stand-in ODIN")
    parser.add_argument("--rest-port", type=int, default=8802, help="of the stand-in REST API")
    parser.add_argument("--connector-port", type=int, default=8803, help="of the stand-in Connector")
    parser.add_argument("--manage", nargs=argparse.REMAINDER, help="run this command of manage.py instead")
    options = parser.parse_args()
    try:
        if not options.manage:
            check_port(options.port, "PORT")
            check_port(options.odin_port, "ODIN_PORT")
            check_port(options.rest_port, "REST_PORT")
            check_port(options.connector_port, "CONNECTOR_PORT")
        make_var()
        check_database(DATABASE)
        make_venv("requirements.txt")
        environment = demonstration(
            options.port, options.odin_port, options.rest_port, options.connector_port
        )
        if options.manage:
            return _manage(environment, *options.manage)
        _set_up(environment)
        return _serve(options.port, options.odin_port, options.rest_port, options.connector_port, environment)
    except CannotStart as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def check_port(port: int, variable: str) -> None:
    """Raises CannotStart when this port of the loopback address cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError:
            raise CannotStart(f"{variable}={port} is not a port: choose one from 1024 to 65535.") from None
        except OSError as error:
            other = f"or run `make run {variable}={port + 1 if port > 1023 else 8080}`."
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(f"Port {port} is in use: stop what uses it, {other}") from None
            raise CannotStart(f"Port {port} cannot be used ({error.strerror}): allow it, {other}") from None


def check_database(file: Path) -> None:
    """Raises CannotStart when this database has migrations of ours that this version does not know."""
    if not file.exists():
        return
    folders = {path.parent.parent.name: path.parent for path in ROOT.glob("*/migrations/__init__.py")}
    folders |= {
        path.parent.parent.name: path.parent for path in ROOT.glob("backoffice/*/migrations/__init__.py")
    }
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as connection:
        try:
            applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        except sqlite3.OperationalError:  # nothing was migrated yet
            applied = []
    if any(app in folders and not (folders[app] / f"{name}.py").exists() for app, name in applied):
        raise CannotStart(
            f"{file.parent} holds the demonstration of an older version: delete that folder and run the command again."
        )


def _manage(environment: dict[str, str], *arguments: str) -> int:
    return subprocess.run([python(), "manage.py", *arguments], cwd=ROOT, env=environment).returncode


def _set_up(environment: dict[str, str]) -> None:
    """Database, static files, staff and lists; each is left alone where it is up to date."""
    steps = [["migrate", "--verbosity", "0"], ["demo_staff"], ["demo_masters"], ["demo_profiles"]]
    steps.append(["ask_periodicities"])
    collected, state = VAR / "static.collected", _static_state()
    if not collected.exists() or collected.read_text() != state:
        steps.append(["collectstatic", "--noinput", "--clear", "--verbosity", "0"])
    for step in steps:
        if _manage(environment, *step):
            raise CannotStart(f"`manage.py {step[0]}` failed; its message is above.")
    collected.write_text(state)


def _static_state() -> str:
    """Changes when a static file of ours or an installed package may have changed."""
    files = [
        ROOT / "requirements.txt",
        *sorted(path for path in (ROOT / "static").rglob("*") if path.is_file()),
    ]
    return "".join(f"{path.relative_to(ROOT)} {path.stat().st_mtime_ns}\n" for path in files)


def _serve(
    port: int, odin_port: int, rest_port: int, connector_port: int, environment: dict[str, str]
) -> int:
    celery = [python(), "-m", "celery", "-A", "backoffice.celery"]
    ports = (port, odin_port, rest_port, connector_port)
    page, odin_page, rest_page, connector_page = (f"http://127.0.0.1:{number}/" for number in ports)
    with Supervisor(VAR / "log", ROOT, environment) as supervisor:
        # In the order in which they start; they end the other way round, so that a message being sent is answered.
        supervisor.start(
            "stand-in",
            [
                python(),
                "-m",
                "standins.odin",
                f"--port={odin_port}",
                f"--database={VAR / 'standin.sqlite3'}",
            ],
        )
        supervisor.start(
            "rest-stand-in",
            [
                *(python(), "-m", "standins.rest", f"--port={rest_port}", f"--odin={odin_page}"),
                f"--database={VAR / 'standin-rest.sqlite3'}",
            ],
        )
        supervisor.start(
            "connector-stand-in",
            [
                *(python(), "-m", "standins.connector", f"--port={connector_port}", f"--portal={page}"),
                *(f"--odin={odin_page}", f"--rest={rest_page}"),
                f"--database={VAR / 'standin-connector.sqlite3'}",
            ],
        )
        supervisor.wait_for("stand-in", odin_page)
        supervisor.wait_for("rest-stand-in", rest_page)
        supervisor.wait_for("connector-stand-in", connector_page)
        # It fetches the scrip master from one stand-in and registers with another.
        if not supervisor.ending and _manage(environment, "demo_connector"):
            print("The Connector's demonstration is not set up; the message is above.", flush=True)
        # Threads: they wait for ODIN most of the time, and SQLite lets one write at a time anyway.
        supervisor.start("worker", [*celery, "worker", "--pool", "threads", "--concurrency", "4"])
        supervisor.start("beat", [*celery, "beat"])
        # Threads again, so that a page that polls does not keep others waiting.
        supervisor.start(
            "web",
            [
                *(python(), "-m", "gunicorn", "backoffice.wsgi", f"--bind=127.0.0.1:{port}"),
                *("--worker-class=gthread", "--threads=8", "--no-control-socket"),
            ],
        )
        supervisor.wait_for("web", f"{page}staff/login/")
        if not supervisor.ending:
            print(f"\nThe portal:              {page}\nThe stand-in ODIN:       {odin_page}")
            print(f"The stand-in REST:       {rest_page}\nThe stand-in Connector:  {connector_page}")
            print("Logs are in var/log. Ctrl-C ends everything.", flush=True)
        supervisor.watch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
