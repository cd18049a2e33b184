"""Ask ODIN for the list of periodicities if the portal has none, so that the first forms offer them by name."""

from typing import Any

from django.core.management.base import BaseCommand

from limits.models import Periodicity
from limits.tasks import refresh_periodicities


class Command(BaseCommand):
    """A worker fetches the list. Does nothing if there is one: it is requested again each morning."""

    help = "Ask ODIN for the list of periodicities, unless the portal has one."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Periodicity.objects.exists():
            refresh_periodicities()
