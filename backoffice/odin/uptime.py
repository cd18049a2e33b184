"""The dealer session of the last days on one axis of time: when it was there, logons, and what stopped it."""

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
#: So many entries are looked at, the newest.
MOST = 1000
#: What an entry about the dealer begins: its tone, and the words for it; "" where there is no session and none is due.
BEGINS = {
    "session.logged_on": ("good", "Logged on"),
    "session.waiting": ("warn", "Waiting after a failed logon"),
    "session.stopped": ("bad", "Logons stopped"),
    "session.lost": ("", ""),
    "session.expired": ("", ""),
    "session.logged_off": ("", ""),
    "session.stop_lifted": ("", ""),
}
#: Entries that are a logon, with what came of it.
LOGONS = {"session.logged_on": "logged on", "session.waiting": "failed", "session.stopped": "failed"}

Told = Sequence[tuple[datetime, str]]


@dataclass(frozen=True)
class Uptime:
    """The axis, and what part of the time the session was there, in percent."""

    axis: Axis
    percent: int


def uptime() -> Uptime:
    """The session of the last days, from the audit trail, in two queries."""
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    entries = Entry.objects.filter(subject=odin_config().dealer_id, action__in=BEGINS).order_by("-at", "-id")
    told = list(entries.filter(at__gte=since).values_list("at", "action")[:MOST])[::-1]
    before = entries.filter(at__lt=told[0][0] if told else since).values_list("at", "action").first()
    stretches = list(_stretches([before, *told] if before else told, since, now))
    there = sum(((s.until - s.since) for s in stretches if s.tone == "good"), timedelta())
    percent = round(100 * there / (now - since))
    logons = [
        Moment(at, BEGINS[action][0], f"{ist(at)}: {LOGONS[action]}")
        for at, action in told
        if action in LOGONS
    ]
    failed = sum(1 for one in logons if one.tone != "good")
    stops = [one.words for one in stretches if one.tone != "good"]
    lanes = [
        Lane("Session", "; ".join([f"there {percent}% of the time", *stops]), stretches),
        Lane("Logons", f"{len(logons)}, {failed} failed", moments=logons),
    ]
    return Uptime(axis(lanes, since, now), percent)


def _stretches(told: Told, since: datetime, now: datetime) -> Iterator[Stretch]:
    for (begin, action), (end, _) in pairwise([*told, (now, "")]):
        tone, words = BEGINS[action]
        begin = max(begin, since)
        if tone and end > begin:
            yield Stretch(begin, end, tone, f"{words}, {ist(begin, 'minute')} – {ist(end, 'minute')}")
