"""The tables of a new portal on SQLite: made by `migrate` once, and copied until a line of the product changes.

To migrate costs ten seconds of processor time, and each run of tests and each portal that a test starts needs it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "cache" / "migrated"
#: What migrations, and what follows on them (rights, roles, guards), depend on. Settings and libraries are in it.
PRODUCT = ("backoffice", "accounts", "limits", "markets", "partners", "runs", "trading", "requirements.txt")
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


def copy_to(path: Path) -> None:
    """Put a migrated database of no rows at this path."""
    kept = KEPT / f"{_digest()}.sqlite3"
    if not kept.exists():
        _make(kept)
    shutil.copyfile(kept, path)


def _digest() -> str:
    files = [
        file
        for name in PRODUCT
        for file in sorted((ROOT / name).rglob("*.py") if (ROOT / name).is_dir() else [ROOT / name])
    ]
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def _make(kept: Path) -> None:
    """Migrate a file beside, in a process of its own, and put it there whole. Those of older code go."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for older in KEPT.glob("*.sqlite3"):
        if older != kept:  # another run may have just made it
            older.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        made = Path(folder) / "migrated.sqlite3"
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_DATABASE_URL": f"sqlite:///{made}",
        }
        subprocess.run([sys.executable, "-c", MIGRATE], cwd=ROOT, env=environment, check=True)
        made.replace(kept)
