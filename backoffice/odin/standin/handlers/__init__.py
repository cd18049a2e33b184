"""What the stand-in does with each message that passed its checks, a family a module."""

from backoffice.odin.standin.handlers import limits, reads, settings, users
from backoffice.odin.standin.handlers.base import HANDLERS

__all__ = ["HANDLERS", "limits", "reads", "settings", "users"]
