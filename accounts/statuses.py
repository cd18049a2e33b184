"""The appearance of the states of a retail user."""

from backoffice.kit.components import RESULTS, Status
from backoffice.protocol.codes import UserStatus

RETAIL_USER = {
    UserStatus.ACTIVE.value: Status(UserStatus.ACTIVE.label, "good", "check-circle"),
    UserStatus.SUSPENDED.value: Status(UserStatus.SUSPENDED.label, "warn", "pause"),
    UserStatus.INACTIVE.value: Status(UserStatus.INACTIVE.label, "idle", "stop"),
    "": Status("Not known", "idle", "question"),
    "submitted": Status("In approval", "info", "inbox"),
    # Of a new retail user whose create is approved: its outcome, until ODIN has confirmed it.
    **dict.fromkeys(("approved", "sent", "queued", "in_flight"), Status("On its way", "info", "deliveries")),
    "unknown": RESULTS["unknown"],
    "on_hold": RESULTS["on_hold"],
    "refused": RESULTS["refused"],
    "not_confirmed": Status("Not confirmed", "info", "clock"),
}

FLAG = {"on": Status("On", "good", "check"), "off": Status("Off", "idle", "close")}
