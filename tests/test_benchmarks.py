"""Benchmarks are run by hand, and rarely: that each still starts, and says what it takes, is seen here."""

import subprocess
import sys

from tests.faults.installation import ROOT

#: Prints the name of each script that cannot say what it takes, with why. All in one process: imports cost most.
HELP = """
import contextlib, io, runpy, sys, traceback
for path in sys.argv[1:]:
    sys.argv = [path, "--help"]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        if not end.code and "usage:" in said.getvalue():
            continue
    except Exception:
        traceback.print_exc()
    print(path)
"""

#: What other benchmarks use.
NO_SCRIPTS = ("bare.py", "shared.py")


def test_every_benchmark_says_what_it_takes():
    scripts = sorted(str(path) for path in (ROOT / "benchmarks").glob("*.py") if path.name not in NO_SCRIPTS)
    assert len(scripts) > 10
    done = subprocess.run([sys.executable, "-c", HELP, *scripts], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
