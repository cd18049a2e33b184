"""What people do with deliveries: settle an unknown one, let a held one go on, take back an unsent one."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery import handlers
from backoffice.delivery.models import Delivery
from backoffice.delivery.queue import move
from backoffice.delivery.states import IllegalMove, Move
from backoffice.delivery.wakeup import wake_after_commit
from backoffice.seal import unseal_values

if TYPE_CHECKING:
    from backoffice.staff.models import User


class DeliveryError(Exception):
    """What was asked cannot be done with this delivery; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def resolve(delivery_id: int, *, by: "User", applied: bool, reason: str) -> Delivery:
    """Settle an unknown delivery: it is in ODIN (`applied`), or the same content is sent again.

    Raises DeliveryError when the person may not, gives no reason, or the delivery does not wait for a person.
    """
    with transaction.atomic():
        delivery = _mine_to_decide(delivery_id, by, reason)
        if not delivery.needs_person:
            raise DeliveryError("This delivery is being repeated by itself. Wait for its outcome.")
        if applied:
            _step(delivery, Move.RESOLVE_APPLIED, needs_person=False)
            taken = handlers.apply(delivery.message_type, delivery.lane, unseal_values(delivery.values))
            _record(delivery, "delivery.resolved", by, "Found in ODIN: settled as applied.", reason, taken)
        else:
            _step(
                delivery,
                Move.RESOLVE_SEND,
                needs_person=False,
                next_try_at=timezone.now(),
                first_sent_at=None,
            )
            _record(delivery, "delivery.resolved", by, "To be sent again with the same content.", reason)
        wake_after_commit()
    return delivery


def free(delivery_id: int, *, by: "User", reason: str) -> Delivery:
    """Let a delivery on hold go back to the queue. Raises DeliveryError."""
    with transaction.atomic():
        delivery = _mine_to_decide(delivery_id, by, reason)
        _step(delivery, Move.FREE, needs_person=False, next_try_at=None, reason="")
        _record(delivery, "delivery.freed", by, "Taken off hold.", reason)
        wake_after_commit()
    return delivery


def cancel(delivery_id: int, *, by: "User", reason: str) -> Delivery:
    """Take back a delivery of which nothing was sent. Raises DeliveryError."""
    with transaction.atomic():
        delivery = _mine_to_decide(delivery_id, by, reason)
        if delivery.doubted:
            raise DeliveryError("This delivery may have been applied already. Settle it instead.")
        _step(delivery, Move.CANCEL, needs_person=False, reason=reason)
        _record(delivery, "delivery.cancelled", by, "Cancelled before it was applied.", reason)
    return delivery


def _mine_to_decide(delivery_id: int, by: "User", reason: str) -> Delivery:
    if not by.has_perm("delivery.resolve_delivery"):
        raise DeliveryError("You may not settle deliveries. Ask a checker.")
    if not reason.strip():
        raise DeliveryError("Give a reason: it is kept in the audit trail.")
    try:
        return Delivery.objects.select_for_update().get(pk=delivery_id)
    except Delivery.DoesNotExist:
        raise DeliveryError(f"There is no delivery {delivery_id}.") from None


def _step(delivery: Delivery, step: Move, **columns: object) -> None:
    try:
        moved = move(delivery, step, **columns)
    except IllegalMove as error:
        raise DeliveryError(str(error)) from error
    if not moved:
        raise DeliveryError("The delivery moved on meanwhile. Look at it again.")


def _record(
    delivery: Delivery, action: str, by: "User", text: str, reason: str, taken: handlers.Applied | None = None
) -> None:
    record(
        action,
        by=by,
        subject=delivery.lane,
        text=text,
        reason=reason,
        before=taken.before if taken else None,
        after=taken.after if taken else None,
        change_id=delivery.change_id,
        delivery_id=delivery.pk,
    )
