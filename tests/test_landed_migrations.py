"""A migration on main is never edited: `migrations.sha256` has the hash of each, as `sha256sum` writes it."""

from hashlib import sha256
from pathlib import Path

from django.apps import apps

from tools.prepare import ROOT

LANDED = Path(__file__).parent / "migrations.sha256"


def test_no_migration_that_has_landed_is_edited():
    landed = [line.split("  ", 1)[::-1] for line in LANDED.read_text().splitlines()]
    found = {
        str(path.relative_to(ROOT)): sha256(path.read_bytes()).hexdigest()
        for config in apps.get_app_configs()
        if "site-packages" not in config.path
        for path in Path(config.path).glob("migrations/[0-9]*.py")
    }
    edited = sorted({path for path, content in landed if found.get(path) != content})
    assert not edited, (
        f"Edited or removed: {edited}. A database that has run a migration never runs it again and keeps the old "
        "schema. Restore the file and write a new migration. If it is not on main yet, remove its line from "
        "tests/migrations.sha256 and add it again."
    )
    new = sorted(found.keys() - {path for path, _ in landed})
    assert not new, f"New. Run: sha256sum {' '.join(new)} >> tests/migrations.sha256"
