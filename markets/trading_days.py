"""Days on which exchanges trade: Monday to Friday, but for the holidays of MARKET_HOLIDAYS."""

from datetime import date, timedelta

from django.conf import settings

LAST_WEEKDAY = 4


def is_trading_day(day: date) -> bool:
    """Whether exchanges trade on this day."""
    return day.weekday() <= LAST_WEEKDAY and day not in settings.MARKET_HOLIDAYS


def trading_days(after: date, until: date) -> int:
    """Trading days after `after`, the last of them `until` at the latest."""
    return sum(is_trading_day(after + timedelta(days=days + 1)) for days in range((until - after).days))
