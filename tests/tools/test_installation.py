"""The whole of `make run`, in a copy of the project: it serves, and Ctrl-C leaves no process."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tools.prepare import ROOT, VENV

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path):
    """The project's files without those of a run; the virtual environment is the same."""
    target = tmp_path / "portal"
    unwanted = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".env")
    shutil.copytree(ROOT, target, ignore=unwanted)
    (target / ".venv").symlink_to(VENV)
    return target


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(folder):
    """The command lines of all processes that work in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if Path(os.readlink(entry / "cwd")) == folder:
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it ended, or is somebody else's
    return found


def assert_no_process_is_left(folder):
    """The kernel ends a killed process a moment later."""
    pause = threading.Event()
    for _ in range(100):
        if not processes_of(folder):
            return
        pause.wait(0.05)
    raise AssertionError(processes_of(folder))


def start(folder):
    names = ("--port", "--odin-port", "--rest-port", "--connector-port")
    ports = (part for name in names for part in (name, str(free_port())))
    command = [sys.executable, "tools/run.py", "--clients", "12", *ports]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def kept(folder, question):
    """The rows of the demonstration's database that answer it."""
    with closing(sqlite3.connect(folder / "var/portal.sqlite3")) as connection:
        return connection.execute(question).fetchall()


def read_until(process, words):
    """Everything printed up to the line with these words. Fails when the process ends before."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="processes are read from /proc")
def test_a_run_serves_prints_passwords_once_and_leaves_no_process(copy):
    (copy / "var/filling").mkdir(parents=True)
    (copy / "var/filling/portal.sqlite3").write_text("half made")
    first = start(copy)
    try:
        printed = read_until(first, "Ctrl-C")
        assert "was interrupted" in printed
        assert "HO/TRY001 is invited to Growth three" in printed
        assert not (copy / "var/filling").exists()
        assert kept(copy, "SELECT run_id, state FROM runs_runclient ORDER BY id") == [
            *((1, "done"), (1, "done")),
            *((2, "done"), (2, "stopped"), (2, "waiting")),
        ]
        assert kept(copy, "SELECT state, how_given FROM partners_consent") == [("active", "signed_form")] * 3
        assert kept(copy, "SELECT count(*) FROM changes_change WHERE kind = 'connector_consent'") == [(4,)]
        running = " ".join(processes_of(copy))
        for part in (
            "standins.odin",
            "standins.rest",
            "standins.connector",
            "celery -A backoffice.celery worker",
            "celery -A backoffice.celery beat",
            "gunicorn",
        ):
            assert part in running
        assert "Log in as" in printed
        assert "The stand-in Connector:  http://127.0.0.1:" in printed
        secrets = (copy / "var/demo.env").read_text().split()
        assert not any(line.partition("=")[2] in running + printed for line in secrets)
    finally:
        os.kill(first.pid, signal.SIGINT)
        rest = first.communicate(timeout=60)[0]
    assert first.returncode == 0, rest
    assert_no_process_is_left(copy)

    second = start(copy)
    try:
        printed = read_until(second, "Ctrl-C")
        for words in ("Log in as", "Installing", "four weeks", "is invited"):
            assert words not in printed
    finally:
        os.kill(second.pid, signal.SIGTERM)
        second.communicate(timeout=60)
    assert_no_process_is_left(copy)
