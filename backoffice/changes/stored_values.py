"""Values that a form and its first message share are stored once, in the message."""

from collections.abc import Mapping, Sequence
from typing import Any

from backoffice.delivery.content import canonical
from backoffice.protocol.fields import SecretText, Value, Values
from backoffice.seal import seal_values, unseal_values


def reduced(
    values: Values, messages: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, object], list[str] | None]:
    """Return the values of a form that differ from its first message, and the fields that only the message has.

    `messages` as stored. The fields are None if there is no message: then all values are returned.
    """
    if not messages:
        return seal_values(values), None
    said = unseal_values(messages[0]["values"])
    own = {name: value for name, value in values.items() if name not in said or not _alike(value, said[name])}
    return seal_values(own), sorted(said.keys() - values.keys())


def whole(
    own: Mapping[str, Any], message_adds: Sequence[str] | None, messages: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Restore the values of a form from the result of `reduced`, with secrets sealed."""
    if message_adds is None:
        return dict(own)
    said = messages[0]["values"].items()
    return {**{name: value for name, value in said if name not in message_adds}, **own}


def _alike(one: Value, other: Value) -> bool:
    """Whether two values are equal as JSON, or the same secret: each sealing of a secret differs."""
    if isinstance(one, SecretText) or isinstance(other, SecretText):
        return one == other
    return canonical(one) == canonical(other)
