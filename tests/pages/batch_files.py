"""Files in every state that a batch can have, and reconciliations, made in a running portal by its own operations.

`make`, in its shell.
"""

import io
import json
import time
from decimal import Decimal
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from openpyxl import Workbook

from backoffice.batches import ending, lease, operations, pausing
from backoffice.batches.check import checking
from backoffice.batches.decide import completion, decisions
from backoffice.batches.file import aliases, meanings
from backoffice.batches.file.matching import IGNORED
from backoffice.batches.models import Batch, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import FINAL
from backoffice.reconciliation import operations as reconciling
from backoffice.reconciliation.models import Reconciliation
from tests.batches.files import as_csv, example_row

CREATE, DEPOSIT = "create_retail_user", "cash_deposit"
NAMES = ("Asha", "Ravi", "Meera", "Kiran", "Leela", "Nikhil", "Omana", "Prem")


def make():
    """Make a file in each state, and print the numbers of their batches by what they are."""
    people = get_user_model().objects
    maker, checker = people.get(username="maker"), people.get(username="checker")
    aliases.keep("Client name as per PAN", "name", by=people.get(username="admin"))
    made = {
        "done": _done(maker, checker),
        "being-checked": _being_checked(maker),
        "unreadable": _unreadable(maker),
        "unclear": _upload("branch-12 headers.csv", as_csv(_renamed(client(300))), maker),
        "found": _checked("branch-12.csv", _with_findings(), maker),
        "clean": _checked("branch-14.csv", [client(number) for number in range(320, 323)], maker),
        "submitted": _submitted(maker, "branch-15.csv", _with_findings(340), "New clients of branch 15"),
        "money": _deposits(maker),
        "under-way": _under_way(maker, checker),
        "rejected": _rejected(maker, checker),
        "hidden": _hidden(maker),
        "unconfirmed": _unconfirmed(maker, people.get(username="admin")),
        **reconciliations(maker),
    }
    print(json.dumps({name: batch.pk for name, batch in made.items()}))


def reconciliations(maker):
    """One whose columns are not understood, and one that the portal's worker compared."""
    row = {name: cell for name, cell in client(1).items() if name not in ("password", "action", "reference")}
    rows = [
        {**row, "email": "other@example.com", "bank_1_branch_name": "Elsewhere"},
        {**row, "user_id": "WEBADMIN1", "name": "Ravi Elsewhere"},
        {**row, "user_id": "", "name": "Nobody"},
    ]
    unmapped = reconciling.upload([as_csv(_renamed(row)).encode()], "webadmin unknown.csv", by=maker)
    compared = reconciling.upload([as_csv(*rows).encode()], "webadmin.csv", by=maker)
    names = [name or IGNORED for name in compared.mapping]
    reconciling.compare(compared.pk, by=maker, names=names)
    _wait(lambda: Reconciliation.objects.get(pk=compared.pk).state == "compared")
    return {"unmapped": unmapped, "compared": compared}


def client(number, **changed):
    """The cells of one creation, which shares nothing with another."""
    letters = "".join("ABCDEFGHJK"[int(digit)] for digit in f"{number:03}")
    return example_row(
        CREATE,
        **{
            "user_id": f"FILE{number:04}",
            "name": f"{NAMES[number % len(NAMES)]} Filewala",
            "password": "Sesame42",
            "pan": f"{letters}PF{number:04}K",
            "mobile": f"97{number:08}",
            "email": f"client{number}@example.com",
            "bank_1_account_no": f"5010{number:010}",
            "demat_1_beneficiary_id": f"{number:08}",
            "mf_ucc_bse_ucc": f"FILE{number:04}",
            "mf_ucc_nse_ucc_1": f"FILE{number:04}",
            **changed,
        },
    )


def _with_findings(start=100):
    """Rows with an error, with a cleaned value on offer, with another's mobile number; and two that are good."""
    return [
        client(start),
        client(start + 1, pan="AAAPF12"),
        client(start + 2, pan="", mobile="12345"),
        client(start + 3, city="Mumbai, West"),
        client(start + 4, city="Navi Mumbai, Vashi"),
        client(start + 5, mobile=client(1)["mobile"]),
        client(start + 6, poa="1"),
        client(start + 7, birth_date="31/12/85"),
    ]


def _renamed(row):
    return {{"mobile": "Cell", "city": "Town", "family_id": ""}.get(name, name): row[name] for name in row}


def _upload(name, content, maker, kind=CREATE):
    return operations.upload(kind, [content.encode()], name, by=maker).batch


