"""What the room keeps: access checks, and the order desk's sessions, orders and steps."""

from backoffice import guarding
from backoffice.guarding import Guards
from trading.models import access, desk
from trading.models.access import (
    READS_BEGIN_WITHIN,
    AccessCheck,
    AccessGoOn,
    AccessResult,
    AccessStep,
    AppendOnly,
    Identified,
    Verdict,
    longest,
)
from trading.models.desk import (
    AskedChange,
    AskedKind,
    AskedState,
    DeskOrder,
    DeskSession,
    DeskStop,
    Instruction,
    OrderEvent,
    OrderKind,
    OrderState,
    SessionState,
    Step,
)

__all__ = [
    "READS_BEGIN_WITHIN",
    "AccessCheck",
    "AccessGoOn",
    "AccessResult",
    "AccessStep",
    "AppendOnly",
    "AskedChange",
    "AskedKind",
    "AskedState",
    "DeskOrder",
    "DeskSession",
    "DeskStop",
    "Identified",
    "Instruction",
    "OrderEvent",
    "OrderKind",
    "OrderState",
    "SessionState",
    "Step",
    "Verdict",
    "guards",
    "longest",
]


def guards(vendor: str) -> Guards:
    """What the database refuses on the tables of this room."""
    found: dict[str, guarding.Guard] = {}
    for table in (*access.TABLES, desk.EVENTS):
        found |= guarding.append_only(table, vendor)
    return {**found, **desk.guards(vendor)}
