"""The origin of limits: limit updates with their changes, people, documents and running totals.

A running total covers what ODIN confirmed through the portal for one retail user, kind and product, with
notional deposits apart, as ODIN keeps them. Deposits and payouts made elsewhere are not included.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Max, QuerySet, Sum, Window

from accounts.models import RetailUser
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.kit import privacy
from backoffice.kit.formats import rupees
from backoffice.kit.names import offered
from backoffice.kit.step_chart import Chart, Point, step_chart
from limits.deposits import TYPES
from limits.models import LimitUpdate

#: How many updates are listed on the page of a retail user, and how many are in its charts; the list has the
#: rest.
LISTED, CHARTED = 25, 200
NONE = Decimal(0)

#: The key of a running total: kind and product.
Account = tuple[int, int | None]


@dataclass(frozen=True)
class Totals:
    """Rupees up to and with one update: of amounts, and of notional deposits. None if it has none."""

    amount: Decimal | None
    notional: Decimal | None


@dataclass(frozen=True)
class Raised:
    """One update with its running totals and the change it came from, None if no change is known."""

    update: LimitUpdate
    totals: Totals
    change: Change | None
    reason: str
    product: str

    @property
    def requested_by(self) -> str:
        """The maker."""
        return str(self.change.made_by) if self.change else ""

    @property
    def approved_by(self) -> str:
        """The checkers, both if two were needed."""
        return approved_by(self.change)


def approved_by(change: Change | None) -> str:
    """Return the names of those who approved a change, or its file."""
    if change is None:
        return ""
    given = [str(approval.by) for approval in (change.batch or change).approvals.all()]
    return ", ".join(given) or str(change.decided_by or "")


def changes_of(references: Iterable[str]) -> dict[str, Change]:
    """Return the changes behind limit updates, by reference. A fixed number of queries.

    The changes have what the lists show; their messages, which are long, are left out.
    """
    found = Delivery.objects.filter(message_type__in=TYPES, reference__among=references)
    found = found.select_related("change__made_by", "change__decided_by").only(
        *("reference", "change__subject", "change__reason", "change__batch"),
        *("change__made_by", "change__decided_by"),
    )
    related = ("change__approvals__by", "change__batch__approvals__by")
    return {delivery.reference: delivery.change for delivery in found.prefetch_related(*related)}


def totals_of(numbers: Collection[int]) -> dict[int, Totals]:
    """Return the running totals of these updates, by id. Each update of their users is read once.

    The users are queried first: a join with their updates would depend on statistics.
    """
    users = set(LimitUpdate.objects.filter(pk__in=numbers).order_by().values_list("retail_user", flat=True))
    summed = LimitUpdate.objects.order_by().filter(retail_user__in=users)
    # Only a filter on a window's result is applied after it: the greatest id so far is the update's own.
    several = summed.alias(number=_so_far(Max("pk"))).filter(number__in=numbers)
    return {
        pk: Totals(amount if given else None, notional if given_too else None)
        for pk, amount, notional, given, given_too in several.values_list(
            "pk", _so_far(Sum("amount")), _so_far(Sum("notional_deposit")), "amount", "notional_deposit"
        )
    }


def products() -> dict[int, str]:
    """The names of products that the master list has, by their ids."""
    return {int(code): label for code, label in offered("products") or () if code.isdigit()}


def of_user(user: RetailUser, shows: bool) -> dict[str, Any]:
    """Return the content of the Limits tab. `shows`: whether personal data is shown."""
    newest = list(user.limit_updates.order_by("-pk")[: CHARTED + 1])
    more, newest = len(newest) > CHARTED, newest[:CHARTED]
    changes, names = changes_of([update.reference for update in newest]), products()
    raised = [
        Raised(
            update,
            totals,
            change := changes.get(update.reference),
            privacy.words(change.reason, shows) if change else "",
            names.get(update.product_id or 0, ""),
        )
        for update, totals in _running(user.limit_updates.order_by(), newest)
    ]
    return {
        "raised": raised[:LISTED],
        "more": more or len(newest) > LISTED,
        "charts": _charts(raised, whole=not more),
        "settings": user.square_off_settings.all(),
        "quantities": user.approved_quantities.all(),
    }


def _running(every: QuerySet[LimitUpdate], newest: Sequence[LimitUpdate]) -> list[tuple[LimitUpdate, Totals]]:
    """Return the newest updates with the running total after each, counted back from the sum."""
    amounts: defaultdict[Account, Decimal] = defaultdict(Decimal)
    notionals: defaultdict[Account, Decimal] = defaultdict(Decimal)
    for kind, product, amount, notional in every.values_list("kind", "product_id").annotate(
        Sum("amount", default=NONE), Sum("notional_deposit", default=NONE)
    ):
        amounts[kind, product], notionals[kind, product] = amount, notional
    found = []
    for update in newest:
        account = (update.kind, update.product_id)
        then = Totals(
            amounts[account] if update.amount else None,
            notionals[account] if update.notional_deposit else None,
        )
        found.append((update, then))
        amounts[account] -= update.amount or NONE
        notionals[account] -= update.notional_deposit or NONE
    return found


def _charts(raised: Sequence[Raised], *, whole: bool) -> list[Chart]:
    """Return one chart for each running total, the most recent one first. `whole`: it starts at zero."""
    points: defaultdict[str, list[Point]] = defaultdict(list)
    for one in raised:
        product = one.product or f"product {one.update.product_id}"
        noun = one.update.get_kind_display()
        for name, added, total in (
            (noun, one.update.amount, one.totals.amount),
            ("Notional deposit", one.update.notional_deposit, one.totals.notional),
        ):
            if added and total is not None:
                points[f"{name}, {product}"].append(_point(one, added, total))
    return [step_chart(title, reversed(several), whole=whole) for title, several in points.items()]


def _point(one: Raised, added: Decimal, total: Decimal) -> Point:
    who = f", requested by {one.requested_by} (C-{one.change.pk})" if one.change else ""
    at: datetime = one.update.confirmed_at
    return Point(at, total, f"+ {rupees(added)}{who}, total {rupees(total)}")


def _so_far(aggregate: Aggregate) -> Window:
    return Window(aggregate, partition_by=["retail_user", "kind", "product_id"], order_by="pk")