def _checked(name, rows, maker, kind=CREATE):
    batch = _upload(name, as_csv(*rows), maker, kind)
    operations.check(batch.pk, by=maker)
    _wait(lambda: Batch.objects.get(pk=batch.pk).state == State.CHECKED)
    return Batch.objects.get(pk=batch.pk)


def _submitted(maker, name, rows, reason, kind=CREATE, **options):
    batch = _checked(name, rows, maker, kind)
    return decisions.submit(batch.pk, by=maker, mode="valid", reason=reason, **options)


def _done(maker, checker):
    """All of it settled, one message refused by ODIN."""
    fault = {"fault": "refuse_before", "match": {"user_id": "FILE0006"}, "text": "Branch is not open yet"}
    requests.post(urljoin(settings.ODIN_SERVICE_URL, "/faults"), json=fault, timeout=10).raise_for_status()
    rows = [client(number) for number in range(1, 7)]
    batch = _submitted(maker, "branch-11.csv", rows, "New clients of branch 11")
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash, reason="Forms seen")
    _wait(lambda: not Delivery.objects.filter(change__batch=batch).exclude(state__in=FINAL).exists())
    completion.note_outcomes()
    return batch


def _being_checked(maker):
    """Paused after its first rows, so that it stays as it is."""
    batch = _upload("all branches.csv", as_csv(*map(client, range(400, 999))), maker)
    with transaction.atomic():  # before a worker sees it
        batch = operations.check(batch.pk, by=maker)
        token = lease.take(batch)
        batch.refresh_from_db()
        with checking.Checking(batch, token) as run:
            run.step()
        lease.give_back(batch, token)
        return pausing.pause(batch.pk, by=maker)


def _unreadable(maker):
    batch = _upload("scanned.csv", as_csv(client(310)), maker)
    with transaction.atomic():
        batch = operations.check(batch.pk, by=maker)
        words = (
            "Row 4012 has a byte that is not text. Save the file again as CSV (UTF-8) and upload it again."
        )
        ending.stop_check(batch, lease.take(batch), words)
    return batch


def _deposits(maker):
    """Two of four amounts are large, for users that the first file created."""
    amounts = ("5000", "1500000", "1250.50", "2750000")
    rows = [
        example_row(DEPOSIT, user_id=f"FILE{number:04}", amount=amount, reference=f"PAYIN{number:04}")
        for number, amount in enumerate(amounts, 1)
    ]
    return _submitted(
        maker,
        "payin-morning.csv",
        rows,
        "Cheques of the morning",
        DEPOSIT,
        control_total=Decimal("4256250.50"),
    )


def _under_way(maker, checker):
    """Paused, with messages in several states."""
    rows = [client(number) for number in range(201, 213)]
    batch = _submitted(maker, "branch-13.csv", rows, "New clients of branch 13")
    with transaction.atomic():
        decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
        pausing.pause(batch.pk, by=maker)
    owed = list(Delivery.objects.filter(change__batch=batch).order_by("pk").values_list("pk", flat=True))
    for state, some in (("applied", owed[:5]), ("refused", owed[5:6])):
        words = {"code": "1", "text": "Branch is not open yet"} if state == "refused" else {}
        Delivery.objects.filter(pk__in=some).update(state=state, finished_at=timezone.now(), **words)
    return batch


def _hidden(maker):
    """A workbook with a title above the header, instructions on its first sheet, and a hidden row."""
    book = Workbook()
    book.active.title = "Instructions"
    book.active.append(["How to fill in this file"])
    sheet = book.create_sheet("Clients")
    rows = [client(number) for number in range(370, 374)]
    sheet.append(["New clients of branch 17"])
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(cells)
    sheet.row_dimensions[4].hidden = True
    content = io.BytesIO()
    book.save(content)
    batch = operations.upload(CREATE, [content.getvalue()], "branch-17.xlsx", by=maker).batch
    operations.check(batch.pk, by=maker)
    _wait(lambda: Batch.objects.get(pk=batch.pk).state == State.CHECKED)
    return batch


def _unconfirmed(maker, other):
    """Columns that somebody else said to mean something else than their headers. No other test has just these."""
    row = client(380, telephone="02212345678", fax="02287654321")
    del row["parent_id"]
    text = as_csv(row)
    names = [{"telephone": "fax", "fax": "telephone"}.get(name, name) for name in row]
    meanings.remember(CREATE, list(row), names, other)
    return _upload("branch-18.csv", text, maker)


def _rejected(maker, checker):
    batch = _submitted(maker, "branch-16.csv", [client(360)], "New clients of branch 16")
    return decisions.reject(batch.pk, by=checker, reason="The forms of branch 16 are not signed")


def _wait(ready):
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end, "The portal's worker did not come to an end."
        time.sleep(0.1)
