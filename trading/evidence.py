"""The part of evidence packs on access checks and of the order desk: every call, step and row."""

from collections.abc import Iterable

from backoffice.audit.evidence import Part, Row, Scope
from trading.models import AccessCheck, AskedChange, DeskOrder
from trading.models.desk import THE_CLIENT
from trading.statuses import ACCESS_CHECK, ACCESS_ROW, ASKED, ORDER


def rows(scope: Scope) -> Iterable[Row]:
    """The checks of a scope, oldest first."""
    found = AccessCheck.objects.order_by("id").select_related("by", "result").prefetch_related("steps")
    if scope.subject:
        found = found.filter(lane=scope.subject)
    return [_row(check) for check in scope.during(found, "at")]


def _row(check: AccessCheck) -> Row:
    return {
        "id": check.pk,
        "on": check.lane,
        "by": check.by.get_username(),
        "at": check.at,
        "reason": check.reason,
        "identified": check.get_identified_display(),
        "factor": check.factor,
        "record_version": check.record_version,
        "verdict": ACCESS_CHECK[check.state].word,
        "calls": [
            {"call": step.call, "outcome": step.outcome, "words": step.words, "at": step.at}
            for step in check.steps.all()
        ],
        "rows": [
            {**row, "compared": ACCESS_ROW[row["sight"]].word}
            for row in (check.result.rows if hasattr(check, "result") else [])
        ],
    }


PART = Part("access_checks", "Access checks", "trading.view_accesscheck", "trading/_evidence.html", rows)


def desk_rows(scope: Scope) -> Iterable[Row]:
    """The orders of a scope and what was asked of them and of clients' own orders, oldest first."""
    orders = DeskOrder.objects.order_by("id").select_related("dealer").prefetch_related("events__by")
    asked = AskedChange.objects.order_by("id").select_related("dealer").prefetch_related("events__by")
    if scope.subject:
        orders, asked = orders.filter(lane=scope.subject), asked.filter(lane=scope.subject)
    made = [_desk_row(order, ORDER[order.shown_state].word) for order in scope.during(orders, "at")]
    made += [_desk_row(one, ASKED[one.shown_state].word) for one in scope.during(asked, "at")]
    return sorted(made, key=lambda row: row["at"])


def _desk_row(what: DeskOrder | AskedChange, state: str) -> Row:
    return {
        "name": str(what),
        "on": what.lane,
        "by": what.dealer.get_username() if what.dealer else THE_CLIENT,
        "at": what.at,
        "words": what.words,
        "identifier": what.identifier if isinstance(what, DeskOrder) else "",
        "order_id": what.order_id,
        "instruction": what.get_instruction_display(),
        "reference": what.reference,
        "state": state,
        "read_at": what.read_at,
        "steps": [
            {
                "step": one.get_step_display(),
                "at": one.at,
                "by": one.by.get_username() if one.by else "",
                "text": one.text,
                "sent": one.body,
                "received": one.received,
                "reason": one.reason,
            }
            for one in what.events.all()
        ],
    }


DESK_PART = Part(
    "desk_orders", "Order desk", "trading.view_deskorder", "trading/_desk_evidence.html", desk_rows
)
