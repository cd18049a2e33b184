"""How long what was submitted may wait for a decision: single changes and files alike."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def latest() -> datetime | None:
    """What was submitted before this moment expires now; None where nothing does."""
    if not settings.CHANGES_EXPIRE_AFTER_DAYS:
        return None
    return timezone.now() - timedelta(days=settings.CHANGES_EXPIRE_AFTER_DAYS)
