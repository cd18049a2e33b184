"""The list of retail users: finding, filtering, sorting, and how much it asks of the database."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.kinds.create_retail_user import apply
from backoffice.changes import operations
from backoffice.changes.models import Change
from backoffice.kit.search import search
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
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
    assert "Use the search at the top" in response.content.decode()


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
    ChangeFactory(subject="HO/RET001", kind="update_retail_user", record_version=1)
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


@pytest.fixture
def propose(maker):
    """Submit the creation of a retail user; gives back the change."""

    def submit(**changed):
        values = {**example(CreateRetailUser), "reference": "", **changed}
        return operations.submit(
            "create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4()
        )

    return submit


def cells(client, **query):
    page = client.get(LIST, query).content.decode()
    return " ".join(page[page.index('<div id="list"') :].split())


class TestOnItsWay:
    """New users whose create is approved are in the list until ODIN has confirmed them."""

    @pytest.fixture
    def approved(self, propose, checker):
        change = propose(user_id="NEW001", name="Dev Newperson", pan="ABCPN1234Z")
        return operations.approve(change.pk, by=checker, content_hash=change.content_hash)

    @pytest.mark.parametrize(
        ("state", "result", "status"),
        [
            ("queued", "", "On its way"),
            ("queued", "sent", "On its way"),
            ("unknown", "unknown", "Unknown"),
            ("on_hold", "on_hold", "On hold"),
        ],
    )
    def test_an_approved_user_stays_in_the_list_and_leads_to_its_change(
        self, client, users, approved, state, result, status
    ):
        approved.deliveries.update(state=state)
        Change.objects.filter(pk=approved.pk).update(result=result)
        for query in ({}, {"q": "new0"}, {"q": "newperson"}, {"group_id": "ho"}):
            shown = cells(client, **query)
            assert status in shown, query
            assert f'href="{approved.get_absolute_url()}"' in shown, query
            assert "1 on its way" in shown, query
        assert ids(client, status="on_its_way") == ["NEW001"]
        assert ids(client, status="in_approval") == []
        assert ids(client, status="on_its_way", work="submitted") == []
        for query in ({"q": "testwala"}, {"status": "A"}, {"page": "2"}):
            assert "NEW001" not in cells(client, **query), query

    def test_it_is_a_user_once_odin_has_it_though_more_messages_follow(self, client, users, approved):
        assert "1 on its way" in cells(client)
        apply(approved.subject, approved.messages[0]["values"])
        assert ids(client) == ["NEW001", "RET001", "RET002"]
        assert approved.deliveries.filter(finished_at=None).exists()
        assert "on its way" not in cells(client)

    def test_of_a_refused_one_that_holds_nothing_back_nothing_is_on_its_way(self, client, users, approved):
        approved.deliveries.update(state="refused", finished_at=timezone.now())
        Change.objects.filter(pk=approved.pk).update(result="refused")
        assert "NEW001" not in cells(client)

    def test_the_search_on_top_finds_it(self, approved, reader):
        for text in ("new001", "newperson", "abcpn1234z"):
            found = [match for match in search(text, reader) if match.kind == "Retail user"]
            assert [match.url for match in found] == [approved.get_absolute_url()], text
            assert found[0].note.startswith("On its way")

    def test_nothing_of_several_is_changed_by_it(self, client, users, approved, maker):
        client.force_login(maker)
        page = client.get("/users/several/", {"all": "1", "status": "on_its_way"}).content.decode()
        assert "New users are changed once they are approved" in page


class TestInApproval:
    """New users whom a maker submitted are in the list until they exist or are rejected."""

    def test_a_submitted_user_is_found_by_id_and_name_and_leads_to_its_change(self, client, users, propose):
        change = propose(user_id="NEW001", name="Dev Newperson")
        for query in ({}, {"q": "new0"}, {"q": "ho/new"}, {"q": "newperson"}, {"group_id": "ho"}):
            shown = cells(client, **query)
            assert "In approval" in shown, query
            assert f'href="{change.get_absolute_url()}"' in shown, query
        for query in (
            {"q": "testwala"},
            {"group_id": "B2"},
            {"status": "A"},
            {"work": "unknown"},
            {"page": "2"},
        ):
            assert "NEW001" not in cells(client, **query), query

    def test_the_filter_lists_them_alone_and_with_the_other_filters(self, client, users, propose):
        propose(user_id="NEW001", name="Dev Newperson")
        propose(user_id="NEW002", name="Esha Newperson", manager_id="M9")
        assert ids(client, status="in_approval") == ["NEW002", "NEW001"]
        assert ids(client, status="in_approval", q="dev") == ["NEW001"]
        assert ids(client, status="in_approval", manager_id="m9") == ["NEW002"]
        assert ids(client, status="in_approval", odin_user_type="0") == []
        assert ids(client, status="in_approval", source="declared") == []
        assert "2 retail users in approval" in cells(client, status="in_approval")

    def test_more_than_a_few_are_counted_and_listed_behind_a_link(self, client, users, propose, monkeypatch):
        monkeypatch.setattr("accounts.new_users.SHOWN", 1)
        propose(user_id="NEW001")
        propose(user_id="NEW002")
        shown = cells(client)
        assert "NEW001" not in shown
        assert "NEW002" in shown
        assert "1+ in approval" in shown
        assert 'href="?status=in_approval"' in shown

    def test_rejected_ones_vanish(self, client, users, propose, checker):
        rejected = propose(user_id="NEW001")
        operations.reject(rejected.pk, by=checker, content_hash=rejected.content_hash, reason="Wrong branch")
        assert "NEW001" not in cells(client)

    def test_their_personal_data_is_hidden_as_that_of_others(self, client, propose, support):
        propose(user_id="NEW001", pan="ABCPN1234Z")
        assert "ABCPN1234Z" in cells(client)
        client.force_login(support)
        assert "ABCPN1234Z" not in cells(client)

    def test_somebody_who_sees_no_changes_sees_none_of_them(self, client, users, propose, reader):
        propose(user_id="NEW001")
        reader.user_permissions.set(Permission.objects.filter(codename="view_retailuser"))
        assert ids(client) == ["RET001", "RET002"]
        assert ids(client, status="in_approval") == []

    def test_the_search_on_top_finds_them_by_pan_too(self, propose, reader, support):
        change = propose(user_id="NEW001", name="Dev Newperson", pan="ABCPN1234Z")
        for text in ("new001", "newperson", "abcpn1234z", "abcpn"):
            found = [match for match in search(text, reader) if match.url == change.get_absolute_url()]
            assert found, text
            assert found[0].note.startswith("In approval")
        assert not [match for match in search("abcpn", support) if match.kind == "Retail user"]
