"""A gateway to a stand-in with short deadlines, and small servers that answer wrongly."""

import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager

import pytest

from backoffice.config import OdinConfig
from backoffice.odin.gateway import Gateway
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.reads import PeriodicityList
from backoffice.protocol.wire import Header, encode
from standins.odin import StandIn

PASSWORD, KEY = "Dealer42", "0123456789abcdef"


@pytest.fixture
def standin():
    with StandIn(password=PASSWORD, key=KEY) as standin:
        yield standin


def config_for(endpoint, wsdl, **changed):
    return OdinConfig(
        **{
            "service_url": endpoint,
            "wsdl_url": wsdl,
            "dealer_id": "RESERVEDPG",
            "dealer_password": SecretText(PASSWORD),
            "password_key": SecretText(KEY),
            "password_mode": "CBC",
            "password_padding": "PKCS7",
            "operations": {},
            "connect_timeout": 2.0,  # a busy machine may take a second
            "read_timeout": 0.5,
            "total_timeout": 2.0,
            **changed,
        }
    )


@pytest.fixture
def gateway(standin):
    return Gateway(config_for(standin.endpoint, f"{standin.url}?singleWsdl"))


def message(session="nobody"):
    """A 318, which the stand-in answers whatever the session is."""
    return encode(PeriodicityList, {}, Header("RESERVEDPG", SecretText(session)))


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]):
    """A server that reads a request and then does `answer` with the connection; gives its port and what it got."""
    listener = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    got.append(connection.recv(65536))
                    answer(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        listener.close()
