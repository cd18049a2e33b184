"""Today asks for what its person acts on now, however much they have done before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from backoffice.changes.models import Approval, Change
from backoffice.delivery.models import Delivery
from tests.factories import ChangeFactory, DeliveryFactory
from tests.looked_at import rows_looked_at

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("postgresql")]

#: Enough that PostgreSQL does not read all of them to find a few, whatever other tests have left in its tables.
DONE = 2000
#: Rows that a statement may look at: some for each line that Today shows, and none for what is done.
FEW = 50
TABLES = [Change._meta.db_table, Delivery._meta.db_table]


@pytest.fixture
def much_done(maker, checker):
    yesterday = timezone.now() - timedelta(days=1)
    done = Change.objects.bulk_create(
        ChangeFactory.build(made_by=maker, subject=f"HO/RET{number:04}") for number in range(DONE)
    )
    Approval.objects.bulk_create(
        Approval(change=change, by=checker, content_hash=change.content_hash) for change in done
    )
    Change.objects.update(
        state="approved", decided_by=checker, decided_at=yesterday, result="applied", created_at=yesterday
    )
    Delivery.objects.bulk_create(
        DeliveryFactory.build(change=change, lane=change.subject, state="applied", finished_at=yesterday)
        for change in done
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
        cursor.execute("SET LOCAL enable_seqscan = off")


def test_today_of_a_maker_does_not_look_through_what_is_done(client, maker, much_done):
    refused = ChangeFactory.approved(made_by=maker, subject="HO/REFUSED")
    DeliveryFactory(change=refused, lane=refused.subject, state="refused", finished_at=timezone.now())
    Change.objects.filter(pk=refused.pk).update(result="refused")
    client.force_login(maker)
    found = {}
    with rows_looked_at(found, "today", TABLES):
        page = client.get("/")
    assert [line.change for line in page.context["today"].refused] == [refused]
    assert found["today"][0] <= FEW, found["today"]
