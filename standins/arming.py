"""The faults that are armed at a stand-in: the next one that strikes, and how often it still does."""

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Generic, Protocol, TypeVar


class BadFault(ValueError):
    """A request to arm a fault that makes no sense; the words say what to send."""


class Armed(Protocol):
    """A fault that waits for its occasion, as a dataclass. `times`: how often it still strikes; -1: always."""

    id: int
    fault: str
    times: int


ArmedType = TypeVar("ArmedType", bound=Armed)


class ArmedFaults(Generic[ArmedType]):
    """The faults armed at present, in the order in which they were armed. Every method is safe in any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._armed: list[ArmedType] = []
        self._ids = itertools.count(1)

    def _arm(self, make: Callable[[int], ArmedType]) -> ArmedType:
        """Arm the fault that `make` builds with the next id."""
        with self._lock:
            armed = make(next(self._ids))
            self._armed.append(armed)
        return armed

    def _take(self, strikes: Callable[[ArmedType], bool]) -> ArmedType | None:
        """The first fault that strikes, counted down, and removed after its last time. None if none does."""
        with self._lock:
            for armed in self._armed:
                if strikes(armed):
                    armed.times -= 1 if armed.times > 0 else 0
                    if armed.times == 0:
                        self._armed.remove(armed)
                    return armed
        return None

    def remove(self, id_: int | None = None) -> int:
        """Disarm one fault, or all. Returns how many were disarmed."""
        with self._lock:
            kept = [armed for armed in self._armed if id_ is not None and armed.id != id_]
            gone = len(self._armed) - len(kept)
            self._armed = kept
        return gone

    def present(self) -> list[dict[str, Any]]:
        """The faults armed at present, as plain data."""
        with self._lock:
            return [asdict(armed) for armed in self._armed]  # type: ignore[call-overload]  # dataclasses, all of them


def check_name(name: str, known: Iterable[str]) -> None:
    """Raise BadFault for the name of a fault that is not known."""
    names = list(known)
    if name not in names:
        raise BadFault(f"There is no such fault. Known: {', '.join(names)}.")


def check_numbers(times: object, seconds: object, occasions: str) -> None:
    """Raise BadFault for a senseless number of times or seconds. `occasions`: what a fault strikes, in the plural."""
    if not isinstance(times, int) or isinstance(times, bool) or times == 0:
        raise BadFault(f"times is a number of {occasions}, or -1 for all.")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 600:
        raise BadFault("seconds is a number from 0 to 600.")
