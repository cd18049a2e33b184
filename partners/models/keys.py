"""API keys of model 3, and each fetch of them (C39)."""

from django.db import models
from django.db.models import Q

from partners.models.registry import Partner


class KeyType(models.TextChoices):
    """The access that a key gives (3.9)."""

    INTERACTIVE = "interactive", "Interactive"
    BROADCAST = "broadcast", "Broadcast"
    OMEX = "omex", "OMEX"


class FetchState(models.TextChoices):
    """The state of a fetch. It is tried once: a fetch without an answer is never repeated."""

    WAITING = "waiting", "Waiting for the worker"
    ASKED = "asked", "Asked"
    DONE = "done", "Fetched"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    UNKNOWN = "unknown", "Unknown"


class KeyFetch(models.Model):
    """An approved fetch of a partner's keys. `words`: how it ended, without any secret."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="key_fetches")
    change = models.OneToOneField("changes.Change", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=FetchState.choices, default=FetchState.WAITING)
    words = models.CharField(max_length=500, blank=True)
    approved_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FetchState.values), name="key_fetch_state_known"),
            models.UniqueConstraint(
                fields=["partner"],
                condition=Q(state__in=(FetchState.WAITING, FetchState.ASKED)),
                name="key_fetch_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Fetch {self.pk} of keys of {self.partner}"


class ApiKey(models.Model):
    """A key as the Connector gave it: sealed, opaque, shown to nobody. What is replaced is emptied.

    `sealed_secret`: "" for all but OMEX. `endpoint`: the base address that the key is for, on the partner's list of
    hosts when it came. `fingerprint`: the first 12 hex digits of the key's SHA-256, to tell two apart.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    type = models.CharField(max_length=12, choices=KeyType.choices)
    sealed_key = models.TextField(blank=True)
    sealed_secret = models.TextField(blank=True)
    endpoint = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=12)
    change = models.ForeignKey("changes.Change", on_delete=models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["type", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(type__in=KeyType.values), name="api_key_type_known"),
            models.UniqueConstraint(
                fields=["partner", "type"], condition=Q(replaced_at__isnull=True), name="api_key_one_current"
            ),
            models.CheckConstraint(
                condition=(Q(replaced_at__isnull=True) & ~Q(sealed_key=""))
                | Q(replaced_at__isnull=False, sealed_key="", sealed_secret=""),
                name="api_key_emptied_when_replaced",
            ),
        ]

    def __str__(self) -> str:
        return f"Key {self.fingerprint}"
