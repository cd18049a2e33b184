"""Files that stay in the portal: the records take the approved rows, some at a time, each once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import RetailUser, Source
from backoffice import leases
from backoffice.audit.models import Entry
from backoffice.batches import lease, pausing, tasks
from backoffice.batches.decide import applying, decisions
from backoffice.batches.errors import LeaseLost
from backoffice.batches.models import Batch, Row
from backoffice.batches.pages import result
from backoffice.changes import search
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from tests.batches.conftest import stored_row
from tests.factories import RetailUserFactory, bank_values
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved_file(checked, maker, checker, monkeypatch):
    """An approved file of five users that ODIN has already, taken two at a time."""
    monkeypatch.setattr(applying, "AT_ONCE", 2)
    batch = checked(good=0, kind="register_retail_user")
    Row.objects.bulk_create(stored_row(batch, number, (0, declared(f"E{number}"))) for number in range(2, 7))
    Batch.objects.filter(pk=batch.pk).update(good=5, total_rows=5)
    batch = decisions.submit(batch.pk, by=maker, mode="valid", reason="Already at ODIN")
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    return Batch.objects.get(pk=batch.pk)


def declared(user_id):
    return {
        "group_id": "HO",
        "user_id": user_id,
        "odin_user_type": "1",
        "name": "Asha Testwala",
        "banks": [bank_values()],
        "declared_from": "Back office of 2025",
    }


def users():
    return sorted(RetailUser.objects.values_list("user_id", flat=True))


def submitted_file(checked, maker):
    """A file of two users that ODIN has already, that waits for its checker."""
    batch = checked(good=0, kind="register_retail_user")
    Row.objects.bulk_create(stored_row(batch, number, (0, declared(f"E{number}"))) for number in range(2, 4))
    Batch.objects.filter(pk=batch.pk).update(good=2, total_rows=2)
    return decisions.submit(batch.pk, by=maker, mode="valid", reason="Already at ODIN")


def test_the_approval_page_says_that_the_file_stays_in_the_portal(client, checked, maker, checker):
    batch = submitted_file(checked, maker)
    client.force_login(checker)
    page = flowed(client.get(batch.get_absolute_url()).content.decode())
    assert "Approve 2 rows<" in page
    assert "They stay in the portal" in page
    assert "Rows whose records have changed since the check are not applied." in page
    for words in ("and send", "go to ODIN", "not sent"):
        assert words not in page


def listed(client, name, status):
    """How many files or changes the list shows with this status, and its words for them."""
    page = client.get(reverse(f"{name}:list"), {"state": status})
    return [flowed(strip_tags(row.get_cell("state"))) for row in page.context["table"].rows]


def test_files_and_changes_that_stay_in_the_portal_are_applied_in_every_list(client, checked, maker, checker):
    batch = submitted_file(checked, maker)
    client.force_login(checker)
    assert listed(client, "batches", "submitted") == ["Submitted"]
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    assert (listed(client, "batches", "approved"), listed(client, "batches", "applied")) == (["Approved"], [])
    tasks.work_due()
    assert (listed(client, "batches", "approved"), listed(client, "batches", "applied")) == ([], ["Applied"])
    assert (listed(client, "changes", "approved"), listed(client, "changes", "applied")) == (
        [],
        ["Applied"] * 2,
    )
    change = Change.objects.first()
    assert change.status_label == "Applied"
    (found,) = search.find(f"C-{change.pk}", checker)
    assert found.note.endswith("Applied")


def test_the_worker_takes_every_row_and_nothing_is_owed_to_odin(approved_file):
    assert not Delivery.objects.exists()
    assert users() == []
    assert tasks.work_due() == 1
    assert users() == ["E2", "E3", "E4", "E5", "E6"]
    user = RetailUser.objects.get(user_id="E3")
    assert (user.source, user.name, user.banks.count()) == (Source.DECLARED, "Asha Testwala", 1)
    approved_file.refresh_from_db()
    assert approved_file.finished_at is not None
    assert approved_file.outcome == {"applied": 5}
    assert tasks.work_due() == 0
    assert "".join(result.lines(approved_file)).count("Applied") == 5


def test_its_page_shows_how_far_the_records_have_taken_it(approved_file, client, checker):
    client.force_login(checker)
    applying.step(approved_file, lease.take(approved_file))
    page = client.get(approved_file.get_absolute_url()).content.decode()
    assert "Applying the rows" in flowed(page)
    assert "2 of 5" in flowed(page)


def test_a_dead_worker_is_followed_by_another_and_no_row_is_taken_twice(approved_file):
    token = lease.take(approved_file)
    assert applying.step(approved_file, token)
    assert users() == ["E2", "E3"]
    Batch.objects.filter(pk=approved_file.pk).update(lease_until=timezone.now())
    assert tasks.work_due() == 1
    with pytest.raises(LeaseLost):
        applying.step(approved_file, token)
    assert users() == ["E2", "E3", "E4", "E5", "E6"]


def test_a_user_who_came_meanwhile_is_left_out_as_stale(approved_file):
    RetailUserFactory(group_id="HO", user_id="E4", name="Somebody Else")
    tasks.work_due()
    assert users() == ["E2", "E3", "E4", "E5", "E6"]
    assert RetailUser.objects.get(user_id="E4").name == "Somebody Else"
    assert Change.objects.get(batch=approved_file, subject="HO/E4").state == "stale"
    approved_file.refresh_from_db()
    assert approved_file.outcome == {"applied": 4}


def test_a_file_at_which_every_worker_dies_is_paused_until_a_person_resumes_it(
    approved_file, maker, client, monkeypatch
):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    def expire():
        Batch.objects.filter(pk=approved_file.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    with monkeypatch.context() as patch:
        patch.setattr(applying, "_apply", die)
        for _ in range(leases.MOST_FAILURES):
            with pytest.raises(Killed):
                tasks.work_due()
            expire()
        assert tasks.work_due() == 1
        assert tasks.work_due() == 0
    approved_file.refresh_from_db()
    assert (approved_file.state, approved_file.paused, approved_file.lease_token) == ("approved", True, None)
    assert "3 workers in a row crashed" in Entry.objects.get(action="batch.paused").text
    client.force_login(maker)
    page = flowed(client.get(approved_file.get_absolute_url()).content.decode())
    assert "3 workers in a row crashed or were killed while they applied it" in page
    pausing.resume(approved_file.pk, by=maker)
    assert tasks.work_due() == 1
    assert users() == ["E2", "E3", "E4", "E5", "E6"]
