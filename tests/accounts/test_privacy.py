"""Personal data on the pages of a retail user, of its changes, deliveries and audit entries."""

import re
import uuid

import pytest
from django.urls import reverse

from accounts.user_page import HISTORY, TABS
from backoffice.audit.models import Entry
from backoffice.changes.operations import submit
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from tests.factories import retail_user_values

pytestmark = pytest.mark.django_db(transaction=True)

REVEAL = "/reveal/"
VALUES = retail_user_values(manager_id="10.0.10.0")
PERSONAL = (
    VALUES["pan"],
    VALUES["mobile"],
    VALUES["email"],
    "21-01-1985",
    "21 January 1985",
    VALUES["address_1"],
    *(bank["account_no"] for bank in VALUES["banks"]),
    *(demat["beneficiary_id"] for demat in VALUES["demats"]),
)


@pytest.fixture
def pages(odin, approved, checker):
    """The addresses of all pages that tell of one retail user."""
    delivery = approved(**VALUES)
    drain(5)
    assert Delivery.objects.get().state == "applied"
    user = f"/users/{delivery.lane}/"
    return [
        *(f"{user}?tab={tab}" for tab in (*TABS, HISTORY)),
        delivery.change.get_absolute_url(),
        delivery.get_absolute_url(),
    ]


def told(client, url):
    html = client.get(url).content.decode()
    return [value for value in PERSONAL if value in html]


def test_nothing_personal_is_told_to_support(client, support, pages):
    client.force_login(support)
    assert {url: told(client, url) for url in pages} == {url: [] for url in pages}


def test_nothing_personal_is_told_to_compliance_in_the_audit_trail(client, compliance, pages):
    client.force_login(compliance)
    entries = [entry.get_absolute_url() for entry in Entry.objects.all()]
    assert {url: told(client, url) for url in entries} == {url: [] for url in entries}


def test_a_maker_sees_everything(client, maker, pages):
    client.force_login(maker)
    assert {value for url in pages for value in told(client, url)} == set(PERSONAL)


def test_compliance_gives_a_reason_and_sees_everything_of_this_retail_user(client, compliance, pages):
    client.force_login(compliance)
    assert not [value for url in pages for value in told(client, url)]
    assert "Show personal data" in client.get(pages[0]).content.decode()
    client.post(REVEAL, {"lane": "HO/RET001", "reason": "Complaint 12", "next": pages[0]})
    assert {value for url in pages for value in told(client, url)} == set(PERSONAL)
    assert "Show personal data" not in client.get(pages[0]).content.decode()
    entry = Entry.objects.get(action="privacy.revealed")
    assert (entry.by, entry.reason) == (compliance, "Complaint 12")


def test_what_is_shown_for_a_reason_says_until_when_and_is_hidden_at_once(client, compliance, pages):
    client.force_login(compliance)
    client.post(REVEAL, {"lane": "HO/RET001", "reason": "Complaint 12", "next": pages[0]})
    page = client.get("/").content.decode()
    assert "is shown until" in page
    assert 0 < int(re.search(r'data-seconds="(\d+)"', page)[1]) <= 301
    assert client.post(reverse("desk:hide"), {"lane": "HO/RET001", "next": pages[0]}).url == pages[0]
    assert told(client, pages[0]) == []
    assert "is shown until" not in client.get("/").content.decode()


def test_without_a_reason_nothing_is_shown(client, compliance, pages):
    client.force_login(compliance)
    response = client.post(REVEAL, {"lane": "HO/RET001", "reason": " ", "next": pages[0]}, follow=True)
    assert "Give a reason" in response.content.decode()
    assert told(client, pages[0]) == []


def test_only_a_retail_user_that_is_known_is_revealed(client, compliance, pages):
    client.force_login(compliance)
    for lane in ("HO/NOBODY", "all", "", "/", "HO/RET001 and what not", "staff"):
        page = client.post(REVEAL, {"lane": lane, "reason": "x", "next": pages[0]}, follow=True).content
        assert b"no retail user of this name" in page, lane
    assert not Entry.objects.filter(action="privacy.revealed").exists()
    assert told(client, pages[0]) == []


def test_a_proposed_retail_user_is_revealed_too(client, compliance, maker):
    change = submit("create_retail_user", VALUES, by=maker, reason="New client", token=uuid.uuid4())
    client.force_login(compliance)
    assert told(client, change.get_absolute_url()) == []
    client.post(REVEAL, {"lane": change.subject, "reason": "Complaint 12"})
    assert VALUES["pan"] in told(client, change.get_absolute_url())


def test_support_is_not_offered_to_see_and_cannot(client, support, pages):
    client.force_login(support)
    assert "Show personal data" not in client.get(pages[0]).content.decode()
    assert client.post(REVEAL, {"lane": "HO/RET001", "reason": "Curious"}).status_code == 403


def test_the_way_back_stays_in_the_portal(client, compliance):
    client.force_login(compliance)
    response = client.post(REVEAL, {"lane": "HO/RET001", "reason": "x", "next": "https://evil.example/"})
    assert response.url == reverse("desk:today")


@pytest.mark.parametrize(
    ("role", "words", "found"),
    [("support", "9876", 0), ("support", "called from", 1), ("maker", "9876", 1)],
    ids=["what support sees hidden", "what it sees", "what a maker sees"],
)
def test_a_search_does_not_find_out_what_is_hidden_in_a_reason(
    client, request, maker, support, role, words, found
):
    values = {**retail_user_values(), "reference": ""}
    reason = "Client called from 9876543210"
    submit("create_retail_user", values, by=maker, reason=reason, token=uuid.uuid4())
    client.force_login(request.getfixturevalue(role))
    page = client.get("/changes/", {"q": words})
    assert len(page.context["table"].data.data) == found
