"""Every list is answered from indexes: its filters and sorts, alone and in pairs, as PostgreSQL would plan them.

Scans of whole tables and sorts are switched off where an index will do. What is still planned so is what no index
answers, however many rows there are: the tables need not be filled for it. Which of several indexes is walked at a
million rows is measured by `benchmarks/scale.py`.
"""

import json
from itertools import combinations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import history
from accounts.models import RetailUser
from accounts.views import RetailUserList
from backoffice.audit.models import Entry
from backoffice.batches.models import Batch, Row, RowState
from backoffice.batches.pages.row_views import RowList
from backoffice.batches.pages.views import BatchList
from backoffice.changes.list_views import ChangeList, Drafts, Inbox, Mine
from backoffice.changes.models import Change
from backoffice.compliance.views import EntryList
from backoffice.delivery.models import Delivery
from backoffice.delivery.views import DeliveryList
from backoffice.kit.paging import COUNT_CAP, CappedPaginator
from backoffice.kit.search import search
from backoffice.notices.models import Mail, Notice
from backoffice.reconciliation.models import Difference, Line, Outcome, Reconciliation, State
from backoffice.reconciliation.result_views import DifferenceList, OnlyThereList, UnreadableList
from limits.models import LimitUpdate, SquareOffSetting
from limits.views import LimitUpdateList, SquareOffList
from partners.models import ConnectorFinding, ConnectorSession, Invitation, Partner, PartnerClient
from partners.views_invitations import InvitationList
from partners.views_sessions import FindingList, MappingList, SessionList
from tests.factories import (
    DeliveryFactory,
    EntryFactory,
    LimitUpdateFactory,
    RetailUserFactory,
    StaffFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("postgresql")]

MODELS = (
    *(RetailUser, Change, Delivery, LimitUpdate, SquareOffSetting, Batch, Row, Entry, Notice, Mail),
    *(Difference, Line, Invitation, ConnectorSession, PartnerClient, ConnectorFinding),
)
#: With the partitions of the trail, by the names that its migration gives them.
LARGE = {*(model._meta.db_table for model in MODELS), "audit_entry_to_10000000", "audit_entry_rest"}
LISTS = (
    *(
        RetailUserList,
        ChangeList,
        Mine,
        Drafts,
        Inbox,
        DeliveryList,
        LimitUpdateList,
        SquareOffList,
        BatchList,
    ),
    *(InvitationList, SessionList, MappingList, FindingList, EntryList),
)
#: Lists of what belongs to one file or comparison: they read no more than its own rows, and may sort these.
OF_ONE = (RowList, DifferenceList, OnlyThereList, UnreadableList)
TYPED = {
    "q": "RET",
    "below": "100",
    "group_id": "HO",
    "manager_id": "M1",
    "since": "2026-01-01",
    "until": "2026-12-31",
    "settled_since": "2026-01-01",
    "settled_until": "2026-12-31",
    "batch": "1",
    "wording": "1",
    "amount_from": "1",
    "amount_to": "100",
    "periodicity": "3",
    "by_name": "maker",
    "action": "change.approved",
    "code": "1",
    "reference": "PAYIN1",
    "change_id": "1",
    "delivery_id": "1",
    "request_id": "0",
    "words": "deposit",
}
#: Rows that a page asks for.
PAGE_SIZE = 25
#: What most rows are: a walk by number soon finds a page of them, and no index is kept for it.
COMMON = {
    *(("needs_person", "false"), ("waits", "false"), ("live", "false"), ("open", "false")),
    ("state", "applied"),
}


