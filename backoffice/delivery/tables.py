"""The list of deliveries."""

import django_tables2 as tables

from backoffice.delivery.models import Delivery
from backoffice.kit.tables_base import (
    AgoColumn,
    IdColumn,
    NumberColumn,
    PickColumn,
    PortalTable,
    StatusColumn,
    WordsColumn,
)
from backoffice.protocol.message import REQUESTS


class DeliveryTable(PortalTable):
    """Deliveries, newest first."""

    id = NumberColumn(verbose_name="No.")
    message_type = tables.Column(verbose_name="Message")
    lane = IdColumn(verbose_name="Retail user")
    state = StatusColumn("delivery", verbose_name="Status", orderable=False)
    code = tables.Column(verbose_name="Code", orderable=False)
    text = WordsColumn(verbose_name="ODIN's words", accessor="words")
    attempt_count = NumberColumn(verbose_name="Attempts", orderable=False)
    created_at = AgoColumn(verbose_name="Approved")
    finished_at = AgoColumn(verbose_name="Settled", orderable=False)

    class Meta(PortalTable.Meta):
        model = Delivery
        fields = (
            "id",
            "message_type",
            "lane",
            "state",
            "code",
            "text",
            "attempt_count",
            "created_at",
            "finished_at",
        )

    def render_message_type(self, value: int) -> str:
        return f"{REQUESTS[value].title} ({value})"


class DeliveriesToSettle(DeliveryTable):
    """The same for those who settle deliveries: several may be chosen."""

    pick = PickColumn(accessor="pk", what="delivery")

    class Meta(DeliveryTable.Meta):
        sequence = ("pick", "...")
