"""The faults armed at present: over HTTP (`POST /faults`) or with `StandIn.faults.add(...)`."""

import re
from collections.abc import Mapping
from typing import Any

from standins.arming import ArmedFaults, BadFault, check_name
from standins.odin.faults import FAULTS, Armed


class Faults(ArmedFaults[Armed]):
    """The faults armed at present, in the order in which they were armed."""

    def add(self, fault: str, *, match: Mapping[str, object] | None = None, **options: Any) -> Armed:
        """Arm a fault. Raises BadFault for an unknown name, match or option, or a senseless value."""
        known = {"times": int, "seconds": float, "text": str, "status": str, "days": str}
        check_name(fault, FAULTS)
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
        return self._arm(lambda id_: Armed(id_, fault, wanted, **clean))

    def take(self, facts: Mapping[str, str]) -> Armed | None:
        """The fault that strikes a message of these facts, counted down. None if none does."""
        with self._lock:
            armed = self._take(lambda one: one.matches(facts))
            if armed is not None:
                armed.struck += 1
        return armed

    def present(self) -> list[dict[str, Any]]:
        """The faults armed at present, as plain data with their words."""
        return [one | {"words": FAULTS[one["fault"]].words} for one in super().present()]
