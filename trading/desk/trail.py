"""Steps of orders and of requests on them: an unalterable event, and an audit entry."""

from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from backoffice.outside import visible
from trading.models import AskedChange, DeskOrder, OrderEvent, Step

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Characters of a text of the service that are kept.
KEPT = 4000


def note(
    what: DeskOrder | AskedChange,
    step: Step,
    text: str,
    *,
    by: "User | None",
    by_client: bool = False,
    outcome: str = "",
    body: str = "",
    received: str = "",
    reason: str = "",
) -> None:
    """Write a step down, in the caller's transaction. Texts of the service are made visible and cut."""
    body, received = visible(body)[:KEPT], visible(received)[:KEPT]
    OrderEvent.objects.create(
        order=what if isinstance(what, DeskOrder) else None,
        asked=what if isinstance(what, AskedChange) else None,
        step=step,
        by=by,
        text=text,
        outcome=outcome,
        body=body,
        received=received,
        reason=reason,
    )
    details = {"order": str(what), "sent": body, "received": received, "outcome": outcome}
    record(
        f"desk.order_{step.value}",
        by=by,
        by_client=by_client,
        subject=what.lane,
        text=f"{what}: {text}",
        reason=reason,
        details={name: said for name, said in details.items() if said},
    )
