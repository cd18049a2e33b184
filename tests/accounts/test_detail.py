"""The page of a retail user: what ODIN confirmed, what is proposed, what happened."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import profile_page
from accounts.models import RetailUser
from accounts.user_page import HISTORY, OVERVIEW, TABS
from accounts.values import USER_COLUMNS
from backoffice.delivery.handlers import apply
from tests.factories import (
    AttemptFactory,
    BankAccountFactory,
    ChangeFactory,
    DeliveryFactory,
    EntryFactory,
    LimitUpdateFactory,
    RetailUserFactory,
    SquareOffFactory,
    StaffFactory,
    retail_user_values,
)
from tests.html_forms import flowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reader")]

PAGE = "/users/HO/RET001/"
ALL_TABS = (*TABS, HISTORY)


def page(client, tab="profile", **headers):
    response = client.get(PAGE, {"tab": tab}, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def user():
    apply(301, "HO/RET001", retail_user_values())
    return RetailUser.objects.get()


def test_it_needs_a_login_and_the_permission(client, user):
    client.logout()
    assert client.get(PAGE).status_code == 302
    client.force_login(StaffFactory())
    assert client.get(PAGE).status_code == 403


def test_a_user_that_nobody_knows_is_not_found(client):
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("tab", "texts"),
    [
        ("profile", ["Asha Testwala", "ABCPT1234A", "Female", "21 January 1985"]),
        ("overview", ["NSE", "Cash", "SAMPLEBANK", "IN300999", "UCC001", "KYC flag", "Not read yet."]),
        ("accounts", ["SAMPLEBANK", "00123456789", "Default bank", "IN300999", "10000001", "UCC001"]),
        ("segments", ["NSE Cash", "BSE Cash"]),
        ("limits", ["No limit updates", "No square-off settings"]),
        ("templates", ["USERMIG", "No dealers known"]),
        ("history", ["Nothing has happened yet"]),
        ("nonsense", ["Asha Testwala", "Last events"]),
    ],
)
def test_each_tab_shows_its_part(client, user, tab, texts):
    html = page(client, tab)
    for text in texts:
        assert text in html


def test_it_says_that_odin_cannot_be_asked(client, user):
    assert "What ODIN last confirmed" in page(client)


def test_every_confirmed_value_of_a_user_is_on_some_tab():
    shown = {
        name
        for parts in (profile_page.PROFILE, profile_page.TRADING, profile_page.TEMPLATES)
        for _, names in parts
        for name in names
    }
    assert set(USER_COLUMNS) <= shown | set(profile_page.SEGMENTS)


@pytest.mark.parametrize("tab", ALL_TABS)
def test_every_tab_works_for_a_user_of_whom_nothing_is_known(client, tab):
    names = [*USER_COLUMNS, "banks", "demats", "mf_ucc"]
    RetailUser.objects.create(group_id="HO", user_id="RET001", unknown_fields=names)
    assert "Declared" in page(client, tab)


def test_what_nobody_declared_shows_as_unknown(client):
    RetailUserFactory(
        group_id="HO", user_id="RET001", source="declared", unknown_fields=["pan", "banks"], pan=""
    )
    assert "Unknown: not declared yet" in flowed(page(client))
    assert "Unknown: declared without bank accounts." in page(client, "accounts")


def test_a_proposed_value_stands_beside_the_confirmed_one(client, user):
    change = ChangeFactory(
        subject="HO/RET001", message_values={"group_id": "HO", "user_id": "RET001", "name": "Asha Proposed"}
    )
    html = page(client)
    assert "Asha Testwala" in html
    assert "Asha Proposed" in html
    assert f"C-{change.pk}" in html
    assert user.name == "Asha Testwala"


def test_a_proposed_bank_account_stands_below_the_confirmed_ones(client, user):
    record = {"action": "2", "bank_id": "OTHERBANK", "account_no": "00987654321"}
    delivery = DeliveryFactory(
        lane="HO/RET001", message_type=320, own_values={"banks": [record]}, state="unknown"
    )
    html = page(client, "accounts")
    assert "Delete" in html
    assert f"D-{delivery.pk}" in html


def test_a_user_that_is_only_proposed_has_a_page_that_says_so(client):
    ChangeFactory(subject="HO/RET001")
    html = page(client)
    assert "Proposed Name" in html
    assert "In approval" in html
    assert "<h1>Proposed Name" in " ".join(html.split())


def test_a_refused_creation_stays_visible(client):
    DeliveryFactory.settled("refused", lane="HO/RET001", code="0", text="User already exist")
    html = page(client)
    assert "Refused by ODIN" in html
    assert "User already exist" in html


def test_a_refusal_that_a_later_success_followed_is_history(client, user):
    DeliveryFactory.settled("refused", lane="HO/RET001", text="Some old refusal")
    DeliveryFactory.settled("applied", lane="HO/RET001")
    assert "Some old refusal" not in page(client)


def test_no_secret_of_a_proposal_reaches_the_page(client):
    ChangeFactory(
        subject="HO/RET001",
        message_values={"group_id": "HO", "user_id": "RET001", "password": {"sealed": "gAAAAsealedtoken"}},
    )
    for tab in ALL_TABS:
        assert "sealedtoken" not in page(client, tab)


def test_the_page_asks_again_while_something_is_open_and_is_renewed_when_nothing_is(client, user):
    delivery = DeliveryFactory(lane="HO/RET001")
    assert "every 3s" in page(client)
    poll = {"HX-Request": "true", "HX-Target": "under-way"}
    assert "HX-Refresh" not in client.get(PAGE, headers=poll)
    delivery.state, delivery.finished_at = "applied", timezone.now()
    delivery.save()
    assert client.get(PAGE, headers=poll)["HX-Refresh"] == "true"
    assert "every 3s" not in page(client)


def test_text_from_outside_is_shown_as_text(client):
    hostile = "<img src=x onerror=alert(1)>"
    RetailUserFactory(group_id="HO", user_id="RET001", name=hostile, city=hostile)
    AttemptFactory(delivery=DeliveryFactory(lane="HO/RET001"), text=hostile, answer=hostile)
    for tab in ("overview", "profile", "history"):
        assert hostile not in page(client, tab)


@pytest.mark.parametrize("tab", ALL_TABS)
def test_the_number_of_queries_does_not_grow_with_what_there_is(client, tab, monkeypatch):
    monkeypatch.setattr("backoffice.kit.names.KEPT_SECONDS", 3600)
    user = RetailUserFactory(group_id="HO", user_id="RET001")
    _fill(user, 1)
    page(client, tab)  # reads the lists of names
    few = _queries(client, tab)
    _fill(user, 50)
    assert _queries(client, tab) <= few
    assert few <= (25 if tab == OVERVIEW else 19)


def _fill(user, number):
    """Make this many deliveries with attempts and audit entries, banks and limits, and one open change."""
    for index in range(number):
        delivery = DeliveryFactory.settled("applied", lane=user.lane)
        AttemptFactory(delivery=delivery)
        AttemptFactory(delivery=delivery, number=2)
        EntryFactory(subject=user.lane)
        BankAccountFactory(retail_user=user)
        LimitUpdateFactory(retail_user=user)
        SquareOffFactory(retail_user=user, periodicity=number * 1000 + index)
    DeliveryFactory(lane=user.lane)


def _queries(client, tab):
    with CaptureQueriesContext(connection) as queries:
        page(client, tab)
    return len(queries)
