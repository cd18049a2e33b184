"""Every list of the desk as a file: all that its filters choose, as the person sees it, whole whatever happens."""

import csv
import io
import os
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.batches.models import Batch
from backoffice.exports import cells, keyset, lists, operations, writing
from backoffice.exports.models import Export, State
from backoffice.kit.list_view import ListView
from backoffice.protocol.codes import Segment
from tests.exports.agreeing import assert_agrees
from tests.factories import (
    ChangeFactory,
    DeliveryFactory,
    LimitUpdateFactory,
    RetailUserFactory,
    SquareOffFactory,
    StaffFactory,
    retail_user_values,
)

pytestmark = pytest.mark.django_db(transaction=True)

ASK = "/exports/ask/"
USERS = "/users/"


def in_pieces_of(rows, monkeypatch):
    monkeypatch.setattr(cells, "VALUES_AT_ONCE", rows)
    monkeypatch.setattr(cells, "RECORDS_AT_ONCE", rows)


@pytest.fixture(autouse=True)
def _pieces_of_ten(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    in_pieces_of(10, monkeypatch)


@pytest.fixture
def reader(client):
    person = StaffFactory(username="reader")
    person.user_permissions.set(Permission.objects.exclude(codename="add_change"))
    client.force_login(person)
    return person


def users(count, **columns):
    return [
        RetailUserFactory(user_id=f"RET{number:03}", name=f"Name {number % 7}", **columns)
        for number in range(count)
    ]


def content(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def download(client, path=USERS, query="", file_format="csv"):
    return content(client.post(ASK, {"list": path, "query": query, "format": file_format}))


def ask_long(client, settings, query="", file_format="csv"):
    settings.EXPORT_DIRECT_ROWS = 5
    client.post(ASK, {"list": USERS, "query": query, "format": file_format})
    return Export.objects.latest("pk")


def fetched(client, export):
    return content(client.get(reverse("exports:download", args=[export.pk])))


def desk_lists(resolver=None, prefix="/"):
    """Every list that has an address without numbers in it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from desk_lists(entry, route)
        elif isinstance(entry, URLPattern) and "<" not in route and "^" not in route:
            view = getattr(entry.callback, "view_class", None)
            if view and issubclass(view, ListView):
                yield route


LISTS = sorted(desk_lists())


def test_a_short_list_is_sent_at_once_with_all_that_the_filters_choose(client, reader):
    users(60)
    users_of_another = RetailUserFactory(group_id="B2", user_id="OTHER")
    found = rows(download(client, query="group_id=ho&sort=-user_id&page=2&per_page=25"))
    assert [row["User id"] for row in found] == [f"RET{number:03}" for number in reversed(range(60))]
    assert users_of_another.user_id not in {row["User id"] for row in found}
    page = client.get(USERS).context["table"]
    shown = [str(column.header) for column in page.columns if not column.column.exclude_from_export]
    assert list(found[0]) == shown


def test_what_holds_or_not_and_what_a_change_is_about_are_words_as_on_the_page(client, reader):
    StaffFactory(username="gone", is_active=False)
    found = {row["User name"]: row["May log in"] for row in rows(download(client, "/people/"))}
    assert (found["gone"], found["reader"]) == ("No", "Yes")
    ChangeFactory(kind="connector_basket", subject="basket:3", message_values={"name": "Monsoon three"})
    (row,) = rows(download(client, "/changes/"))
    assert row["On"] == "Basket 3"
    page = client.get("/changes/").content.decode()
    assert 'Monsoon three <span class="quiet small nowrap">Basket 3</span>' in page
    assert "basket:3" not in page


def test_cells_are_texts_as_the_page_says_them_and_times_whole(client, reader):
    RetailUserFactory(user_id="RET001", trading_segments=["1", "3"])
    DeliveryFactory(lane="HO/RET001", state="unknown")
    [row] = rows(download(client))
    user = RetailUser.objects.get()
    assert (row["Status"], row["Under way"]) == ("Active", "Unknown")
    assert row["Trading in"] == f"{Segment('1').label}, {Segment('3').label}"
    assert row["Last confirmed"] == timezone.localtime(user.confirmed_at).strftime("%d-%m-%Y %H:%M:%S")


def test_personal_data_is_hidden_as_on_the_page(client, reader, support):
    RetailUserFactory(user_id="RET001", pan="ABCPT1234A", mobile="9800000001")
    assert rows(download(client))[0]["PAN"] == "ABCPT1234A"
    client.force_login(support)
    [row] = rows(download(client))
    assert (row["PAN"], row["Mobile"]) == ("••••234A", "••••0001")


def test_no_text_becomes_a_formula(client, reader):
    RetailUserFactory(user_id="RET001", name="=HYPERLINK(1)")
    assert rows(download(client))[0]["Name"] == "'=HYPERLINK(1)"
    sheet = openpyxl.load_workbook(io.BytesIO(download(client, file_format="xlsx"))).active
    cell = next(cell for cell in sheet[2] if str(cell.value).endswith("HYPERLINK(1)"))
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_the_trail_has_filters_and_rows(client, reader):
    users(3)
    download(client, query="status=A&sort=name")
    entry = Entry.objects.get(action="list.exported")
    assert entry.by == reader
    assert entry.details["rows"] == 3
    assert entry.details["filters"] == [["User status", "Active"]]
    assert (entry.details["title"], entry.details["order"]) == ("Retail users", "name")


def test_only_who_sees_a_list_exports_it(client):
    client.force_login(StaffFactory())
    assert client.post(ASK, {"list": USERS, "query": ""}).status_code == 403
    assert not Export.objects.exists()
    assert not Entry.objects.filter(action="list.exported").exists()


@pytest.mark.parametrize(
    "path", ["/", "/users/HO/RET001/", "/nowhere/", "https://example.com/users/", "", "\0"]
)
def test_what_is_no_list_is_not_exported(client, reader, path):
    answer = client.post(ASK, {"list": path, "query": ""}, follow=True)
    assert "There is no such list" in answer.content.decode()


def test_a_filter_that_cannot_be_read_exports_nothing(client, reader):
    users(3)
    answer = client.post(ASK, {"list": USERS, "query": "status=nonsense"}, follow=True)
    assert "Nothing was exported" in answer.content.decode()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_long_list_is_written_by_a_worker_and_holds_what_there_was_when_asked(
    client, reader, settings, file_format
):
    users(33)
    export = ask_long(client, settings, "sort=name", file_format)
    RetailUserFactory(user_id="LATER", name="Aaa")
    assert writing.work_due() == 1
    export.refresh_from_db()
    assert (export.state, export.done) == (State.READY, 33)
    data = fetched(client, export)
    if file_format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        ids, names = [row[0] for row in found], [row[2] for row in found]
    else:
        ids, names = zip(*((row["User id"], row["Name"]) for row in rows(data)), strict=True)
    assert sorted(ids) == [f"RET{number:03}" for number in range(33)]
    assert list(names) == sorted(names)
    assert [path.name for path in operations.FILES.path_of("").iterdir()] == [export.path]
    assert Entry.objects.get(action="export.written").details["rows"] == 33


class Killed(BaseException):
    """As if the process were gone: nothing of ours runs after it."""


@pytest.fixture
def killed_after(monkeypatch):
    """Let a worker die when so many rows are finished, with a piece half written behind them."""

    def kill(count):
        plain = writing._append

        def append(file, digest, export, lines, before=b""):
            if export.done >= count:
                os.write(file.fileno(), b"half a li")
                raise Killed
            plain(file, digest, export, lines, before)

        with monkeypatch.context() as patch:
            patch.setattr(writing, "_append", append)
            with pytest.raises(Killed):
                writing.work_due()
        Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    return kill


def test_after_a_killed_worker_the_next_goes_on_behind_the_last_piece(
    client, reader, settings, killed_after, monkeypatch
):
    users(45)
    export = ask_long(client, settings)
    killed_after(20)
    begun = []
    plain = keyset.stretches
    monkeypatch.setattr(keyset, "stretches", lambda *args: begun.append(args[2]) or plain(*args))
    writing.work_due()
    assert begun[0][:2] == ["HO", "RET019"]
    export.refresh_from_db()
    found = [row["User id"] for row in rows(fetched(client, export))]
    assert found == [f"RET{number:03}" for number in range(45)]
    assert [path.name for path in operations.FILES.path_of("").iterdir()] == [export.path]


def test_a_file_that_lost_its_end_with_the_machine_is_begun_again(client, reader, settings, killed_after):
    users(45)
    export = ask_long(client, settings)
    killed_after(20)
    export.refresh_from_db()
    with operations.FILES.path_of(export.path).open("r+b") as file:
        file.truncate(100)
    writing.work_due()
    export.refresh_from_db()
    assert [row["User id"] for row in rows(fetched(client, export))] == [
        f"RET{number:03}" for number in range(45)
    ]


def fill(reader):
    """Something in each list, with and without what may be missing."""
    for number in range(5):
        user = RetailUserFactory(
            user_id=f"RET{number}",
            name=f"=Name & {number}",
            confirmed_at=None if number % 2 else timezone.now(),
            source="declared",
            trading_segments=[Segment.NSE_CASH.value, Segment.BSE_CASH.value][: number % 3],
        )
        LimitUpdateFactory(
            retail_user=user,
            amount=None if number == 1 else "1234567.50",
            notional_deposit="250000.00" if number % 2 else None,
            product_id=number or None,
        )
        SquareOffFactory(retail_user=user)
        settled = {"state": "refused", "text": "No such branch 9876543210", "finished_at": timezone.now()}
        delivery = DeliveryFactory(
            lane=user.lane, change__made_by=reader, **(settled if number % 2 else {"reason": "Held back"})
        )
        DeliveryFactory(lane=user.lane, change=delivery.change, part=1, state="queued")
        ChangeFactory(subject=user.lane, made_by=reader, amount=1000 * number or None)
        ChangeFactory(subject=f"HO/NEW{number}", state="draft", made_by=reader, submitted_at=None)
        Batch.objects.create(
            kind="status",
            file_name=f"{number % 2}.csv",
            sha256=f"{number}" * 64,
            size=1,
            made_by=reader,
            state="uploaded",
        )


@pytest.mark.parametrize("path", LISTS)
def test_every_column_of_every_list_says_in_a_file_what_its_page_draws(reader, path, settings, monkeypatch):
    settings.CONNECTOR = True
    in_pieces_of(2, monkeypatch)
    fill(reader)
    assert_agrees(path, reader)


#: Names and ids that a file, a spreadsheet, an array or JSON could take for something else.
HOSTILE = ["=1", "+1 a", 'a"b', "a\\b", "{a,b}", "NULL", "&lt;b&gt;", "<b>x", "é, ü", "\uff1dx", "-5"]


@pytest.mark.parametrize("path", [USERS, "/limits/", "/limits/square-off/", "/deliveries/", "/audit/"])
def test_hostile_values_are_in_a_file_what_the_page_draws(client, reader, path):
    for number, value in enumerate(HOSTILE):
        user = RetailUserFactory(
            user_id=value,
            name=value,
            pan=value,
            mobile=value,
            trading_segments=[value] if number % 3 else [Segment.NSE_CASH.value],
        )
        LimitUpdateFactory(retail_user=user, document=value)
        SquareOffFactory(retail_user=user)
        DeliveryFactory(lane=user.lane, state="unknown", text=value)
        record("retail_user.changed", by=reader, subject=user.lane, text=value, reason=value)
    found = assert_agrees(path, reader)
    assert len(found) >= len(HOSTILE)
    written = list(csv.reader(io.StringIO(download(client, path).decode("utf-8-sig"), newline="")))[1:]
    assert not [cell for row in written for cell in row if cell.lstrip()[:1] in "=+@\uff1d" and cell.lstrip()]


def test_work_under_way_is_found_for_each_hostile_id(client, reader):
    for value in HOSTILE:
        DeliveryFactory(lane=RetailUserFactory(user_id=value).lane, state="unknown")
    assert {row["Under way"] for row in rows(download(client))} == {"Unknown"}


@pytest.mark.parametrize("path", [USERS, "/deliveries/", "/limits/", "/changes/"])
def test_where_personal_data_is_hidden_a_file_says_what_the_page_draws(reader, support, path):
    fill(reader)
    support.user_permissions.set(
        Permission.objects.exclude(codename__in=["see_personal_data", "work_with_personal_data"])
    )
    found = assert_agrees(path, type(support).objects.get(pk=support.pk))
    assert found
    assert "9876543210" not in str(found)


def test_new_users_in_approval_say_in_a_file_what_the_page_draws(reader):
    fill(reader)
    ChangeFactory(subject="HO/NEW9", message_values=retail_user_values(user_id="NEW9"), made_by=reader)
    assert "HO" in str(assert_agrees(USERS, reader, "status=in_approval"))


def test_a_long_list_of_plain_values_makes_no_records(reader, django_assert_max_num_queries, monkeypatch):
    users(25)
    monkeypatch.setattr(RetailUser, "from_db", None)
    chosen = lists.parameters(USERS, "", reader)
    kind = lists.kind_of("list", chosen, reader)
    with django_assert_max_num_queries(
        16
    ):  # three pieces and the end, in stretches; two more each for what is under way
        assert len(list(kind.all_rows(chosen, whole=True))) == 25


@pytest.mark.parametrize("path", LISTS)
def test_every_list_of_the_desk_can_be_exported_in_each_of_its_orders(reader, path, settings, monkeypatch):
    settings.CONNECTOR = True
    in_pieces_of(2, monkeypatch)
    fill(reader)
    opened = lists.OpenedList(path, "", reader)
    table = opened.view.get_table()
    sorts = [
        "",
        *(f"{sign}{column.name}" for column in table.columns if column.orderable for sign in ("", "-")),
    ]
    expected = None
    for sort in sorts:
        chosen = lists.parameters(path, f"sort={sort}", reader)
        kind = lists.kind_of("list", chosen, reader)
        found = [tuple(map(str, cells)) for cells in kind.all_rows(chosen, whole=True)]
        assert len(found) == kind.count(chosen, None), sort
        expected = sorted(found) if expected is None else expected
        assert sorted(found) == expected, sort
        with monkeypatch.context() as patch:  # read at once, without places to go on from
            in_pieces_of(1000, patch)
            assert found == [tuple(map(str, row)) for row in kind.rows(chosen, True, None).rows], sort


def test_the_page_offers_both_kinds_of_file_where_there_is_something(client, reader):
    assert "Download CSV" not in client.get(USERS).content.decode()
    users(1)
    page = client.get(f"{USERS}?status=A").content.decode()
    assert "Download CSV" in page
    assert "Download Excel" in page
    assert '<input type="hidden" name="query" value="status=A">' in page
