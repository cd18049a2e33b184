"""The start page of people who settle what the Connector reports: clients that a run stopped for, and open findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from partners.models import ConnectorFinding
from partners.models.baskets import Stage
from runs import monitor
from runs.models import ClientState, RunClient, RunState

#: How many clients are named, and up to how many findings are counted.
SHOWN, COUNTED = 8, 100


@dataclass(frozen=True)
class Research:
    """The panel. `stopped`: clients of open runs, the longest waiting first. `findings`: open ones, at most COUNTED."""

    stopped: Sequence[RunClient]
    findings: int
    counted: int = COUNTED


def research() -> Research:
    """Return the panel. Three queries."""
    waiting = RunClient.objects.filter(
        state=ClientState.STOPPED,
        run__state=RunState.OPEN,
        run__version__state=Stage.PUBLISHED,
        run__version__valid_until__gt=timezone.now(),
    ).select_related("run__version__basket")
    stopped = monitor.with_lines(waiting).order_by("id")[:SHOWN]
    findings = ConnectorFinding.objects.filter(settled_at=None)[:COUNTED].count()
    return Research(list(stopped), findings)
