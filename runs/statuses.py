"""The appearance of the states of runs."""

from backoffice.kit.components import Status
from runs.models import IN_DOUBT, ClientState, RunState

TABLES = {
    "run": {
        RunState.PROPOSED.value: Status("Proposed", "info", "inbox", "a checker"),
        RunState.OPEN.value: Status("Open", "good", "check-circle"),
        RunState.STOPPED.value: Status("Stopped", "bad", "stop"),
        RunState.REJECTED.value: Status("Not approved", "bad", "x-circle"),
        RunState.OVER.value: Status("Over", "idle", "clock"),
    },
    "run_client": {
        ClientState.WAITING.value: Status("Link not opened", "idle", "clock"),
        ClientState.OPENED.value: Status("Link opened", "info", "eye", "the client"),
        ClientState.PLACING.value: Status("Placing", "info", "deliveries"),
        ClientState.INTERRUPTED.value: Status("Interrupted", "doubt", "question", "the client"),
        ClientState.STOPPED.value: Status("Stopped", "warn", "pause", "a decision: continue or end"),
        IN_DOUBT: Status("Stopped", "doubt", "question", "the client to look in the order book"),
        ClientState.DONE.value: Status("Done", "good", "check-circle"),
        ClientState.ENDED.value: Status("Ended", "idle", "stop"),
        ClientState.VOID.value: Status("Not used", "idle", "undo"),
    },
}
