"""How checks, orders, and what is asked of orders look."""

from backoffice.kit.components import Status
from trading.models import AskedState, OrderState, SessionState, Verdict

ACCESS_CHECK = {
    Verdict.EQUAL.value: Status("Equal", "good", "check-circle"),
    Verdict.DIFFERENT.value: Status("Different", "bad", "x-circle", "a maker: propose an update"),
    Verdict.INCOMPLETE.value: Status("Incomplete", "warn", "alert", "check again later"),
    Verdict.NO_LOGIN.value: Status("No login", "bad", "x-circle", "see why below"),
    "running": Status("Running", "info", "clock"),
    "interrupted": Status("Interrupted", "doubt", "question", "check again later"),
}
ACCESS_STEP = {
    "success": Status("Done", "good", "check"),
    "refused": Status("Refused", "bad", "x-circle"),
    "not sent": Status("Not sent", "warn", "refresh"),
    "unknown": Status("Unknown", "doubt", "question"),
    "session ended": Status("Session ended", "warn", "unlink"),
    "wrong setting": Status("Wrong setting", "bad", "settings"),
    "not asked": Status("Not asked", "idle", "forbidden"),
}
ACCESS_ROW = {
    "equal": Status("Equal", "good", "check"),
    "different": Status("Different", "bad", "x-circle"),
    "not_visible": Status("Not visible here", "idle", "question"),
    "not_judged": Status("Shown, not judged", "info", "info"),
}
ORDER = {
    OrderState.SENDING.value: Status("Being sent", "info", "deliveries"),
    OrderState.UNKNOWN.value: Status("Unknown", "doubt", "question", "the dealer: look in the order book"),
    OrderState.ACCEPTED.value: Status("Accepted by the OMS", "info", "inbox"),
    OrderState.WORKING.value: Status("Working", "info", "clock"),
    OrderState.PART.value: Status("Part executed", "info", "check"),
    OrderState.EXECUTED.value: Status("Executed", "good", "check-circle"),
    OrderState.CANCELLED.value: Status("Cancelled", "idle", "forbidden"),
    OrderState.REJECTED.value: Status("Rejected", "bad", "x-circle", "the dealer: see why"),
    OrderState.REFUSED.value: Status("Refused", "bad", "x-circle", "the dealer: see why"),
    OrderState.NOT_SENT.value: Status("Not sent", "warn", "refresh", "the dealer: confirm again"),
    OrderState.NOT_PLACED.value: Status("Not placed", "idle", "undo"),
}
ASKED = {
    AskedState.SENDING.value: Status("Being sent", "info", "deliveries"),
    AskedState.UNKNOWN.value: Status("Unknown", "doubt", "question", "the dealer: look in the order book"),
    AskedState.ASKED.value: Status("Asked for", "info", "clock"),
    AskedState.DONE.value: Status("Done", "good", "check-circle"),
    AskedState.NOT_DONE.value: Status("Not done", "idle", "undo"),
    AskedState.REFUSED.value: Status("Refused", "bad", "x-circle", "the dealer: see why"),
    AskedState.NOT_SENT.value: Status("Not sent", "warn", "refresh", "the dealer: confirm again"),
}
DESK_SESSION = {
    SessionState.OPENING.value: Status("Being opened", "info", "clock"),
    SessionState.OPEN.value: Status("Open", "good", "link"),
    SessionState.ENDED.value: Status("Ended", "idle", "unlink"),
    SessionState.FAILED.value: Status("No login", "bad", "x-circle"),
}
TABLES = {
    "access_check": ACCESS_CHECK,
    "access_step": ACCESS_STEP,
    "access_row": ACCESS_ROW,
    "desk_order": ORDER,
    "asked_change": ASKED,
    "desk_session": DESK_SESSION,
}
