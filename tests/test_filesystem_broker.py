"""The filesystem broker: no worker may ever read a wake-up that is only half written."""

import threading
from contextlib import suppress
from queue import Empty

import pytest
from kombu import Connection, Queue

import backoffice.celery  # noqa: F401  (installs the transport)

QUEUE = Queue("wakeups", routing_key="wakeups")


@pytest.fixture
def connection(tmp_path):
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("filesystem://localhost", transport_options=options) as connection:
        yield connection


def test_a_reader_that_races_the_writer_gets_every_wake_up_whole(connection, tmp_path):
    channel = connection.channel()
    got, wanted = [], 2000

    def write():
        writer = connection.clone().channel()
        for number in range(wanted):
            writer._put("wakeups", {"number": number})

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive() or list(tmp_path.glob("queue/*.msg")):
        with suppress(Empty):
            got.append(channel._get("wakeups")["number"])
    thread.join()
    assert sorted(got) == list(range(wanted))


def test_a_damaged_wake_up_is_taken_away_and_does_not_end_the_worker(connection, tmp_path):
    (tmp_path / "queue" / "1_x.wakeups.msg").write_text("")
    channel = connection.channel()
    with pytest.raises(Empty):
        channel._get("wakeups")
    assert not list((tmp_path / "queue").iterdir())


def test_a_message_goes_through_a_declared_queue(connection):
    with connection.Producer() as producer:
        producer.publish({"wake": "up"}, routing_key="wakeups", declare=[QUEUE])
    message = QUEUE(connection.channel()).get(no_ack=True)
    assert message.payload == {"wake": "up"}
