"""`make screenshots`: installs what `tools/pictures.py` wants, and runs it."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tools  # noqa: F401  # first: it refuses an old Python

# isort: split

from tools.prepare import ROOT, make_venv, python

if __name__ == "__main__":
    make_venv("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
    sys.exit(
        subprocess.run([python(), ROOT / "tools" / "pictures.py", *sys.argv[1:]], check=False).returncode
    )
