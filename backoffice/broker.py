"""What this project changes on the way to the broker.

Connections: Celery waits up to 30 seconds between two tries to reach a broker that is away, and so would everything
after its return. Here it is two.

RabbitMQ without endless waits: py-amqp waits without end for each expected answer (that a message was taken,
that a channel is closed), and so would whoever speaks to a broker that fell silent without closing the connection:
beat, the worker's main loop, the thread that sends wake-ups. Its own `read_timeout` ends no wait.

The filesystem broker without its race: a wake-up appears under its name when it is written whole. Kombu's own transport
creates a message's file under its final name and writes afterwards. A worker that looks in between reads an empty file,
and the error ends the worker. The same holds for an exchange's table while it is made.
"""

import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import kombu
from amqp.exceptions import RecoverableConnectionError
from celery.app.amqp import AMQP as CeleryAMQP
from kombu.exceptions import ChannelError
from kombu.transport import filesystem, pyamqp
from kombu.utils.json import dumps

#: How often, and how long apart (seconds), a table is read again that another process is just writing.
TABLE_READS, TABLE_PAUSE = 20, 0.01
#: Seconds that RabbitMQ has for an answer that is waited for. Who waits for what may come at any time gives its own.
ANSWER_SECONDS = 5
#: Seconds between two tries to reach a broker that is away.
RECONNECT_SECONDS = 2


class Connection(kombu.Connection):
    """A connection whose owner looks often whether the broker is back."""

    def _ensure_connection(
        self,
        errback: Any = None,
        max_retries: int | None = None,
        interval_start: int = RECONNECT_SECONDS,
        interval_step: int = 0,
        interval_max: int = RECONNECT_SECONDS,
        *rest: Any,
        **named: Any,
    ) -> Any:
        times = (interval_start, interval_step, interval_max)
        return super()._ensure_connection(errback, max_retries, *times, *rest, **named)


class AMQP(CeleryAMQP):
    """Celery's way to make connections, with ours."""

    Connection = Connection


class RabbitConnection(pyamqp.Connection):
    """A connection to RabbitMQ that is given up when an answer does not come."""

    def blocking_read(self, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().blocking_read(timeout)
        try:
            return super().blocking_read(ANSWER_SECONDS)
        except TimeoutError:
            self.collect()
            raise RecoverableConnectionError("RabbitMQ gives no answer.") from None


class RabbitTransport(pyamqp.Transport):
    """The transport that `amqp://` stands for in this project."""

    Connection = RabbitConnection


class RabbitSSLTransport(pyamqp.SSLTransport):
    """The transport that `amqps://` stands for in this project."""

    Connection = RabbitConnection


class Channel(filesystem.Channel):
    """A channel on files that are put in place by renaming."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as kombu has it
        folder = Path(self.data_folder_out)
        unfinished = folder / f".unfinished-{uuid.uuid4()}"
        try:
            unfinished.write_text(dumps(payload))
            unfinished.rename(folder / f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"A wake-up cannot be written in {folder}: {error.strerror}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError:  # a damaged file must not end the worker; it is removed already
            raise Empty from None

    def get_table(self, exchange: str) -> Any:
        for _ in range(TABLE_READS):
            try:
                return super().get_table(exchange)
            except ValueError:
                time.sleep(TABLE_PAUSE)
        return super().get_table(exchange)


class Transport(filesystem.Transport):
    """The transport that `filesystem://` stands for in this project."""

    Channel = Channel
