"""The appearance of the states of an import."""

from backoffice.kit.components import Status
from markets.models import State

SCRIP_IMPORT = {
    State.READING.value: Status("Being read", "info", "clock"),
    State.HELD.value: Status("On hold", "warn", "pause", "a person who may import: fewer scrips than before"),
    State.CURRENT.value: Status("Current", "good", "check-circle"),
    State.REPLACED.value: Status("Replaced", "idle", "undo"),
    State.REFUSED.value: Status("Not imported", "bad", "x-circle"),
    State.DISCARDED.value: Status("Discarded", "idle", "trash"),
}
