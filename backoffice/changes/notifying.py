"""Announces that changes or files have another status, to the room that notifies people."""

from collections.abc import Callable, Collection
from typing import Any

_listeners: list[Callable[[Any, Collection[int]], None]] = []


def register(listen: Callable[[Any, Collection[int]], None]) -> None:
    """Call `listen` with `Change` or `Batch` and the numbers of those that moved. Called from `AppConfig.ready`."""
    _listeners.append(listen)


def notify(model: Any, numbers: Collection[int]) -> None:
    """Say that these changes or files may have another status now, in the transaction that gives it to them.

    Once too often does no harm.
    """
    if numbers:
        for listen in _listeners:
            listen(model, numbers)
