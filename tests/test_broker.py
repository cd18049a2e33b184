"""A wake-up goes through the broker to a worker, whichever broker it is."""

import pytest
from django.conf import settings
from kombu import Connection

from backoffice.celery import app
from backoffice.wakeups import Work, wake

pytestmark = pytest.mark.broker


@pytest.fixture
def queue():
    """The workers' queue, empty at the start."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with (
        Connection(settings.CELERY_BROKER_URL, transport_options=options) as connection,
        connection.SimpleQueue(app.conf.task_default_queue) as found,
    ):
        found.clear()
        yield found


def test_a_wake_up_arrives_as_json_by_the_name_of_the_task(queue):
    wake(Work.DELIVERIES)
    message = queue.get(timeout=10)
    message.ack()
    assert message.headers["task"] == Work.DELIVERIES
    assert message.content_type == "application/json"


def test_as_many_wake_ups_arrive_as_were_sent(queue):
    wake(Work.DELIVERIES, 3)
    for _ in range(3):
        queue.get(timeout=10).ack()
    with pytest.raises(queue.Empty):
        queue.get(block=False)


def test_the_workers_know_each_task_that_is_sent():
    app.loader.import_default_modules()
    assert {work.value for work in Work} <= set(app.tasks)
