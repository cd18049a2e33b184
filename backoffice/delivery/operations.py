"""People's actions on deliveries: settle unknown, release held, cancel unsent ones, read refusals."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery.errors import DeliveryError
from backoffice.delivery.gate import SUBJECT
from backoffice.delivery.handlers import Applied, is_money
from backoffice.delivery.holding import hold_back, let_go_on
from backoffice.delivery.models import Delivery, Settlement, Wording
from backoffice.delivery.moving import moving
from backoffice.delivery.queue import Said, move, note
from backoffice.delivery.settling import apply, make_certain
from backoffice.delivery.states import MOVES, IllegalMove, Move, State
from backoffice.delivery.wordings import unread
from backoffice.free_text import checked
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User


def allowed(delivery: Delivery) -> set[str]:
    """The actions that a person may take in the present state: applied, again, refused, free, cancel, read."""
    allows = {
        "applied": delivery.state == State.UNKNOWN and delivery.needs_person,
        "again": delivery.state == State.UNKNOWN and delivery.needs_person,
        "refused": delivery.state == State.UNKNOWN and delivery.needs_person,
        "free": delivery.state == State.ON_HOLD,
        "cancel": delivery.state in (State.QUEUED, State.ON_HOLD) and not delivery.doubted,
        "read": delivery.state == State.REFUSED and delivery.needs_person,
    }
    return {name for name, allow in allows.items() if allow}


def resolve(delivery_id: int, *, by: "User", found: Settlement, reason: str) -> Delivery:
    """Settle an unknown delivery: it is in ODIN, or send it again, or give it up as refused.

    For money, the first person proposes, and the delivery stays unknown until another person agrees. Raises
    DeliveryError if the person may not, gives no reason, the delivery does not wait for a person, or its lane
    still rests.
    """
    reason = _reason(by, reason)
    with moving():
        delivery = _locked(delivery_id)
        if delivery.state != State.UNKNOWN:
            raise _not_from_here(delivery, Move.RESOLVE_SEND)
        if not delivery.needs_person:
            raise DeliveryError("This delivery is being repeated automatically. Wait for its outcome.")
        if delivery.next_try_at and delivery.next_try_at > timezone.now():
            # Until its lane has rested, ODIN may still be working on it, and nobody can know its outcome.
            until = timezone.localtime(delivery.next_try_at)
            raise DeliveryError(
                f"It was sent just now and may still take effect. Look in ODIN after {until:%H:%M:%S}."
            )
        if is_money(delivery.message_type) and not _agreed(delivery, by, found, reason):
            return delivery
        settled: dict[str, Any] = {
            "needs_person": False,
            "proposed": "",
            "proposed_by": None,
            "settled_by": by,
        }
        match found:
            case Settlement.APPLIED:
                said = Said("delivery.resolved", "Found in ODIN: settled as applied.", by, reason)
                _step(delivery, Move.RESOLVE_APPLIED, said, effect=lambda: apply([delivery])[0], **settled)
                if REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
                    make_certain(
                        delivery, "no confirmation was received, and a person found the user in ODIN."
                    )
                    let_go_on([delivery])
            case Settlement.REFUSED:
                said = Said("delivery.resolved", "Not in ODIN: settled as refused.", by, reason)
                _step(delivery, Move.RESOLVE_REFUSED, said, **settled)
                if REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
                    hold_back(delivery, "was given up")
            case Settlement.AGAIN:
                said = Said("delivery.resolved", "To be sent again with the same content.", by, reason)
                again = {**settled, "next_try_at": timezone.now(), "first_sent_at": None}
                _step(delivery, Move.RESOLVE_SEND, said, **again)
        wake_after_commit(Work.DELIVERIES)
    return delivery


def free(delivery_id: int, *, by: "User", reason: str) -> Delivery:
    """Release a delivery on hold into the queue. Raises DeliveryError."""
    reason = _reason(by, reason)
    with moving():
        delivery = _locked(delivery_id)
        said = Said("delivery.freed", "Taken off hold.", by, reason)
        _step(delivery, Move.FREE, said, needs_person=False, next_try_at=None, reason="", held_by=None)
        wake_after_commit(Work.DELIVERIES)
    return delivery


def cancel(delivery_id: int, *, by: "User", reason: str) -> Delivery:
    """Cancel a delivery that was never sent; what is queued behind a create is put on hold.

    Raises DeliveryError.
    """
    reason = _reason(by, reason)
    with moving():
        delivery = _locked(delivery_id)
        if delivery.doubted:
            raise DeliveryError("This delivery may have been applied already. Settle it instead.")
        said = Said("delivery.cancelled", "Cancelled before it was applied.", by, reason)
        _step(delivery, Move.CANCEL, said, needs_person=False, reason=reason, held_by=None)
        if REQUESTS[delivery.message_type].repeat is Repeat.CREATE:
            hold_back(delivery, "was cancelled")
    return delivery


def read_refusal(delivery_id: int, *, by: "User", reason: str) -> Delivery:
    """Mark a refusal as read, with the result of the inspection. Raises DeliveryError."""
    reason = _reason(by, reason)
    with transaction.atomic():
        delivery = _locked(delivery_id)
        if delivery.state != State.REFUSED or not delivery.needs_person:
            raise DeliveryError("This delivery is no refusal that waits to be read.")
        delivery.needs_person = False
        delivery.save(update_fields=["needs_person"])
        note([(delivery, Said("delivery.refusal_read", "Read the refusal.", by, reason), Applied())])
    return delivery


def read_words(wording_id: int, *, by: "User") -> Wording:
    """Mark a new wording of ODIN as read, so that it no longer shows as new. Raises DeliveryError."""
    if not by.has_perm("delivery.resolve_delivery"):
        raise DeliveryError("You may not mark these words as read. Ask a checker.")
    with transaction.atomic():
        read = unread().filter(pk=wording_id).update(read_at=timezone.now(), read_by=by)
        if not read:
            raise DeliveryError("These words are already marked as read.")
        wording = Wording.objects.get(pk=wording_id)
        text = f"Read new words of ODIN: {wording.text}"
        record("delivery.words_read", by=by, subject=SUBJECT, text=text, details={"code": wording.code})
    return wording


def _agreed(delivery: Delivery, by: "User", found: Settlement, reason: str) -> bool:
    """Whether another person has proposed this decision; otherwise store it as the proposal.

    Neither of them may be the maker, who would be one of two pairs of eyes on their own money.
    """
    if delivery.change.made_by_id == by.pk:
        raise DeliveryError("You made this change. Two others must settle it, since it is money.")
    if delivery.proposed == found:
        if delivery.proposed_by_id == by.pk:
            raise DeliveryError("You proposed this yourself. Another person must agree, since it is money.")
        return True
    delivery.proposed, delivery.proposed_by, delivery.settled_by = found, by, None
    delivery.save(update_fields=["proposed", "proposed_by", "settled_by"])
    text = f"Proposed: {found.label}. A second person must agree."
    note([(delivery, Said("delivery.settlement_proposed", text, by, reason), Applied())])
    return False


def _reason(by: "User", reason: str) -> str:
    """Return the reason as stored, if this person may settle deliveries. Raises DeliveryError."""
    if not by.has_perm("delivery.resolve_delivery"):
        raise DeliveryError("You may not settle deliveries. Ask a checker.")
    return checked(reason, DeliveryError, "Give a reason: it is kept in the audit trail.")


def _locked(delivery_id: int) -> Delivery:
    try:
        return Delivery.objects.select_for_update().get(pk=delivery_id)
    except Delivery.DoesNotExist:
        raise DeliveryError(f"There is no delivery {delivery_id}.") from None


def _not_from_here(delivery: Delivery, step: Move) -> DeliveryError:
    """Return the error text for a move that the delivery's state does not allow."""
    froms = [before.label.lower() for before, move in MOVES if move is step]
    now = State(delivery.state).label.lower()
    return DeliveryError(f"This delivery is {now}. That is possible only while it is {' or '.join(froms)}.")


def _step(
    delivery: Delivery,
    step: Move,
    said: Said,
    *,
    effect: Callable[[], Applied] | None = None,
    **columns: Any,
) -> None:
    try:
        moved = move(delivery, step, said, effect=effect, **columns)
    except IllegalMove as error:
        raise _not_from_here(delivery, step) from error
    if not moved:
        raise DeliveryError("The delivery moved on meanwhile. Review it again.")
