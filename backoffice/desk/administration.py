"""The start page of administrators: open changes of staff and rules, sessions, and background work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.changes.deciders import visible_to
from backoffice.changes.kinds import KINDS, title
from backoffice.changes.models import Change, State
from backoffice.delivery import gate
from backoffice.kit.formats import INDIA, midnight
from backoffice.logins.models import Session, User
from backoffice.staff import links
from backoffice.staff.models import PasswordLink

#: How many of each are named.
SHOWN = 8
#: The actions of audit entries on refused sign-ins.
REFUSED = ("staff.login_failed", "staff.locked_out")


@dataclass(frozen=True)
class Administration:
    """The panel. `open_changes`: of rights and rules, by title, including one's own.

    `refused`: the newest refused sign-ins of today. `links`: password links that this person may show.
    `newcomers`: people who may log in and never did. `swept_at`: when a worker last did a sweep; `late`:
    whether that is too long ago.
    """

    open_changes: Sequence[tuple[str, Change]]
    refused: Sequence[Entry]
    links: Sequence[PasswordLink]
    newcomers: Sequence[User]
    sessions: int
    swept_at: datetime | None
    late: bool


def administration(user: User, now: datetime) -> Administration:
    """Return the panel. Six queries."""
    kinds = [kind for kind in visible_to(user) if KINDS[kind].guards_portal]
    waiting = Change.objects.filter(state=State.SUBMITTED, result="", kind__in=kinds).select_related(
        "made_by"
    )
    row = gate.state()
    return Administration(
        open_changes=[(title(change.kind), change) for change in waiting.order_by("pk")[:SHOWN]],
        refused=list(
            Entry.objects.filter(
                action__in=REFUSED, at__gte=midnight(timezone.localdate(now, INDIA))
            ).order_by("-at", "-pk")[:SHOWN]
        ),
        links=list(links.all_waiting(user)[:SHOWN]),
        newcomers=list(
            User.objects.filter(is_active=True, last_login=None).exclude(pk=user.pk).order_by("pk")[:SHOWN]
        ),
        sessions=Session.objects.filter(expire_date__gt=now, user__isnull=False).count(),
        swept_at=row.swept_at,
        late=gate.sweeps_are_late(row),
    )
