"""Reported orders (C33 to C38): the inbox, each message as it was read, and orders and trades as reported."""

from django.db import models
from django.db.models import F, Q

from partners.models.baskets import BasketLine, BasketVersion
from partners.models.invitations import Invitation
from partners.models.registry import Partner


class Source(models.TextChoices):
    """How a body reached the inbox."""

    WEBHOOK = "webhook", "Webhook"
    SYNC = "sync", "Sync"


class InboxMessage(models.Model):
    """A body as it came, committed before it is answered (C34). A worker reads it later. It is never changed.

    `body`: text; what was not UTF-8 has signs in its place. `body_hash`: SHA-256 (hex) of the bytes.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices)
    body = models.TextField()
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    rows = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["id"], condition=Q(read_at__isnull=True), name="inbox_unread"),
            models.Index(fields=["partner", "-received_at"], name="inbox_by_partner"),
        ]

    def __str__(self) -> str:
        return f"Inbox message {self.pk}"


class ReportedOrder(models.Model):
    """An order as the messages report it: the row with the highest sequence (C35). Reported, not proven.

    `key`: UniqueCode, else "N:" and OrderNumber. `exchange`: plain segment id as it came. Prices are paise.
    `status`: the number as it came, whose words are in `connector.api.codes`. `differs`: what is other than in the
    basket (C36). `conflict`: two rows of one sequence disagree, and a person has to look.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="orders")
    vendor_partner_id = models.CharField(max_length=6, help_text="sPartnerId as it came.")
    exchange = models.CharField(max_length=10)
    key = models.CharField(max_length=60)
    order_number = models.CharField(max_length=40, blank=True)
    sequence = models.BigIntegerField(null=True)
    row_hash = models.CharField(max_length=64, blank=True)
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.PROTECT, related_name="orders")
    version = models.ForeignKey(BasketVersion, null=True, on_delete=models.PROTECT, related_name="orders")
    line = models.ForeignKey(BasketLine, null=True, on_delete=models.PROTECT, related_name="orders")
    reco_id = models.CharField(max_length=10, blank=True)
    tp_user_id = models.CharField(max_length=50, blank=True)
    ucc = models.CharField("UCC", max_length=20, blank=True)
    product_code = models.CharField(max_length=50, blank=True)
    token = models.CharField(max_length=20, blank=True)
    symbol = models.CharField(max_length=50, blank=True)
    side = models.CharField(max_length=4, blank=True)
    quantity = models.BigIntegerField(null=True)
    pending = models.BigIntegerField(null=True)
    traded = models.BigIntegerField(null=True)
    traded_by_trades = models.BigIntegerField(default=0)
    price = models.BigIntegerField(null=True)
    status = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    reported_at = models.CharField(max_length=30, blank=True, help_text="LastModifiedTime as it came.")
    differs = models.JSONField(default=list)
    orphan = models.BooleanField(default=False)
    conflict = models.BooleanField(default=False)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]
        verbose_name = "reported order"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "vendor_partner_id", "exchange", "key"], name="reported_order_once"
            ),
        ]
        indexes = [
            models.Index(fields=["reco_id"], name="reported_order_by_reco"),
            models.Index(
                fields=["last_at"],
                condition=~Q(traded=F("traded_by_trades")),
                name="reported_order_trades_differ",
            ),
            models.Index(fields=["-id"], condition=Q(orphan=True), name="reported_order_orphans"),
            models.Index(fields=["-id"], condition=Q(conflict=True), name="reported_order_conflicts"),
        ]

    def __str__(self) -> str:
        return f"Reported order {self.key}"

    @property
    def subject(self) -> str:
        """Its name in audit entries."""
        return f"order:{self.pk}"


class Reading(models.TextChoices):
    """How a row of a message was read (C35)."""

    APPLIED = "applied", "Applied"
    DUPLICATE = "duplicate", "Seen before"
    OLDER = "older", "Older than what is known"
    CONFLICT = "conflict", "Same sequence, other content"
    TRADE = "trade", "Trade added"
    ORPHAN = "orphan", "Belongs to nothing"


class OrderMessage(models.Model):
    """One row of a message: kept whatever became of it. `values`: the texts as they came, by their names."""

    inbox = models.ForeignKey(InboxMessage, on_delete=models.PROTECT, related_name="messages")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(ReportedOrder, null=True, on_delete=models.PROTECT, related_name="messages")
    message_type = models.CharField(max_length=20)
    sequence = models.BigIntegerField(null=True)
    row_hash = models.CharField(max_length=64)
    reading = models.CharField(max_length=10, choices=Reading.choices)
    values = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(reading__in=Reading.values), name="order_message_reading_known"
            ),
        ]
        indexes = [
            models.Index(fields=["order", "sequence"], name="order_message_by_order"),
            models.Index(fields=["partner", "sequence"], name="order_message_by_sequence"),
        ]

    def __str__(self) -> str:
        return f"Order message {self.pk}"


class ReportedTrade(models.Model):
    """A trade, added once whatever its sequence (C35). `price`: paise."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    exchange = models.CharField(max_length=10)
    number = models.CharField(max_length=40)
    side = models.CharField(max_length=4, blank=True)
    order = models.ForeignKey(ReportedOrder, null=True, on_delete=models.PROTECT, related_name="trades")
    quantity = models.BigIntegerField(null=True)
    price = models.BigIntegerField(null=True)
    traded_at = models.CharField(max_length=30, blank=True, help_text="TradeTime as it came.")
    row_hash = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "exchange", "number", "side"], name="reported_trade_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Trade {self.number}"
