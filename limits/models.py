"""Confirmed limits of retail users."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.columns import code, code_known, not_empty, number, percent, rupees, text
from accounts.models import RetailUser
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from backoffice.protocol.messages.squareoff import AutoSquareOff


def limits_url(user: RetailUser) -> str:
    """The limits on the page of a retail user."""
    return f"{user.get_absolute_url()}?tab=limits"


class LimitUpdate(models.Model):
    """One confirmed deposit (section 4.7). It adds to the limit; no call takes one back (O1).

    `reference` is used only once, across both kinds. `document` is what the maker named; "" where that is not known.
    """

    class Kind(models.IntegerChoices):
        """By the type of the message."""

        CASH = CashDeposit.type, "Cash deposit"
        COLLATERAL = ManualCollateral.type, "Manual collateral"

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="limit_updates", db_index=False
    )
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    reference = text(CashDeposit, "reference", unique=True)
    amount = rupees(CashDeposit, "amount")
    notional_deposit = rupees(CashDeposit, "notional_deposit")
    product_id = number(CashDeposit, "product_id")
    document = text(CashDeposit, "document", db_default="")
    confirmed_at = models.DateTimeField("confirmed", auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints: ClassVar = [
            not_empty("reference", prefix="limit_update"),
            models.CheckConstraint(
                condition=Q(kind__in=(CashDeposit.type, ManualCollateral.type)),
                name="limit_update_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=False) | Q(notional_deposit__isnull=False),
                name="limit_update_has_an_amount",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="limit_update_amount_positive"),
            models.CheckConstraint(
                condition=Q(notional_deposit__gt=0), name="limit_update_notional_positive"
            ),
            models.CheckConstraint(
                condition=Q(notional_deposit__isnull=True) | Q(kind=CashDeposit.type),
                name="limit_update_notional_is_cash",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["retail_user", "-id"], name="limit_update_by_user"),
            models.Index(fields=["confirmed_at", "-id"], name="limit_update_by_time"),
            models.Index(fields=["kind", "-id"], name="limit_update_by_kind"),
            models.Index(fields=["amount", "-id"], name="limit_update_by_amount"),
            models.Index(fields=["-id"], condition=Q(document=""), name="limit_update_without_document"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    def get_absolute_url(self) -> str:
        return limits_url(self.retail_user)


class Periodicity(models.Model):
    """A periodicity as ODIN lists them (section 4.15). One number may cover several market segments."""

    number = models.BigIntegerField()
    market_segment = models.CharField(max_length=60)
    read_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "periodicities"
        ordering = ("number", "market_segment")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number", "market_segment"], name="periodicity_once"),
            not_empty("market_segment", prefix="periodicity"),
        ]

    def __str__(self) -> str:
        return f"{self.market_segment} ({self.number})"


class SquareOffSetting(models.Model):
    """The automatic square-off of a retail user for one periodicity (section 4.20). Percentages; 0 is off."""

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="square_off_settings", db_index=False
    )
    periodicity = models.BigIntegerField()
    mtm_pre = percent(AutoSquareOff, "mtm_pre")
    mtm = percent(AutoSquareOff, "mtm")
    mtm_trigger = code(AutoSquareOff, "mtm_trigger")
    mtm_inactivate = code(AutoSquareOff, "mtm_inactivate")
    margin_pre = percent(AutoSquareOff, "margin_pre")
    margin = percent(AutoSquareOff, "margin")
    margin_trigger = code(AutoSquareOff, "margin_trigger")
    margin_inactivate = code(AutoSquareOff, "margin_inactivate")
    confirmed_at = models.DateTimeField("confirmed", auto_now=True)

    class Meta:
        ordering = ("retail_user", "periodicity")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "periodicity"], name="square_off_once_a_periodicity"
            ),
            models.CheckConstraint(
                condition=Q(mtm_pre__gte="0.01", mtm_pre__lte="99.99"), name="square_off_mtm_pre_in_range"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__gte": 0, f"{name}__lte": "99.99"}),
                    name=f"square_off_{name}_in_range",
                )
                for name in ("mtm", "margin_pre", "margin")
            ),
            *(
                code_known(AutoSquareOff, name, "square_off")
                for name in ("mtm_trigger", "mtm_inactivate", "margin_trigger", "margin_inactivate")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["periodicity", "-id"], name="square_off_by_periodicity"),
            models.Index(fields=["confirmed_at", "-id"], name="square_off_by_time"),
        ]

    def __str__(self) -> str:
        return f"Square-off of {self.retail_user_id} for {self.periodicity}"

    def get_absolute_url(self) -> str:
        return limits_url(self.retail_user)


class ApprovedQuantity(models.Model):
    """The quantity of a security that a retail user approved for EDIS or pledge (sections 4.26 and 4.28)."""

    class Kind(models.TextChoices):
        """The purpose of the approval."""

        EDIS = "edis", "EDIS"
        PLEDGE = "pledge", "Pledge"

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="approved_quantities", db_index=False
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    isin = models.CharField("ISIN", max_length=12)
    quantity = models.BigIntegerField(null=True)
    status = models.CharField(max_length=50, blank=True)
    confirmed_at = models.DateTimeField("confirmed", auto_now=True)

    class Meta:
        verbose_name_plural = "approved quantities"
        ordering = ("kind", "isin")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retail_user", "kind", "isin"], name="approved_quantity_once"),
            models.CheckConstraint(
                condition=Q(kind__in=("edis", "pledge")), name="approved_quantity_kind_known"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="approved_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=False) | ~Q(status=""), name="approved_quantity_says_something"
            ),
            not_empty("isin", prefix="approved_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.isin}"
