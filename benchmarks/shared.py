"""What several benchmarks need: a test database, the settings of an installation, staff, memory, a process a run."""

import base64
import gc
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from backoffice.logins.models import User

MB = 1024 * 1024
#: The settings of an installation that calls nothing; DATABASE_URL is added.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "backoffice.settings",
    "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
    "PORTAL_SEAL_KEYS": base64.urlsafe_b64encode(b"x" * 32).decode(),
    "PORTAL_ENVIRONMENT": "DEMO",
    "CELERY_BROKER_URL": "filesystem://localhost",
    "ODIN_SERVICE_URL": "http://127.0.0.1:9/UserCreation.svc/soap",
    "ODIN_WSDL_URL": "http://127.0.0.1:9/UserCreation.svc?singleWsdl",
    "ODIN_DEALER_ID": "RESERVEDPG",
    "ODIN_DEALER_PASSWORD": "Dealer42",
    "ODIN_PASSWORD_KEY": "0123456789abcdef",
}


class Memory:
    """The most memory (MB) that the process has over what it had, while the block runs."""

    def __enter__(self) -> "Memory":
        gc.collect()
        self._process = psutil.Process()
        self._idle = self.most = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def over(self) -> float:
        """Megabytes."""
        return (self.most - self._idle) / MB


@contextmanager
def own_database() -> Iterator[None]:
    """A migrated test database and a folder of files while the block runs, with the settings of the tests."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.settings import RUNTIME

    RUNTIME.mkdir(parents=True, exist_ok=True)
    settings.VAR_DIR = RUNTIME
    databases = setup_databases(0, False)
    try:
        yield
    finally:
        connection.close()
        teardown_databases(databases, 0)
        shutil.rmtree(RUNTIME, ignore_errors=True)


def databases() -> Iterator[tuple[str, str]]:
    """Name and address of SQLite (""), and of PostgreSQL if TEST_POSTGRES_URL is set."""
    yield "SQLite", ""
    if address := os.environ.get("TEST_POSTGRES_URL"):
        yield "PostgreSQL", address


def measured_apart(script: str, *arguments: str, database: str) -> dict[str, Any]:
    """Run a script in a process of its own, with TEST_DATABASE_URL set, and read the JSON of its last line."""
    done = subprocess.run(
        [sys.executable, script, *arguments],
        env={**os.environ, "TEST_DATABASE_URL": database},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def person(name: str, role: str) -> "User":
    """A new member of staff with one role."""
    from django.contrib.auth.models import Group

    from backoffice.logins.models import User

    user: User = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=role))
    return user
