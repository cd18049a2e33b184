"""Invitations of clients to a basket, each click on one, and the two-way tokens made for it (C7 to C10)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from partners.models.baskets import BasketVersion
from partners.models.registry import Partner
from partners.models.sessions import ConnectorSession
from partners.proof import TRIES


class InvitationState(models.TextChoices):
    """The state of an invitation (C7). A claim of the browser alone makes it "returned", never "executed"."""

    INVITED = "invited", "Invited"
    OPENED = "opened", "Opened"
    REDIRECTED = "redirected", "Redirected"
    CHECKED = "checked", "Token checked"
    SERVED = "served", "Basket served"
    RETURNED_OK = "returned_ok", "Returned: success, says the browser"
    RETURNED_FAILED = "returned_failed", "Returned: failure, says the browser"
    RETURNED_UNCLEAR = "returned_unclear", "Returned, unclear"
    NOT_RETURNED = "not_returned", "No callback"
    EXECUTED = "executed", "Executed"
    PART = "part", "Executed in part"
    NOT_EXECUTED = "not_executed", "Not executed"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


#: Nothing follows these.
CLOSED = (
    InvitationState.EXECUTED,
    InvitationState.PART,
    InvitationState.NOT_EXECUTED,
    InvitationState.EXPIRED,
    InvitationState.REVOKED,
)


class Invitation(models.Model):
    """One client asked to look at one version of a basket.

    `model`: 1, each time with a login; 2, with a session that is kept. `reference` names it in messages and says
    nothing of the client. `link_hash`: SHA-256 of the link's secret, which is shown once. `tries_left`: wrong proofs
    of who the client is that remain. `replaced_by`: where the link leads after a newer version. `code_kind`: which
    user id GetOrderDetails named ("tp", "vas", "ucc").
    """

    reference = models.CharField(max_length=22, unique=True)
    version = models.ForeignKey(BasketVersion, on_delete=models.PROTECT, related_name="invitations")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="invitations")
    product_code = models.CharField(max_length=50)
    client = models.ForeignKey("accounts.RetailUser", on_delete=models.PROTECT, related_name="invitations")
    model = models.PositiveSmallIntegerField(choices=[(1, "1, redirect"), (2, "2, kept session")])
    state = models.CharField(max_length=16, choices=InvitationState.choices, default=InvitationState.INVITED)
    link_hash = models.CharField(max_length=64, unique=True)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    code_kind = models.CharField(max_length=3, blank=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why a person closed or revoked it.")
    evidence = models.CharField(max_length=200, blank=True, help_text="Of a person who said executed.")
    invited_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    redirected_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True, help_text="When an order message last came.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=InvitationState.values), name="invitation_state_known"
            ),
            models.CheckConstraint(condition=Q(model__in=(1, 2)), name="invitation_model_known"),
            models.UniqueConstraint(
                fields=["version", "client"],
                condition=~Q(state__in=[s.value for s in CLOSED]),
                name="invitation_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "state"], name="invitation_by_version"),
            models.Index(fields=["partner", "client", "product_code"], name="invitation_by_client"),
            models.Index(
                fields=["state"],
                condition=~Q(state__in=[s.value for s in CLOSED]),
                name="invitation_open",
            ),
            # Filters and sorts of their list.
            models.Index(fields=["state", "-id"], name="invitation_by_state"),
            models.Index(fields=["invited_at", "-id"], name="invitation_by_time"),
            models.Index(fields=["last_message_at", "-id"], name="invitation_by_message"),
            # The last message of a basket.
            models.Index(
                fields=["version", "-last_message_at"],
                condition=Q(last_message_at__isnull=False),
                name="invitation_heard",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk} of {self.client_id}"

    @property
    def is_closed(self) -> bool:
        """Whether nothing follows any more."""
        return self.state in CLOSED

    @property
    def subject(self) -> str:
        """Its name in audit entries."""
        return f"invitation:{self.pk}"


class RequestType(models.IntegerChoices):
    """nRequestType of the landing address (3.2)."""

    BASKET_WITH_LOGIN = 1, "Basket, with a login"
    LOGIN = 2, "Login to keep"
    BASKET_WITH_SESSION = 3, "Basket, with a kept session"


class Redirect(models.Model):
    """One click of a client that led to the Connector. A newer one of the same client and product ends it (C10).

    `nonce_hash`: of the echo object. `login_hash`: of the cookie that binds a login callback (C25). `callback_hash`: of
    the content of the first callback. `session`: the kept session that a type 3 was made with.
    """

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="redirects")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey("accounts.RetailUser", on_delete=models.PROTECT, related_name="+")
    product_code = models.CharField(max_length=50)
    request_type = models.PositiveSmallIntegerField(choices=RequestType.choices)
    session = models.ForeignKey(
        ConnectorSession, null=True, on_delete=models.PROTECT, related_name="redirects"
    )
    nonce_hash = models.CharField(max_length=64, unique=True)
    login_hash = models.CharField(max_length=64, blank=True, db_index=True)
    login_used = models.BooleanField(default=False)
    callback_hash = models.CharField(max_length=64, blank=True)
    callback_code = models.CharField(max_length=50, blank=True)
    callback_message = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["client", "partner", "product_code"],
                condition=Q(ended_at__isnull=True),
                name="redirect_one_open",
            ),
            models.CheckConstraint(
                condition=Q(request_type__in=RequestType.values), name="redirect_type_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Redirect {self.pk} of {self.invitation}"


class AuthCodeUse(models.Model):
    """An AuthCode for which a basket was served, once and for one click (C16).

    `data`: the served basket, to repeat it.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    code_hash = models.CharField(max_length=64)
    redirect = models.ForeignKey(Redirect, on_delete=models.PROTECT, related_name="codes")
    data = models.TextField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["partner", "code_hash"], name="auth_code_use_once"),
        ]

    def __str__(self) -> str:
        return f"AuthCode of {self.redirect}"


class Purpose(models.TextChoices):
    """The purpose of a two-way token (C9). It has no other use."""

    LANDING_1 = "landing_1", "Landing, basket with a login"
    LANDING_2 = "landing_2", "Landing, login to keep"
    LANDING_3 = "landing_3", "Landing, basket with a kept session"
    BROKER_LIST = "broker_list", "Broker list"
    SYNC = "sync", "Sync of order messages"
    API_KEYS = "api_keys", "API keys"


class TwoWayToken(models.Model):
    """A token that the vendor has us check before it trusts a request in our name (C9). Only its SHA-256 is kept.

    `uses_left`: by a conditional update. `tp_user_id`: what the check's userRefId must be, where it brings one (C48).
    """

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    product_code = models.CharField(max_length=50, blank=True)
    redirect = models.ForeignKey(Redirect, null=True, on_delete=models.PROTECT, related_name="tokens")
    tp_user_id = models.CharField(max_length=30, blank=True)
    uses_left = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="two_way_token_purpose_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Two-way token {self.pk}"
