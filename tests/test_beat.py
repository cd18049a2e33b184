"""Beat asks for the periodic tasks whatever lies on its disk and whatever is done to the clock."""

import contextlib
import json
import shelve
from datetime import UTC, datetime, timedelta

import pytest
from celery.app.base import Celery
from celery.beat import ScheduleEntry
from django.conf import settings
from django.db import connection
from django.utils import timezone

from backoffice import beat
from backoffice.audit import retention
from backoffice.audit.guard import guard, unguard
from backoffice.audit.models import Pruning
from backoffice.audit.tasks import prune
from backoffice.celery import app
from backoffice.kit.formats import INDIA
from tests.faults.installation import Installation, wait_until

SWEEP = "backoffice.delivery.tasks.sweep"


class Clock:
    """A steady clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def asked(monkeypatch):
    """What a scheduler asks for, in turn, instead of sending it."""
    asked = []
    monkeypatch.setattr(
        beat.Scheduler, "apply_entry", lambda self, entry, producer=None: asked.append(entry.task)
    )
    monkeypatch.setattr(beat.Scheduler, "producer", None)
    return asked


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(beat.time, "monotonic", clock.monotonic)
    return clock


def run(scheduler, clock, seconds):
    """Let beat work for some seconds, as its main loop does."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now += max(scheduler.tick(), 0.001)


def test_at_its_start_beat_asks_for_everything_once(asked, clock):
    beat.Scheduler(app).tick()
    assert sorted(asked) == sorted(entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())


def test_each_task_is_asked_for_at_its_interval(asked, clock):
    run(beat.Scheduler(app), clock, 3599.5)
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        times = asked.count(entry["task"])
        assert 0.98 * 3600 / entry["schedule"] <= times <= 3600 / entry["schedule"], entry


@pytest.mark.parametrize("minutes", [-10, -60 * 24, 60 * 24 * 365])
def test_a_clock_that_is_set_does_not_stop_the_sweep(asked, clock, monkeypatch, minutes):
    shown = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(Celery, "now", lambda self: shown + timedelta(seconds=clock.now))
    scheduler = beat.Scheduler(app)
    run(scheduler, clock, 20)
    asked.clear()
    shown += timedelta(minutes=minutes)
    run(scheduler, clock, 20)
    assert 19 <= asked.count(SWEEP) <= 20
    assert asked.count("backoffice.delivery.tasks.fetch_answers") == 4


def damaged(path, damage):
    """A schedule whose files are damaged. Under which names they lie depends on the kinds of dbm that are there."""
    sound(path)
    for file in path.parent.glob(f"{path.name}*"):
        file.write_bytes(damage(file.read_bytes()))


def empty(path):
    damaged(path, lambda content: b"")


def half(path):
    damaged(path, lambda content: content[: len(content) // 2])


def zeros(path):
    damaged(path, lambda content: bytes(len(content)))


def from_the_future(path):
    sound(path, datetime.now(UTC) + timedelta(days=365))


def sound(path, last_run=None):
    """A schedule as Celery's own scheduler keeps it, in one file."""
    at = last_run or datetime.now(UTC)
    entries = {
        name: ScheduleEntry(name=name, app=app, last_run_at=at, **given)
        for name, given in settings.CELERY_BEAT_SCHEDULE.items()
    }
    with contextlib.closing(shelve.open(str(path), "n")) as kept:
        kept.update(
            {"entries": entries, "__version__": "5.7.0", "tz": settings.CELERY_TIMEZONE, "utc_enabled": True}
        )


@pytest.mark.django_db
def test_entries_are_pruned_once_a_day_however_often_beat_starts(monkeypatch):
    pruned = []

    def prune_all():
        unguard(connection)  # which lets no pruning in without a sealed entry and old seals
        pruned.append(Pruning.objects.create(seal_number=1, up_to_id=0))
        guard(connection)

    monkeypatch.setattr(retention, "prune", prune_all)
    for minutes, count in ((0, 1), (5, 1), (60 * 24, 2), (60 * 24 + 5, 2), (-60 * 24, 3)):
        moment = datetime(2026, 11, 29, 3, tzinfo=INDIA) + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        prune()
        assert len(pruned) == count, moment


@pytest.mark.slow
@pytest.mark.parametrize("damage", [empty, half, zeros, from_the_future])
def test_a_beat_sweeps_whatever_an_older_one_left_on_its_disk(tmp_path, damage):
    """`--schedule` is what a unit file of an older version may still say."""
    environment = {
        "CELERY_BROKER_URL": "filesystem://localhost",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'none'}",
    }
    with Installation(tmp_path, environment) as installation:
        for name in ("beat-schedule", "celerybeat-schedule"):
            damage(tmp_path / name)
        installation.start_beat("beat", f"--schedule={tmp_path / 'beat-schedule'}")
        queue = tmp_path / "broker" / "queue"
        wait_until(
            lambda: installation.ended("beat") or sweeps(queue) >= 3,
            "three sweeps were asked for",
        )
        assert not installation.ended("beat"), (tmp_path / "log" / "beat.log").read_text()


def sweeps(queue):
    found = 0
    for path in queue.glob("*.msg"):
        with contextlib.suppress(FileNotFoundError):
            found += json.loads(path.read_text())["headers"]["task"] == SWEEP
    return found
