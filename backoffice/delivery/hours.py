"""When messages may go to ODIN: hours and days of the settings, holidays of the exchanges, the time of one message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from backoffice.kit.formats import INDIA, ist, midnight

if TYPE_CHECKING:
    from backoffice.delivery.models import Delivery

#: Nothing is asked to wait for longer, and no opening is looked for beyond it.
YEAR = timedelta(days=366)
NOT_BEFORE = "not before then, as its maker asked"

#: The days on which exchanges are closed, with their names.
Holidays = Callable[[], Mapping[date, str]]
_holidays: list[Holidays] = []


def register(holidays: Holidays) -> None:
    """Make known who keeps the holidays that close sending. Called from `AppConfig.ready`."""
    _holidays.append(holidays)


@dataclass(frozen=True)
class GoesOut:
    """When a message goes out (UTC) and why not now. `at` is None where sending does not open within a year."""

    at: datetime | None
    why: str

    def __str__(self) -> str:
        when = f"Goes out {ist(self.at, 'day')}" if self.at else "Does not go out within a year"
        return f"{when}: {self.why}."


class SendingTimes:
    """Hours, days and holidays as they are now. Holidays are read once, and only where days are limited."""

    @cached_property
    def holidays(self) -> Mapping[date, str]:
        """The days that are closed as holidays, with their names."""
        return {day: name for listed in _holidays for day, name in listed().items()}

    def closed(self, at: datetime) -> str:
        """Why nothing may go out at this time, in words; empty while sending is open."""
        local = at.astimezone(INDIA)
        if settings.SENDING_DAYS and local.weekday() not in settings.SENDING_DAYS:
            return f"nothing is sent on a {local:%A}"
        if settings.SENDING_HOURS:
            begin, end = settings.SENDING_HOURS
            if not begin <= local.time() < end:
                return f"outside sending hours ({begin:%H:%M} to {end:%H:%M})"
        if settings.SENDING_DAYS and (name := self.holidays.get(local.date())):
            return f"holiday ({name})"
        return ""

    def opens(self, after: datetime) -> datetime | None:
        """The first time, not before `after`, at which sending is open; None where there is none within a year."""
        if not self.closed(after):
            return after
        begin = settings.SENDING_HOURS[0] if settings.SENDING_HOURS else None
        today = after.astimezone(INDIA).date()
        for days in range(YEAR.days + 1):
            opening = midnight(today + timedelta(days=days))
            if begin:
                opening = opening.replace(hour=begin.hour, minute=begin.minute)
            if opening > after and not self.closed(opening):
                return opening
        return None

    def goes_out(self, not_before: datetime | None, now: datetime) -> GoesOut | None:
        """When something goes out that its maker lets go at `not_before` (None: at once); None where that is now."""
        wanted = max(now, not_before or now)
        reasons = [NOT_BEFORE] if wanted > now else []
        if closed := self.closed(wanted):
            reasons.append(f"{'then ' if reasons else ''}{closed}")
        return GoesOut(self.opens(wanted), ", and ".join(reasons)) if reasons else None

    def of(self, delivery: "Delivery", now: datetime) -> GoesOut | None:
        """When a delivery goes out that waits for its time; None for any other."""
        if delivery.finished_at or delivery.needs_person or delivery.let_through or delivery.lease_token:
            return None
        return self.goes_out(delivery.not_before, now)


def closed(at: datetime) -> str:
    """Why nothing may go out at this time, in words; empty while sending is open."""
    return SendingTimes().closed(at)


def fault(not_before: datetime | None) -> str:
    """What speaks against a time before which something is not to be sent, in words; empty where nothing does."""
    now = timezone.now()
    if not_before is None:
        return ""
    if not_before <= now:
        return f"{ist(not_before, 'minute')} is past. Give a later time, or leave it empty to send at once."
    if not_before > now + YEAR:
        return f"{ist(not_before, 'minute')} is more than a year ahead. Give an earlier time."
    return ""
