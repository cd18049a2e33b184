"""A time is read from the database as it was written, to the microsecond and in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from accounts.models import RetailUser
from tests.factories import RetailUserFactory


@pytest.mark.django_db
@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 29, 8, 35, tzinfo=UTC),
        datetime(2026, 11, 29, 8, 35, 0, 120000, tzinfo=UTC),
        datetime(2026, 11, 29, 8, 35, 0, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_a_time_is_read_as_it_was_written(at):
    RetailUserFactory(confirmed_at=at)
    found = RetailUser.objects.get().confirmed_at
    assert found == at
    assert found.tzinfo is UTC
