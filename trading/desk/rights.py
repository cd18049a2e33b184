"""The rights of the order desk, and their check."""

from typing import TYPE_CHECKING

from django.conf import settings

from backoffice.changes.kinds import DECIDE, PROPOSE
from trading.desk.errors import DeskProblem, NotPermitted

if TYPE_CHECKING:
    from backoffice.logins.models import User

DEAL = "trading.deal"
VIEW = "trading.view_deskorder"
STOP = "trading.stop_desk"
RELEASE = "trading.release_desk"


def need_dealer(person: "User") -> None:
    """Raise DeskProblem while the desk is off, NotPermitted unless this is a dealer and neither maker nor checker."""
    if not settings.ORDER_DESK:
        raise DeskProblem("The order desk is off. ORDER_DESK switches it on.")
    if not person.has_perm(DEAL):
        raise NotPermitted("You may not deal at the order desk.")
    if person.has_perm(PROPOSE) or person.has_perm(DECIDE):
        raise NotPermitted(
            "A maker or checker may not deal. An administrator gives these roles to two people."
        )
