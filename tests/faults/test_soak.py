"""The short run of the fault test, and two workers that are wrong on purpose, which it must find out.

`make soak` is the long run. Each run is a process of its own, since its database and its settings are its own.
"""

import re
import subprocess
import sys

import pytest

from tests.faults.installation import ROOT
from tests.faults.servers import Postgres, Redis

pytestmark = pytest.mark.slow

needs_servers = pytest.mark.skipif(
    Postgres.programs() is None or Redis.program() is None,
    reason="needs PostgreSQL's and Redis's programs (Debian: apt-get install postgresql redis-server)",
)
#: What embeds everything: SQLite and folders as a broker.
EMBEDDED = ("--database", "sqlite", "--broker", "filesystem")
#: Where it does not matter which workers there are: starting one costs more than the messages do.
FEW = ("--workers", "threads")


def run(*options):
    """A run with these options: its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.soak", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout


def wrong(printed):
    """The kinds of wrong that a run found."""
    return set(re.findall(r"^WRONG (\w+):", printed, re.MULTILINE))


@needs_servers
def test_nothing_is_lost_or_doubled_and_the_order_is_right():
    code, printed = run("--seed", "1", "--users", "40", "--messages", "300", "--pace", "15", "--every", "0.3")
    assert (code, wrong(printed)) == (0, set())


def test_nor_with_everything_embedded():
    traffic = ("--seed", "2", "--users", "20", "--messages", "150", "--pace", "15", "--every", "0.4")
    code, printed = run(*traffic, *EMBEDDED)
    assert (code, wrong(printed)) == (0, set())


@pytest.mark.parametrize("mishap", ["wake_ups_lost", "wake_ups_tenfold"])
def test_losing_all_wake_ups_or_getting_each_ten_times_changes_nothing(mishap):
    often = ("--seed", "3", "--users", "6", "--messages", "80", "--pace", "40", "--every", "0.025")
    code, printed = run(*often, "--only", mishap, *EMBEDDED, *FEW)
    assert (code, wrong(printed)) == (0, set())
    assert re.search(rf'"{mishap}": [78]\d', printed), "it happened at nearly each of the messages"


#: Which mishaps show what is wrong with a worker, how often they happen (seconds), and one of what is found then.
MUTANTS = {
    "tests.faults.mutant_reference": ("drop_after,http_500_after", "0.15", {"doubled"}),
    "tests.faults.mutant_hold": ("latency", "0.2", {"order", "overlap"}),
}


@pytest.mark.parametrize("worker", MUTANTS)
def test_a_worker_that_is_wrong_is_found_out(worker):
    only, every, found = MUTANTS[worker]
    traffic = ("--users", "8", "--messages", "120", "--every", every)
    for seed in "12345":  # whether a mishap strikes a message at which it matters is chance
        code, printed = run("--seed", seed, *traffic, "--only", only, "--worker", worker, *EMBEDDED, *FEW)
        if code:
            break
    assert code == 1
    assert found & wrong(printed)
