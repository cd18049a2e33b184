"""What compliance sees first on Today."""

import re
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from backoffice.audit.models import Check
from backoffice.batches.models import Batch
from backoffice.changes.models import Approval, Change
from backoffice.desk.oversight import oversight
from backoffice.kit.formats import INDIA
from tests.factories import ChangeFactory, StaffFactory

THURSDAY, SATURDAY = datetime(2026, 11, 26, tzinfo=INDIA), datetime(2026, 11, 28, tzinfo=INDIA)


def approved(at, made=None, **columns):
    """A change that was approved at that time, and made then too or earlier."""
    checker = columns.pop("decided_by", None) or StaffFactory()
    with patch("django.utils.timezone.now", return_value=made or at):
        change = ChangeFactory(**columns)
    with patch("django.utils.timezone.now", return_value=at):
        return ChangeFactory.approve(change, checker)


def approved_file(at, *amounts):
    """A file that was approved at that time, with a row of each amount."""
    checker = StaffFactory()
    file = Batch.objects.create(
        kind="cash_deposit", sha256="0" * 64, size=1, state="submitted", made_by=StaffFactory()
    )
    for number, amount in enumerate(amounts):
        ChangeFactory(subject=f"HO/ROW{number}", batch=file, row_number=number + 2, amount=amount)
    Approval.objects.create(batch=file, by=checker)
    decided = {"state": "approved", "decided_by": checker, "decided_at": at}
    Change.objects.filter(batch=file).update(**decided)
    Batch.objects.filter(pk=file.pk).update(**decided)
    return file


@pytest.mark.parametrize(
    ("day", "hours", "outside"),
    [(THURSDAY, (0, 7, 8, 12, 19, 20, 23), 4), (SATURDAY, (10, 12), 2)],
)
def test_approvals_before_eight_after_twenty_and_at_the_weekend_are_counted(db, day, hours, outside):
    for hour in hours:
        approved(day + timedelta(hours=hour, minutes=1), subject=f"HO/HOUR{hour}")
        approved_file(day + timedelta(hours=hour, minutes=2))
    approved(day - timedelta(hours=1), subject="HO/BEFORE")  # late in the evening, but of another day
    found = oversight(day + timedelta(hours=23, minutes=59))
    assert (found.changes, found.files) == (outside, outside)


def test_an_approval_at_night_counts_on_its_own_day_whenever_the_change_was_made(db):
    night = THURSDAY + timedelta(hours=2)
    approved(night, made=THURSDAY - timedelta(hours=7), subject="HO/RET001", amount=5000)
    found = oversight(THURSDAY + timedelta(hours=9))
    assert [(one.subject, one.at) for one in found.outside] == [("HO/RET001", night)]
    assert [change.subject for change in found.largest] == ["HO/RET001"]


def test_compliance_sees_the_latest_approvals_out_of_hours_with_who_gave_them(client, compliance):
    night = timezone.now().astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    checker = StaffFactory(first_name="Meera", last_name="Iyer")
    changes = [
        approved(night + timedelta(seconds=second), subject=f"HO/RET{second}", decided_by=checker)
        for second in range(6)
    ]
    file = approved_file(night + timedelta(seconds=3, milliseconds=1))
    client.force_login(compliance)
    page = client.get("/").text
    panel = page.partition("Latest approvals out of hours")[2].partition("</section>")[0]
    shown = [changes[5], changes[4], file, changes[3], changes[2]]
    assert re.findall(r'<a href="([^"]+)">', panel) == [one.get_absolute_url() for one in shown]
    assert panel.count("Meera Iyer") == 4
    assert "Cash deposit" in panel
    facts = " ".join(page.partition("Out of hours")[2].partition("</dd>")[0].split())
    assert "6 changes and 1 file approved today" in facts


def test_the_largest_amounts_that_one_person_approved_come_first(db):
    for number in range(7):
        approved(THURSDAY, subject=f"HO/RET{number}", amount=1000 * number)
    approved(THURSDAY, subject="HO/NOTHING")
    ChangeFactory(subject="HO/WAITS", amount=99_999)
    found = [change.subject for change in oversight(THURSDAY + timedelta(hours=1)).largest]
    assert found == ["HO/RET6", "HO/RET5", "HO/RET4", "HO/RET3", "HO/RET2"]


def test_the_rows_of_files_are_among_the_largest_amounts(db):
    approved_file(THURSDAY, 50, 150, 250)
    approved(THURSDAY, subject="HO/RET1", amount=120)
    found = [change.subject for change in oversight(THURSDAY + timedelta(hours=1)).largest]
    assert found == ["HO/ROW2", "HO/ROW1", "HO/RET1", "HO/ROW0"]


def test_the_makers_of_the_largest_amounts_are_read_with_them(db, django_assert_num_queries):
    for number in range(3):
        approved(THURSDAY, subject=f"HO/RET{number}", amount=1000 * number)
    largest = oversight(THURSDAY + timedelta(hours=1)).largest
    with django_assert_num_queries(0):
        assert len({change.made_by.username for change in largest}) == 3


def test_compliance_sees_the_last_verification_and_nobody_else_has_the_panel(client, compliance, checker):
    client.force_login(compliance)
    assert "Not verified yet" in client.get("/").content.decode()
    Check.objects.create(asked_by=compliance, ended_at=timezone.now(), entries=1234)
    assert "1,234 entries" in client.get("/").content.decode()
    Check.objects.create(asked_by=compliance, ended_at=timezone.now(), fault="Seal 7 is not what it was")
    assert "Does not fit: Seal 7 is not what it was" in client.get("/").content.decode()
    client.force_login(checker)
    assert "Oversight" not in client.get("/").content.decode()
