"""The last days of the audit trail at a glance: which are sealed, verified, or deleted after their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from backoffice.audit.models import Check, Pruning, Seal
from backoffice.kit.formats import INDIA, indian

#: How many days are shown, today included; and how many seals are read, one a minute.
DAYS = 28
MOST_SEALS = DAYS * 24 * 60
#: What a day can be, with its tone, from best to worst known.
STATES = {"verified": "good", "sealed": "info", "deleted": "idle", "no entries": ""}


@dataclass(frozen=True)
class Day:
    """One day: its state, a tone, and the whole in words."""

    at: date
    state: str
    tone: str
    words: str


@dataclass(frozen=True)
class Days:
    """The strip of days. `unbroken_since` is when the first seal was made, where the newest verification found no
    fault; `verified_at` is when that ended.
    """

    days: Sequence[Day]
    unbroken_since: datetime | None
    verified_at: datetime | None

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The states that come up, with their tones."""
        return [(state, tone) for state, tone in STATES.items() if any(d.state == state for d in self.days)]


def last_days(last: Seal | None, pruning: Pruning | None) -> Days:
    """The last days, in four queries at most. `last` is the newest seal, `pruning` the newest deletion."""
    today = timezone.localdate()
    newest = last.number if last else 0
    rows = (
        Seal.objects.filter(number__gt=newest - MOST_SEALS)
        .order_by()
        .values_list(TruncDate("at", tzinfo=INDIA))
        .annotate(Max("number"), Sum("count"))
    )
    found = {day: (number, count) for day, number, count in rows}
    check = Check.objects.filter(ended_at__isnull=False).first()
    good = check if check and not check.fault and check.head else None
    verified = int(good.head.partition(":")[0]) if good else 0
    deleted = pruning.seal_number if pruning else 0
    days = []
    for back in range(DAYS - 1, -1, -1):
        at = today - timedelta(days=back)
        number, count = found.get(at, (0, 0))
        state = "no entries"
        if number:
            state = "deleted" if number <= deleted else "verified" if number <= verified else "sealed"
        words = f"{at:%d-%m-%Y}: {state}"
        if count:
            words += f", {indian(count, places=0)} {'entry' if count == 1 else 'entries'}"
        days.append(Day(at, state, STATES[state], words))
    first = Seal.objects.filter(number=1).defer("digests").first() if good else None
    return Days(days, first.at if first else None, good.ended_at if good else None)
