"""The course of an unknown delivery: its attempts, the rests of its lane, and what was read from ODIN."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from backoffice.delivery.models import Attempt, Delivery
from backoffice.kit.charts import Axis, Lane, Moment, Stretch, axis
from backoffice.kit.components import status
from backoffice.kit.formats import ist
from backoffice.odin.models import Question
from backoffice.odin.outcome import OutcomeKind

#: How many of the newest readings are shown.
READINGS = 20
#: Space on each side of the drawing, as a share of it.
AIR = 0.06
#: Shorter events are drawn with this duration.
SHORTEST = timedelta(seconds=10)


def course(delivery: Delivery) -> Axis | None:
    """Return what happened to a delivery, or None if it was never unknown.

    One query besides its attempts. The axis is that of the attempts: readings from long before or after lie
    on its edge.
    """
    attempts = list(delivery.attempts.all())
    if not delivery.doubted or not attempts:
        return None
    holds = _holds(delivery, attempts)
    since = attempts[0].started_at
    until = max([since + SHORTEST, attempts[-1].started_at, *(one.until for one in holds)])
    air = (until - since) * AIR
    lanes = [
        Lane("Attempts", _said([one.words for one in _tries(attempts)]), moments=_tries(attempts)),
        Lane("Hold", _said([one.words for one in holds]), holds),
        _readings(delivery),
    ]
    return axis(lanes, since - air, until + air)


def _tries(attempts: Sequence[Attempt]) -> list[Moment]:
    return [
        Moment(
            one.started_at,
            status("outcome", one.outcome).tone,
            f"Attempt {one.number}, {ist(one.started_at)}: {status('outcome', one.outcome).word}",
        )
        for one in attempts
    ]


def _holds(delivery: Delivery, attempts: Sequence[Attempt]) -> list[Stretch]:
    """Return when the lane rested after an unknown attempt: until the next attempt, or until it may come."""
    found = []
    for one, later in pairwise([*attempts, None]):
        end = later.started_at if later else delivery.next_try_at
        if one is None or one.outcome != OutcomeKind.UNKNOWN or end is None:
            continue
        begin = one.started_at + timedelta(milliseconds=one.duration_ms or 0)
        if end > begin:
            words = f"On hold from {ist(begin, 'time')} to {ist(end, 'time')}, after attempt {one.number}"
            found.append(Stretch(begin, end, "doubt", words))
    return found


def _readings(delivery: Delivery) -> Lane:
    questions = Question.objects.filter(lane=delivery.lane, state=Question.State.ANSWERED)
    answered = [one for one in questions.order_by("-id")[:READINGS] if one.ended_at]
    moments = [
        Moment(one.ended_at, "info", f"{one.title}, {ist(one.ended_at)}")
        for one in reversed(answered)
        if one.ended_at
    ]
    return Lane("Readings", _said([one.words for one in moments]), moments=moments)


def _said(words: Sequence[str]) -> str:
    return "; ".join(words) or "none"
