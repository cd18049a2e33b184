"""The history of a retail user: a card for each change, a line for what belongs to none, filters, an export."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.models import Change
from backoffice.delivery.sending import drain
from backoffice.kit.formats import ist
from tests.factories import (
    ChangeFactory,
    DeliveryFactory,
    EntryFactory,
    RetailUserFactory,
    StaffFactory,
    retail_user_values,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/users/HO/RET001/"
CSV = f"{PAGE}history/csv/"


def words(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def history(client, **query):
    return client.get(PAGE, {"tab": "history", **query}).content.decode()


def numbers(html):
    """What the page shows, in its order: changes by number, other events by their text."""
    return re.findall(r"\((C-\d+)\)</a></h3>|<span>(Held [^<]*)</span>|>(Held [^<]*)</a>", html)


def test_the_history_of_one_retail_user_tells_everything_to_compliance(
    client, odin, approved, maker, checker, compliance
):
    delivery = approved(**retail_user_values())
    operations.comment(delivery.change_id, by=checker, text="Seen the form")
    drain(5)
    client.force_login(compliance)
    client.post(reverse("desk:reveal"), {"lane": "HO/RET001", "reason": "Complaint 12"})
    listed = client.get(reverse("compliance:list"), {"q": "ho/ret001"}).content.decode()
    told = words(client.get(re.search(r'href="([^"]+)">History of HO/RET001', listed)[1]).content.decode())
    change = Change.objects.get()
    for said in (
        f"(C-{change.pk})",
        f"Maker Test {ist(change.submitted_at)}",
        f"Checker Test {ist(change.decided_at)}",
        "Applied (done)",
        "New client",
        "Asha Testwala",
        f"D-{delivery.pk}",
        "Seen the form",
        "Personal data of HO/RET001 shown",
        "Complaint 12",
    ):
        assert said in told, said
    assert "by maker" not in told


def test_a_card_shows_changed_values_alone_and_hides_what_needs_a_reason(client, reader, support):
    RetailUserFactory(group_id="HO", user_id="RET001")
    before = {"group_id": "HO", "user_id": "RET001", "city": "Pune", "mobile": "9800000001", "name": "Asha"}
    ChangeFactory(before=before, message_values={**before, "city": "Mumbai", "mobile": "9811111111"})
    shown = words(history(client))
    assert "Pune → Mumbai" in shown
    assert "9800000001 → 9811111111" in shown
    assert "Asha → Asha" not in shown
    client.force_login(support)
    hidden = words(history(client))
    assert "Pune → Mumbai" in hidden
    assert "9811111111" not in hidden


@pytest.mark.parametrize(
    ("columns", "last"),
    [
        ({"state": "withdrawn"}, "Withdrawn"),
        ({"state": "rejected", "decision_reason": "Wrong form"}, "Rejected"),
        ({"state": "expired"}, "Expired"),
    ],
)
def test_the_steps_end_in_words_where_the_change_ended(client, reader, columns, last):
    change = ChangeFactory()
    people = (
        {"decided_by": StaffFactory(), "decided_at": timezone.now()} if columns["state"] == "rejected" else {}
    )
    Change.objects.filter(pk=change.pk).update(**columns, **people)
    html = history(client)
    assert f"{last} (ended here)" in words(html)
    assert "Applied (not yet)" not in words(html)
    assert "history-card panel-bad" in html


@pytest.mark.parametrize(
    ("state", "columns", "said"),
    [
        ("refused", {"finished_at": timezone.now()}, "Refused by ODIN (ended here)"),
        ("unknown", {}, "Unknown (not settled)"),
        ("on_hold", {}, "On hold (ended here)"),
    ],
)
def test_what_odin_did_not_take_ends_red(client, reader, state, columns, said):
    DeliveryFactory(lane="HO/RET001", state=state, first_sent_at=timezone.now(), **columns)
    assert said in words(history(client))


def test_filters_leave_the_changes_and_events_that_fit(client, reader):
    RetailUserFactory(group_id="HO", user_id="RET001")
    one, other = StaffFactory(), StaffFactory()
    long_ago = timezone.now() - timedelta(days=40)
    mine = ChangeFactory(made_by=one)
    theirs = ChangeFactory.approved(made_by=other, kind="update_retail_user")
    old = ChangeFactory(made_by=other)
    Change.objects.filter(pk=old.pk).update(state="withdrawn", submitted_at=long_ago)
    EntryFactory(text="Held alone.", by=one)
    assert len(numbers(history(client))) == 4

    def found(**query):
        return ["".join(parts) for parts in numbers(history(client, **query))]

    assert found(kind="update_retail_user") == [f"C-{theirs.pk}"]
    assert found(kind="other") == ["Held alone."]
    assert found(person=one.pk) == ["Held alone.", f"C-{mine.pk}"]
    assert found(person=theirs.decided_by_id) == [f"C-{theirs.pk}"]
    assert found(outcome="withdrawn") == [f"C-{old.pk}"]
    assert found(until=f"{timezone.localtime(long_ago):%d-%m-%Y}") == [f"C-{old.pk}"]
    assert "is not a valid date" in history(client, since="31-02-2026")
    assert "Nothing fits" in history(client, outcome="refused")


def test_pages_are_keyed_by_place_and_each_thing_stands_on_one(client, reader):
    RetailUserFactory(group_id="HO", user_id="RET001")
    for number in range(25):
        ChangeFactory()
        EntryFactory(text=f"Held {number:02}.")
    url, seen = f"{PAGE}?tab=history", []
    while url:
        html = client.get(url).content.decode()
        seen += ["".join(parts) for parts in numbers(html)]
        earlier = re.search(r'href="([^"]+)" rel="next"', html)
        ChangeFactory()  # what is added above moves nothing
        url = earlier and PAGE + unescape(earlier[1])
    assert len(seen) == len(set(seen)) == 50
    assert history(client, after="yesterday_x_y")


def test_the_history_shows_a_viewer_only_what_that_viewer_may_see(client, reader):
    RetailUserFactory(group_id="HO", user_id="RET001")
    DeliveryFactory(lane="HO/RET001")
    EntryFactory(text="Held alone.")
    assert len(numbers(history(client))) == 2
    reader.user_permissions.set(Permission.objects.filter(codename="view_retailuser"))
    assert numbers(history(client)) == []
    assert client.post(CSV).status_code == 403


def test_the_export_holds_what_the_filters_leave_and_hides_personal_data_without_a_reason(
    client, compliance, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    RetailUserFactory(group_id="HO", user_id="RET001")
    change = ChangeFactory(
        reason="Call 9876543210", made_by=StaffFactory(first_name="Meera", last_name="Rao")
    )
    ChangeFactory.approved()
    EntryFactory(text="Held alone.")
    client.force_login(compliance)

    def exported(reason="", **query):
        answer = client.post(
            reverse("accounts:history_csv", args=["HO", "RET001"], query=query), {"reason": reason}
        )
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    assert len(exported()) == 3
    (row,) = exported(outcome="submitted")
    assert (row["Change"], row["Submitted by"], row["Status"]) == (f"C-{change.pk}", "Meera Rao", "Submitted")
    assert "9876543210" not in row["Reason"]
    assert "9876543210" in exported("Complaint 12", outcome="submitted")[0]["Reason"]
    assert Entry.objects.filter(action="history.exported").count() == 3
    assert client.post(f"{CSV}?since=nonsense").status_code == 302
