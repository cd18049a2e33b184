"""A worker keeps the database connection of each thread from task to task, as long as it is good."""

from unittest.mock import Mock

import pytest
from celery import signals
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from backoffice.celery import app

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("postgresql")]


@pytest.fixture
def run_task():
    """Run something as a worker runs a task: with Celery's own steps before and after, and ours."""
    steps = DjangoWorkerFixup(app)

    def run(work):
        task = Mock(**{"request.is_eager": False})
        steps.on_task_prerun(task)
        signals.task_prerun.send(sender=task, task=task)
        try:
            return work()
        finally:
            steps.on_task_postrun(task)
            signals.task_postrun.send(sender=task, task=task)

    return run


def server_process():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_the_next_task_uses_the_connection_of_the_last(run_task):
    assert run_task(server_process) == run_task(server_process)


def test_the_task_after_a_lost_connection_opens_another(run_task):
    first = run_task(server_process)
    connection.connection.close()
    assert run_task(server_process) != first


def test_a_connection_that_is_too_old_is_not_used_again(run_task):
    first = run_task(server_process)
    connection.close_at = 0
    assert run_task(server_process) != first
