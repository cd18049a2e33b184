"""A missing or senseless value is named at start, in a sentence, without showing a secret."""

import re
import runpy
from datetime import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.delivery.tasks import DRAIN_SECONDS
from backoffice.odin.questions import ASK_SECONDS
from backoffice.odin.reading import TRIES
from tools.prepare import ROOT


@pytest.fixture
def read(monkeypatch):
    """Reads the settings with some variables changed; None takes a variable away."""

    def read_with(**variables):
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "backoffice" / "settings.py"))

    # A developer's .env must not fill in what a test took away.
    monkeypatch.setattr("environ.Env.read_env", lambda *args, **options: None)
    return read_with


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "PORTAL_SEAL_KEYS",
        "ODIN_SERVICE_URL",
        "ODIN_WSDL_URL",
        "ODIN_DEALER_ID",
        "ODIN_DEALER_PASSWORD",
        "ODIN_PASSWORD_KEY",
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named_with_an_example(read, name, value):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is not set\. .* for example .+"):
        read(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", "perhaps", "must be true or false"),
        ("PORTAL_ENVIRONMENT", "PROD", "must be one of DEMO, UAT, LIVE"),
        ("PORTAL_SEAL_KEYS", "c2hvcnQ=", "key 1 is not a Fernet key"),
        ("DATABASE_URL", "mysql://a:b@c/d", "names no database that the portal runs on"),
        ("DATABASE_URL", "portal", "names no database that the portal runs on"),
        ("DATABASE_URL", "postgres://a:b@c:5432/", "names no database"),
        ("DATABASE_URL", "postgres://a:b@c:port/d", "cannot be read"),
        ("CELERY_BROKER_URL", "kafka://a:b@c", "names no broker that the portal knows"),
        ("ODIN_SERVICE_URL", "odin.example/soap", "is not an http or https address"),
        ("ODIN_WSDL_URL", "file:///etc/passwd", "is not an http or https address"),
        ("ODIN_PASSWORD_MODE", "GCM", "must be one of CBC, ECB"),
        ("ODIN_PASSWORD_PADDING", "PKCS5", "must be one of PKCS7, ZERO"),
        ("ODIN_OPERATIONS", "301=Create", "is not TYPE:OperationName"),
        ("ODIN_CLIENT_IP", "localhost", "must be an IP address"),
        ("ODIN_READ_TIMEOUT", "soon", "must be a number from 0.1 to 300"),
        ("ODIN_READ_TIMEOUT", "nan", "must be a number"),
        ("DELIVERY_MAX_ATTEMPTS", "0", "must be a number from 1 to 100"),
        ("SENDING_HOURS", "8-18", "must be two times as HH:MM-HH:MM, for example 08:00-18:00"),
        ("SENDING_HOURS", "18:00-08:00", "the second time must be later"),
        ("SENDING_HOURS", "08:00-24:00", "must be two times"),
        ("SENDING_DAYS", "Mon-Fry", "Write days as Mon, Tue"),
        ("SENDING_DAYS", "Fri-Mon", "runs backwards"),
        ("DELIVERY_LEASE_SECONDS", "20", "must be longer than ODIN_TOTAL_TIMEOUT"),
        ("LOG_LEVEL", "LOUD", "must be one of DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_senseless_value_is_named_with_what_would_do(read, name, value, words):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}.*{words}"):
        read(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_SEAL_KEYS", "hidden-key"),
        ("DATABASE_URL", "mysql://portal:hidden-key@db/portal"),
        ("CELERY_BROKER_URL", "kafka://portal:hidden-key@broker"),
    ],
)
def test_a_secret_is_not_shown_when_it_is_wrong(read, name, value):
    with pytest.raises(ImproperlyConfigured) as told:
        read(**{name: value})
    assert "hidden-key" not in str(told.value)


def test_the_broker_and_the_database_are_chosen_by_environment(read):
    found = read(
        DATABASE_URL="postgres://portal:pw@db.example:5433/portal",
        CELERY_BROKER_URL="redis://broker.example:6379/0",
    )
    database = found["DATABASES"]["default"]
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == (
        "django.db.backends.postgresql",
        "db.example",
        5433,
    )
    assert found["CELERY_BROKER_URL"] == "redis://broker.example:6379/0"


