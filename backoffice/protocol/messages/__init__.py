"""Every request and response of the User Management API, declared once, by business family."""

from backoffice.protocol.messages import (
    addresses,
    approvals,
    dealers,
    limits,
    participants,
    reads,
    session,
    squareoff,
    templates,
    users,
)

__all__ = [
    "addresses",
    "approvals",
    "dealers",
    "limits",
    "participants",
    "reads",
    "session",
    "squareoff",
    "templates",
    "users",
]
