"""What people choose of a list and save as a view: the address says it, the desk remembers it, others may share it."""

import re

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse
from django.utils.html import strip_tags

from backoffice.audit.models import Entry
from backoffice.desk import saved_views
from backoffice.desk.models import SavedView
from backoffice.kit.tables_base import PortalTable, SubjectColumn
from backoffice.reconciliation.tables import UnreadableTable
from partners.tables import ClientColumn
from tests.factories import DeliveryFactory, RetailUserFactory, StaffFactory
from tests.logins.test_pages_by_role import pages

pytestmark = pytest.mark.django_db

LIST = "/deliveries/"
COLUMNS, ROWS, SAVE = (
    reverse(f"desk:{name}") for name in ("choose_columns", "choose_page_size", "save_view")
)


def heads(page):
    """The names of the columns that a list shows."""
    return [column.name for column in page.context["table"].columns]


def save(client, name, query="", **more):
    return client.post(SAVE, {"list": LIST, "query": query, "name": name, **more})


def change(client, view, press="", **more):
    address = reverse("desk:change_view", args=[view.pk])
    return client.post(address, {"list": LIST, "query": "", "press": press, **more})


def test_chosen_columns_stand_in_the_address_and_are_there_the_next_time(as_checker):
    chosen = {
        "column": ["lane", "reference", "state"],
        "place-lane": "3",
        "place-reference": "1",
        "place-state": "2",
    }
    answer = as_checker.post(COLUMNS, {"list": LIST, "query": "state=queued&page=2", **chosen})
    assert answer.url == f"{LIST}?state=queued&columns=id%2Creference%2Cstate%2Clane"
    assert heads(as_checker.get(answer.url)) == ["pick", "id", "reference", "state", "lane"]
    again = as_checker.get(f"{LIST}?state=queued")
    assert again.url == answer.url
    assert as_checker.get("/changes/").status_code == 200, "of another list nothing is remembered"
    whole = as_checker.post(COLUMNS, {"list": LIST, "query": answer.url.partition("?")[2], "reset": "1"})
    assert whole.url == f"{LIST}?state=queued"
    assert "reference" not in heads(as_checker.get(whole.url))


def test_a_link_shows_somebody_else_the_same_columns_and_changes_nothing_for_them(
    client, checker, other_checker
):
    client.force_login(other_checker)
    client.post(COLUMNS, {"list": LIST, "query": "", "column": ["state"]})
    client.force_login(checker)
    assert heads(client.get(f"{LIST}?columns=id,lane")) == ["pick", "id", "lane"]
    assert "lane" in heads(client.get(LIST))


@pytest.mark.parametrize("columns", ["", "nonsense", "pick", ",,", "nonsense,password"])
def test_columns_that_do_not_exist_leave_the_list_as_it_is(as_checker, columns):
    assert heads(as_checker.get(f"{LIST}?columns={columns}")) == heads(as_checker.get(LIST))


def test_the_column_with_the_link_stays_in_front(as_checker):
    delivery = DeliveryFactory()
    page = as_checker.get(f"{LIST}?columns=state")
    assert heads(page) == ["pick", "id", "state"]
    assert f'href="/deliveries/{delivery.pk}/"' in page.content.decode()
    answer = as_checker.post(COLUMNS, {"list": LIST, "query": ""})
    assert answer.url == f"{LIST}?columns=id"


def test_a_list_may_be_sorted_by_a_column_that_it_does_not_show(as_checker):
    first, second = DeliveryFactory(lane="HO/B"), DeliveryFactory(lane="HO/A")
    page = as_checker.get(f"{LIST}?columns=state&sort=lane")
    assert [row.record for row in page.context["table"].page.object_list] == [second, first]


