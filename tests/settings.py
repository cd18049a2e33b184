"""The settings that tests run with: `backoffice.settings` under an environment of their own.

TEST_DATABASE_URL and TEST_BROKER_URL choose other servers than SQLite and the filesystem broker.
Files of the run are in RUNTIME, which `conftest.py` makes and removes.
"""

import os
import tempfile
from pathlib import Path

RUNTIME = Path(tempfile.gettempdir()) / f"portal-tests-{os.getpid()}"

os.environ.update(
    SECRET_KEY="only-for-tests-" + "x" * 40,
    DEBUG="false",
    ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
    PORTAL_ENVIRONMENT="DEMO",
    PORTAL_SEAL_KEYS="YSBrZXkgdGhhdCBpcyBvbmx5IHVzZWQgaW4gdGVzdHM=",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:",
    CELERY_BROKER_URL=os.environ.get("TEST_BROKER_URL") or "filesystem://localhost",
    # Nothing listens there: a test that speaks to ODIN starts a stand-in of its own and says so.
    ODIN_SERVICE_URL="http://127.0.0.1:9/UserCreation.svc/soap",
    ODIN_WSDL_URL="http://127.0.0.1:9/UserCreation.svc?singleWsdl",
    ODIN_DEALER_ID="RESERVEDPG",
    ODIN_DEALER_PASSWORD="Dealer42",
    ODIN_PASSWORD_KEY="ftUC@123",
    ODIN_PASSWORD_MODE="CBC",
)

from backoffice.settings import *  # noqa: E402, F403
from backoffice.settings import CELERY_BROKER_TRANSPORT_OPTIONS, CELERY_BROKER_URL, DATABASES, STORAGES  # noqa: E402

# Several runs at once do not meet. A file and not memory, so that threads and processes may share it.
DATABASES["default"]["TEST"] = (
    {"NAME": str(RUNTIME / "test.sqlite3")}
    if DATABASES["default"]["ENGINE"].endswith("sqlite3")
    else {"NAME": f"test_portal_{os.getpid()}"}
)
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        name: str(RUNTIME / "broker") for name in ("data_folder_in", "data_folder_out", "control_folder")
    }
STATIC_ROOT = RUNTIME / "static"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
