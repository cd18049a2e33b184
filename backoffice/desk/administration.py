"""What an administrator looks at first: open changes of staff and rules, who is logged in, and background work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from backoffice.changes.deciders import visible_to
from backoffice.changes.kinds import KINDS, title
from backoffice.changes.models import Change, State
from backoffice.delivery import gate
from backoffice.logins.models import Session

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: So many open changes are named.
SHOWN = 8


@dataclass(frozen=True)
class Administration:
    """The panel. `open_changes`: of rights and rules, by title, one's own among them.

    `swept_at`: when a worker last did what beat asks for each second; `late`: whether that is too long ago.
    """

    open_changes: Sequence[tuple[str, Change]]
    sessions: int
    swept_at: datetime | None
    late: bool


def administration(user: "User", now: datetime) -> Administration:
    """What an administrator looks at first, now. Three queries."""
    kinds = [kind for kind in visible_to(user) if KINDS[kind].guards_portal]
    waiting = Change.objects.filter(state=State.SUBMITTED, result="", kind__in=kinds).select_related(
        "made_by"
    )
    row = gate.state()
    return Administration(
        open_changes=[(title(change.kind), change) for change in waiting.order_by("pk")[:SHOWN]],
        sessions=Session.objects.filter(expire_date__gt=now, user__isnull=False).count(),
        swept_at=row.swept_at,
        late=gate.sweeps_are_late(row),
    )
