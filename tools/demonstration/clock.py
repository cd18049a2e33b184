"""A clock that this process goes by while it makes the past of a demonstration."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from types import SimpleNamespace, TracebackType
from typing import Self
from unittest.mock import patch

from django.utils import timezone

from standins.odin import dealer, service, store

#: The modules that ask for the time: of the portal, `timezone.now` alone.
ASKING = (timezone, store, service, dealer)


class Clock:
    """The time of the portal and of the stand-in within the context: it runs on from where it was last set.

    Both must be in this process. It only goes forward, as the trail does, and never beyond the real time.
    """

    def __init__(self, start: datetime) -> None:
        self._shown, self._since = start, time.monotonic()
        self._patches = ExitStack()

    def now(self) -> datetime:
        """The time that it shows, in UTC."""
        run = time.monotonic() - self._since
        return min(datetime.fromtimestamp(self._shown.timestamp() + run, UTC), datetime.now(UTC))

    def to(self, moment: datetime) -> None:
        """Go forward to a moment; one that is over already changes nothing."""
        if moment > self.now():
            self._shown, self._since = moment, time.monotonic()

    def __enter__(self) -> Self:
        clock = self

        class Moved(datetime):
            """Replaces the class: its present is the clock's. It returns plain datetimes."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.fromtimestamp(clock.now().timestamp(), tz)

        for module in ASKING:
            self._patches.enter_context(patch.object(module, "datetime", Moved))
        seconds = SimpleNamespace(time=lambda: clock.now().timestamp())
        self._patches.enter_context(patch.object(dealer, "time", seconds))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patches.close()
