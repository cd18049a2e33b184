"""The dealer session of the last days on a time axis: when it existed, logons, and what stopped it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.config import odin_config
from backoffice.kit.charts import Axis, Lane, Moment, Stretch, axis
from backoffice.kit.formats import ist

DAYS = 7
#: How many of the newest entries are read.
MOST = 1000
#: What begins with an entry about the dealer: tone and words; "" if there is no session and none is due.
BEGINS = {
    "session.logged_on": ("good", "Logged on"),
    "session.waiting": ("warn", "Waiting after a failed logon"),
    "session.stopped": ("bad", "Logons stopped"),
    "session.lost": ("", ""),
    "session.expired": ("", ""),
    "session.logged_off": ("", ""),
    "session.stop_lifted": ("", ""),
}
#: Entries on logons, with their outcome.
LOGONS = {"session.logged_on": "logged on", "session.waiting": "failed", "session.stopped": "failed"}


@dataclass(frozen=True)
class Uptime:
    """The axis, and for how much of the time there was a session, in percent."""

    axis: Axis
    percent: int


def uptime() -> Uptime:
    """Return the session of the last days, from the audit trail, in two queries."""
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    entries = Entry.objects.filter(subject=odin_config().dealer_id, action__in=BEGINS).order_by("-at", "-id")
    found = list(entries.filter(at__gte=since).values_list("at", "action")[:MOST])[::-1]
    before = entries.filter(at__lt=found[0][0] if found else since).values_list("at", "action").first()
    stretches = list(_stretches([before, *found] if before else found, since, now))
    there = sum(((s.until - s.since) for s in stretches if s.tone == "good"), timedelta())
    percent = round(100 * there / (now - since))
    logons = [
        Moment(at, BEGINS[action][0], f"{ist(at)}: {LOGONS[action]}")
        for at, action in found
        if action in LOGONS
    ]
    failed = sum(1 for one in logons if one.tone != "good")
    stops = [one.words for one in stretches if one.tone != "good"]
    lanes = [
        Lane("Session", "; ".join([f"there {percent}% of the time", *stops]), stretches),
        Lane("Logons", f"{len(logons)}, {failed} failed", moments=logons),
    ]
    return Uptime(axis(lanes, since, now), percent)


def _stretches(found: Sequence[tuple[datetime, str]], since: datetime, now: datetime) -> Iterator[Stretch]:
    for (begin, action), (end, _) in pairwise([*found, (now, "")]):
        tone, words = BEGINS[action]
        begin = max(begin, since)
        if tone and end > begin:
            yield Stretch(begin, end, tone, f"{words}, {ist(begin, 'minute')} – {ist(end, 'minute')}")
