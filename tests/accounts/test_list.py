"""The list of retail users: finding, filtering, sorting, and how much it asks of the database."""

import pytest
from django.urls import reverse

from backoffice.kit.search import search
from tests.factories import ChangeFactory, DeliveryFactory, RetailUserFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reader")]

LIST = "/users/"


@pytest.fixture
def users():
    return [
        RetailUserFactory(user_id="RET001", name="Asha Testwala", pan="ABCPT1234A", mobile="9800000001"),
        RetailUserFactory(
            user_id="RET002", name="Bala Sampleram", pan="ABCPS5678B", mobile="9811112222", status="S"
        ),
    ]


def ids(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [row.record.user_id for row in response.context["table"].page.object_list]


def test_it_needs_a_login(client):
    client.logout()
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize("text", ["ABCPT1234A", "9800000001", "+919800000001", "asha@example.com"])
def test_personal_data_is_taken_off_the_address(client, users, text):
    response = client.get(LIST, {"q": text, "status": "A"}, follow=True)
    assert response.redirect_chain == [(f"{LIST}?status=A", 302)]
    assert "Use the search on top" in response.content.decode()


def test_it_needs_the_permission(client):
    client.force_login(StaffFactory())
    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ret001", ["RET001"]),
        ("ret", ["RET001", "RET002"]),
        ("HO/RET002", ["RET002"]),
        ("ho/ret", ["RET001", "RET002"]),
        ("testwala", ["RET001"]),
        ("ba", ["RET002"]),
        ("abcps", []),
        ("2222", []),
        ("nobody", []),
        ("%", []),
        ("'; --", []),
    ],
)
def test_quick_search_finds_by_id_and_name_and_nothing_personal(client, users, text, expected):
    assert ids(client, q=text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "S"}, ["RET002"]),
        ({"group_id": "ho"}, ["RET001", "RET002"]),
        ({"group_id": "B2"}, []),
        ({"manager_id": "10.0.10.0"}, ["RET001", "RET002"]),
        ({"odin_user_type": "0"}, []),
        ({"source": "created"}, ["RET001", "RET002"]),
        ({"source": "declared"}, []),
        ({"sort": "-user_id"}, ["RET002", "RET001"]),
        ({"sort": "name"}, ["RET001", "RET002"]),
    ],
    ids=str,
)
def test_filters_and_sorting(client, users, query, expected):
    assert ids(client, **query) == expected


def test_users_with_something_under_way_are_found_and_marked(client, users):
    ChangeFactory(subject="HO/RET001")
    DeliveryFactory(lane="HO/RET002", state="unknown")
    assert ids(client, work="submitted") == ["RET001"]
    assert ids(client, work="unknown") == ["RET002"]
    assert ids(client, work="on_hold") == []
    page = client.get(LIST).content.decode()
    assert "Submitted" in page
    assert "Unknown" in page


def test_an_empty_list_says_what_belongs_here_and_what_to_do_next(client):
    page = client.get(LIST).content.decode()
    assert "No retail users yet" in page
    assert "ODIN has confirmed its creation" in page


def test_text_from_outside_is_shown_as_text(client):
    RetailUserFactory(name="<script>alert(1)</script>")
    page = client.get(LIST).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_number_of_queries_does_not_grow_with_the_rows(client, django_assert_num_queries, users):
    with CaptureCount(client) as few:
        client.get(LIST)
    RetailUserFactory.create_batch(40)
    for number in range(10):
        ChangeFactory(subject=f"HO/RET{number:05}")
    with CaptureCount(client) as many:
        client.get(LIST)
    assert many.count == few.count


def test_the_search_on_every_page_finds_retail_users_for_those_who_may_see_them(reader, users):
    [match] = [match for match in search("abcpt1234a", reader) if match.kind == "Retail user"]
    assert match.exact
    assert match.url == reverse("accounts:detail", args=["HO", "RET001"])
    assert not [match for match in search("RET", StaffFactory()) if match.kind == "Retail user"]


def test_the_search_on_every_page_finds_parts_of_numbers_for_those_who_see_them(reader, support, users):
    def found(text, person):
        return [match.label for match in search(text, person) if match.kind == "Retail user"]

    for text in ("abcps", "2222", "98111"):
        assert found(text, reader) == ["HO/RET002 Bala Sampleram"]
        assert found(text, support) == []
    for text in ("ABCPS5678B", "9811112222"):
        assert found(text, support) == ["HO/RET002 Bala Sampleram"]
    [match] = [match for match in search("ABCPS5678B", support) if match.kind == "Retail user"]
    assert match.note == "••••678B, ••••2222"


def test_support_sees_numbers_hidden(client, users, support):
    client.force_login(support)
    page = client.get(LIST).content.decode()
    assert "••••234A" in page
    assert "ABCPT1234A" not in page
    assert "9800000001" not in page


class CaptureCount:
    """Counts the queries of a request."""

    def __init__(self, client):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._queries = CaptureQueriesContext(connection)
        self.count = 0

    def __enter__(self):
        self._queries.__enter__()
        return self

    def __exit__(self, *error):
        self._queries.__exit__(*error)
        self.count = len(self._queries)
