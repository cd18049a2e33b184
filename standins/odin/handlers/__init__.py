"""What the stand-in does with each message that passed its checks, a family a module."""

from standins.odin.handlers import limits, reads, settings, users
from standins.odin.handlers.base import HANDLERS

__all__ = ["HANDLERS", "limits", "reads", "settings", "users"]
