"""Caps in rupees: of one order, of one client a day, of one dealer a day. What was not placed is free."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone

from backoffice.kit.formats import INDIA, indian
from trading.desk.errors import DeskProblem
from trading.models import AskedChange, AskedState, DeskOrder
from trading.models.desk import NOTHING_PLACED

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Requests that changed nothing.
NOTHING_ASKED = (AskedState.REFUSED, AskedState.NOT_SENT, AskedState.NOT_DONE)


def today() -> date:
    """The trading day in India."""
    return timezone.now().astimezone(INDIA).date()


def check(lane: str, dealer: "User | None", order_value: Decimal, added: Decimal) -> None:
    """Raise DeskProblem where an order of this value, `added` of it new, is above a cap.

    `dealer`: None for the client's own orders, which no dealer's cap counts. Called in the transaction that commits it,
    under the locks of client and dealer.
    """
    caps = [
        ("One order", order_value, settings.DESK_ORDER_CAP),
        ("This client's orders of today", used(Q(lane=lane)) + added, settings.DESK_CLIENT_CAP),
    ]
    if dealer is not None:
        caps.append(("Your orders of today", used(Q(dealer=dealer)) + added, settings.DESK_DEALER_CAP))
    for words, value, cap in caps:
        if value > cap:
            raise DeskProblem(
                f"{words} would be worth ₹ {indian(value)}; the cap is ₹ {indian(cap)}. Nothing was sent."
            )


def used(whose: Q) -> Decimal:
    """What the orders of today are worth."""
    orders = DeskOrder.objects.filter(whose, day=today()).exclude(state__in=NOTHING_PLACED)
    asked = AskedChange.objects.filter(whose, day=today()).exclude(state__in=NOTHING_ASKED)
    sums = (
        orders.aggregate(sum=Sum("value"))["sum"],
        asked.aggregate(sum=Sum("added_value"))["sum"],
    )
    return sum((one for one in sums if one), Decimal(0))
