"""Imports of scrip masters and their scrips."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from backoffice.leases import Counted
from backoffice.rest.api.codes import Exchange
from markets.master_file import PUBLISHED

EXCHANGES = [(exchange.value, exchange.label) for exchange in PUBLISHED]


class State(models.TextChoices):
    """The state of an import."""

    READING = "reading", "Being read"
    HELD = "held", "Waits for a person"
    CURRENT = "current", "Current"
    REPLACED = "replaced", "Replaced"
    REFUSED = "refused", "Not imported"
    DISCARDED = "discarded", "Discarded"


class ScripImport(Counted):
    """One file of one exchange: read completely or not at all, and current until the next one is (R34).

    `source` is the file's name, or the address that a worker fetches it from. `path` is its name in the
    folder of scrip masters while it is read, "" until it is fetched. `position` is how many bytes of `size`
    are read. `added`, `gone` and `changed` compare it with the previously current import. A worker holds the
    lease while it reads. Times are UTC.
    """

    exchange = models.CharField(max_length=10, choices=EXCHANGES)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    source = models.CharField(max_length=300)
    path = models.CharField(max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    position = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    missing = models.JSONField(default=list, help_text="Columns that look-ups use and that the file lacks.")
    bad_isins = models.JSONField(default=list, help_text="The first of those with a wrong check digit.")
    bad_isin_count = models.PositiveIntegerField(default=0)
    repeated = models.JSONField(
        default=list, help_text="The first tokens that the file repeats for one scrip."
    )
    repeated_count = models.PositiveIntegerField(default=0, help_text="Rows that were left out for that.")
    problem = models.TextField(blank=True, help_text="Why it was not imported, or waits for a person.")
    compared_with = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Nobody for the import of each morning.",
    )  # fmt: skip
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    current_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="scrip_import_state_known"),
            models.UniqueConstraint(
                fields=["exchange"], condition=Q(state=State.CURRENT), name="scrip_import_current_once"
            ),
            models.UniqueConstraint(
                fields=["exchange"],
                condition=Q(state__in=(State.READING, State.HELD)),
                name="scrip_import_one_under_way",
            ),
        ]
        indexes = [
            models.Index(fields=["exchange", "-id"], name="scrip_import_by_exchange"),
            models.Index(fields=["id"], condition=Q(state=State.READING), name="scrip_import_being_read"),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk} of {self.get_exchange_display()}"

    def get_absolute_url(self) -> str:
        return reverse("markets:import", args=[self.pk])

    @property
    def subject(self) -> str:
        """Its name in audit entries."""
        return f"scrips:{self.exchange}"


class Scrip(models.Model):
    """A security or contract in one import. A token is valid only with its import's date (R34).

    `strike` and `tick` are paise, 0 for none. `offered`: neither deleted nor a test symbol, so that people
    may choose it. `mark` is a digest of all its data, for comparing two imports.
    """

    scrip_import = models.ForeignKey(
        ScripImport, on_delete=models.PROTECT, related_name="scrips", db_index=False
    )
    exchange = models.CharField(max_length=10, choices=EXCHANGES)
    token = models.BigIntegerField()
    symbol = models.CharField(max_length=50)
    series = models.CharField(max_length=20, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    expiry = models.DateField(null=True)
    strike = models.BigIntegerField(default=0)
    option_type = models.CharField(max_length=4, blank=True)
    isin = models.CharField("ISIN", max_length=12, blank=True)
    description = models.CharField(max_length=120, blank=True)
    lot = models.BigIntegerField(default=0)
    tick = models.BigIntegerField(default=0)
    deleted = models.BooleanField(default=False)
    offered = models.BooleanField(default=True)
    mark = models.BigIntegerField()

    class Meta:
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["scrip_import", "token"], name="scrip_by_token"),
            models.Index(fields=["isin"], condition=~Q(isin=""), name="scrip_by_isin"),
            models.Index(
                fields=["scrip_import", "symbol", "expiry", "strike"],
                opclasses=["int8_ops", "text_pattern_ops", "date_ops", "int8_ops"],
                name="scrip_by_symbol",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.series}".strip()

    def get_absolute_url(self) -> str:
        return reverse("markets:scrip", args=[self.exchange, self.token])

    @property
    def strike_rupees(self) -> Decimal:
        """The strike price in rupees; 0 for none."""
        return Decimal(self.strike) / 100

    @property
    def contract(self) -> str:
        """The expiry of a contract; of an option its strike in rupees and its type too. Empty of a share."""
        option = f" {self.strike_rupees} {self.option_type}" if self.strike else ""
        return f"{self.expiry:%d-%m-%Y}{option}" if self.expiry else ""

    @property
    def tick_rupees(self) -> Decimal:
        """The tick in rupees; 0 if the file has none."""
        return Decimal(self.tick) / 100

    @property
    def exchange_label(self) -> str:
        """The exchange in words."""
        return Exchange[self.exchange].label


class HolidayExchange(models.TextChoices):
    """Exchanges with a list of holidays."""

    NSE = "NSE", "NSE"
    BSE = "BSE", "BSE"


class Holiday(models.Model):
    """A day on which an exchange does not trade. An admin keeps the list."""

    day = models.DateField()
    exchange = models.CharField(max_length=3, choices=HolidayExchange.choices)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["day", "exchange"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["day", "exchange"], name="holiday_once_of_an_exchange"),
            models.CheckConstraint(
                condition=Q(exchange__in=HolidayExchange.values), name="holiday_exchange_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d-%m-%Y} {self.name} ({self.exchange})"
