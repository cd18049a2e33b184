"""No step of a file reads a list as long as the file: memory stays flat, however long it is."""

import pytest
from django.db.models import QuerySet

from backoffice.batches.check import rereading
from backoffice.batches.decide import decisions
from backoffice.batches.pages import result
from backoffice.delivery import models
from tests.factories import ChangeFactory, DeliveryFactory

pytestmark = pytest.mark.django_db

ROWS = 30


@pytest.fixture
def lengths(monkeypatch):
    """How long each list was that a query was read into."""
    found = []
    fetch = QuerySet._fetch_all

    def fetch_and_count(self):
        fetch(self)
        found.append(len(self._result_cache))

    monkeypatch.setattr(QuerySet, "_fetch_all", fetch_and_count)
    return found


@pytest.fixture
def on_their_way():
    """Updates of as many other retail users, which an approval compares with the users of its file."""
    change = ChangeFactory.approved()
    for number in range(ROWS):
        DeliveryFactory(change=change, part=number, lane=f"HO/W{number}", message_type=320)


@pytest.mark.usefixtures("on_their_way")
@pytest.mark.parametrize("kind", ["create_retail_user", "update_retail_user"])
def test_submission_approval_and_result_read_a_few_rows_at_a_time(
    checked, maker, checker, lengths, monkeypatch, kind
):
    monkeypatch.setattr(models, "LANES_AT_ONCE", 10)
    monkeypatch.setattr(rereading, "AT_ONCE", 10)
    batch = decisions.submit(checked(ROWS, kind=kind).pk, by=maker, mode="all", reason="New clients")
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    batch.refresh_from_db()
    assert len(list(result.lines(batch))) == ROWS + 1
    assert max(lengths) < ROWS


def test_a_download_reads_rows_as_it_goes_out(checked, lengths, monkeypatch):
    monkeypatch.setattr(rereading, "AT_ONCE", 10)
    lines = result.lines(checked(ROWS))
    next(lines)
    assert "U0002" in next(lines)
    assert set(lengths) == {10}
    assert len(list(lines)) == ROWS - 1
