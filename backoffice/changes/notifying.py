"""Announce changes or files with a new status, to the room that notifies people."""

from collections.abc import Callable, Sequence
from typing import Any

_listeners: list[Callable[[Sequence[Any]], None]] = []


def register(listen: Callable[[Sequence[Any]], None]) -> None:
    """Call `listen` with the changes, or the files, that moved. Use it in `AppConfig.ready`."""
    _listeners.append(listen)


def notify(things: Sequence[Any]) -> None:
    """Announce that these changes or files may have a new status, in the transaction that sets it.

    They are passed in their present state and not read again. An unneeded announcement is harmless.
    """
    if things:
        for listen in _listeners:
            listen(things)