@pytest.fixture(scope="module")
def _as_created(django_db_setup, django_db_blocker):
    """The large tables without the dead rows of earlier tests, by whose number the planner would choose."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"VACUUM FULL {', '.join(sorted(LARGE))}")


@pytest.fixture
def person(_as_created, db):
    person = StaffFactory()
    person.user_permissions.set(Permission.objects.all())
    DeliveryFactory(change__made_by=person)
    LimitUpdateFactory()
    EntryFactory()
    Partner.objects.create(code="desk", name="Research desk", kind="own", application_token_hash="0" * 64)
    _forget_statistics()
    return person


@pytest.fixture
def file(person):
    """A file with a wrong row, so that each of its filters has something to choose."""
    batch = Batch.objects.create(
        kind="create_retail_user", file_name="users.csv", sha256="0" * 64, size=1, made_by=person
    )
    finding = {"path": "name", "severity": "error", "rule": "U1", "text": "Name is missing."}
    Row.objects.create(
        batch=batch, number=2, state=RowState.WRONG, lane="HO/RET001", cells=[], findings=[finding]
    )
    return batch


@pytest.fixture
def owner(file, person):
    """The number of a file, which is that of a finished comparison too."""
    comparison = Reconciliation.objects.create(
        pk=file.pk, state=State.COMPARING, file_name="export.csv", sha256="0" * 64, size=1, made_by=person
    )
    for outcome in (Outcome.ONLY_THERE, Outcome.UNREADABLE):
        comparison.lines.create(number=2, outcome=outcome, group_id="HO", user_id="RET001")
    Reconciliation.objects.update(state=State.COMPARED)
    return file.pk


def _forget_statistics():
    """Let the planner know nothing of the tables: which index it takes hung on what earlier tests had left in them."""
    with connection.cursor() as cursor:
        tables = "SELECT oid FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r'"
        cursor.execute(f"DELETE FROM pg_statistic WHERE starelid IN ({tables})", [list(LARGE)])
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0"
            f" WHERE oid IN ({tables} UNION SELECT indexrelid FROM pg_index WHERE indrelid IN ({tables}))",
            [list(LARGE), list(LARGE)],
        )


@pytest.fixture
def partial():
    """The indexes of a part of a table: to walk one is to find, not to scan."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("view", LISTS, ids=lambda view: view.__name__)
@pytest.mark.usefixtures("file")
def test_every_filter_and_sort_is_answered_from_an_index(view, person, partial, rf, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "_ids", None)  # what it asks is what the count asks
    monkeypatch.setattr("backoffice.compliance.filters.WORDS_WITHIN", 0)  # as where there are more entries
    request = rf.get("/")
    request.user = person
    faults = set()
    for query in _queries(view, request):
        request.GET = QueryDict("&".join(f"{name}={value}" for name, value in query))
        page, count = _page_and_count(view, request)
        found = _faults(page, partial, sorts=view is not Inbox)  # which sorts what waits, never the table
        if chosen := {pair for pair in query if pair[0] != "sort"} - COMMON:
            found |= _faults(
                count, partial, walks=len(chosen) == len(query) - any(n == "sort" for n, _ in query)
            )
        faults |= {f"{request.GET.urlencode()}: {fault}" for fault in found}
    assert not faults


@pytest.mark.parametrize("sort", ["", "&sort=-confirmed_at", "&sort=name"])
def test_filtered_rows_are_found_before_they_are_sorted(client, person, sort):
    for number in range(PAGE_SIZE + 1):
        RetailUserFactory(user_id=f"RET{number:03}", status="S")
    client.force_login(person)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(f"{reverse('accounts:list')}?status=S{sort}").text
    assert page.count('data-href="/users/') == PAGE_SIZE
    (found,) = [query["sql"] for query in captured if f"LIMIT {COUNT_CAP + 1}" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # if an index in this order would do, it is walked then
        cursor.execute(f"EXPLAIN {found}")
        plan = [line for (line,) in cursor.fetchall()]
    assert [line for line in plan if "Sort Key" in line]
    assert plan.index(next(line for line in plan if "Limit" in line)) > 1, (
        "it is the rows in order that are limited"
    )


@pytest.mark.parametrize("view", OF_ONE, ids=lambda view: view.__name__)
def test_a_list_of_one_file_reads_no_row_of_another(view, owner, person, partial, rf, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "_ids", None)
    request = rf.get("/")
    request.user = person
    faults = set()
    for query in _queries(view, request, pk=owner):
        request.GET = QueryDict("&".join(f"{name}={value}" for name, value in query))
        for sql in _page_and_count(view, request, pk=owner):
            found = _faults(sql, partial, walks=True)
            faults |= {f"{request.GET.urlencode()}: {fault}" for fault in found}
    assert not faults


@pytest.mark.parametrize("view", LISTS, ids=lambda view: view.__name__)
@pytest.mark.usefixtures("file")
def test_what_filters_offer_is_answered_from_indexes(view, person, partial, rf):
    request = rf.get("/")
    request.user = person
    shown = _view(view, request)
    with CaptureQueriesContext(connection) as captured:
        form = shown.get_filterset(shown.filterset_class).form
        assert form.as_p()
    assert not {fault for query in captured for fault in _faults(query["sql"], partial, walks=True)}
    assert not [query["sql"] for query in captured if "DISTINCT" in query["sql"]], "gathered from all rows"


def test_the_page_of_ones_notices_is_answered_from_indexes(client, person, partial):
    client.force_login(person)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse("notices:list")).status_code == 200
    asked = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert not {fault for sql in asked for fault in _faults(sql, partial, walks=True)}


