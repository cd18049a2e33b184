"""The time before which a change or file must not be sent, by its maker's wish."""

from datetime import datetime

from backoffice.changes.errors import ChangeError
from backoffice.delivery.hours import fault


def require_time(not_before: datetime | None, *, local: bool) -> None:
    """Raise ChangeError if nothing can wait until then. `local`: it stays in the portal."""
    if not_before is not None and local:
        raise ChangeError("Nothing of it goes to ODIN, so it cannot wait for a time. Leave the time empty.")
    if words := fault(not_before):
        raise ChangeError(words)
