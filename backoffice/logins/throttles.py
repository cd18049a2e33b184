"""The cache in which django-allauth counts failed logins: a table that never drops a count early.

Django's own database cache drops the first third of its keys, in alphabetical order, once it has 300: trying
enough other names would lift the lockout of one. It also stores pickles, which run code for whoever can write
the table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.logins.models import Throttle

#: Seconds for entries without a time-out of their own; django-allauth has none.
LONGEST = timedelta(days=1)


class ThrottleCache(BaseCache):
    """JSON values, shared by all processes. A failing database is an error: no count is lost silently."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, unless it has expired."""
        found = Throttle.objects.filter(key=self._named(key, version), expires_at__gt=timezone.now()).first()
        return found.value if found else default

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store the value if there is none. Of several processes that do this at once, only one gets True."""
        name, ends = self._named(key, version), self._end(timeout)
        expired = Throttle.objects.filter(key=name, expires_at__lte=timezone.now())
        if expired.update(value=value, expires_at=ends):
            return True
        try:
            with transaction.atomic():
                Throttle.objects.create(key=name, value=value, expires_at=ends)
        except IntegrityError:
            return False
        return True

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Store the value, and delete expired ones."""
        Throttle.objects.filter(expires_at__lte=timezone.now()).delete()
        Throttle.objects.bulk_create(
            [Throttle(key=self._named(key, version), value=value, expires_at=self._end(timeout))],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["value", "expires_at"],
        )

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Extend the value's time."""
        found = Throttle.objects.filter(key=self._named(key, version), expires_at__gt=timezone.now())
        return bool(found.update(expires_at=self._end(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete the value."""
        return bool(Throttle.objects.filter(key=self._named(key, version)).delete()[0])

    def clear(self) -> None:
        """Delete all values."""
        Throttle.objects.all().delete()

    def _named(self, key: str, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _end(self, timeout: float | None) -> datetime:
        ends = self.get_backend_timeout(timeout)
        return timezone.now() + LONGEST if ends is None else datetime.fromtimestamp(ends, tz=UTC)
