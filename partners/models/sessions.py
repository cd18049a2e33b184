"""Sessions that clients opened at the broker and that a partner keeps (C28 to C32)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from partners.models.registry import Partner


class SessionEnd(models.TextChoices):
    """Why a session is kept no longer (C29)."""

    REPLACED = "replaced", "Replaced by a newer one"
    DAY = "day", "End of its time"
    CLIENT = "client", "Revoked by the client"
    STAFF = "staff", "Revoked by staff"
    PARTNER = "partner", "Partner not active"
    USER = "user", "Client not active"
    SWITCH = "switch", "Kill switch"
    INVALID = "invalid", "The Connector called it invalid"


class ConnectorSession(models.Model):
    """A session as the Connector gave it: sealed, opaque, shown to nobody.

    `fingerprint`: the first 12 hex digits of its SHA-256, to tell two apart. `until`: it is not used after that.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="sessions")
    client = models.ForeignKey(
        "accounts.RetailUser", on_delete=models.PROTECT, related_name="partner_sessions"
    )
    sealed = models.TextField()
    sealed_rest = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=12)
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    last_use = models.CharField(max_length=20, blank=True, help_text='"answered" or "no answer" (C53).')
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=SessionEnd.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "client"],
                condition=Q(ended_at__isnull=True),
                name="connector_session_one_live",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="connector_session_ended_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["fingerprint", "-id"], name="connector_session_fingerprint"),
            models.Index(fields=["since", "-id"], name="connector_session_by_time"),
            models.Index(fields=["id"], condition=Q(ended_at__isnull=True), name="connector_session_live"),
        ]

    def __str__(self) -> str:
        return f"Session {self.fingerprint}"

    @property
    def subject(self) -> str:
        """Its name in audit entries."""
        return f"session:{self.pk}"
