"""Days on which exchanges trade: Monday to Friday, except the holidays of both NSE and BSE."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from markets.models import Holiday, HolidayExchange

LAST_WEEKDAY = 4


def holidays(since: date, until: date | None = None) -> Mapping[date, str]:
    """The days from `since` to `until` on which both exchanges are closed, with their names."""
    days = Q(day__gte=since) if until is None else Q(day__range=(since, until))
    names: defaultdict[date, dict[str, str]] = defaultdict(dict)
    for day, exchange, name in Holiday.objects.filter(days).values_list("day", "exchange", "name"):
        names[day][exchange] = name
    everywhere = HolidayExchange.values
    return {day: found[everywhere[0]] for day, found in names.items() if len(found) == len(everywhere)}


def coming_holidays() -> Mapping[date, str]:
    """Return the trading days from yesterday on."""
    return holidays(timezone.localdate() - timedelta(days=1))


def is_trading_day(day: date) -> bool:
    """Whether exchanges trade on this day."""
    return day.weekday() <= LAST_WEEKDAY and day not in holidays(day, day)


def trading_days(after: date, until: date) -> int:
    """Trading days after `after`, the last of them `until` at the latest."""
    days = [after + timedelta(days=days + 1) for days in range((until - after).days)]
    weekdays = [day for day in days if day.weekday() <= LAST_WEEKDAY]
    return len(set(weekdays) - holidays(weekdays[0], weekdays[-1]).keys()) if weekdays else 0
