"""The database guards of runs.

- A run is opened by an approved change of exactly this content; its clients and lines exist before, and stay.

- A line keeps its order, unless that order was never sent: no line is placed twice.
"""

from backoffice.guarding import Guard, Guards

#: The content of an approved change. Each database reads the JSON of its message in its own way.
_SAID = {
    "postgresql": "c.messages -> 0 -> 'values' ->> '{}'",
    "sqlite": "json_extract(c.messages, '$[0].values.{}')",
}
_KEPT = "clients and lines of a run stay as they were approved"
_BELONGS = "clients and lines are those of their run, before it is opened"

_FIXED: Guards = {
    "run_born_proposed": Guard("INSERT", "runs_run", "NEW.state <> 'proposed'", "a run begins as a proposal"),
    "run_kept": Guard(
        "UPDATE",
        "runs_run",
        """NEW.version_id <> OLD.version_id OR NEW.algo_id <> OLD.algo_id OR NEW.content_hash <> OLD.content_hash
            OR NEW.made_by_id <> OLD.made_by_id OR (OLD.state <> 'proposed' AND NEW.change_id <> OLD.change_id)
            OR (OLD.state = 'stopped' AND NEW.state <> 'stopped') OR (OLD.state = 'open' AND NEW.state = 'proposed')""",
        "what was approved of a run stays, and a stopped run stays stopped",
    ),
    "run_not_deleted": Guard("DELETE", "runs_run", "TRUE", "runs are kept"),
    "run_client_added": Guard(
        "INSERT",
        "runs_runclient",
        "NOT EXISTS (SELECT 1 FROM runs_run r WHERE r.id = NEW.run_id AND r.version_id = NEW.version_id "
        "AND r.state = 'proposed')",
        _BELONGS,
        looks_elsewhere=True,
    ),
    "run_client_kept": Guard(
        "UPDATE",
        "runs_runclient",
        """NEW.run_id <> OLD.run_id OR NEW.version_id <> OLD.version_id OR NEW.client_id <> OLD.client_id
            OR (OLD.state IN ('ended', 'void') AND NEW.state <> OLD.state)""",
        _KEPT,
    ),
    "run_client_not_deleted": Guard("DELETE", "runs_runclient", "TRUE", _KEPT),
    "run_line_added": Guard(
        "INSERT",
        "runs_runline",
        "NEW.order_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM runs_runclient c JOIN runs_run r ON r.id = c.run_id "
        "JOIN partners_basketline b ON b.version_id = r.version_id "
        "WHERE c.id = NEW.run_client_id AND b.id = NEW.line_id AND r.state = 'proposed')",
        _BELONGS,
        looks_elsewhere=True,
    ),
    "run_line_kept": Guard(
        "UPDATE",
        "runs_runline",
        "NEW.run_client_id <> OLD.run_client_id OR NEW.line_id <> OLD.line_id",
        _KEPT,
    ),
    "run_line_placed_once": Guard(
        "UPDATE",
        "runs_runline",
        "COALESCE((SELECT o.state FROM trading_deskorder o WHERE o.id = OLD.order_id), '') <> 'not_sent'",
        "a line keeps its order, unless that was not sent",
        looks_elsewhere=True,
        first="OLD.order_id IS NOT NULL AND NEW.order_id IS DISTINCT FROM OLD.order_id",
    ),
    "run_line_not_deleted": Guard("DELETE", "runs_runline", "TRUE", _KEPT),
}


def guards(vendor: str) -> Guards:
    """The guards, as this kind of database writes them."""
    said = _SAID[vendor]
    approved = (
        "EXISTS (SELECT 1 FROM changes_change c WHERE c.state = 'approved' AND c.id = NEW.change_id "  # noqa: S608
        f"AND c.kind = 'connector_run' AND {said.format('content')} = NEW.content_hash "
        f"AND {said.format('run')} = CAST(NEW.id AS text))"
    )
    return {
        **_FIXED,
        "run_opened_by_two": Guard(
            "UPDATE",
            "runs_run",
            f"NOT {approved}",
            "a run is opened by an approved change of its content",
            looks_elsewhere=True,
            first="NEW.state = 'open' AND OLD.state <> 'open'",
        ),
    }