def test_filters_keep_columns_and_rows_a_page(as_checker):
    part = as_checker.get(
        f"{LIST}?columns=id,lane&per_page=50", headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert re.search(r'form="filters" name="columns" value="id,lane"', part)
    assert re.search(r'form="filters" name="per_page" value="50"', part)


def test_rows_a_page_are_remembered_for_a_person_and_a_list(client, checker, other_checker):
    client.force_login(checker)
    answer = client.post(ROWS, {"list": LIST, "query": "q=HO&page=3&per_page=25", "per_page": "100"})
    assert answer.url == f"{LIST}?q=HO&per_page=100"
    assert client.get(LIST).url == f"{LIST}?per_page=100"
    assert client.get("/changes/").status_code == 200
    assert client.post(ROWS, {"list": LIST, "query": "", "per_page": "9999"}).url == f"{LIST}?per_page=25"
    client.force_login(other_checker)
    assert client.get(LIST).status_code == 200


def test_a_view_says_filters_order_columns_and_rows_and_opens_again(as_checker):
    held = DeliveryFactory(lane="HO/A", state="on_hold", needs_person=True)
    DeliveryFactory(lane="HO/B")
    answer = save(as_checker, "Held", "state=on_hold&sort=lane&columns=id,lane&per_page=50&page=4&other=1")
    assert answer.url == f"{LIST}?state=on_hold&sort=lane&columns=id%2Clane&per_page=50"
    page = as_checker.get(answer.url)
    assert [row.record for row in page.context["table"].page.object_list] == [held]
    link = answer.url.replace("&", "&amp;")
    assert f'href="{link}" aria-current="true">Held</a>' in page.content.decode()
    save(as_checker, "Held", "state=queued")
    assert SavedView.objects.get().query == "state=queued&" + whole_query(as_checker), (
        "the same name replaces it"
    )


def whole_query(client):
    return client.get(LIST).context["present"]


def test_a_shared_view_is_found_by_all_who_may_open_the_list_and_changed_by_its_owner_alone(
    client, checker, maker, admin
):
    client.force_login(checker)
    save(client, "Held today", "state=on_hold", shared="on")
    save(client, "Mine alone", "state=refused")
    shared = SavedView.objects.get(name="Held today")
    client.get(LIST)  # which says that it is saved
    client.force_login(maker)
    page = client.get(LIST).content.decode()
    assert "Held today" in page
    assert "Checker Test" in page, "whose it is"
    assert "Mine alone" not in page
    for press in ("", "replace", "delete"):
        assert change(client, shared, press, name="Taken").status_code == 404
    assert "Held today" not in client.get("/changes/").content.decode(), "it belongs to one list"
    shared.refresh_from_db()
    assert shared.name == "Held today"


def test_its_owner_renames_unshares_replaces_and_deletes_a_view_and_the_trail_says_so(client, checker, maker):
    client.force_login(checker)
    save(client, "Held", "state=on_hold", shared="on")
    view = SavedView.objects.get()
    change(client, view, name="On hold")
    change(client, view, "replace")
    view.refresh_from_db()
    assert (view.name, view.shared, view.query) == ("On hold", False, whole_query(client))
    client.force_login(maker)
    assert "On hold</a>" not in client.get(LIST).content.decode()
    client.force_login(checker)
    change(client, view, "delete")
    assert not SavedView.objects.exists()
    entries = Entry.objects.filter(action__startswith="view.").order_by("id")
    assert [entry.action for entry in entries] == [
        "view.saved",
        "view.changed",
        "view.replaced",
        "view.deleted",
    ]
    assert entries[0].text == "View “Held” of the list delivery:list saved, shared."
    assert "on_hold" not in f"{entries[0].text}{entries[0].details}", "a search may name somebody"


def test_the_view_that_opens_first_does_so_where_the_address_says_nothing(as_checker):
    save(as_checker, "Held", "state=on_hold")
    save(as_checker, "Refused", "state=refused")
    held, refused = SavedView.objects.order_by("name")
    for view in (held, refused):
        change(as_checker, view, name=view.name, opens_first="on")
    answer = as_checker.get(LIST)
    assert answer.url == f"{LIST}?{refused.query}"
    assert as_checker.get(f"{LIST}?q=HO").status_code == 200
    page = as_checker.get(answer.url).content.decode()
    assert f'href="{LIST}?per_page=25">Everything</a>' in page, "the way past it"
    assert as_checker.get(f"{LIST}?per_page=25").status_code == 200


@pytest.mark.parametrize("text", ["ABCPT1234A", "9800000001", "asha@example.com"])
def test_what_names_a_person_is_not_saved(as_checker, text):
    for name, query in (("Asha", f"q={text}"), (text, "")):
        page = as_checker.post(SAVE, {"list": LIST, "query": query, "name": name}, follow=True)
        assert not SavedView.objects.exists()
        assert 'class="flash flash-error"' in page.content.decode()


def test_a_view_needs_a_name_and_has_an_end(as_checker, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    for name in ("", "x" * 61):
        save(as_checker, name)
        assert not SavedView.objects.exists()
    save(as_checker, "One")
    save(as_checker, "Two")
    save(as_checker, "One", "state=queued")
    assert [view.name for view in SavedView.objects.all()] == ["One"]


def test_nothing_is_saved_of_a_list_that_is_not_theirs_or_is_none(client, admin):
    client.force_login(StaffFactory())
    assert save(client, "Held", shared="on").status_code == 403
    assert client.post(COLUMNS, {"list": LIST, "query": ""}).status_code == 403
    client.force_login(admin)
    for path in ("", "/", "//example.com/", "https://example.com/", "/deliveries/queue/", "/nothing/"):
        assert client.post(SAVE, {"list": path, "query": "", "name": "x"}).status_code == 404
    assert not SavedView.objects.exists()


def test_a_list_of_one_file_has_the_columns_chosen_for_another(client, maker):
    client.force_login(maker)
    address = reverse("batches:rows", args=[1])
    client.post(COLUMNS, {"list": address, "query": "", "column": ["state"]})
    other = reverse("batches:rows", args=[2])
    assert client.get(other).url == f"{other}?columns=number%2Cstate"


def every(base):
    for one in base.__subclasses__():
        yield one
        yield from every(one)


def test_every_list_of_rows_about_retail_users_shows_their_names():
    list(pages())  # imports every view
    for kind in set(every(PortalTable)) - {
        UnreadableTable
    }:  # of a row that cannot be read nobody knows the name
        columns = kind([]).columns
        for column in columns:
            named = isinstance(column.column, SubjectColumn | ClientColumn) or "name" in columns
            assert named or column.verbose_name != "Retail user", kind


def test_a_delivery_shows_the_name_of_a_user_who_is_here_and_of_one_who_is_proposed(
    as_checker, django_assert_max_num_queries
):
    RetailUserFactory(group_id="HO", user_id="HERE", name="Bala Sampleram")
    DeliveryFactory(lane="HO/HERE")
    for number in range(5):
        DeliveryFactory(lane=f"HO/NEW{number}")
    with django_assert_max_num_queries(14):
        page = as_checker.get(LIST, headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert page.count("Bala Sampleram") == 1
    assert page.count("Proposed Name") == 5


def tables():
    """Every table of a list that the portal has: those that its addresses show are loaded with them."""
    get_resolver().url_patterns  # noqa: B018  # loads the views
    waiting, found = [PortalTable], set()
    while waiting:
        own = set(waiting.pop().__subclasses__()) - found
        found |= own
        waiting += own
    return sorted(found, key=lambda table: table.__name__)


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.__name__)
def test_no_two_columns_of_a_list_have_one_name(table):
    names = [strip_tags(str(column.header)).strip().casefold() for column in table([]).columns.iterall()]
    assert names
    assert sorted(set(names)) == sorted(names)


def static_heads():
    """The names of the columns of each table that is written in a template, without names that hold a value."""
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        for head in re.findall(r"<thead.*?</thead>", path.read_text(), re.DOTALL):
            cells = re.findall(r"<th\b[^>]*>(.*?)</th>", head, re.DOTALL)
            names = [" ".join(re.sub(r"{%.*?%}", "", strip_tags(cell)).split()) for cell in cells]
            yield path.name, [name.casefold() for name in names if name and "{{" not in name]


def test_no_two_columns_of_a_table_of_a_page_have_one_name():
    assert {name: heads for name, heads in static_heads() if len(set(heads)) < len(heads)} == {}
