"""The lists of limits."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import LimitUpdateFactory, RetailUserFactory, SquareOffFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reader(client):
    person = StaffFactory()
    names = ("view_retailuser", "view_limitupdate")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    return person


@pytest.mark.parametrize(
    ("address", "words"),
    [("/limits/", "No limit updates yet"), ("/limits/square-off/", "No square-off settings yet")],
)
def test_an_empty_list_says_what_belongs_here(client, address, words):
    assert words in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/limits/", "/limits/square-off/"])
def test_they_need_the_permissions(client, reader, address):
    reader.user_permissions.set(Permission.objects.filter(codename="view_retailuser"))
    assert client.get(address).status_code == 403
    client.logout()
    assert client.get(address).status_code == 302


def test_a_deposit_shows_with_indian_grouping_and_leads_to_its_user(client):
    update = LimitUpdateFactory(amount="1234567.00")
    html = client.get("/limits/").content.decode()
    assert "12,34,567.00" in html
    assert f'href="{update.get_absolute_url()}"' in html


@pytest.mark.parametrize("text", ["payin77", "HO/RET077", "testwala"])
def test_a_deposit_is_found_by_reference_and_user(client, text):
    LimitUpdateFactory(
        reference="PAYIN77",
        retail_user=RetailUserFactory(group_id="HO", user_id="RET077", name="Asha Testwala"),
    )
    LimitUpdateFactory(reference="OTHER", retail_user=RetailUserFactory(user_id="ZZZ"))
    rows = client.get("/limits/", {"q": text}).context["table"].page.object_list
    assert [row.record.reference for row in rows] == ["PAYIN77"]


def test_compliance_finds_who_raised_a_limit_without_a_document(client):
    LimitUpdateFactory(reference="PAPER", document="Slip 4711")
    LimitUpdateFactory(reference="NONE")
    rows = client.get("/limits/", {"document": "missing"}).context["table"].page.object_list
    assert [row.record.reference for row in rows] == ["NONE"]
    assert "Slip 4711" in client.get("/limits/").content.decode()


def test_a_square_off_setting_shows_its_percentages(client):
    SquareOffFactory(mtm="80.00")
    assert "80.00" in client.get("/limits/square-off/").content.decode()


@pytest.mark.parametrize(
    ("address", "make"), [("/limits/", LimitUpdateFactory), ("/limits/square-off/", SquareOffFactory)]
)
def test_the_number_of_queries_does_not_grow_with_the_rows(client, address, make):
    make()
    client.get(address)  # the names of products are kept
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    make.create_batch(20)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
