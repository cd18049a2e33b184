"""The faults armed at present: over HTTP (`POST /faults`) or with `StandIn.faults.add(...)`."""

import itertools
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from standins.odin.faults import FAULTS, Armed


class BadFault(ValueError):
    """A request to arm a fault that makes no sense; the words say what to send."""


class Faults:
    """The faults armed at present, in the order in which they were armed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Armed] = []
        self._ids = itertools.count(1)

    def add(self, fault: str, *, match: Mapping[str, object] | None = None, **options: Any) -> Armed:
        """Arm a fault. Raises BadFault for an unknown name, match or option, or a senseless value."""
        known = {"times": int, "seconds": float, "text": str, "status": str, "days": str}
        if fault not in FAULTS:
            raise BadFault(f"There is no such fault. Known: {', '.join(FAULTS)}.")
        if unknown := set(options) - set(known):
            raise BadFault(f"Unknown option {', '.join(sorted(unknown))}. Known: match, {', '.join(known)}.")
        facts = ("type", "operation", "group_id", "user_id", "reference")
        wanted = {str(name): str(value) for name, value in (match or {}).items()}
        if set(wanted) - set(facts):
            raise BadFault(f"A match may name {', '.join(facts)}.")
        try:
            clean = {name: known[name](value) for name, value in options.items()}
        except (TypeError, ValueError) as error:
            raise BadFault("times is a whole number and seconds a number.") from error
        if clean.get("times", 1) == 0 or not 0 <= clean.get("seconds", 0) <= 600:
            raise BadFault("times is a number of messages, or -1 for all; seconds is between 0 and 600.")
        if not re.fullmatch(r"(\d{0,5})/(-?\d{0,4})", f"{clean.get('status', '')}/{clean.get('days', '')}"):
            raise BadFault("status and days are whole numbers.")
        with self._lock:
            armed = Armed(next(self._ids), fault, wanted, **clean)
            self._armed.append(armed)
        return armed

    def take(self, facts: Mapping[str, str]) -> Armed | None:
        """The fault that strikes a message of these facts, counted down; None: none does."""
        with self._lock:
            for armed in self._armed:
                if armed.matches(facts):
                    armed.struck += 1
                    if armed.times > 0:
                        armed.times -= 1
                    if armed.times == 0:
                        self._armed.remove(armed)
                    return armed
        return None

    def remove(self, id_: int | None = None) -> int:
        """Disarm one fault, or all. Returns how many were armed."""
        with self._lock:
            kept = [armed for armed in self._armed if id_ is not None and armed.id != id_]
            gone = len(self._armed) - len(kept)
            self._armed = kept
        return gone

    def present(self) -> list[dict[str, Any]]:
        """The faults armed at present, as plain data."""
        with self._lock:
            return [asdict(armed) | {"words": FAULTS[armed.fault].words} for armed in self._armed]
