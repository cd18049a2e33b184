"""A file through the pages that a maker uses: uploaded, its columns understood, checked by a worker."""

import re
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.batches import tasks
from backoffice.batches.models import Batch, State
from tests.batches.files import as_csv


def uploaded(client, slug, *rows):
    """The checked rows of a file with these cells by name, in their order. `client` is logged in as a maker."""
    file = SimpleUploadedFile("file.csv", as_csv(*rows).encode())
    answer = client.post(reverse("batches:upload", args=[slug]), {"file": file, "token": uuid.uuid4()})
    assert answer.status_code == 302, answer.content.decode()
    batch = Batch.objects.latest("pk")
    while batch.state == State.CHECKING:
        assert tasks.work_due(), "nothing is due"
        batch.refresh_from_db()
    assert batch.state == State.CHECKED, client.get(answer.url).content.decode()
    return list(batch.rows.order_by("number"))


def sent(client, checker, rows, *, reason="As asked"):
    """Submit the good rows of an uploaded file and approve it, on the pages."""
    batch = rows[0].batch
    maker = batch.made_by
    answer = client.post(reverse("batches:submit", args=[batch.pk]), {"mode": "valid", "reason": reason})
    assert answer.status_code == 302, answer.content.decode()
    batch.refresh_from_db()
    client.force_login(checker)
    act = reverse("batches:act", kwargs={"pk": batch.pk, "action": "approve"})
    client.post(act, {"content_hash": batch.content_hash})
    client.force_login(maker)


def said(row):
    """The findings of a row: path and rule of each."""
    return {(finding["path"], finding["rule"]) for finding in row.findings}


def see(client, batch, path, rule):
    """The page of what would be accepted."""
    return client.get(reverse("batches:offers", args=[batch.pk]), {"path": path, "rule": rule})


def asked(page):
    """What the form of the page of offers sends."""
    named = r'<input type="hidden" name="(path|rule|seen)" value="([^"]*)">'
    return dict(re.findall(named, page.content.decode()))


def accept(client, batch, path, rule):
    """Look at what is offered, press the button of that page, and let the worker take it."""
    page = see(client, batch, path, rule)
    address = reverse("batches:act", kwargs={"pk": batch.pk, "action": "clean"})
    return client.post(address, asked(page))
