"""Open proposals for a retail user, for its page to show beside the confirmed values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from backoffice.changes.effects import effects_of_parts
from backoffice.changes.kinds import declared
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.message import REQUESTS, Request


@dataclass(frozen=True)
class Proposal:
    """Unconfirmed values: of a change that waits for a checker, or of a delivery.

    `thing` is "change" or "delivery", `state` is its state, `values` are as stored (secrets sealed). `effect`
    is that of its message, in one line.
    """

    thing: str
    number: int
    effect: str
    title: str
    state: str
    url: str
    since: datetime
    message: type[Request]
    values: Mapping[str, object]
    words: str = ""
    needs_person: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still open."""
        return self.state != DeliveryState.REFUSED

    @property
    def pressing(self) -> bool:
        """Whether it needs attention first: ODIN refused it, may not have it, or a person must settle it."""
        return self.needs_person or self.state in (DeliveryState.REFUSED, DeliveryState.UNKNOWN)


def proposals(lane: str, *, shows: bool) -> list[Proposal]:
    """Return the open proposals of this lane, oldest first, and a refused delivery without a successor. Four queries.

    `shows`: whether personal data is shown.
    """
    changes = Change.objects.filter(subject=lane, state=ChangeState.SUBMITTED).order_by("id")
    of_lane = Delivery.objects.filter(lane=lane)
    applied = of_lane.filter(state=DeliveryState.APPLIED).order_by("-id").values("id")[:1]
    deliveries = (
        of_lane.with_messages()
        .filter(id__gt=Coalesce(Subquery(applied), 0))
        .exclude(state=DeliveryState.CANCELLED)
        .order_by("id")
    )
    owed = {delivery.change_id for delivery in deliveries}
    effects = {
        change.pk: effects_of_parts(change, reveal=shows) for change in Change.objects.filter(pk__in=owed)
    }
    return [
        *(
            _of_delivery(delivery, _of_part(effects[delivery.change_id], delivery.part))
            for delivery in deliveries
        ),
        *(
            found
            for change in changes
            for found in _of_change(change, effects_of_parts(change, reveal=shows))
        ),
    ]


def _of_part(effects: Sequence[str], part: int) -> str:
    return effects[part] if part < len(effects) else ""


def _of_delivery(delivery: Delivery, said: str) -> Proposal:
    return Proposal(
        thing="delivery",
        number=delivery.pk,
        effect=said,
        title=REQUESTS[delivery.message_type].title,
        state=delivery.state,
        url=delivery.get_absolute_url(),
        since=delivery.created_at,
        message=REQUESTS[delivery.message_type],
        values=delivery.values,
        words=delivery.reason or " ".join(part for part in (delivery.code, delivery.text) if part),
        needs_person=delivery.needs_person,
    )


def _of_change(change: Change, effects: Sequence[str]) -> Iterable[Proposal]:
    for said, message in zip(effects, change.messages, strict=True):
        yield Proposal(
            thing="change",
            number=change.pk,
            effect=said,
            title=declared(change.kind, message["type"]).title,
            state=change.state,
            url=change.get_absolute_url(),
            since=change.submitted_at or change.created_at,
            message=declared(change.kind, message["type"]),
            values=message["values"],
            words=change.reason,
        )
