"""The report of changes through its page and its file, on changes that took known times."""

import csv
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.urls import reverse

from backoffice.changes.models import Approval
from backoffice.delivery.models import Delivery, Wording
from backoffice.kit.formats import INDIA
from tests.factories import ChangeFactory, DeliveryFactory, StaffFactory

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=INDIA)
REFUSAL = "PAN already exists for another user"


def made(maker, *, state="approved", result="", waits=10, at=MONDAY, subject="HO/RET001", **columns):
    """A change of that time, in that state, which waited so many minutes for its decision."""
    with patch("django.utils.timezone.now", return_value=at):
        submitted_at = None if state == "draft" else at
        first = state if state == "draft" else "submitted"
        change = ChangeFactory(
            made_by=maker, subject=subject, submitted_at=submitted_at, state=first, **columns
        )
        if state in ("approved", "rejected"):
            change.decided_by, change.decided_at = StaffFactory(), at + timedelta(minutes=waits)
            change.state, change.result = state, result
            change.decision_reason = "No form" if state == "rejected" else ""
            if state == "approved":
                Approval.objects.create(change=change, by=change.decided_by, content_hash=change.content_hash)
            change.save()
    return change


def delivered(change, state, minutes, **columns):
    """A delivery of a change that ended so many minutes after its approval."""
    delivery = DeliveryFactory(change=change, lane=change.subject)
    ended = change.decided_at + timedelta(minutes=minutes)
    Delivery.objects.filter(pk=delivery.pk).update(state=state, finished_at=ended, **columns)


@pytest.fixture
def week(maker, other_maker):
    """Six changes of two makers: on Monday and Tuesday, in every outcome that a report tells apart."""
    first = made(maker, result="applied", waits=10)
    delivered(first, "applied", 2)
    second = made(maker, result="applied", waits=30, subject="MUM/RET002")
    delivered(second, "applied", 90)
    refused = made(other_maker, result="refused", waits=20, subject="MUM/RET003")
    wording = Wording.objects.create(code="-1", text=REFUSAL)
    delivered(refused, "refused", 1, wording=wording)
    made(other_maker, state="rejected", at=MONDAY + timedelta(days=1), subject="HO/RET004")
    made(maker, state="submitted", at=MONDAY + timedelta(days=1), subject="HO/RET005")
    made(
        other_maker, state="submitted", at=MONDAY + timedelta(days=1), subject="MUM/RET003", corrects=refused
    )
    return wording


def rows(client, by, since="2026-11-23", until="2026-11-24"):
    """The rows of the file, by their first cell."""
    answer = client.get(reverse("reports:csv"), {"since": since, "until": until, "by": by})
    text = b"".join(answer.streaming_content).decode().lstrip("\ufeff")
    return {line[0]: line[1:] for line in csv.reader(text.splitlines())}


def test_each_day_counts_what_became_of_its_changes_and_how_long_it_took(client, compliance, week):
    client.force_login(compliance)
    found = rows(client, "day")
    # changes; applied, under way, refused, came back, cancelled; corrections, rework; to approve; to applied
    assert found["23-11-2026"] == ["3", "2", "0", "1", "0", "0", "0", "33", "20", "30", "2", "90"]
    assert found["24-11-2026"] == ["3", "0", "2", "0", "1", "0", "1", "67", "", "", "", ""]
    assert found["All"] == ["6", "2", "2", "1", "1", "0", "1", "50", "20", "30", "2", "90"]
    assert list(found) == ["Day", "24-11-2026", "23-11-2026", "All"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("group", {"HO": 3, "MUM": 3}),
        ("maker", {"maker": 3, "maker2": 3}),
        ("kind", {"Create retail user": 6}),
    ],
)
def test_rows_are_days_groups_makers_or_kinds(client, compliance, week, by, expected):
    client.force_login(compliance)
    found = rows(client, by)
    assert Counter({name: int(cells[0]) for name, cells in found.items() if cells[0].isdigit()}) == Counter(
        expected | {"All": 6}
    )


def test_the_page_shows_the_days_as_a_chart_and_leads_to_the_changes_and_refusals(client, compliance, week):
    client.force_login(compliance)
    text = client.get("/reports/", {"since": "23-11-2026", "until": "24-11-2026"}).content.decode()
    assert 'aria-label="Changes by the day: 6 in all"' in text
    assert "/changes/?since=2026-11-23&amp;until=2026-11-23" in text
    assert f"/deliveries/?state=refused&amp;wording={week.pk}" in text
    assert REFUSAL in text
    assert "20 min / 30 min" in text
    assert 'data-label="Refused by ODIN">1<' in text
    assert '<details class="filter-fold"' in text
    one_day = client.get("/reports/", {"since": "23-11-2026", "until": "23-11-2026"}).content.decode()
    assert 'aria-label="Changes by the hour: 3 in all"' in one_day


def test_days_outside_and_drafts_do_not_count(client, maker, compliance, week):
    made(maker, at=MONDAY.replace(hour=0, minute=0) - timedelta(seconds=1), result="applied")
    made(maker, state="draft")
    client.force_login(compliance)
    assert rows(client, "day", until="2026-11-23")["All"][0] == "3"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "24-11-2026", "until": "23-11-2026"}, "The last day is before the first one."),
        ({"since": "01-01-2024", "until": "23-11-2026"}, "These are more than 366 days."),
        ({"since": "31-02-2026"}, "31-02-2026 is not a valid date."),
        ({"by": "phase of the moon"}, "Choose what the rows are from the list."),
    ],
)
def test_days_that_cannot_be_read_are_findings_on_the_page_and_no_file(client, compliance, asked, words):
    client.force_login(compliance)
    for name in ("reports:show", "reports:csv"):
        answer = client.get(reverse(name), asked)
        assert answer["Content-Type"].startswith("text/html")
        assert words in answer.content.decode()


def test_a_report_costs_as_many_queries_for_many_changes_as_for_few(
    client, compliance, maker, week, django_assert_max_num_queries
):
    for number in range(20):
        made(
            maker, result="applied", at=MONDAY + timedelta(hours=number), subject=f"G{number}/RET{number:03}"
        )
    client.force_login(compliance)
    client.get("/reports/")
    with django_assert_max_num_queries(16):
        client.get("/reports/", {"since": "2026-11-23", "until": "2026-11-24", "by": "group"})