@pytest.mark.parametrize("after", ["", "100_2026-11-01T00:00:00+00:00_100"])
@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"kind": "cash_deposit"},
        {"person": "1"},
        {"outcome": "applied"},
        {"since": "2026-01-01", "until": "2026-12-31"},
    ],
    ids=str,
)
def test_a_page_of_a_history_is_answered_from_indexes(person, partial, chosen, after):
    if "person" in chosen:
        chosen = {"person": str(person.pk)}
    RetailUserFactory(group_id="HO", user_id="RET001")
    _forget_statistics()
    with CaptureQueriesContext(connection) as captured:
        history.chosen("HO/RET001", chosen, changes=True, entries=True).after(history.Place.read(after), 21)
    asked = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert asked
    assert not {fault for sql in asked for fault in _faults(sql, partial, walks=True)}


@pytest.mark.parametrize(
    "text", ["RET001", "HO/RET", "ABCPS1234K", "9700000001", "asha", "as", "12", "PAYIN1"]
)
def test_the_search_on_top_is_answered_from_indexes(person, partial, text):
    with CaptureQueriesContext(connection) as captured:
        search(text, person)
    faults = {fault for query in captured for fault in _faults(query["sql"], partial)}
    assert not faults


def _queries(view, request, **of):
    """What the list may be asked: nothing, each filter and each sort, and every two of these.

    With a filter each sort is asked for in one direction: an index that has the one has the other backwards.
    """
    shown = _view(view, request, **of)
    fields = shown.get_filterset(shown.filterset_class).form.fields
    table = shown.get_table_class()([])
    filters = []
    for name, field in fields.items():
        choices = [str(value) for value, _ in getattr(field, "choices", ()) if value not in ("", None)]
        filters += [(name, value) for value in (choices or [TYPED.get(name)])]
    sorts = [
        ("sort", f"{sign}{column.name}") for column in table.columns if column.orderable for sign in ("", "-")
    ]
    assert all(value for _, value in filters), filters
    few = [pair for position, pair in enumerate(filters) if pair[0] not in {n for n, _ in filters[:position]}]
    yield ()
    yield from ((pair,) for pair in filters + sorts)
    yield from combinations(few, 2)
    yield from ((pair, sort) for pair in few for sort in sorts if sort[1].startswith("-"))


def _view(view, request, **of):
    shown = view()
    shown.setup(request, **of)
    return shown


def _page_and_count(view, request, **of):
    """The statements that ask for a page of the list and for how many rows it has."""
    shown = _view(view, request, **of)
    shown.filterset = shown.get_filterset(shown.filterset_class)
    shown.object_list = shown.filterset.qs
    with CaptureQueriesContext(connection) as counted:
        table = shown.get_table()
        assert table.paginator.count >= 0
    with CaptureQueriesContext(connection) as asked:
        list(table.data.data[:PAGE_SIZE])
    counts = [query["sql"] for query in counted if "COUNT" in query["sql"]]
    return asked[0]["sql"], counts[-1]


def _faults(sql, partial, *, sorts=False, walks=False):
    """What is planned without an index. `sorts`: a sort is one; `walks`: so is an index walked from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"SET LOCAL enable_sort = {'off' if sorts else 'on'}")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    found = set()
    for node in _nodes(plan[0]["Plan"]):
        table = node.get("Relation Name")
        if node["Node Type"] == "Seq Scan" and table in LARGE:
            found.add(f"reads the whole of {table}")
        if (
            sorts
            and node["Node Type"] == "Sort"
            and any(n.get("Relation Name") in LARGE for n in _nodes(node))
        ):
            found.add(f"sorts by {node['Sort Key']}")
        whole = "Index Cond" not in node and node.get("Index Name") not in partial
        if walks and table in LARGE and node["Node Type"].startswith("Index") and whole:
            found.add(f"walks the whole of {node['Index Name']}")
    return found


def _nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def test_no_statement_is_compiled():
    """Compiling took twelve seconds of the thirteen that a file of 2,000 rows needed to come back with its outcomes."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
