"""Baskets, their versions and lines (C5, C6, C19 to C22)."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from backoffice.changes.models import State as ChangeState
from backoffice.connector.api.codes import Validity
from backoffice.rest.api.codes import Exchange, OrderType, Side, validity_words
from partners.models.registry import Partner


class Basket(models.Model):
    """A recommendation, with versions; at most one version is published."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="baskets")
    name = models.CharField(max_length=80)
    product_code = models.CharField(max_length=50)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["partner", "name"], name="basket_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"basket:{self.pk}"


class Stage(models.TextChoices):
    """The state of a version (C5). Submitted and rejected are read from its change."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    REJECTED = "rejected", "Rejected"
    PUBLISHED = "published", "Published"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


#: The stored states: the others are read from the change.
STORED = (Stage.DRAFT, Stage.PUBLISHED, Stage.SUPERSEDED, Stage.WITHDRAWN, Stage.EXPIRED)


#: The state of its change that a draft is in, by its stage.
OF_CHANGE = {Stage.SUBMITTED: ChangeState.SUBMITTED, Stage.REJECTED: ChangeState.REJECTED}


class Versions(models.QuerySet["BasketVersion"]):
    """Versions of baskets."""

    def in_stage(self, stage: Stage) -> "Versions":
        """Those whose `stage` it is."""
        if stage in OF_CHANGE:
            return self.filter(state=Stage.DRAFT, change__state=OF_CHANGE[stage])
        found = self.filter(state=stage)
        return found.exclude(change__state__in=OF_CHANGE.values()) if stage == Stage.DRAFT else found


class BasketVersion(models.Model):
    """One version of a basket: what a client is shown and what is served. Once published it never changes.

    `reco_id`: made at approval, never used again (C6). `content_hash`: SHA-256 (hex) over the canonical content, which
    the approval is bound to. `goes_on`: a run places the next lines after one that was refused. `change`: the last that
    proposed it. `valid_until`: nothing is served after it.
    """

    basket = models.ForeignKey(Basket, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=[(s.value, s.label) for s in STORED], default=Stage.DRAFT)
    reco_id = models.CharField(max_length=6, unique=True, null=True)
    risk_text = models.CharField(max_length=1000)
    prices_as_of = models.DateTimeField()
    valid_until = models.DateTimeField()
    goes_on = models.BooleanField(default=False, db_default=False)
    content_hash = models.CharField(max_length=64, blank=True)
    change = models.ForeignKey("changes.Change", null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = Versions.as_manager()

    class Meta:
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["basket", "number"], name="basket_version_once"),
            models.UniqueConstraint(
                fields=["basket"], condition=Q(state=Stage.PUBLISHED), name="basket_published_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in STORED]), name="basket_version_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(Stage.DRAFT, Stage.WITHDRAWN))
                | Q(reco_id__isnull=False, published_at__isnull=False, change__isnull=False),
                name="basket_version_published_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.basket}, version {self.number}"

    @property
    def stage(self) -> Stage:
        """The state, including that of its change."""
        if self.state == Stage.DRAFT and self.change:
            return next((one for one, state in OF_CHANGE.items() if state == self.change.state), Stage.DRAFT)
        return Stage(self.state)


class BasketLine(models.Model):
    """One order of a version. The scrip is kept as the master had it on that day (R34, C22).

    `price`, `trigger`: rupees, 0 for none. `quantity`, `disclosed`: units. `days`: of GTD, else 0. `lot`: units.
    """

    version = models.ForeignKey(BasketVersion, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField()
    exchange = models.CharField(max_length=10, choices=[(e.value, e.label) for e in Exchange])
    token = models.BigIntegerField()
    symbol = models.CharField(max_length=50)
    series = models.CharField(max_length=20, blank=True)
    isin = models.CharField("ISIN", max_length=12, blank=True)
    description = models.CharField(max_length=120, blank=True)
    expiry = models.DateField(null=True)
    strike = models.BigIntegerField(default=0, help_text="Paise.")
    option_type = models.CharField(max_length=4, blank=True)
    scrip_import = models.ForeignKey("markets.ScripImport", on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=4, choices=[(s.value, s.label) for s in Side])
    order_type = models.CharField(max_length=6, choices=[(o.value, o.label) for o in OrderType])
    quantity = models.BigIntegerField()
    disclosed = models.BigIntegerField(default=0)
    price = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    trigger = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    validity = models.CharField(max_length=3, choices=[(v.value, v.label) for v in Validity], default="DAY")
    days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="basket_line_number_once"),
            models.UniqueConstraint(
                fields=["version", "exchange", "token", "side"], name="basket_line_scrip_once_a_side"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="basket_line_of_something"),
            models.CheckConstraint(
                condition=Q(price__gte=0, trigger__gte=0, disclosed__gte=0), name="basket_line_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity} {self.symbol}"

    @property
    def value(self) -> Decimal:
        """Price times quantity in rupees; 0 for a market order."""
        return self.price * self.quantity

    @property
    def validity_words(self) -> str:
        """How long the order is valid, in the words of the order desk."""
        return validity_words(self.get_validity_display(), self.days)
