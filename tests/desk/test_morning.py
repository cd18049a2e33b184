"""The funnel of the day and the age of what waits, as Today shows them."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.utils import timezone

from backoffice.batches.models import Batch
from backoffice.changes.models import Approval, Change
from tests.factories import ChangeFactory, DeliveryFactory, StaffFactory


def of_status(status, number, *, maker):
    """Make this many single changes of today with this status."""
    for each in range(number):
        change = ChangeFactory(made_by=maker, subject=f"HO/{status[:6].upper()}{each}")
        if status == "submitted":
            continue
        change.state = status if status == "rejected" else "approved"
        change.result = "" if status in ("rejected", "approved") else status
        change.decided_by, change.decided_at = StaffFactory(), timezone.now()
        change.decision_reason = "No form" if status == "rejected" else ""
        if change.state == "approved":
            Approval.objects.create(change=change, by=change.decided_by, content_hash=change.content_hash)
        change.save()


@pytest.fixture
def morning(maker):
    """Make ten single changes, and a file of twenty rows: three are wrong and two exist already."""
    for status, number in (
        ("submitted", 1),
        ("rejected", 1),
        ("sent", 2),
        ("applied", 3),
        ("refused", 2),
        ("unknown", 1),
    ):
        of_status(status, number, maker=maker)
    Batch.objects.create(
        kind="create_retail_user", file_name="morning.csv", sha256="0" * 64, size=1, made_by=maker, state="checked",
        total_rows=20, good=14, warned=1, wrong=3, done_before=2,
    )  # fmt: skip


def stages(client):
    """Number and what is left of each stage on Today."""
    found = client.get("/").context["today"].funnel
    return {one.label: (one.number, {left.words: left.number for left in one.left}) for one in found}


def test_the_funnel_counts_rows_and_changes_of_today_and_what_fell_out(client, maker, morning):
    client.force_login(maker)
    assert stages(client) == {
        "Received": (30, {"wrong": 3, "here already": 2}),
        "Correct": (25, {"not submitted": 15}),
        "Submitted": (10, {"waiting": 1, "came back": 1}),
        "Approved": (8, {"under way": 2, "unknown or on hold": 1, "refused by ODIN": 2}),
        "Applied": (3, {}),
    }


def test_each_piece_of_the_funnel_leads_to_just_these_changes(client, maker, morning):
    client.force_login(maker)
    for stage in client.get("/").context["today"].funnel[2:]:
        shown = client.get(stage.url).context["table"].paginator.count
        assert (stage.label, shown) == (stage.label, stage.number)
        for left in stage.left:
            assert (left.words, client.get(left.url).context["table"].paginator.count) == (
                left.words,
                left.number,
            )


def test_yesterday_and_drafts_are_not_of_the_day_and_an_empty_day_has_no_funnel(client, maker):
    with patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=1)):
        ChangeFactory(made_by=maker)
    ChangeFactory(made_by=maker, state="draft", submitted_at=None, subject="HO/DRAFT1")
    client.force_login(maker)
    assert stages(client) == {}


def test_what_waits_is_shown_by_age_with_its_rupees_and_without_ones_own(client, maker, checker):
    for minutes, amount in ((5, "100.00"), (30, "250.50"), (40, None), (300, "1000.00")):
        ChangeFactory(
            made_by=maker, subject=f"HO/AGE{minutes}", amount=amount,
            submitted_at=timezone.now() - timedelta(minutes=minutes),
        )  # fmt: skip
    client.force_login(checker)
    found = client.get("/").context["today"].ages
    assert [(one.label, one.changes, one.amount) for one in found] == [
        ("Under 15 min", 1, Decimal(100)),
        ("Under an hour", 2, Decimal("250.5")),
        ("Under 4 hours", 0, Decimal(0)),
        ("Longer", 1, Decimal(1000)),
    ]
    assert "₹\u00a01,000.00" in client.get("/").content.decode()
    client.force_login(maker)
    assert Change.objects.count() == 4
    assert client.get("/").context["today"].ages == []


def test_what_needs_attention_says_which_message_it_is(client, checker):
    """Several messages of one retail user are held for one reason: their names tell them apart."""
    client.force_login(checker)
    for kind in (310, 314):
        DeliveryFactory(lane="HO/A", message_type=kind, state="on_hold", needs_person=True)
    page = client.get("/").content.decode()
    assert "User template</a>" in page
    assert "Dealer mapping</a>" in page
