"""When messages may go to ODIN: hours and days of the settings, exchange holidays, a message's own time."""

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

#: No message may wait longer, and no opening is searched for beyond it.
YEAR = timedelta(days=366)
NOT_BEFORE = "not before then, as its maker asked"

#: Type of a function that returns the days on which exchanges are closed, with their names.
Holidays = Callable[[], Mapping[date, str]]
_holidays: list[Holidays] = []


def register(holidays: Holidays) -> None:
    """Register the source of holidays that close sending. Call it from `AppConfig.ready`."""
    _holidays.append(holidays)


@dataclass(frozen=True)
class GoesOut:
    """When a message goes out (UTC) and why not now. `at` is None if sending does not open within a year."""

    at: datetime | None
    why: str

    def __str__(self) -> str:
        when = f"Goes out {ist(self.at, 'day')}" if self.at else "Does not go out within a year"
        return f"{when}: {self.why}."


class SendingTimes:
    """The present hours, days and holidays. Holidays are read once, and only if days are limited."""

    @cached_property
    def holidays(self) -> Mapping[date, str]:
        """Return the holidays on which sending is closed, with their names."""
        return {day: name for listed in _holidays for day, name in listed().items()}

    def closed(self, at: datetime) -> str:
        """Return why nothing may go out at this time, in words; empty while sending is open."""
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
        """Return the first time from `after` on at which sending is open; None if there is none within a year."""
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
        """Return when a message with this `not_before` (None: at once) goes out; None if that is now."""
        wanted = max(now, not_before or now)
        reasons = [NOT_BEFORE] if wanted > now else []
        if closed := self.closed(wanted):
            reasons.append(f"{'then ' if reasons else ''}{closed}")
        return GoesOut(self.opens(wanted), ", and ".join(reasons)) if reasons else None

    def of(self, delivery: "Delivery", now: datetime) -> GoesOut | None:
        """Return when a delivery that waits for its time goes out; None for any other."""
        if delivery.finished_at or delivery.needs_person or delivery.let_through or delivery.lease_token:
            return None
        return self.goes_out(delivery.not_before, now)


def closed(at: datetime) -> str:
    """Return why nothing may go out at this time, in words; empty while sending is open."""
    return SendingTimes().closed(at)


def fault(not_before: datetime | None) -> str:
    """Return why this `not_before` is not acceptable, in words; empty if it is."""
    now = timezone.now()
    if not_before is None:
        return ""
    if not_before <= now:
        return f"{ist(not_before, 'minute')} is past. Give a later time, or leave it empty to send at once."
    if not_before > now + YEAR:
        return f"{ist(not_before, 'minute')} is more than a year ahead. Give an earlier time."
    return ""
