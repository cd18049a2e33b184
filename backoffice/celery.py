"""The Celery application: `celery -A backoffice.celery`. Its settings are in `settings.py` under CELERY_."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES
from structlog.contextvars import clear_contextvars

# See `broker`: kombu's own filesystem transport can end a worker, and the one of RabbitMQ waits without end.
TRANSPORT_ALIASES["filesystem"] = "backoffice.broker:Transport"
TRANSPORT_ALIASES["amqp"] = "backoffice.broker:RabbitTransport"
TRANSPORT_ALIASES["amqps"] = "backoffice.broker:RabbitSSLTransport"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("backoffice", amqp="backoffice.broker:AMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _log_as_the_portal(**_: Any) -> None:
    """Celery's own lines have the shape of all others; its own set-up is left out."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def _forget_the_last_task(**_: Any) -> None:
    """What a task that failed was working on stays with its thread for its last line, and no longer."""
    clear_contextvars()


@task_prerun.connect
@task_postrun.connect
def _keep_good_connections(task: Any, **_: Any) -> None:
    """Keep a thread's database connection from task to task by Django's rules, as the web server does.

    Celery itself would close it after each task, and a new one costs more than most tasks.
    """
    if not task.request.is_eager:
        close_old_connections()
