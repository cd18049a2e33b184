"""When the periodic tasks are asked for. Beat keeps nothing: no file that could be damaged, no time of the wall clock.

Each task is asked for when beat starts, and then at its interval by a clock that cannot be set. So a task
must do no harm when it is asked for too often; what belongs to a day looks in the database whether it was
done today.
"""

import time
from datetime import datetime, timedelta
from datetime import time as Clock
from typing import Any

from celery import beat
from django.utils import timezone


class Scheduler(beat.Scheduler):
    """Celery's scheduler, with intervals in seconds by a steady clock."""

    def setup_schedule(self) -> None:
        planned = self.app.conf.beat_schedule
        self.update_from_dict(planned)
        self._every = {name: float(entry["schedule"]) for name, entry in planned.items()}
        self._due = dict.fromkeys(planned, time.monotonic())

    def tick(self, *_: Any) -> float:
        """Ask for what is due. Returns the seconds until the next task is."""
        for name, entry in self.schedule.items():
            if (now := time.monotonic()) >= self._due[name]:
                self._due[name] = now + self._every[name]
                self.apply_entry(entry, producer=self.producer)
        return max(0.0, min(self._due.values()) - time.monotonic())


def day_of(at: Clock) -> tuple[datetime, datetime]:
    """The day that began when a time of the day last came, in the portal's time zone, until now.

    What was done later than that bears the time of a clock that was set back since, and was not done today.
    """
    now = timezone.localtime()
    began = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return (began if began <= now else began - timedelta(days=1)), now + timedelta(minutes=1)
