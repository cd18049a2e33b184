"""What compliance sees first on Today."""

from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from backoffice.audit.models import Check
from backoffice.desk.oversight import oversight
from backoffice.kit.formats import INDIA
from tests.factories import ChangeFactory

THURSDAY, SATURDAY = datetime(2026, 11, 26, tzinfo=INDIA), datetime(2026, 11, 28, tzinfo=INDIA)


def approved(at, **columns):
    """A change that was made and approved at that time."""
    with patch("django.utils.timezone.now", return_value=at):
        return ChangeFactory.approved(**columns)


@pytest.mark.parametrize(
    ("day", "hours", "outside"),
    [(THURSDAY, (0, 7, 8, 12, 19, 20, 23), 4), (SATURDAY, (10, 12), 2)],
)
def test_approvals_before_eight_after_twenty_and_at_the_weekend_are_counted(db, day, hours, outside):
    for hour in hours:
        approved(day + timedelta(hours=hour, minutes=1), subject=f"HO/HOUR{hour}")
    approved(day - timedelta(hours=1), subject="HO/BEFORE")  # late in the evening, but of another day
    assert oversight(day + timedelta(hours=23, minutes=59)).outside == outside


def test_the_largest_amounts_that_one_person_approved_come_first(db):
    for number in range(7):
        approved(THURSDAY, subject=f"HO/RET{number}", amount=1000 * number)
    approved(THURSDAY, subject="HO/NOTHING")
    ChangeFactory(subject="HO/WAITS", amount=99_999)
    found = [change.subject for change in oversight(THURSDAY + timedelta(hours=1)).largest]
    assert found == ["HO/RET6", "HO/RET5", "HO/RET4", "HO/RET3", "HO/RET2"]


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
