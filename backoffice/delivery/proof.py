"""Whether people approved what a delivery sends. Checked before each sending, with the rows read then."""

from typing import Any

from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Delivery
from backoffice.protocol.message import REQUESTS, Repeat
from backoffice.protocol.split import confirming


def is_approved(delivery: Delivery) -> bool:
    """Whether its change is approved, and its message belongs to the change or follows from one of its creates.

    Otherwise anybody who can write to the delivery table could send unapproved messages.
    """
    change = delivery.change
    if change.state != "approved" or content_hash(change.messages) != change.content_hash:
        return False
    if delivery.own_values is None and delivery.part >= len(change.messages):
        return False
    values = delivery.values
    if content_hash(one(delivery.message_type, values)) != delivery.content_hash:
        return False
    if delivery.ahead:
        return (delivery.message_type, values) in _confirming(change.messages) and not delivery.reference
    same: bool = one(delivery.message_type, values) == change.messages[delivery.part : delivery.part + 1]
    return same and delivery.reference == values.get("reference", "")


def _confirming(messages: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Return the messages that confirm the values of the creates among these messages."""
    creates = [each["values"] for each in messages if REQUESTS[each["type"]].repeat is Repeat.CREATE]
    return [(message.type, dict(values)) for create in creates for message, values in confirming(create)]
