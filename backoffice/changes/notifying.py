"""Announces that changes or files have another status, to the room that notifies people."""

from collections.abc import Callable, Sequence
from typing import Any

_listeners: list[Callable[[Sequence[Any]], None]] = []


def register(listen: Callable[[Sequence[Any]], None]) -> None:
    """Call `listen` with the changes, or the files, that moved. Called from `AppConfig.ready`."""
    _listeners.append(listen)


def notify(things: Sequence[Any]) -> None:
    """Say that these changes, or these files, may have another status now, in the transaction that gives it to them.

    They are as they are now, and nobody reads them again. Once too often does no harm.
    """
    if things:
        for listen in _listeners:
            listen(things)