def test_sending_hours_and_days_are_read_and_empty_by_default(read):
    found = read(SENDING_HOURS="08:00-18:30", SENDING_DAYS="Mon-Wed,Sat")
    assert found["SENDING_HOURS"] == (time(8), time(18, 30))
    assert found["SENDING_DAYS"] == {0, 1, 2, 5}
    found = read(SENDING_HOURS=None, SENDING_DAYS=None)
    assert (found["SENDING_HOURS"], found["SENDING_DAYS"]) == (None, frozenset())


def test_operation_names_are_read_by_message_type(read):
    assert read(ODIN_OPERATIONS="301:CreateUser, 320:ChangeUser")["ODIN_OPERATIONS"] == {
        301: "CreateUser",
        320: "ChangeUser",
    }


MAIL = {
    "EMAIL_HOST": "smtp.example",
    "EMAIL_FROM": "portal@broker.example",
    "PORTAL_URL": "https://portal.example",
    "EMAIL_HOST_USER": "portal",
    "EMAIL_HOST_PASSWORD": "hidden-key",
}


def test_e_mail_is_off_until_a_mail_server_is_set(read):
    assert read()["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
    found = read(**MAIL)
    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"], found["EMAIL_PORT"]) == (True, False, 587)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("EMAIL_FROM", None, "must be an e-mail address"),
        ("EMAIL_FROM", "The portal <portal@broker.example>", "must be an e-mail address"),
        ("PORTAL_URL", None, "is not set, and EMAIL_HOST is"),
        ("PORTAL_URL", "http://portal.example", "must be an https address"),
        ("EMAIL_HOST_PASSWORD", None, "go together"),
        ("EMAIL_SECURITY", "ssl", "must be one of starttls, tls, none"),
        ("EMAIL_SECURITY", "none", "in the clear"),
        ("EMAIL_PORT", "smtp", "must be a number from 1 to 65535"),
        ("NOTICE_DIGEST_AT", "9 o'clock", "must be a time as HH:MM"),
    ],
)
def test_a_mail_setting_that_makes_no_sense_is_named(read, name, value, words):
    with pytest.raises(ImproperlyConfigured, match=words) as said:
        read(**{**MAIL, name: value})
    assert name in str(said.value)
    assert "hidden-key" not in str(said.value)


@pytest.mark.parametrize(("environment", "https"), [("DEMO", False), ("UAT", True), ("LIVE", True)])
def test_only_the_demonstration_goes_without_https(read, environment, https):
    found = read(PORTAL_ENVIRONMENT=environment)
    assert (found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"], found["SECURE_SSL_REDIRECT"]) == (
        https,
    ) * 3


@pytest.mark.parametrize(("total", "lease"), [("30", "60"), ("80", "90"), ("300", "301"), ("20", "3600")])
def test_no_task_that_waits_for_odin_is_cut_by_celery_however_long_calls_may_take(read, total, lease):
    found = read(ODIN_TOTAL_TIMEOUT=total, DELIVERY_LEASE_SECONDS=lease)
    call, soft = found["ODIN_TOTAL_TIMEOUT"], found["CELERY_TASK_SOFT_TIME_LIMIT"]
    logon_and_call = 2 * call
    assert soft > DRAIN_SECONDS + call + found["DELIVERY_LEASE_SECONDS"]
    assert soft > ASK_SECONDS + TRIES * logon_and_call
    assert found["CELERY_TASK_TIME_LIMIT"] > soft + call


def test_every_variable_is_in_the_example_file():
    source = (ROOT / "backoffice" / "settings.py").read_text()
    names = set(re.findall(r'\b(?!CELERY_|setdefault)\w+\(\s*"([A-Z]+(?:_[A-Z]+)*)"', source))
    shown = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert len(names) > 20
    assert names == shown


def test_the_example_file_lacks_only_what_everybody_must_fill_in(read):
    example = (line.partition("=") for line in (ROOT / ".env.example").read_text().splitlines())
    given = {name: value for name, _, value in example if name and not name.startswith("#")}
    missing = [name for name, value in given.items() if not value]
    assert missing == ["SECRET_KEY", "PORTAL_SEAL_KEYS", "ODIN_DEALER_PASSWORD", "ODIN_PASSWORD_KEY"]
    read(**{name: value for name, value in given.items() if value})
