"""The filters of the list of deliveries, by its page."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.batches.decide import decisions
from backoffice.delivery.models import Delivery
from backoffice.kit.paging import CappedPaginator
from tests.batches.conftest import checked, submitted
from tests.factories import DeliveryFactory

__all__ = ["checked", "submitted"]

pytestmark = pytest.mark.django_db


def test_the_deliveries_of_a_file_are_looked_for_among_its_own_numbers(
    client, checker, submitted, monkeypatch
):
    batch = submitted(good=3)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    own = sorted(Delivery.objects.values_list("pk", flat=True))
    DeliveryFactory.create_batch(2)
    monkeypatch.setattr(CappedPaginator, "_few", None)  # as of a large file, whose page is found by a walk
    client.force_login(checker)
    for chosen in ({"batch": batch.pk}, {"batch": batch.pk, "state": "queued"}):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("delivery:list", query=chosen))
        assert [row.record.pk for row in page.context["table"].page] == own[::-1]
        assert any(f"BETWEEN {own[0]} AND {own[-1]}" in query["sql"] for query in captured)
    nothing = client.get(reverse("delivery:list", query={"batch": batch.pk + 1}))
    assert not list(nothing.context["table"].page)


def test_deliveries_are_found_by_the_days_on_which_they_were_settled(client, checker):
    def noon(day):
        return datetime(2026, 11, day, 12, tzinfo=timezone.get_current_timezone())

    settled = [
        DeliveryFactory(lane=f"HO/RET00{day}", state="applied", finished_at=noon(day)) for day in (2, 3, 4)
    ]
    DeliveryFactory(lane="HO/RET005")
    client.force_login(checker)

    def page(**chosen):
        return client.get(reverse("delivery:list", query=chosen))

    def found(**chosen):
        return {row.record.pk for row in page(**chosen).context["table"].page}

    assert found(settled_since="03-11-2026", settled_until="03-11-2026") == {settled[1].pk}
    assert found(settled_until="03-11-2026") == {settled[0].pk, settled[1].pk}
    assert found(settled_since="03-11-2026", settled_until="02-11-2026") == set()
    wrong = page(settled_since="03-11-2026", settled_until="02-11-2026").content.decode()
    assert "The last day is before the first one." in wrong
