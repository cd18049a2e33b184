"""Promises of docs/batches.md about the page: the returned file, and the end of the uploaded one."""

import csv
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from backoffice.batches import tasks
from backoffice.batches.models import Batch
from backoffice.delivery.handlers import apply
from tests.batches.files import as_csv, example_row
from tests.factories import retail_user_values
from tests.html_forms import flowed
from tests.uploads import said, uploaded

pytestmark = pytest.mark.django_db

CREATE, UPDATE = "create_retail_user", "update_retail_user"


@pytest.fixture
def as_maker(client, maker, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return client


def downloaded(client, batch, page="result"):
    """The file that the page gives: its text, and its rows by column."""
    answer = client.get(reverse(f"batches:{page}", args=[batch.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return text, list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_password_comes_back_blank_in_what_is_downloaded(as_maker):
    [row] = uploaded(as_maker, CREATE, example_row(CREATE, password="Sesame4242"))
    assert "Sesame4242" not in f"{row.cells}{row.values}{row.findings}"
    text, [back] = downloaded(as_maker, row.batch)
    assert back["password"] == ""
    assert back["user_id"] == row.values["user_id"]
    assert "Sesame4242" not in text


def test_the_rows_that_failed_are_corrected_and_uploaded_as_they_came_back(as_maker):
    good, wrong = example_row(CREATE, user_id="U1"), example_row(CREATE, user_id="U2", pan="WRONG")
    rows = uploaded(as_maker, CREATE, good, wrong)
    assert said(rows[0]) == set()
    assert ("pan", "U16") in said(rows[1])
    text, [back] = downloaded(as_maker, rows[0].batch, "failed")
    assert back["Portal status"] == "Has errors"
    file = SimpleUploadedFile("failed.csv", text.replace("WRONG", good["pan"]).encode())
    as_maker.post(reverse("batches:upload", args=[CREATE]), {"file": file, "token": uuid.uuid4()})
    while tasks.work_due():
        pass
    again = Batch.objects.latest("pk")
    assert again.pk != rows[0].batch_id
    [row] = again.rows.all()
    assert row.values["user_id"] == "U2", "the portal's own columns are passed over"
    assert ("pan", "U16") not in said(row)


def test_an_empty_cell_leaves_a_value_alone_and_clear_empties_it(as_maker):
    apply(301, "HO/RET001", retail_user_values(address_2="Ward 4", city="Pune"))
    known = {"group_id": "HO", "user_id": "RET001"}
    [row] = uploaded(as_maker, UPDATE, {**known, "address_1": "", "address_2": "(clear)", "city": "Nashik"})
    assert "address_1" not in row.values
    assert row.values["address_2"] == ""
    assert row.values["city"] == "Nashik"


def test_a_file_is_kept_for_its_days_and_its_entry_stays(as_maker, tmp_path):
    [row] = uploaded(as_maker, CREATE, example_row(CREATE))
    page = reverse("batches:detail", args=[row.batch_id])
    assert "until" in as_maker.get(page).content.decode()
    Batch.objects.update(file_until=timezone.now())
    assert tasks.expire_files() == 1
    assert not list((tmp_path / "uploads").iterdir())
    after = as_maker.get(page).content.decode()
    assert "file deleted, rows kept" in flowed(after)
    assert row.batch.sha256 in after


def test_codes_may_be_written_as_their_meanings(as_maker):
    row = example_row(CREATE, trading_segments="NSE Cash;BSE Cash", gender="Female", status="Active")
    [found] = uploaded(as_maker, CREATE, row)
    assert found.values["trading_segments"] == ["1", "3"]
    assert (found.values["gender"], found.values["status"]) == ("F", "A")


def test_a_file_again_is_another_batch_that_names_the_first(as_maker):
    content = as_csv(example_row(CREATE))
    for _ in range(2):
        file = SimpleUploadedFile("clients.csv", content.encode())
        answer = as_maker.post(
            reverse("batches:upload", args=[CREATE]), {"file": file, "token": uuid.uuid4()}
        )
    first, second = Batch.objects.order_by("pk")
    assert f"b-{first.pk}" in as_maker.get(answer.url).content.decode().lower()
    assert first.sha256 == second.sha256
