"""A desk on which exports are compared: a maker who is logged in, and files kept in a folder of the test."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.reconciliation import tasks
from backoffice.reconciliation.models import Reconciliation, State
from tests.batches.files import as_csv


@pytest.fixture
def as_maker(client, maker, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return client


def upload(client, content, name="export.csv"):
    """Send a file to the page, and give the answer."""
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(reverse("reconciliation:new"), {"file": file, "token": uuid.uuid4()})


def work():
    """Let workers do all that is due."""
    while tasks.work_due():
        pass


def compare(client, *rows):
    """The finished comparison of an export with these cells by name; every header is known."""
    answer = upload(client, as_csv(*rows))
    assert answer.status_code == 302, answer.content.decode()
    work()
    one = Reconciliation.objects.latest("pk")
    assert one.state == State.COMPARED, one.problem
    return one
