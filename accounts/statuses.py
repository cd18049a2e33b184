"""How the states of a retail user look."""

from backoffice.kit.components import Status
from backoffice.protocol.codes import UserStatus

RETAIL_USER = {
    UserStatus.ACTIVE.value: Status(UserStatus.ACTIVE.label, "good", "check-circle"),
    UserStatus.SUSPENDED.value: Status(UserStatus.SUSPENDED.label, "warn", "pause"),
    UserStatus.INACTIVE.value: Status(UserStatus.INACTIVE.label, "idle", "stop"),
    "": Status("Not known", "idle", "question"),
    "submitted": Status("In approval", "info", "inbox"),
    "not_confirmed": Status("Not confirmed", "info", "clock"),
}

FLAG = {"on": Status("On", "good", "check"), "off": Status("Off", "idle", "close")}
