"""Consents of clients to orders that follow a partner's baskets through the portal (C40)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from partners.models.registry import Partner
from partners.proof import TRIES


class ConsentState(models.TextChoices):
    """The state of a consent. Only an active one may be used, and only until `valid_until`."""

    WAITING = "waiting", "Waiting for the client"
    ACTIVE = "active", "In force"
    REVOKED = "revoked", "Revoked"
    REPLACED = "replaced", "Replaced"
    ENDED = "ended", "Expired"


#: The states in which it may be given, used or revoked.
OPEN = (ConsentState.WAITING, ConsentState.ACTIVE)


class HowGiven(models.TextChoices):
    """How the client gave it."""

    OWN_CLICK = "own_click", "Client's own click"
    SIGNED_FORM = "signed_form", "Signed form"


class ConsentForm(models.Model):
    """The file of a form that a client signed, as staff uploaded it. `sha256`: of the content (hex)."""

    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=40)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """One client's consent to orders after the baskets of one product of one partner.

    `text` is what the client reads, `text_hash` its SHA-256 (hex), `text_version` names wording and registry entry.
    `cap_run`, `cap_day`: rupees. `valid_until`: a year after it was asked for at the latest. `link_hash`: SHA-256 of
    the secret of the client's link, empty if none was made; `tries_left`: wrong proofs of who the client is that
    remain. `code_hash`: of the one-time code that was sent last, "" if none is good; `codes_sent`: with this link.
    `evidence`, `form`, `change`: of a signed form, and what approved it. `revoked_by`: staff; nobody where the client
    did it.
    """

    client = models.ForeignKey("accounts.RetailUser", on_delete=models.PROTECT, related_name="consents")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="consents")
    product_code = models.CharField(max_length=50)
    text_version = models.CharField(max_length=20)
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    cap_run = models.DecimalField(max_digits=19, decimal_places=2)
    cap_day = models.DecimalField(max_digits=19, decimal_places=2)
    valid_until = models.DateTimeField()
    how_given = models.CharField(max_length=12, choices=HowGiven.choices)
    evidence = models.CharField(max_length=200, blank=True, help_text="Where the signed form is kept.")
    form = models.ForeignKey(ConsentForm, null=True, on_delete=models.PROTECT, related_name="consents")
    change = models.ForeignKey("changes.Change", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.WAITING)
    link_hash = models.CharField(max_length=64, unique=True, null=True)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    code_hash = models.CharField(max_length=64, blank=True)
    code_ends_at = models.DateTimeField(null=True)
    code_tries_left = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When it was revoked, replaced, or ran out.")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why staff revoked it.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["client", "partner", "product_code"],
                condition=Q(state=ConsentState.ACTIVE),
                name="consent_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["client", "partner", "product_code"],
                condition=Q(state=ConsentState.WAITING),
                name="consent_one_waiting",
            ),
            models.CheckConstraint(condition=Q(state__in=ConsentState.values), name="consent_state_known"),
            models.CheckConstraint(condition=Q(how_given__in=HowGiven.values), name="consent_how_known"),
            models.CheckConstraint(
                condition=Q(cap_run__gt=0, cap_day__gte=F("cap_run")), name="consent_caps_in_order"
            ),
            models.CheckConstraint(
                condition=~Q(state=ConsentState.ACTIVE) | Q(given_at__isnull=False),
                name="consent_in_force_was_given",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True)
                | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="consent_ended_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(how_given=HowGiven.OWN_CLICK)
                | (Q(change__isnull=False, form__isnull=False) & ~Q(evidence="")),
                name="consent_form_has_evidence",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "state"], name="consent_by_partner"),
            models.Index(
                fields=["valid_until"],
                condition=Q(state__in=OPEN),
                name="consent_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Consent {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for the client or is in force, and its time is not over."""
        return self.state in OPEN and self.valid_until > timezone.now()

    @property
    def shown_as(self) -> str:
        """Its state; "ended" as soon as its time has passed."""
        return ConsentState.ENDED if self.state in OPEN and not self.is_open else self.state

    def consent_form(self) -> ConsentForm | None:
        """The scan of the signed form without its content, if there is one."""
        return ConsentForm.objects.defer("content").get(pk=self.form_id) if self.form_id else None

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"consent:{self.pk}"
