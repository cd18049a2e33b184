"""The rights of C46, and the one way to ask for one."""

from typing import TYPE_CHECKING

from partners.errors import NotPermitted

if TYPE_CHECKING:
    from backoffice.logins.models import User

MONITOR = "partners.monitor_connector"
SETTLE = "partners.settle_connector"
PROPOSE_PARTNER = "partners.propose_partner"
APPROVE_PARTNER = "partners.approve_partner"
MAKE_BASKET = "partners.make_basket"
APPROVE_BASKET = "partners.approve_basket"
STOP = "partners.stop_connector"


def need(person: "User", permission: str, words: str) -> None:
    """Raise NotPermitted with these words unless the person has the permission."""
    if not person.has_perm(permission):
        raise NotPermitted(words)
