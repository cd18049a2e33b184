"""What all tests share: where a run keeps its files, which tests touch the database, what was left out, and staff."""

import gc
import os
import shutil
import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import timezone

from backoffice import error_pages, guarding
from backoffice.audit.guard import guard, unguard
from backoffice.changes import guards
from backoffice.delivery import gate
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from standins.odin import StandIn
from tests import emptying, hanging, migrated
from tests.portals import chromium
from tests.settings import RUNTIME
from tools.test import HUNG

#: A fixture of all tests, since Playwright runs once in a process.
__all__ = ["chromium"]

#: Set by `make test`: a line for each kind of test that this machine cannot run.
LEFT_OUT = os.environ.get("LEFT_OUT", "").splitlines()
STDERR = pytest.StashKey[int]()
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
#: Tests of SQL that is written for each kind of database: the search, the queue, files in bulk, guards, migrations.
SQL_FOR_EACH = (
    "tests/accounts/test_list",
    "tests/audit",
    "tests/batches/check",
    "tests/batches/decide",
    "tests/changes",
    "tests/delivery",
    "tests/exports",
    "tests/partners/test_guards",
    "tests/test_",
)
#: Tests of every page and list with whatever a browser may send.
WALKS = ("tests/runs/test_hostile_values", "tests/test_free_text", "tests/test_hostile_values")
#: Tests through pages, and a few more that need a database and nothing that differs between two of them.
DRAWN = (
    "tests/acceptance",
    "tests/accounts/test_form_and_file",
    "tests/batches/file",
    "tests/desk",
    "tests/kit",
    "tests/limits/test_reading_shapes",
    "tests/logins/test_pages_by_role",
    "tests/pages",
    "tests/test_incoming",
)


def _flush(self, statements):
    """Empty a test's tables: triggers of the audit trail and of changes refuse it, and are away for that moment."""
    rooms = [room(self.connection.vendor) for room in guarding.ROOMS.values()]
    unguard(self.connection)
    guards.take_down(self.connection.alias)
    for found in rooms:
        guarding.take_down(self.connection, found)
    try:
        _plain_flush(self, statements)
    finally:
        for found in rooms:
            guarding.put_up(self.connection, found)
        guards.put_up(self.connection.alias)
        guard(self.connection)


_plain_flush, BaseDatabaseOperations.execute_sql_flush = BaseDatabaseOperations.execute_sql_flush, _flush


def pytest_addoption(parser, pluginmanager):
    # The folder's setting is that plugin's own: with `-p no:cacheprovider` pytest would refuse it as unknown.
    if not pluginmanager.hasplugin("cacheprovider"):
        parser.addini("cache_dir", "where nothing is kept in this run")


def pytest_configure(config):
    config.stash[STDERR] = os.dup(2)  # the real one: tests run while pytest captures it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    exit_code = HUNG if item.get_closest_marker("browser") else pytest.ExitCode.TESTS_FAILED
    with hanging.watched(item.nodeid, item.config.stash[STDERR], exit_code):
        return (yield)


def pytest_sessionstart():
    # Processes that tests start read the portal's own settings; the environment is that of tests/settings.py.
    os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
    for name in ("broker", "static"):
        (RUNTIME / name).mkdir(parents=True, exist_ok=True)


