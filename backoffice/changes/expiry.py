"""How long what was submitted may wait for a decision: single changes and files alike.

Asked by beat, so that what is over leaves the lists, and before each decision, so that nothing depends on beat.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

#: The state of what waits, of a change and of a file.
SUBMITTED = "submitted"


def over(things: QuerySet[Any]) -> list[int]:
    """The numbers of those among changes or files that were submitted too long ago and still wait."""
    if not settings.CHANGES_EXPIRE_AFTER_DAYS:
        return []
    latest = timezone.now() - timedelta(days=settings.CHANGES_EXPIRE_AFTER_DAYS)
    return list(things.filter(state=SUBMITTED, submitted_at__lt=latest).values_list("pk", flat=True))
