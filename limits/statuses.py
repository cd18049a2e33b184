"""How the states of a reading look."""

from backoffice.kit.components import Status
from limits.models import Reading

READING = {
    Reading.State.ASKED.value: Status("Asked", "info", "clock", "a worker"),
    Reading.State.UNDER_WAY.value: Status("Under way", "info", "clock", "ODIN"),
    Reading.State.ANSWERED.value: Status("Answered", "good", "check-circle"),
    Reading.State.FAILED.value: Status("Failed", "warn", "alert", "ask again"),
}
