"""A real worker that is killed in the middle of a comparison: the next one continues, and nothing is there twice."""

import csv

import pytest

from tests.batches.test_restart import ask, kill, portal, until
from tests.factories import retail_user_values

__all__ = ["portal"]

#: Rows of the file; every tenth of its users is here, with another name.
ROWS = 6000

START = """
from pathlib import Path
from accounts.models import RetailUser
from backoffice.reconciliation import operations
from backoffice.logins.models import User
maker = User.objects.get(username="maker")
names = range(0, {rows}, 10)
RetailUser.objects.bulk_create(RetailUser(group_id="HO", user_id=f"R{{n:05}}", name="Other") for n in names)
RetailUser.objects.create(group_id="HO", user_id="HERE")
path = Path({path!r})
one = operations.upload([path.read_bytes()], path.name, by=maker)
operations.compare(one.pk, by=maker)
"""
COUNTS = "SELECT rows || ' ' || different || ' ' || only_there || ' ' || only_here FROM reconciliation_reconciliation"


@pytest.mark.slow
def test_a_worker_killed_while_comparing_loses_and_doubles_nothing(portal, tmp_path):
    path = tmp_path / "export.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["group_id", "user_id", "name"])
        name = retail_user_values()["name"]
        writer.writerows(["HO", f"R{number:05}", name] for number in range(ROWS))
    portal.manage("shell", "--verbosity", "0", "-c", START.format(path=str(path), rows=ROWS))

    so_far = until(portal, "SELECT rows FROM reconciliation_reconciliation", lambda rows: rows >= 500)
    kill(portal, "worker")
    assert so_far < ROWS
    portal.start("worker")
    until(portal, "SELECT state FROM reconciliation_reconciliation", lambda state: state == "compared")

    tenth = ROWS // 10
    assert ask(portal, COUNTS) == f"{ROWS} {tenth} {ROWS - tenth} 1"
    assert ask(portal, "SELECT count(*) FROM reconciliation_line") == ROWS + 1
    assert ask(portal, "SELECT count(*) FROM reconciliation_difference") == tenth
    assert (
        ask(portal, "SELECT count(DISTINCT number) FROM reconciliation_line WHERE number IS NOT NULL") == ROWS
    )
