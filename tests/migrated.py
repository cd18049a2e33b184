"""The tables of a new portal: made by `migrate` once, and copied until a line of the product changes.

To migrate costs twenty seconds of processor time, and each run of tests and each portal that a test starts needs it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
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
    """Put a migrated SQLite database of no rows at this path."""
    kept = KEPT / f"{_digest()}.sqlite3"
    if not kept.exists():
        _keep(kept, lambda made: _migrate(f"sqlite:///{made}"))
    shutil.copyfile(kept, path)


def restore_to(url: str, programs: Path) -> None:
    """Migrate an empty PostgreSQL database, or restore one that was migrated.

    `programs`: the folder of pg_dump and psql.
    """
    kept = KEPT / f"{_digest()}.sql"
    if kept.exists():
        restore = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={kept}", url]
        subprocess.run([programs / "psql", *restore], stdout=subprocess.DEVNULL, check=True)
        return
    _migrate(url)
    _keep(
        kept,
        lambda made: subprocess.run([programs / "pg_dump", "--no-owner", f"--file={made}", url], check=True),
    )


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


def _keep(kept: Path, make: Callable[[Path], object]) -> None:
    """Let a file be made beside, and put it there whole. Those of older code go."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for older in KEPT.glob(f"*{kept.suffix}"):
        if older != kept:  # another run may have just made it
            older.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        made = Path(folder) / kept.name
        make(made)
        made.replace(kept)


def _migrate(url: str) -> None:
    """Migrate a database, in a process of its own."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url}
    subprocess.run([sys.executable, "-c", MIGRATE], cwd=ROOT, env=environment, check=True)
