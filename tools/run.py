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
import shutil
import socket
import sqlite3
import subprocess

from tools.prepare import DATABASE, ROOT, VAR, CannotStart, demonstration, make_var, make_venv, python
from tools.supervisor import Supervisor

#: About so many retail users has the demonstration.
CLIENTS = 400
#: Where its past is made, before it is put in its place.
FILLING = VAR / "filling"
STANDIN = VAR / "standin.sqlite3"
COLLECTED = VAR / "static.collected"
#: Run by one process: starting Django costs more than these do.
SET_UP = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
for name in ("demo_staff", "demo_masters", "demo_profiles", "ask_periodicities"):
    call_command(name)
"""


def main() -> int:
    """Run until Ctrl-C, or until one of the processes ends on its own. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the portal as a demonstration.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal")
    parser.add_argument("--odin-port", type=int, default=8801, help="of the stand-in ODIN")
    parser.add_argument("--rest-port", type=int, default=8802, help="of the stand-in REST API")
    parser.add_argument("--connector-port", type=int, default=8803, help="of the stand-in Connector")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="made up at the first start; 0: none")
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
        make_venv("requirements.txt", "requirements-demo.txt")
        environment = demonstration(
            options.port, options.odin_port, options.rest_port, options.connector_port
        )
        if options.manage:
            return _manage(environment, *options.manage)
        _set_up(environment, options.clients)
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


def _set_up(environment: dict[str, str], clients: int) -> None:
    """Database, static files, staff and lists; each is left alone where it is up to date. A new database is filled."""
    collecting, state = _collect_static(environment), _static_state()
    if clients and not DATABASE.exists():
        _fill(environment, clients)
    else:
        if _manage(environment, "shell", "--verbosity", "0", "--command", SET_UP):
            raise CannotStart("The demonstration could not be set up; the message is above.")
    if collecting and collecting.wait():
        raise CannotStart("`manage.py collectstatic` failed; its message is above.")
    COLLECTED.write_text(state)


def _fill(environment: dict[str, str], clients: int) -> None:
    """Make the past of a demonstration, and put it in its place when it is whole."""
    if FILLING.exists():
        print("The last start was interrupted while it made the demonstration; it is made again.", flush=True)
        shutil.rmtree(FILLING)
    FILLING.mkdir()
    elsewhere = {
        "PORTAL_VAR": str(FILLING),
        "DATABASE_URL": f"sqlite:///{FILLING / DATABASE.name}",
        "LOG_LEVEL": "ERROR",
    }
    command = [python(), "-m", "tools.demonstration", f"--clients={clients}"]
    command.append(f"--database={FILLING / STANDIN.name}")
    if subprocess.run(command, cwd=ROOT, env={**environment, **elsewhere}).returncode:
        raise CannotStart(
            "The demonstration could not be made; the message is above. `make run EMPTY=1` starts without."
        )
    # The database comes last: while it is not there, nothing is in its place.
    for target in (VAR / "uploads", STANDIN, DATABASE):
        if target.is_dir():
            shutil.rmtree(target)
        for log in ("-wal", "-shm"):  # of a database that is gone: they would be taken for the new one's
            target.with_name(target.name + log).unlink(missing_ok=True)
        (FILLING / target.name).replace(target)
    shutil.rmtree(FILLING)


def _collect_static(environment: dict[str, str]) -> "subprocess.Popen[bytes] | None":
    """Begin to collect the static files, unless they are as they were."""
    if COLLECTED.exists() and COLLECTED.read_text() == _static_state():
        return None
    command = [python(), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


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
                f"--database={STANDIN}",
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
        # It fetches the scrip master from one stand-in and registers with another, while the web server starts.
        if not supervisor.ending and _manage(environment, "demo_connector"):
            print("The Connector's demonstration is not set up; the message is above.", flush=True)
        supervisor.wait_for("web", f"{page}staff/login/")
        # A client's click and the vendor's question of a key go to the web server.
        if not supervisor.ending and _manage({**environment, "LOG_LEVEL": "ERROR"}, "demo_runs"):
            print("The demonstration has no runs; the message is above.", flush=True)
        if not supervisor.ending:
            print(f"\nThe portal:              {page}\nThe stand-in ODIN:       {odin_page}")
            print(f"The stand-in REST:       {rest_page}\nThe stand-in Connector:  {connector_page}")
            print("Logs are in var/log. Ctrl-C ends everything.", flush=True)
        supervisor.watch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
