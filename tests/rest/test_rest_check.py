"""rest_check says in words what is wrong with the settings, and prints no secret."""

import io
import socket

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.rest.conftest import API_KEY, PASSWORD, X_API_KEY


def check(*arguments):
    call_command("rest_check", *arguments)


def test_it_is_off_by_default(settings):
    assert settings.REST_BASE_URL == ""
    with pytest.raises(CommandError, match="REST_BASE_URL is empty"):
        check()


def test_a_good_configuration_is_reached_without_anybodys_password(standin, capsys):
    check()
    assert "is reached and refuses an unknown user" in capsys.readouterr().out
    assert [entry["user_id"] for entry in standin.store.received()] == ["PORTALCHECK"]


def typed(monkeypatch, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_login_goes_through_every_step_and_logs_out(standin, monkeypatch, capsys):
    code = standin.people.keys("DEMO1").totp
    typed(monkeypatch, PASSWORD, code)
    check("--user", "DEMO1")
    said = capsys.readouterr().out
    for words in ("Logged in as DEMO1", "session is valid", "balance was read", "Logged out", "can be used"):
        assert words in said
    assert [entry["call"] for entry in standin.store.received()] == [
        "logout",
        "balance",
        "validate",
        "login",
        "login",
    ]
    for secret in (PASSWORD, code, API_KEY, X_API_KEY):
        assert secret not in said


def test_it_logs_out_after_a_balance_that_failed(standin, monkeypatch):
    typed(monkeypatch, PASSWORD, standin.people.keys("DEMO1").totp)
    standin.faults.add("unavailable", call="balance")
    with pytest.raises(CommandError, match="balance could not be read"):
        check("--user", "DEMO1")
    assert standin.store.received()[0]["call"] == "logout"


def test_a_wrong_password_is_said_and_not_printed(standin, monkeypatch):
    typed(monkeypatch, "wrong-word", "000000")
    with pytest.raises(CommandError, match="Refused: e-101 Invalid user id or password") as raised:
        check("--user", "DEMO1")
    assert "wrong-word" not in str(raised.value)


def test_a_wrong_path_is_told_from_a_wrong_key_and_from_a_wrong_password(standin, settings):
    settings.REST_PATHS = {"login": ("POST", "/authentication/v7/user/session")}
    with pytest.raises(
        CommandError, match=r"Wrong setting: The gateway has no POST at this path.*REST_PATHS"
    ):
        check()
    settings.REST_PATHS = {}
    settings.REST_X_API_KEY = "another-key"
    with pytest.raises(CommandError, match=r"Wrong setting: The gateway refuses the key.*REST_X_API_KEY"):
        check()


def test_what_cannot_be_reached_is_said_with_its_setting(configured):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    configured(f"http://127.0.0.1:{port}/interactive")
    with pytest.raises(CommandError, match=r"Not sent: .*nothing answers at its address.*REST_BASE_URL"):
        check()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>", "Unknown: The answer is not JSON"),
        (
            200,
            {"status": "success", "data": {"access_token": "eyJhbGciOiJIUzI1NiJ9.x"}},
            "a user that does not exist",
        ),
        (302, b"", "Unknown: .*REST_BASE_URL"),
        (404, b"", "Wrong setting: .*REST_PATHS"),
        (403, b"<html>", "Refused: The gateway refused"),
        (429, b"", "Too many calls"),
        (503, b"", "Unknown: The service failed with HTTP status 503"),
    ],
)
def test_other_answers(raw, status, body, words):
    raw.says(status, body)
    with pytest.raises(CommandError, match=words):
        check()
