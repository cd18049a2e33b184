"""The tests' web server: the portal itself, that can be killed at a named place of an order (`tests.faults.worker`)."""

from tests.faults import worker

# isort: split

from backoffice.wsgi import application
from runs import pace
from trading.models import desk

#: Seconds after a call's time limit in which an order may still be under way, and that one waits for its moment: short,
#: so that a test sees them pass.
desk.SPARE_SECONDS, pace.LONGEST = 0.5, 1.5

__all__ = ["application", "worker"]
