"""The start page of dealers: orders in doubt, open desks, and the share of the day's cap in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from backoffice.kit.subjects import names_of
from trading.desk import caps, doubt
from trading.models import AskedChange, DeskOrder, DeskSession, SessionState

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many of each are named.
SHOWN = 8


@dataclass(frozen=True)
class Dealing:
    """The panel. `names`: of the clients, by GROUP/USER. `used` and `cap`: rupees of this dealer's orders today."""

    doubtful: Sequence[DeskOrder | AskedChange]
    open_desks: Sequence[DeskSession]
    names: Mapping[str, str]
    orders: int
    used: Decimal
    cap: Decimal


def dealing(dealer: "User") -> Dealing:
    """Return the panel. Seven queries."""
    doubtful: list[DeskOrder | AskedChange] = [*doubt.orders_in_doubt(SHOWN), *doubt.asked_in_doubt(SHOWN)]
    open_desks = list(DeskSession.objects.filter(state=SessionState.OPEN, dealer=dealer)[:SHOWN])
    return Dealing(
        doubtful=doubtful[:SHOWN],
        open_desks=open_desks,
        names=names_of({one.lane for one in (*doubtful, *open_desks)}),
        orders=DeskOrder.objects.filter(day=caps.today(), dealer=dealer).count(),
        used=caps.used(Q(dealer=dealer)),
        cap=settings.DESK_DEALER_CAP,
    )
