"""What a log line contains, and what it must not."""

import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.test import Client
from django.urls import include, path
from structlog.contextvars import bind_contextvars, clear_contextvars

from backoffice.changes.models import Change
from backoffice.delivery.sending import drain
from backoffice.logs import Lines
from tests.factories import ChangeFactory

HOSTILE = 'two\nlines\r\x1b[2J\x85\u2028and "quotes" \\ 4=0xS3CRET|207=S3CRET|end'


def fail(request, what):
    raise ValueError("the PAN ABCPT1234A is somebody else's")


urlpatterns = [path("fail/<str:what>/", fail), path("", include("backoffice.urls"))]


@pytest.fixture(autouse=True)
def _no_ids_of_another_test():
    clear_contextvars()
    yield
    clear_contextvars()


def line(shape, *args, error=None, **extra):
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("some.library").makeRecord(
        "some.library", logging.WARNING, __file__, 1, *args[:1], args[1:], info, extra=extra
    )
    return Lines(shape).format(record)


def raised(call):
    try:
        call()
    except Exception:
        return sys.exc_info()[1]


def test_a_line_is_an_object_with_the_time_the_words_and_the_ids_of_what_is_worked_on():
    bind_contextvars(request_id="abc", delivery_id=7, change_id=3, batch_id=2)
    read = json.loads(line("json", "Message %d: answered.", 301, status=200))
    assert read.pop("time").endswith("Z")
    assert read.pop("worker").rpartition(":")[2].isdigit()
    ids = {"request_id": "abc", "delivery_id": 7, "change_id": 3, "batch_id": 2}
    words = {"level": "warning", "event": "Message 301: answered.", "logger": "some.library", "status": 200}
    assert read == words | ids


@pytest.mark.parametrize("shape", ["json", "console"])
def test_hostile_text_stays_on_its_line_and_loses_its_secrets(shape):
    text = line(shape, "ODIN says %s", HOSTILE, route=HOSTILE)
    assert len(text.splitlines()) == 1
    assert not {"\x1b", "\x85", "\u2028", "\n", "\r"} & set(text)
    assert "S3CRET" not in text
    assert "quotes" in text


@pytest.mark.parametrize("shape", ["json", "console"])
def test_an_error_is_its_type_and_place_and_not_its_words(shape):
    def inner():
        raise KeyError("ABCPT1234A")

    def outer():
        try:
            inner()
        except KeyError as error:
            raise ValueError("Key (pan)=(ABCPT1234A) exists") from error

    error = raised(outer)
    text = line(shape, "Task failed: %r, that is %s", error, error.__cause__, error=error)
    assert "ABCPT1234A" not in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert f"{__file__}:" in text
    assert text.count("test_logs.py") >= 3


def test_a_line_keeps_its_first_ten_thousand_characters():
    read = json.loads(line("json", "x" * 20_000))
    assert len(read["event"]) == 10_000


def test_what_a_library_hands_over_beside_its_words_is_left_out():
    assert "ABCPT1234A" not in line("json", "Task failed", data={"args": "ABCPT1234A"}, values="ABCPT1234A")


@pytest.mark.urls("tests.test_logs")
def test_an_address_that_was_asked_for_is_the_pattern_of_its_page(client, db, capsys, settings):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines("json"))
    logging.getLogger().addHandler(handler)
    try:
        client.raise_request_exception = False
        client.get("/fail/ABCPT1234A/?pan=ABCPT1234A")
        client.get("/nowhere/ABCPT1234A/")
    finally:
        logging.getLogger().removeHandler(handler)
    printed = capsys.readouterr().out
    assert "ABCPT1234A" not in printed
    lines = [json.loads(text) for text in printed.splitlines() if text.startswith("{")]
    answered = [found for found in lines if found["event"] == "Request answered."]
    assert [(found["route"], found["status"]) for found in answered] == [
        ("/fail/<str:what>/", 500),
        ("(no page)", 404),
    ]
    for found in answered:
        assert {other["request_id"] for other in lines if other["event"].startswith("Internal")} <= {
            answered[0]["request_id"]
        }
        assert len(found["request_id"]) == 32


ESCAPED = [
    "/nowhere/%E0%A4%85ABCPT1234A/",
    "/n/%EF%BC%A1ABCPT1234A%00/",
    "/n/%0AABCPT1234A/",
    "/n/\\ABCPT1234A/",
]


@pytest.mark.parametrize("address", ESCAPED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_in_another_script_is_no_more_in_a_line_than_others(db, capsys, address, method):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines("json"))
    logging.getLogger().addHandler(handler)
    try:
        client = Client(enforce_csrf_checks=True)
        getattr(client, method)(
            f"{address}?pan=%E0%A4%85ABCPT1234A", headers={"origin": "https://ABCPT1234A.example"}
        )
        client.get(address, headers={"host": "ABCPT1234A.example"})
    finally:
        logging.getLogger().removeHandler(handler)
    printed = capsys.readouterr().out
    assert '"logger": "django.' in printed
    assert "BCPT1234" not in printed.upper()


def test_the_web_server_names_no_address_either():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "backoffice.wsgi",
        "--no-control-socket",
        "--access-logfile=-",
    ]
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [*command, f"--bind=127.0.0.1:{port}"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            for request in (
                b"GET /nowhere/\xe0\xa4\x85ABCPT1234A/?pan=ABCPT1234A HTTP/1.1",
                b"GET /nowhere/%E0%A4%85ABCPT1234A/ HTTP/1.1",
                b"GET /users/HO/%E0%A4%85ABCPT1234A/?q=ABCPT1234A HTTP/1.1",
                b"GET /ABCPT1234A and more HTTP/1.1",
                b"ABCPT1234A / HTTP/9.9",
                b"GET / HTTP/1.1\r\nABCPT1234A : x",
            ):
                answered(
                    port,
                    request + b"\r\nHost: localhost\r\nReferer: /ABCPT1234A\r\nConnection: close\r\n\r\n",
                )
        finally:
            server.terminate()
            printed = server.stdout.read()
    assert printed.count("Request answered.") >= 1
    assert "Invalid request from ip=" in printed
    assert "ABCPT1234A" not in printed


def answered(port, request):
    """Send a request once the server listens, and wait for all of its answer."""
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                while connection.recv(65536):
                    pass
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("The server never listened.")


@pytest.mark.django_db(transaction=True)
def test_the_lines_of_a_delivery_name_it_its_change_and_the_request_that_approved_it(odin, approved, capsys):
    delivery = approved(user_id="NEW001", group_id="HO")
    Change.objects.filter(pk=delivery.change_id).update(request_id="f" * 32)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines("json"))
    logging.getLogger("backoffice").addHandler(handler)
    try:
        drain(5)
        logging.getLogger("backoffice").info("Something else.")
    finally:
        logging.getLogger("backoffice").removeHandler(handler)
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text.startswith("{")]
    ids = {"delivery_id": delivery.pk, "change_id": delivery.change_id, "request_id": "f" * 32}
    of_it = [found["event"] for found in lines if ids.items() <= found.items()]
    assert any(event.startswith("Message 301: answered after") for event in of_it)
    assert "Attempt 1 of message 301: applied." in of_it
    assert "delivery_id" not in lines[-1]


def test_an_approval_keeps_the_id_of_its_request(client, checker, settings):
    change = ChangeFactory(subject="HO/NEW001", message_values={})
    client.force_login(checker)
    answer = client.post(
        f"/changes/{change.pk}/reject/", {"reason": "No form", "content_hash": change.content_hash}
    )
    change.refresh_from_db()
    assert change.state == "rejected"
    assert change.request_id == answer["X-Request-ID"]
