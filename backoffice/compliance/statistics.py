"""ODIN's response codes by day, from the audit entries of attempts."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.compliance.filters import NO_CODE
from backoffice.delivery.models import STILL_OPEN, Delivery
from backoffice.kit.charts import Chart, stacked_chart
from backoffice.kit.formats import INDIA, midnight
from backoffice.protocol.message import REQUESTS

#: How an attempt was read, with its tone, the lowest piece of a column first.
OUTCOMES = (("applied", "good"), ("refused", "bad"), ("not applied", "idle"), ("unknown", "doubt"))
PERIODS = (7, 30, 90)
#: How a delivery ended, for the small charts; their height in pixels, and how many days have a label.
SETTLED = (("applied", "good"), ("refused", "bad"), ("cancelled", "idle"))
SMALL, SMALL_LABELS = 96, 3
#: How many columns of the large chart have a label.
LABELS = 10


def by_day(days: int) -> list[tuple[date, Counter[tuple[str, str]]]]:
    """For each of the last days, oldest first: how many attempts had this outcome and response code."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    actions = {f"delivery.{outcome.replace(' ', '_')}": outcome for outcome, _ in OUTCOMES}
    counted: defaultdict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
    rows = (
        Entry.objects.filter(action__in=actions, at__gte=midnight(first))
        .annotate(day=TruncDate("at"))
        .values_list("day", "action", "code")
        .annotate(number=Count("id"))
        .order_by()
    )
    for day, action, code, number in rows:
        counted[day][actions[action], code or NO_CODE] += number
    return [(day, counted[day]) for day in (first + timedelta(days=n) for n in range(days))]


def chart(days: list[tuple[date, Counter[tuple[str, str]]]]) -> Chart:
    """Attempts by day and outcome."""
    rows = []
    for day, counts in days:
        outcomes: Counter[str] = Counter()
        for (outcome, _), number in counts.items():
            outcomes[outcome] += number
        rows.append((f"{day:%d-%m}", outcomes))
    return stacked_chart("Attempts by day and outcome", rows, OUTCOMES, labelled=-(-len(rows) // LABELS))


def codes(days: list[tuple[date, Counter[tuple[str, str]]]]) -> list[tuple[str, str, int]]:
    """Outcome, response code and how often, the most frequent first."""
    total: Counter[tuple[str, str]] = Counter()
    for _, counts in days:
        total.update(counts)
    return [(outcome, code, number) for (outcome, code), number in total.most_common()]


def by_message(days: int) -> list[Chart]:
    """Deliveries of the last days by day and final outcome: a small chart for each message, the most frequent first."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    rows = (
        Delivery.objects.filter(~STILL_OPEN, finished_at__gte=midnight(first))
        .order_by()
        .values_list("message_type", TruncDate("finished_at", tzinfo=INDIA), "state")
        .annotate(Count("id"))
    )
    found: defaultdict[int, defaultdict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for message_type, day, state, number in rows:
        found[message_type][day][state] += number
    slots = [first + timedelta(days=n) for n in range(days)]
    drawn = [
        stacked_chart(
            f"{REQUESTS[message_type].title} ({message_type})",
            [(f"{day:%d-%m}", counted[day]) for day in slots],
            SETTLED,
            labelled=-(-days // SMALL_LABELS),
            height=SMALL,
        )
        for message_type, counted in found.items()
    ]
    return sorted(drawn, key=lambda one: (-one.total, one.title))
