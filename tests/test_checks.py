"""`manage.py check` names a configuration that makes no sense."""

import pytest
from django.core.checks import Error, run_checks
from django.db import connection

from backoffice import checks


def ids(found):
    return [message.id for message in found]


def test_the_configuration_of_the_tests_makes_sense():
    assert run_checks() == []


def test_an_operation_for_a_message_that_does_not_exist_is_named(settings):
    settings.ODIN_OPERATIONS = {301: "CreateUser", 999: "Nothing"}
    (found,) = checks.odin(None)
    assert found.id == "portal.E001"
    assert "message 999" in found.msg


def test_a_total_deadline_shorter_than_its_parts_is_named(settings):
    settings.ODIN_READ_TIMEOUT = settings.ODIN_TOTAL_TIMEOUT + 1
    assert ids(checks.odin(None)) == ["portal.E002"]


def test_a_password_key_that_is_too_long_is_named_and_not_shown(settings):
    settings.ODIN_PASSWORD_KEY = "seventeen letters"
    (found,) = checks.odin(None)
    assert found.id == "portal.E003"
    assert "seventeen" not in found.msg


@pytest.fixture
def live(settings, tmp_path):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    settings.ODIN_SERVICE_URL = "https://odin.example/soap"
    settings.VAR_DIR = tmp_path
    return settings


def test_a_sensible_live_configuration_has_nothing_to_say(live):
    assert checks.environment(None) == []


def test_live_with_mails_in_the_clear_is_warned_of(live):
    live.EMAIL_HOST, live.EMAIL_USE_TLS, live.EMAIL_USE_SSL = "smtp.example", False, False
    assert ids(checks.environment(None)) == ["portal.W011"]
    live.EMAIL_HOST = "127.0.0.1"
    assert checks.environment(None) == []


def test_live_with_debug_is_an_error(live):
    live.DEBUG = True
    assert ids(checks.environment(None)) == ["portal.E010"]


def test_live_with_the_demonstrations_keys_is_an_error(live):
    live.VAR_DIR.joinpath("demo.env").write_text(
        f"SECRET_KEY={live.SECRET_KEY}\nPORTAL_SEAL_KEYS={live.PORTAL_SEAL_KEYS[0]}\n"
    )
    assert ids(checks.environment(None)) == ["portal.E011", "portal.E011"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8801/soap", "http://localhost/soap", "http://[::1]/soap"])
def test_live_with_an_odin_on_this_machine_is_a_warning(live, url):
    live.ODIN_SERVICE_URL = url
    assert ids(checks.environment(None)) == ["portal.W010"]


def test_the_deployment_check_points_at_sqlite_and_the_folder_broker(settings):
    settings.DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    assert ids(checks.production(None)) == ["portal.W020", "portal.W021"]


class TestGuards:
    """`check --deploy --database default`."""

    pytestmark = pytest.mark.django_db

    def found(self):
        return checks.guarded(None, databases=["default"])

    def test_they_are_all_there(self):
        assert [message for message in self.found() if isinstance(message, Error)] == []

    def test_without_a_database_nothing_is_asked(self):
        assert checks.guarded(None) == []

    def test_one_that_is_missing_is_named(self):
        on = " ON changes_change" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER change_kept{on}")
        error = next(message for message in self.found() if message.id == "portal.E020")
        assert error.msg == "Triggers are missing or switched off: change_kept."

    @pytest.mark.only_on("postgresql")
    def test_one_that_is_switched_off_is_named(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept")
        assert "audit_entry_kept" in self.found()[0].msg

    @pytest.mark.only_on("postgresql")
    def test_the_owner_of_the_tables_is_warned(self):
        assert ids(self.found()) == ["portal.W022", "portal.W023"]
