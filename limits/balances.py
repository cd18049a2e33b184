"""Readings of a retail user's funds: beside a deposit, and around the attempts at one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from accounts.models import RetailUser
from backoffice.changes.models import Change
from backoffice.delivery.looking import Attempts
from backoffice.kit.components import Beside
from backoffice.kit.names import offered
from backoffice.odin.models import Question
from limits import deposits
from limits.reading_page import read
from limits.reading_shapes import Kind

#: The line of the funds summary (317) with the available amount.
AVAILABLE = "Net Available Funds"
#: How many square-off settings are on the overview of a retail user; its limits have the rest.
FEW = 4


@dataclass(frozen=True)
class Balance:
    """One reading of the funds: rupees available, None if ODIN's answer has none."""

    at: datetime
    available: Decimal | None


def beside_a_deposit(change: Change) -> Beside:
    """Return information for a checker of a deposit: the user's other deposits of the day, and the last balance.

    A user yet to be created has no balance.
    """
    lane = change.subject
    today = [
        deposits.amount(delivery.values)
        for delivery in deposits.of_today([lane])
        if delivery.change_id != change.pk
    ]
    context: dict[str, Any] = {"deposits": {"count": len(today), "amount": sum(today)}}
    if change.record_version:
        context |= {"balance": _balance(_answered(lane).first()), **_asking(lane)}
    return Beside("limits/_beside.html", context)


def around(attempts: Attempts) -> Beside:
    """Return the last balance before the first attempt at a deposit, and the newest one requested after the last."""
    answered = _answered(attempts.lane)
    before = answered.filter(ended_at__lt=attempts.first_at).first() if attempts.first_at else None
    after = answered.filter(asked_at__gt=attempts.last_at).first() if attempts.last_at else None
    balances = [_balance(before), _balance(after)]
    known = [one.available for one in balances if one and one.available is not None]
    context = {
        "before": balances[0],
        "after": balances[1],
        "difference": known[1] - known[0] if len(known) == len(balances) else None,
        **_asking(attempts.lane),
    }
    return Beside("limits/_around.html", context)


def on_overview(user: RetailUser) -> Beside:
    """The last known balance of a retail user with the button that reads it, and when positions are squared off."""
    context = {
        "balance": _balance(_answered(user.lane).first()),
        "settings": user.square_off_settings.all()[:FEW],
        **_asking(user.lane),
    }
    return Beside("limits/_overview.html", context)


def stocks(attempts: Attempts) -> Beside:
    """Return where the stocks of the retail user are read, for approved quantities in doubt."""
    return Beside(
        "limits/_stocks.html",
        {"readings_url": reverse("limits:readings", args=attempts.lane.split("/", 1))},
    )


def _answered(lane: str) -> Any:
    return Question.objects.filter(
        lane=lane, message_type=Kind.FUNDS_SUMMARY, state=Question.State.ANSWERED
    ).order_by("-id")


def _balance(question: Question | None) -> Balance | None:
    if question is None or question.ended_at is None:
        return None
    shown = read(question)
    lines = shown.rows if shown else ()
    return Balance(question.ended_at, next((line.amount for line in lines if line.name == AVAILABLE), None))


def _asking(lane: str) -> dict[str, Any]:
    """Return what the button for reading funds needs: addresses, a periodicity, whether an answer is awaited."""
    group_id, _, user_id = lane.partition("/")
    newest = Question.objects.filter(lane=lane, message_type=Kind.FUNDS_SUMMARY).order_by("-id").first()
    periodicities = offered("periodicities") or ()
    known = newest.values.get("periodicity", "") if newest else ""
    return {
        "periodicity": known or next((code for code, _ in periodicities), ""),
        "waiting": newest is not None and newest.waiting,
        "asked_at": newest.asked_at if newest else None,
        "failed": newest.words if newest and newest.state == Question.State.FAILED else "",
        "ask_url": reverse("limits:ask", args=[group_id, user_id, "summary"]),
        "readings_url": reverse("limits:readings", args=[group_id, user_id]),
    }
