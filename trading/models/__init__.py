"""Access checks, and the order desk's sessions, orders and steps."""

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
    Instruction,
    OrderKind,
    OrderState,
    SessionState,
)
from trading.models.steps import DeskStop, OrderEvent, Step

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
    "longest",
]
