"""The lists of limit updates and square-off settings."""

import django_tables2 as tables

from backoffice.kit.tables_base import AgoColumn, IdColumn, MoneyColumn, PortalTable, TimeColumn
from limits.models import LimitUpdate, SquareOffSetting


class RetailUserColumn(tables.Column):
    """The retail user of a row as `GROUP/USER`, leading to its page."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="Retail user",
            accessor="retail_user__lane",
            linkify=lambda record: record.get_absolute_url(),
            order_by=("retail_user__group_id", "retail_user__user_id"),
            attrs={"td": {"class": "mono nowrap"}},
        )


class LimitUpdateTable(PortalTable):
    """Deposits that ODIN confirmed."""

    confirmed_at = TimeColumn(verbose_name="Confirmed")
    retail_user = RetailUserColumn()
    name = tables.Column(verbose_name="Name", accessor="retail_user__name")
    kind = tables.Column(verbose_name="Kind")
    amount = MoneyColumn(verbose_name="Amount ₹")
    notional_deposit = MoneyColumn(verbose_name="Notional deposit ₹", orderable=False)
    product_id = tables.Column(verbose_name="Product", orderable=False)
    reference = IdColumn(verbose_name="Reference")

    class Meta(PortalTable.Meta):
        model = LimitUpdate
        fields = (
            "confirmed_at",
            "retail_user",
            "name",
            "kind",
            "amount",
            "notional_deposit",
            "product_id",
            "reference",
        )


#: A heading of several words over a short value.
WRAPPED = {"th": {"class": "wraps"}}


class SquareOffTable(PortalTable):
    """Square-off settings that ODIN confirmed, by periodicity."""

    retail_user = RetailUserColumn()
    name = tables.Column(verbose_name="Name", accessor="retail_user__name")
    periodicity = tables.Column(verbose_name="Periodicity")
    mtm_pre = tables.Column(verbose_name="MTM warning %", orderable=False, attrs=WRAPPED)
    mtm = tables.Column(verbose_name="MTM square-off %", orderable=False, attrs=WRAPPED)
    mtm_trigger = tables.Column(verbose_name="On MTM breach", orderable=False, attrs=WRAPPED)
    margin_pre = tables.Column(verbose_name="Margin warning %", orderable=False, attrs=WRAPPED)
    margin = tables.Column(verbose_name="Margin square-off %", orderable=False, attrs=WRAPPED)
    margin_trigger = tables.Column(verbose_name="On margin breach", orderable=False, attrs=WRAPPED)
    confirmed_at = AgoColumn(verbose_name="Confirmed")

    class Meta(PortalTable.Meta):
        model = SquareOffSetting
        fields = (
            "retail_user",
            "name",
            "periodicity",
            "mtm_pre",
            "mtm",
            "mtm_trigger",
            "margin_pre",
            "margin",
            "margin_trigger",
            "confirmed_at",
        )
