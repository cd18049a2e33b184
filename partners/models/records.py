"""Kill switches, findings for people, and calls that could not be read (C14, C45)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from partners.models.invitations import Invitation
from partners.models.orders import ReportedOrder
from partners.models.registry import Partner


class Scope(models.TextChoices):
    """How much a kill switch stops (C45)."""

    ALL = "all", "Everything"
    MODEL = "model", "One model"
    PARTNER = "partner", "One partner"
    PRODUCT = "product", "One product"
    CLIENT = "client", "One client"


class KillSwitch(models.Model):
    """A switch that was thrown. `target`: "" for everything, a model's number, a partner's code, `CODE/PRODUCT`, or
    `GROUP/USER`. It holds until its release is approved (`kinds`).
    """

    scope = models.CharField(max_length=8, choices=Scope.choices)
    target = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500)
    thrown_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    thrown_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("changes.Change", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "target"], condition=Q(released_at__isnull=True), name="kill_switch_once"
            ),
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="kill_switch_scope_known"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_by__isnull=False),
                name="kill_switch_released_by_a_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.target}".strip()

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"switch:{self.pk}"


class FindingKind(models.TextChoices):
    """The kinds of findings."""

    TOKEN_ALARM = "token_alarm", "Many refused token checks"
    AUTH_CODE = "auth_code", "AuthCode used for another client or product"
    STALE_BASKET = "stale_basket", "Scrip changed since the basket was made"
    CALLBACK = "callback", "Callback that belongs to nothing"
    CONTRADICTION = "contradiction", "Callback that contradicts the first"
    MAPPING = "mapping", "Mapping to settle"
    ORPHAN = "orphan", "Order that belongs to nothing"
    CONFLICT = "conflict", "Two messages of one sequence"
    CONTRADICTING_IDS = "contradicting_ids", "Reco ID, user and UCC do not belong together"
    TRADES = "trades", "Trades and order disagree"
    UNREADABLE = "unreadable", "Order message that cannot be read"
    SILENCE = "silence", "No order messages"
    WEBHOOK = "webhook", "Order messages that were refused"
    FOREIGN_SESSION = "foreign_session", "Login callback for another client"
    KEYS = "keys", "API keys that could not be fetched"


class ConnectorFinding(models.Model):
    """Something for a person: raised once while it is open, settled with a reason. `key`: what it is about, in short.

    `times`, `last_at`: how often and when it last came while open. `text` holds no secret and no personal data.
    """

    kind = models.CharField(max_length=20, choices=FindingKind.choices)
    key = models.CharField(max_length=120)
    text = models.CharField(max_length=500)
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.PROTECT, related_name="findings")
    order = models.ForeignKey(ReportedOrder, null=True, on_delete=models.PROTECT, related_name="findings")
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(settled_at__isnull=True), name="connector_finding_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=FindingKind.values), name="connector_finding_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="connector_finding_by_kind"),
            models.Index(fields=["last_at", "-id"], name="connector_finding_by_time"),
            models.Index(fields=["id"], condition=Q(settled_at__isnull=True), name="connector_finding_open"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key}"


class UnreadableCall(models.Model):
    """A call to one of our addresses that could not be read, masked: going live needs to see its names (C14).

    `shape`: the names that it had, each with the kind and length of its value. The newest of each path is kept.
    """

    path = models.CharField(max_length=40, unique=True)
    content_type = models.CharField(max_length=80, blank=True)
    shape = models.JSONField(default=list)
    why = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["path"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Unreadable call to {self.path}"
