"""Risks in the profile of a retail user."""

from accounts.values import records, text
from backoffice.changes.examination import Known
from backoffice.changes.risks import Risk
from backoffice.protocol.codes import Poa, RecordAction
from backoffice.protocol.fields import Values


def risks(values: Values, known: Known) -> set[Risk]:
    """Return the risks: a power of attorney granted; a bank account or status that differs from the confirmed one."""
    before = known.values or {}
    found = set()
    if text(values, "poa") == Poa.GRANTED and text(before, "poa") != Poa.GRANTED:
        found.add(Risk.POA)
    if not before:
        return found
    if text(values, "status") and text(values, "status") != text(before, "status"):
        found.add(Risk.STATUS)
    confirmed = [_without_action(bank) for bank in records(before, "banks")]
    for bank in records(values, "banks"):
        if bank.get("action") == RecordAction.DELETE or _without_action(bank) not in confirmed:
            found.add(Risk.BANK)
    return found


def _without_action(bank: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in bank.items() if name != "action" and value}
