"""The tests' web server: the portal itself, that can be killed at a named place of an order (`tests.faults.worker`)."""

from tests.faults import worker

# isort: split

from backoffice.wsgi import application
from trading.models import desk

#: Seconds after a call's time limit in which an order may still be under way; short, so that a test sees it pass.
desk.SPARE_SECONDS = 0.5

__all__ = ["application", "worker"]
