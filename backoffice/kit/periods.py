"""The periods that people filter by: today, yesterday, this week, this and the last month, the financial year."""

from dataclasses import dataclass
from datetime import date, timedelta

APRIL = 4


@dataclass(frozen=True)
class Period:
    """A run of days, both ends included."""

    label: str
    since: date
    until: date


def periods(today: date) -> list[Period]:
    """Return the periods offered beside two days, up to today.

    A week begins on Monday, the financial year on 1 April.
    """
    yesterday = today - timedelta(days=1)
    month = today.replace(day=1)
    month_end = month - timedelta(days=1)
    year = today.year if today.month >= APRIL else today.year - 1
    return [
        Period("Today", today, today),
        Period("Yesterday", yesterday, yesterday),
        Period("This week", today - timedelta(days=today.weekday()), today),
        Period("This month", month, today),
        Period("Last month", month_end.replace(day=1), month_end),
        Period(f"FY {year}-{(year + 1) % 100:02}", date(year, APRIL, 1), today),
    ]
