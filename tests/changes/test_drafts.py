"""Drafts that pile up: one's own are discarded several at once, and expire when nobody edits them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.changes.models import Change
from backoffice.changes.tasks import expire_pending
from tests.factories import ChangeFactory

pytestmark = pytest.mark.django_db


def test_several_drafts_of_ones_own_are_discarded_and_nothing_else(client, maker, other_maker):
    gone = [ChangeFactory(made_by=maker, state="draft") for _ in range(2)]
    kept = [
        ChangeFactory(made_by=maker, state="draft"),
        ChangeFactory(made_by=maker),
        ChangeFactory(made_by=other_maker, state="draft"),
    ]
    client.force_login(maker)
    page = client.get("/changes/drafts/")
    assert {row.record.pk for row in page.context["table"].rows} == {change.pk for change in [*gone, kept[0]]}
    chosen = [change.pk for change in [*gone, *kept[1:]]]
    answer = client.post("/changes/drafts/discard/", {"draft": [*chosen, "x"]}, follow=True)
    assert "2 drafts deleted." in answer.content.decode()
    assert set(Change.objects.values_list("pk", flat=True)) == {change.pk for change in kept}
    assert "Nothing was deleted" in client.post("/changes/drafts/discard/", follow=True).content.decode()


@pytest.mark.parametrize(("days", "left"), [(30, 2), (0, 3)])
def test_a_draft_expires_that_nobody_edits(settings, maker, days, left):
    settings.DRAFTS_EXPIRE_AFTER_DAYS, settings.CHANGES_EXPIRE_AFTER_DAYS = days, 0
    old, submitted, _ = (
        ChangeFactory(made_by=maker, state=state) for state in ("draft", "submitted", "draft")
    )
    long_ago = timezone.now() - timedelta(days=31)
    Change.objects.filter(pk__in=[old.pk, submitted.pk]).update(updated_at=long_ago)
    assert expire_pending() == 3 - left
    assert Change.objects.count() == left
