"""Before when a change or a file is not to be sent, as its maker asks."""

from datetime import datetime

from backoffice.changes.errors import ChangeError
from backoffice.delivery.hours import fault


def require_time(not_before: datetime | None, *, local: bool) -> None:
    """Raises ChangeError where nothing can wait until then. `local`: nothing of it goes to ODIN."""
    if not_before is not None and local:
        raise ChangeError("Nothing of it goes to ODIN, so it cannot wait for a time. Leave the time empty.")
    if words := fault(not_before):
        raise ChangeError(words)
