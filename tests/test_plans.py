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

from accounts.models import RetailUser
from accounts.views import RetailUserList
from backoffice.changes.list_views import ChangeList, Inbox, Mine
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.delivery.views import DeliveryList
from backoffice.kit import tables_base
from backoffice.kit.search import search
from limits.models import LimitUpdate
from limits.views import LimitUpdateList
from tests.factories import DeliveryFactory, LimitUpdateFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("postgresql")]

LARGE = {model._meta.db_table for model in (RetailUser, Change, Delivery, LimitUpdate)}
LISTS = (RetailUserList, ChangeList, Mine, Inbox, DeliveryList, LimitUpdateList)
TYPED = {
    "q": "RET",
    "group_id": "HO",
    "manager_id": "M1",
    "since": "2026-01-01",
    "until": "2026-12-31",
    "settled_since": "2026-01-01",
    "batch": "1",
    "wording": "1",
    "amount_from": "1",
    "amount_to": "100",
}
#: What most rows are: a walk by number soon finds a page of them, and no index is kept for it.
COMMON = {("needs_person", "false"), ("state", "applied"), ("state", "queued"), ("state", "in_flight")}


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
    _forget_statistics()
    return person


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
def test_every_filter_and_sort_is_answered_from_an_index(view, person, partial, rf, monkeypatch):
    monkeypatch.setattr(tables_base, "narrowed", lambda rows: rows)  # what it asks is what the count asks
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


@pytest.mark.parametrize(
    "text", ["RET001", "HO/RET", "ABCPS1234K", "9700000001", "asha", "as", "12", "PAYIN1"]
)
def test_the_search_on_top_is_answered_from_indexes(person, partial, text):
    with CaptureQueriesContext(connection) as captured:
        search(text, person)
    faults = {fault for query in captured for fault in _faults(query["sql"], partial)}
    assert not faults


def _queries(view, request):
    """What the list may be asked: nothing, each filter and each sort, and every two of these."""
    shown = _view(view, request)
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
    yield from ((pair, sort) for pair in few for sort in sorts)


def _view(view, request):
    shown = view()
    shown.setup(request)
    return shown


def _page_and_count(view, request):
    """The statements that ask for a page of the list and for how many rows it has."""
    shown = _view(view, request)
    shown.filterset = shown.get_filterset(shown.filterset_class)
    shown.object_list = shown.filterset.qs
    with CaptureQueriesContext(connection) as counted:
        table = shown.get_table()
        assert table.paginator.count >= 0
    with CaptureQueriesContext(connection) as asked:
        list(table.data.data[: shown.page_size()])
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
