"""The switch of all desks, and caps in rupees: of one order, of one client a day, of one dealer a day.

Orders that were not placed do not count.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery, Sum
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.kit.formats import INDIA, rupees
from backoffice.logins.models import User
from backoffice.repeating import Repeated
from trading.desk import stop
from trading.desk.errors import DeskProblem
from trading.models import AskedChange, AskedState, DeskOrder, DeskSession
from trading.models.desk import NOTHING_PLACED

#: Requests that changed nothing.
NOTHING_ASKED = (AskedState.REFUSED, AskedState.NOT_SENT, AskedState.NOT_DONE)


def today() -> date:
    """Return the trading day in India."""
    return timezone.now().astimezone(INDIA).date()


class Limits:
    """The limits on orders of a desk session. Their queries are built once, for all orders.

    A session that the client opened has no dealer's cap.
    """

    def __init__(self, row: DeskSession) -> None:
        self._row = row
        group_id, _, user_id = row.lane.partition("/")
        client = RetailUser.objects.select_for_update().filter(group_id=group_id, user_id=user_id)
        self._client = Repeated(client.values_list("pk"))
        self._whose = [("This client's orders of today", Q(lane=row.lane), "DESK_CLIENT_CAP")]
        if row.dealer_id is not None:
            self._whose.append(("Your orders of today", Q(dealer=row.dealer_id), "DESK_DEALER_CAP"))
        self._on = cache(self._question_on)

    def hold(self) -> None:
        """Lock client and dealer until the transaction ends, so that two orders cannot both fit under a cap."""
        self._client.first()
        if self._row.dealer_id is not None:
            User.objects.select_for_update(of=("self",)).get(pk=self._row.dealer_id)

    def check(self, order_value: Decimal, added: Decimal) -> None:
        """Raise DeskProblem while the desks are stopped, or if an order of this value exceeds a cap.

        `added`: the new part of the value. Call it in the transaction that commits the order, after `hold`.
        """
        is_stopped, *sums = self._on(today()).first() or ()
        if is_stopped:
            stop.check()
        _check_cap("One order", order_value, settings.DESK_ORDER_CAP)
        for (words, _, cap), placed, asked in zip(self._whose, sums[::2], sums[1::2], strict=True):
            _check_cap(words, (placed or 0) + (asked or 0) + added, getattr(settings, cap))

    def _question_on(self, day: date) -> Repeated[tuple[Any, ...]]:
        """Return whether the desks are stopped, and for each cap the value of the day's orders and requests."""
        sums = [_sum(rows, name) for _, whose, _ in self._whose for rows, name in _counted(whose, day)]
        return Repeated(DeskSession.objects.filter(pk=self._row.pk).values_list(stop.HOLDS, *sums))


def used(whose: Q) -> Decimal:
    """Return the value of today's orders."""
    sums = (rows.aggregate(sum=Sum(name))["sum"] for rows, name in _counted(whose, today()))
    return sum((one for one in sums if one), Decimal(0))


def _check_cap(words: str, value: Decimal, cap: Decimal) -> None:
    if value > cap:
        raise DeskProblem(
            f"{words} would be worth {rupees(value)}; the cap is {rupees(cap)}. Nothing was sent."
        )


def _counted(whose: Q, day: date) -> list[tuple[QuerySet[Any], str]]:
    """Return the day's orders and requests that count for a cap, with the column of their value."""
    return [
        (DeskOrder.objects.filter(whose, day=day).exclude(state__in=NOTHING_PLACED), "value"),
        (AskedChange.objects.filter(whose, day=day).exclude(state__in=NOTHING_ASKED), "added_value"),
    ]


def _sum(rows: QuerySet[Any], name: str) -> Subquery:
    """Return the sum of a column over rows of one day, as a subquery; null without rows."""
    return Subquery(rows.order_by().values("day").annotate(sum=Sum(name)).values("sum"))
