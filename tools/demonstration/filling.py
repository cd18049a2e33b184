"""Filling an empty demonstration with its past."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management import call_command

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from standins.odin import StandIn
from tools.demonstration.clock import Clock
from tools.demonstration.days import working_days
from tools.demonstration.desk import Desk
from tools.demonstration.history import History
from tools.demonstration.people import People

#: The staff is there so long before the first day's work.
BEFORE = timedelta(hours=1)


class NotEmpty(Exception):
    """The portal is no demonstration, or has something already; the text says which."""


def fill(odin: StandIn, *, clients: int, until: datetime, said: Callable[[str], None]) -> None:
    """Make staff, lists, profiles and four weeks of work with about so many clients, up to a time (UTC).

    The stand-in must be the one that the settings point to. `said` gets a line now and then. Raises NotEmpty.
    """
    if settings.PORTAL_ENVIRONMENT != "DEMO":
        raise NotEmpty("A past is made for demonstrations only: PORTAL_ENVIRONMENT must be DEMO.")
    if RetailUser.objects.exists() or Entry.objects.exists():
        raise NotEmpty("The portal holds something already. Delete the folder var and run the command again.")
    days = working_days(until)
    with Clock(days[0].begins - BEFORE) as clock:
        for command in ("demo_staff", "demo_masters", "demo_profiles"):
            call_command(command)
        said("Making four weeks of work of a made-up broker; it takes less than a minute ...")
        History(Desk(clock, odin), People(), days, clients).make(said)
