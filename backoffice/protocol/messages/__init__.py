"""Every request and response of the User Management API, declared once each; a business family a module."""

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
