"""Answers that limits store: the list of periodicities, which forms offer by name."""

from backoffice.kit import names
from backoffice.protocol.wire import Reply
from limits import reading_shapes
from limits.models import Periodicity


def keep_periodicities(reply: Reply) -> None:
    """Replace the list by the answer (319). An empty or unreadable one leaves the old list unchanged."""
    try:
        found = reading_shapes.periodicities(reply.data)
    except reading_shapes.NotUnderstood:
        return
    if found:
        Periodicity.objects.all().delete()
        Periodicity.objects.bulk_create(
            [Periodicity(number=number, market_segment=segment) for number, segment in found]
        )
        names.forget("periodicities")


def periodicities() -> list[tuple[str, str]]:
    """Return each periodicity once, with its market segments, for forms."""
    found: dict[int, list[str]] = {}
    for row in Periodicity.objects.all():
        found.setdefault(row.number, []).append(row.market_segment)
    return [(str(number), f"{', '.join(segments)} ({number})") for number, segments in found.items()]
