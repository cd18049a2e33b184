"""A caller that types its requests by hand: nothing of the client is used here."""

import http.client
import json
import socket
from dataclasses import dataclass, field

import pytest

from standins.rest import RestStandIn

API_KEY, X_API_KEY = "stand-in-api-key", "stand-in-x-key"
PASSWORD = "Demo#2026"
BASE = "/interactive"
SESSION = f"{BASE}/authentication/v1/user/session"
ORDERS = f"{BASE}/transactional/v1/orders"
#: An order that the market does not fill.
ORDER = {
    "scrip_info": {"exchange": "NSE_EQ", "scrip_token": 900001},
    "transaction_type": "BUY",
    "product_type": "INTRADAY",
    "order_type": "RL",
    "quantity": 3,
    "price": 90,
    "trigger_price": 0,
    "disclosed_quantity": 0,
    "validity": "DAY",
    "validity_days": 0,
    "is_amo": False,
    "order_identifier": "AAAA0001",
}


@dataclass
class Caller:
    standin: RestStandIn
    token: str = ""
    headers: dict = field(
        default_factory=lambda: {"Content-Type": "application/json", "x-api-key": X_API_KEY}
    )

    def call(self, method, path, body=None, **headers):
        """Status and answer; JSON where it is JSON."""
        connection = http.client.HTTPConnection(self.standin.host, self.standin.port, timeout=10)
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given = {
            **self.headers,
            **token,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in given.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(data or b"")))
        connection.endheaders(data or b"")
        answer = connection.getresponse()
        raw = answer.read()
        self.answer_headers = answer.headers
        connection.close()
        try:
            return answer.status, json.loads(raw)
        except ValueError:
            return answer.status, raw

    def credentials(self, **changed):
        keys = self.standin.people.keys("DEMO1")
        return {
            "user_id": "DEMO1",
            "login_type": "PASSWORD",
            "password": PASSWORD,
            "second_auth_type": "TOTP",
            "second_auth": keys.totp,
            "api_key": API_KEY,
            "source": "WEBAPI",
            **changed,
        }

    def login(self, **changed):
        status, answer = self.call("POST", SESSION, self.credentials(**changed))
        assert (status, answer["status"]) == (200, "success"), answer
        self.token = answer["data"]["access_token"]
        return answer["data"]

    def place(self, **changed):
        return self.call("POST", f"{ORDERS}/regular", {**ORDER, **changed})

    def book(self, query="offset=1&limit=100&orderStatus=-1"):
        return self.call("GET", f"{ORDERS}?{query}")[1]


@pytest.fixture
def standin():
    with RestStandIn(api_key=API_KEY, x_api_key=X_API_KEY, profile_key="0123456789abcdef") as running:
        yield running


@pytest.fixture
def caller(standin):
    return Caller(standin)


@pytest.fixture
def trader(caller):
    caller.login()
    return caller


def refused_port():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]
