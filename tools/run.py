"""`make run`: the whole portal in one terminal, as a demonstration with the stand-in ODIN.

Starts the stand-in, the Celery worker, beat and the web server as processes of their own, prints the address, and
ends all of them on Ctrl-C.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from prepare import ROOT, VAR, CannotStart, check_python, demo_environment, make_var, make_venv, python  # noqa: E402

STOP_SECONDS = 10.0
START_SECONDS = 60.0


def main() -> int:
    """Run until Ctrl-C, or until one of the processes ends by itself. Returns the exit code."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        check_python()
        check_port(options.port, "PORT")
        check_port(options.odin_port, "ODIN_PORT")
        make_var()
        make_venv("requirements.txt")
        environment = demo_environment(options.port, options.odin_port)
        _manage(environment, "migrate", "--verbosity", "0")
        _manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
        _manage(environment, "demo_staff")
        return _supervise(_commands(options), environment, options)
    except CannotStart as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the portal as a demonstration.")
    parser.add_argument("--port", type=int, default=8000, help="of the portal")
    parser.add_argument("--odin-port", type=int, default=8801, help="of the stand-in ODIN")
    return parser.parse_args()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def check_port(port: int, variable: str) -> None:
    """Raises CannotStart when something listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} is in use. Stop what uses it, or choose another: make run {variable}={port + 1}"
            ) from error


def _manage(environment: dict[str, str], *arguments: str) -> None:
    if subprocess.run([python(), "manage.py", *arguments], cwd=ROOT, env=environment).returncode:
        raise CannotStart(f"`manage.py {arguments[0]}` failed; its message is above.")


def _commands(options: argparse.Namespace) -> dict[str, list[str]]:
    celery = [python(), "-m", "celery", "-A", "backoffice"]
    return {
        "stand-in": [
            python(), "-m", "backoffice.odin.standin",
            "--port", str(options.odin_port), "--database", str(VAR / "standin.sqlite3"),
        ],
        "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--loglevel", "WARNING"],
        "web": [
            python(), "-m", "gunicorn", "backoffice.wsgi",
            "--bind", f"127.0.0.1:{options.port}", "--worker-class", "gthread", "--threads", "8",
        ],
    }  # fmt: skip


def _supervise(commands: dict[str, list[str]], environment: dict[str, str], options: argparse.Namespace) -> int:
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (VAR / "log" / f"{name}.log").open("ab") as log:
                # A session of its own, so that Ctrl-C reaches this process alone and the end is orderly.
                running[name] = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
                )
        _wait_for(f"http://127.0.0.1:{options.port}/staff/login/", running)
        print(f"\nThe portal:          http://127.0.0.1:{options.port}/")
        print(f"The stand-in ODIN:   http://127.0.0.1:{options.odin_port}/")
        print("Logs are in var/log. Ctrl-C ends everything.", flush=True)
        while True:
            _check_alive(running)
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("\nStopping ...", flush=True)
        return 0
    finally:
        _stop(running)


def _wait_for(url: str, running: dict[str, subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        _check_alive(running)
        try:
            urllib.request.urlopen(url, timeout=2)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CannotStart("The web server does not answer. Look at var/log/web.log.")


def _check_alive(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            log = VAR / "log" / f"{name}.log"
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise CannotStart(f"The process {name} ended with code {process.returncode}. The end of {log}:\n{last}")


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask every process group to end, the web server first, and kill what does not."""
    for process in reversed(running.values()):
        _signal(process, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main())
