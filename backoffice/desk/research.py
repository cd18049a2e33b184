"""The start page of people who settle what the Connector reports: clients that a run stopped for, and open findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from backoffice.leases import free
from partners.models import ConnectorFinding
from partners.models.baskets import Stage
from runs import monitor
from runs.models import ClientState, RunClient, RunState, with_doubt

#: How many clients are named, and up to how many findings are counted.
SHOWN, COUNTED = 8, 100


@dataclass(frozen=True)
class Research:
    """The panel, the longest waiting first. `findings`: open ones, at most COUNTED.

    `stopped`: clients of open runs who wait for a decision, and all with a line in doubt, even after their run.
    """

    stopped: Sequence[RunClient]
    findings: int
    counted: int = COUNTED


def research() -> Research:
    """Return the panel. Three queries."""
    to_decide = Q(
        state=ClientState.STOPPED,
        run__state=RunState.OPEN,
        run__version__state=Stage.PUBLISHED,
        run__version__valid_until__gt=timezone.now(),
    )
    waiting = RunClient.objects.filter(to_decide | (with_doubt() & free()))
    stopped = monitor.with_lines(waiting.select_related("run__version__basket")).order_by("id")[:SHOWN]
    findings = ConnectorFinding.objects.filter(settled_at=None)[:COUNTED].count()
    return Research(list(stopped), findings)
