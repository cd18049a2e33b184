"""How long submitted changes and files may wait for a decision.

Beat asks, to clear the lists, and so does each decision, so that nothing depends on beat.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

#: The state of what waits, for changes and files.
SUBMITTED = "submitted"


def over(things: QuerySet[Any]) -> list[int]:
    """Return the ids of changes or files that have waited too long."""
    if not settings.CHANGES_EXPIRE_AFTER_DAYS:
        return []
    latest = timezone.now() - timedelta(days=settings.CHANGES_EXPIRE_AFTER_DAYS)
    return list(things.filter(state=SUBMITTED, submitted_at__lt=latest).values_list("pk", flat=True))
