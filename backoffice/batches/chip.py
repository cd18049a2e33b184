"""The status of a file as pages show it."""

from collections.abc import Mapping
from dataclasses import replace

from backoffice.changes.results import Result
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.components import Status, status
from backoffice.kit.formats import indian


def chip(state: str, counts: Mapping[str, int]) -> Status:
    """Return how a file with this status looks, its messages counted by state.

    One with refused messages names their number, and is red only if nothing was applied.
    """
    shown = status("batch", state)
    refused = counts.get(DeliveryState.REFUSED, 0)
    if state != Result.REFUSED or not refused:
        return shown
    tone = "warn" if counts.get(DeliveryState.APPLIED) else shown.tone
    return replace(shown, word=f"{indian(refused, places=0)} refused", tone=tone)
