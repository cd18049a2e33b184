"""The appearance of the states of a question."""

from backoffice.kit.components import Status
from backoffice.odin.models import Question

QUESTION = {
    Question.State.ASKED.value: Status("Asked", "info", "clock", "a worker"),
    Question.State.UNDER_WAY.value: Status("Under way", "info", "clock", "ODIN"),
    Question.State.ANSWERED.value: Status("Answered", "good", "check-circle"),
    Question.State.FAILED.value: Status("Failed", "warn", "alert", "ask again"),
}
