"""The database guards of reconciliations: a result is never altered."""

from backoffice.guarding import Guard, Guards

_STATE = "(SELECT r.state FROM reconciliation_reconciliation r WHERE r.id = {}.reconciliation_id)"
_WORDS = "the result of a comparison stays as it was found"
_COLUMNS = {
    "line": ("number", "outcome", "name", "given", "findings"),
    "difference": ("number", "name", "field", "here", "there"),
}
#: Columns of the reconciliation itself that are fixed once it is compared.
_COUNTS = ("rows", "same", "different", "only_there", "only_here", "unreadable", "differences")


def guards(vendor: str) -> Guards:
    """The changes that file, maker and result of a reconciliation refuse, for both databases."""
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("state", *_COUNTS))
    found = {
        "reconciliation_kept": Guard(
            "UPDATE",
            "reconciliation_reconciliation",
            "NEW.sha256 <> OLD.sha256 OR NEW.made_by_id <> OLD.made_by_id OR NEW.token <> OLD.token "
            f"OR (OLD.state IN ('compared', 'discarded') AND ({changed}))",
            "a reconciliation keeps its file, its maker and its result",
        ),
        "reconciliation_not_deleted": Guard(
            "DELETE", "reconciliation_reconciliation", "TRUE", "a reconciliation is kept"
        ),
    }
    for name, columns in _COLUMNS.items():
        table = f"reconciliation_{name}"
        whose = ("reconciliation_id", "group_id", "user_id", "version")
        found |= {
            f"{table}_kept": Guard("UPDATE", table, "TRUE", _WORDS, columns=(*whose, *columns)),
            f"{table}_added": Guard(
                "INSERT", table, f"{_STATE.format('NEW')} <> 'comparing'", _WORDS, looks_elsewhere=True
            ),
            f"{table}_not_deleted": Guard(
                "DELETE", table, f"{_STATE.format('OLD')} <> 'comparing'", _WORDS, looks_elsewhere=True
            ),
        }
    return found
