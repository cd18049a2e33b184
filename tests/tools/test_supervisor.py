"""The supervisor ends what it started, and says which process ended on its own."""

import os
import signal
import sys
import threading

import pytest

from tools.prepare import CannotStart
from tools.supervisor import Supervisor

#: Starts a child of its own, says both process ids and waits.
FAMILY = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(os.getpid(), child.pid, flush=True)\n"
    "time.sleep(600)\n"
)
#: Does not end when it is asked to.
STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)\n"
)


@pytest.fixture
def supervisor(tmp_path):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield Supervisor(tmp_path, tmp_path, dict(os.environ))
    for number, handler in before.items():
        signal.signal(number, handler)


def printed(folder, name):
    """What the process wrote first, as soon as it did."""
    pause = threading.Event()
    for _ in range(600):
        if text := (folder / f"{name}.log").read_text():
            return text
        pause.wait(0.05)
    raise AssertionError("nothing was printed")


def is_running(pid):
    """False for a process that ended, also while nobody has collected it."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_ended(pids):
    """The kernel ends a killed process a moment later."""
    pause = threading.Event()
    for _ in range(200):
        if not any(is_running(pid) for pid in pids):
            return
        pause.wait(0.05)
    raise AssertionError(f"still running: {[pid for pid in pids if is_running(pid)]}")


def test_leaving_ends_the_process_and_its_children(supervisor, tmp_path):
    with supervisor:
        supervisor.start("family", [sys.executable, "-c", FAMILY])
        pids = [int(pid) for pid in printed(tmp_path, "family").split()]
        assert all(is_running(pid) for pid in pids)
    wait_until_ended(pids)


def test_a_second_signal_kills_what_does_not_end(supervisor, tmp_path):
    with supervisor:
        supervisor.start("stubborn", [sys.executable, "-c", STUBBORN])
        printed(tmp_path, "stubborn")
        os.kill(os.getpid(), signal.SIGINT)
        supervisor.watch()
        again = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        again.start()
    again.join()
    assert supervisor.ending


def test_a_process_that_ends_by_itself_is_named_with_the_end_of_its_log(supervisor):
    with supervisor:
        supervisor.start(
            "web", [sys.executable, "-c", "print('no such table', flush=True); raise SystemExit(3)"]
        )
        with pytest.raises(CannotStart, match=r"(?s)The process web ended with code 3.*no such table"):
            supervisor.watch()


def test_a_process_that_was_well_is_started_again_and_keeps_its_log(
    supervisor, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("tools.supervisor.WELL", 0.0)
    monkeypatch.setattr("tools.supervisor.PAUSE", 0.1)
    with supervisor:
        supervisor.start("family", [sys.executable, "-c", FAMILY])
        first = printed(tmp_path, "family")
        os.kill(int(first.split()[0]), signal.SIGKILL)
        end = threading.Timer(3, os.kill, (os.getpid(), signal.SIGTERM))
        end.start()
        supervisor.watch()
        lines = (tmp_path / "family.log").read_text().splitlines()
    assert lines[0] == first.strip()
    assert len(lines) == 2
    assert "The process family ended with code -9; it is started again" in capsys.readouterr().out


def test_nothing_starts_once_a_signal_told_to_end(supervisor, tmp_path):
    with supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.start("late", [sys.executable, "-c", "pass"])
    assert not (tmp_path / "late.log").exists()
