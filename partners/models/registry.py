"""The registry of partners (C3), and the partners' ids of clients (C10, C31)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class PartnerKind(models.TextChoices):
    """Who runs the platform, which decides what the portal serves for it (C1)."""

    OWN = "own", "Own research desk"
    HOSTED = "hosted", "Hosted partner"
    EXTERNAL = "external", "External partner"


class PartnerState(models.TextChoices):
    """The state of a partner. A draft is a change that is not approved yet."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    ENDED = "ended", "Ended"


class Partner(models.Model):
    """A publisher that the broker works with, as last approved. It changes only by an approved change (`kinds`).

    `code` is its name in addresses. `application_token` is sealed; `application_token_hash` (SHA-256, hex) finds and
    compares it. `partner_ids`: `[{"partner_id": "A1B2C3", "broker": "..."}]`. `products`: `[{"code", "name",
    "algo_id"}]`. `hosts`, `webhook_networks`: texts of the registry entry, split. `webhook_secret_hash`: SHA-256 of the
    secret part of the webhook's address; "" until an address was made.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=PartnerKind.choices)
    state = models.CharField(max_length=10, choices=PartnerState.choices, default=PartnerState.ACTIVE)
    application_token = models.TextField()
    application_token_hash = models.CharField(max_length=64, unique=True)
    partner_ids = models.JSONField(default=list)
    products = models.JSONField(default=list)
    models_allowed = models.JSONField(default=list, help_text='Of "1", "2" and "3".')
    hosts = models.JSONField(default=list, help_text="Hosts that key endpoints may have (C39).")
    basket_callback = models.CharField(max_length=200, blank=True, help_text="As given to the vendor.")
    login_callback = models.CharField(max_length=200, blank=True, help_text="As given to the vendor.")
    webhook_networks = models.JSONField(default=list, help_text="Empty: any.")
    webhook_secret_hash = models.CharField(max_length=64, blank=True)
    registration = models.CharField("SEBI registration", max_length=30, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    sync_asked_at = models.DateTimeField(null=True, help_text="Order messages are to be asked for (C38).")
    synced_at = models.DateTimeField(null=True)
    sync_words = models.CharField(max_length=200, blank=True, help_text="What the last sync brought.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [
            ("monitor_connector", "Can see partners, baskets, invitations and reported orders"),
            ("settle_connector", "Can settle findings, close invitations, revoke sessions and ask for sync"),
            ("propose_partner", "Can propose entries of the registry of partners"),
            ("approve_partner", "Can approve entries of the registry, mappings and releases of a switch"),
            ("make_basket", "Can make baskets, submit them and invite clients"),
            ("approve_basket", "Can approve or reject baskets of others"),
            ("stop_connector", "Can throw a kill switch, and ask for its release"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PartnerKind.values), name="partner_kind_known"),
            models.CheckConstraint(condition=Q(state__in=PartnerState.values), name="partner_state_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"partner:{self.code}"

    @property
    def serves(self) -> bool:
        """Whether the portal answers in its place: not for an external partner, which answers itself (C1)."""
        return self.kind != PartnerKind.EXTERNAL

    def has_product(self, code: str) -> bool:
        """Whether it has a product of this code."""
        return any(product["code"] == code for product in self.products)

    def algo_id(self, product_code: str) -> str:
        """The algo id of a product; "" if it has none, or there is no such product (C42)."""
        found = (row.get("algo_id", "") for row in self.products if row["code"] == product_code)
        return str(next(found, "") or "")


class PartnerVersion(models.Model):
    """A registry entry as it was approved once. `values`: as the change held them, secrets sealed."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    content_hash = models.CharField(max_length=64)
    change = models.ForeignKey("changes.Change", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="partner_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}, version {self.number}"


class MappingState(models.TextChoices):
    """The state of the vendor's id of a client (C25, C31)."""

    NONE = "none", "Not known"
    CLAIMED = "claimed", "Waiting for a person"
    BOUND = "bound", "Bound"


class PartnerClient(models.Model):
    """A client as one partner's messages name them.

    `tp_user_id`: ours, random, at most 30 characters (C10). `vas_user_id`: the vendor's, once it is bound.
    `claimed_vas_user_id`: what a login callback said, waiting for approval. `callback_differs`: name and e-mail of the
    last login callback that differ from the record.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="clients")
    client = models.ForeignKey("accounts.RetailUser", on_delete=models.PROTECT, related_name="partner_names")
    tp_user_id = models.CharField(max_length=30, unique=True)
    vas_user_id = models.CharField(max_length=50, blank=True)
    claimed_vas_user_id = models.CharField(max_length=50, blank=True)
    mapping = models.CharField(max_length=8, choices=MappingState.choices, default=MappingState.NONE)
    callback_differs = models.JSONField(default=dict, db_column="told")
    version = models.PositiveIntegerField(default=1)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["partner", "client"], name="partner_client_once"),
            models.UniqueConstraint(
                fields=["partner", "vas_user_id"],
                condition=~Q(vas_user_id=""),
                name="partner_client_one_vas_user",
            ),
            models.CheckConstraint(
                condition=Q(mapping__in=MappingState.values), name="partner_client_mapping_known"
            ),
            models.CheckConstraint(
                condition=~Q(mapping=MappingState.BOUND) | ~Q(vas_user_id=""),
                name="partner_client_bound_to_an_id",
            ),
        ]
        indexes = [models.Index(fields=["mapping", "-id"], name="partner_client_by_mapping")]

    def __str__(self) -> str:
        return f"{self.client} at {self.partner}"

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"mapping:{self.pk}"
