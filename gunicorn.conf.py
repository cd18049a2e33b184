"""Settings that gunicorn reads at its start: its log lines get the format of all others."""

import gc
from typing import Any

from django.urls import get_resolver

from backoffice.settings import LOGGING

logconfig_dict = LOGGING
# The portal writes a line for each request itself. Where --access-logfile asks for gunicorn's too, it names no address:
# an address may hold a PAN.
access_log_format = "%(h)s %(m)s %(s)s %(B)s bytes %(M)s ms"


def post_worker_init(worker: Any) -> None:
    """Load all pages, and keep what was loaded out of Python's garbage collections.

    A collection would look through all of it, for some 100 ms of processor time every few requests.
    """
    _ = get_resolver().url_patterns
    gc.freeze()
