"""The Celery application: `celery -A backoffice.celery`. Its settings stand in `settings.py` under CELERY_."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

# See `broker`: kombu's own filesystem transport can end a worker.
TRANSPORT_ALIASES["filesystem"] = "backoffice.broker:Transport"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("backoffice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