def pytest_collection_finish():
    """Keep the garbage collector from what is there now: it stays, and to look through it again takes long."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    shutil.rmtree(RUNTIME, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """Mark what runs on which database, where there are two: each test on one at least, and on both where it matters.

    A test through a page runs on SQLite: Django writes the same queries for both. Tests of our own SQL run on both. All
    others, and those that walk all pages, run on PostgreSQL (`database`, and `once`: on that alone). What is done to
    one kind of database is left out on another, not skipped: nothing is missing where both are run.
    """
    elsewhere = [
        item
        for item in items
        if (only := item.get_closest_marker("only_on")) and only.args[0] != connection.vendor
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]
    # Last, since the portal and the browser that they share run until all tests have ended, and are never idle.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        path = item.path.relative_to(item.config.rootpath).as_posix()
        uses = set(getattr(item, "fixturenames", ()))
        own_sql, walks = path.startswith(SQL_FOR_EACH), path.startswith(WALKS)
        drawn = path.startswith(DRAWN) or ("client" in uses and not (own_sql or walks))
        if drawn or not (
            item.get_closest_marker("django_db") or uses & {"db", "transactional_db", "live_server"}
        ):
            continue
        item.add_marker("database")
        if (walks or not own_sql) and not any(map(item.get_closest_marker, ("broker", "only_on"))):
            item.add_marker("once")


def pytest_sessionfinish(session):
    """With REQUIRE_ALL a test that was skipped is a failure: nothing is left out silently."""
    if _missed(session.config.pluginmanager.get_plugin("terminalreporter")) and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    for line in LEFT_OUT:
        terminalreporter.write_line(f"Left out: {line}", yellow=True)
    if _missed(terminalreporter):
        terminalreporter.write_line("REQUIRE_ALL=1: a skipped test counts as a failure.", red=True)


def _missed(terminalreporter):
    """What was skipped and must not be. The right to mount may be missing: no program that is installed gives it."""
    skipped = terminalreporter.stats.get("skipped", [])
    return [report for report in skipped if REQUIRE_ALL and "mount" not in report.keywords]


@pytest.fixture(scope="session")
def django_db_keepdb(request):
    """On SQLite the tests begin with a copy of a migrated database: what there is to migrate has been migrated."""
    if connection.vendor != "sqlite":
        return request.config.getvalue("reuse_db")
    migrated.copy_to(RUNTIME / "test.sqlite3")
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        emptying.begin()


@pytest.fixture(autouse=True)
def _no_names_of_another_test():
    caches["process"].clear()


def _person(django_user_model, name, role):
    person = django_user_model.objects.create_user(
        name, password=None, first_name=name.title(), last_name="Test"
    )
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def maker(db, django_user_model):
    return _person(django_user_model, "maker", "maker")


@pytest.fixture
def other_maker(db, django_user_model):
    return _person(django_user_model, "maker2", "maker")


@pytest.fixture
def checker(db, django_user_model):
    return _person(django_user_model, "checker", "checker")


@pytest.fixture
def other_checker(db, django_user_model):
    return _person(django_user_model, "checker2", "checker")


@pytest.fixture
def compliance(db, django_user_model):
    return _person(django_user_model, "compliance", "compliance")


@pytest.fixture
def support(db, django_user_model):
    return _person(django_user_model, "support", "support")


@pytest.fixture
def admin(db, django_user_model):
    return _person(django_user_model, "admin", "admin")


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


@pytest.fixture
def as_checker(client, checker):
    client.force_login(checker)
    return client


@pytest.fixture
def as_compliance(client, compliance):
    client.force_login(compliance)
    return client


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def refusals_alone(monkeypatch):
    """Pages about a refusal are drawn without the frame: for tests that cause thousands of them."""
    monkeypatch.setattr(error_pages, "_is_logged_in", lambda request: False)


@pytest.fixture
def odin(settings):
    """A stand-in with a memory of its own, to which the portal is pointed. A busy machine has time to answer."""
    with StandIn(password=settings.ODIN_DEALER_PASSWORD, key=settings.ODIN_PASSWORD_KEY) as standin:
        settings.ODIN_SERVICE_URL = standin.endpoint
        settings.ODIN_WSDL_URL = f"{standin.url}?singleWsdl"
        settings.ODIN_CONNECT_TIMEOUT = settings.ODIN_READ_TIMEOUT = 10.0
        settings.ODIN_TOTAL_TIMEOUT = 15.0
        settings.DELIVERY_HOLD_SECONDS = 0
        yield standin


@pytest.fixture
def swept(db):
    """Beat and a worker are there: a sweep was done just now."""
    gate.swept(timezone.now())


@pytest.fixture
def approved(maker, checker):
    """Approve the creation of a retail user; gives back the delivery."""

    from backoffice.changes import operations

    def approve(**changed):
        values = {**example(CreateRetailUser), "reference": "", **changed}
        change = operations.submit(
            "create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4()
        )
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        return change.deliveries.get()

    return approve
