"""The servers that the fault test kills come back, however hard that is."""

import socket
import threading
from random import Random

import pytest

from tests.faults import servers
from tests.faults.installation import Installation
from tests.faults.mishaps import MISHAPS, Mishaps
from tests.faults.servers import RabbitMQ, Redis, free_port

pytestmark = pytest.mark.slow

needs_redis = pytest.mark.skipif(
    Redis.program() is None, reason="needs Redis's program (Debian: apt-get install redis-server)"
)
needs_rabbitmq = pytest.mark.skipif(
    RabbitMQ.program() is None, reason="needs RabbitMQ's program (Debian: apt-get install rabbitmq-server)"
)


@pytest.fixture
def mishaps_of(tmp_path):
    """Mishaps that befall a broker only."""
    with Installation(tmp_path, {}) as installation:
        installation.start("stand-in", "sleep", "600")

        def of(broker):
            return Mishaps(
                Random(1),
                installation,
                odin_url="http://127.0.0.1:9",
                workers={},
                database=None,
                broker=broker,
                only=[],
            )

        yield of


@needs_redis
def test_a_server_whose_port_is_taken_for_a_while_comes_back():
    with Redis() as redis:
        redis.crash()
        taken = socket.create_server(("127.0.0.1", redis.port))
        threading.Timer(1.5, taken.close).start()
        redis.bring_back()
        assert not redis.ended()


@needs_redis
def test_a_server_that_never_comes_back_is_an_error_in_the_end(monkeypatch):
    monkeypatch.setattr(servers, "PAUSE", 0.0)
    with Redis() as redis:
        redis.crash()
        with (
            socket.create_server(("127.0.0.1", redis.port)),
            pytest.raises(RuntimeError, match="Another process has the port"),
        ):
            redis.bring_back()


@needs_redis
def test_a_crash_while_a_server_starts_waits_for_it(mishaps_of):
    with Redis() as redis:
        mishaps = mishaps_of(redis)
        for _ in range(3):
            MISHAPS["broker_restarted"][1](mishaps)
            redis.bring_back()
        mishaps.put_right()
        assert redis.listens()


@needs_rabbitmq
def test_a_rabbitmq_that_did_not_come_back_in_time_is_started_again(mishaps_of, monkeypatch):
    with RabbitMQ() as rabbit:
        mishaps = mishaps_of(rabbit)
        started = servers.STARTED
        monkeypatch.setattr(servers, "STARTED", 1.0)  # less than any RabbitMQ takes
        rabbit.crash()
        with pytest.raises(RuntimeError):
            rabbit.start()
        monkeypatch.setattr(servers, "STARTED", started)
        rabbit.forget()
        mishaps.put_right()
        assert rabbit.listens()


def test_no_outgoing_connection_gets_the_port_of_a_server():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as range_:
        lowest = int(range_.read().split()[0])
    assert all(free_port() < lowest for _ in range(50))
