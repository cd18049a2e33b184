"""A client pointed to a raw server, whose every byte a test chooses; a stand-in over real HTTP; a session."""

import json
import socket
import threading
import urllib.request
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from backoffice.protocol.secret import SecretText
from backoffice.rest import client
from backoffice.rest.api.answers import LoginRow
from backoffice.rest.api.session import Session
from standins.rest import RestStandIn

API_KEY, X_API_KEY, PROFILE_KEY = "apikey-in-the-body-1", "xapikey-in-the-header-2", "0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySUQiOiJERU1PMSJ9.c2lnbmF0dXJl"
PASSWORD = "Demo#2026"


@pytest.fixture
def configured(settings):
    """REST settings for a base address."""

    def configure(base, **changed):
        values = {
            "BASE_URL": base,
            "API_KEY": API_KEY,
            "X_API_KEY": X_API_KEY,
            "PROFILE_KEY": PROFILE_KEY,
            "SECOND_FACTORS": ["TOTP", "OTP", "FINGERPRINT", "REGISTER"],
            "CONNECT_TIMEOUT": 1.0,
            "TOTAL_TIMEOUT": 5.0,
            **changed,
        }
        for name, value in values.items():
            setattr(settings, f"REST_{name}", value)

    return configure


@pytest.fixture
def standin(configured):
    with RestStandIn(api_key=API_KEY, x_api_key=X_API_KEY, profile_key=PROFILE_KEY) as standin:
        configured(standin.base)
        yield standin


@pytest.fixture
def logged_in(standin):
    """A session of DEMO1 at the stand-in."""
    result = client.login(credentials(standin))
    assert result.session, result.outcome.words
    return result.session


def credentials(standin, user="DEMO1", **changed):
    code = standin.people.keys(user).totp
    return {
        "user_id": user,
        "password": SecretText(PASSWORD),
        "second_auth_type": "TOTP",
        "second_auth": SecretText(code),
        **changed,
    }


@pytest.fixture
def session():
    """A session that no service opened."""
    return Session(SecretText(TOKEN), "DEMO1", timezone.now() + timedelta(hours=8), LoginRow({}))


class RawServer:
    """Reads requests and does with each connection what `answer` says. `requests` has each request's bytes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}/interactive"
        self.requests = []
        self.answer = lambda connection: None
        self.pages = []
        threading.Thread(target=self._serve, daemon=True).start()

    def says(self, status, body, *headers):
        """Answer every request with a status and a body: bytes, text, or data as JSON."""
        self.answer = lambda connection: connection.sendall(http(status, body, *headers))

    def says_pages(self, *bodies):
        """Answer one request after the other; the last body again for every more."""
        left = list(bodies)

        def answer(connection):
            connection.sendall(http(200, left.pop(0) if len(left) > 1 else left[0]))

        self.answer = answer

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with connection:
            connection.settimeout(10)
            try:
                if request := whole_request(connection):
                    self.requests.append(request)
                    self.answer(connection)
            except OSError:
                pass


def whole_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http(status, body, *headers):
    raw = (
        body
        if isinstance(body, bytes)
        else body.encode()
        if isinstance(body, str)
        else json.dumps(body).encode()
    )
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + raw


@pytest.fixture
def raw(configured):
    server = RawServer()
    configured(server.base)
    yield server
    server.listener.close()


def post(standin, path, **given):
    """Control the stand-in over HTTP."""
    body = json.dumps(given).encode()
    request = urllib.request.Request(f"{standin.home}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def order(**changed):
    """A limit order that RMS lets pass and the market does not fill."""
    return {
        "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 900001},
        "transaction_type": "BUY",
        "product_type": "INTRADAY",
        "order_type": "RL",
        "quantity": 5,
        "price": "90.05",
        "order_identifier": client.new_identifier(),
        **changed,
    }


def at(hour, minute=0):
    """A moment of 1 July 2026 in Kolkata."""
    from backoffice.rest.api.times import KOLKATA

    return datetime(2026, 7, 1, hour, minute, tzinfo=KOLKATA)
