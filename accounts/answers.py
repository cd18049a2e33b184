"""The answers of a form from which follow-up messages were made: the reverse of `follow_ups`."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.answer_groups import Group
from accounts.values import records
from backoffice.protocol.fields import Values
from backoffice.protocol.message import Request


def answers_of(groups: Sequence[Group], sent: Sequence[tuple[type[Request], Values]]) -> Values:
    """Return the answers of these groups, from all messages of a change."""
    found: Values = {}
    for group in groups:
        own = [values for message, values in sent if message is group.message]
        found |= {name: one[name] for one in own for name in group.single if one.get(name)}
        if own and group.records:
            found[group.records] = [
                {part: said.get(name, "") for part, name in group.names.items()}
                for one in own
                for said in _said(group, one)
            ]
    return found


def _said(group: Group, sent: Values) -> list[Mapping[str, Any]]:
    """Return a message's values for each record, by the names of the message's fields."""
    if group.within:
        return list(records(sent, group.within))
    if group.prefixes:
        slots = [
            {name: sent.get(f"{prefix}{name}", "") for name in group.names.values()}
            for prefix in group.prefixes
        ]
        return [slot for slot in slots if any(slot.values())]
    return [sent]
