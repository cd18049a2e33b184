"""What all tests share: where a run keeps its files, which tests touch the database, what was left out, and staff."""

import os
import shutil

import pytest
from django.contrib.auth.models import Group

from tests.settings import RUNTIME

#: Set by `make test`: a line for each kind of test that this machine cannot run.
LEFT_OUT = os.environ.get("LEFT_OUT", "").splitlines()
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def pytest_sessionstart():
    # Processes that tests start read the portal's own settings; the environment is that of tests/settings.py.
    os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
    for name in ("broker", "static"):
        (RUNTIME / name).mkdir(parents=True, exist_ok=True)


def pytest_unconfigure():
    shutil.rmtree(RUNTIME, ignore_errors=True)


def pytest_collection_modifyitems(items):
    """Mark every test that touches the database, so that they can be run again on another one."""
    for item in items:
        uses = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or uses & {"db", "transactional_db", "live_server"}:
            item.add_marker("database")


def pytest_sessionfinish(session):
    """With REQUIRE_ALL a test that was skipped is a failure: nothing is left out silently."""
    skipped = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    if REQUIRE_ALL and skipped and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    for line in LEFT_OUT:
        terminalreporter.write_line(f"Left out: {line}", yellow=True)
    if REQUIRE_ALL and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("REQUIRE_ALL=1: a skipped test counts as a failure.", red=True)


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
def admin(db, django_user_model):
    return _person(django_user_model, "admin", "admin")
