"""How checks, their calls and their rows look."""

from backoffice.kit.components import Status
from trading.models import Verdict

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
