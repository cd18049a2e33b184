"""The list of deliveries."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.delivery import many
from backoffice.delivery.hours import SendingTimes
from backoffice.delivery.models import Delivery
from backoffice.delivery.names import names_of
from backoffice.delivery.states import State
from backoffice.kit import privacy
from backoffice.kit.file_cells import FileCells, of_values
from backoffice.kit.tables_base import (
    AgoColumn,
    IdColumn,
    NumberColumn,
    NumberedColumn,
    PickColumn,
    PortalTable,
    StatusColumn,
    SubjectColumn,
    WordsColumn,
)
from backoffice.protocol.message import REQUESTS


class WaitingColumn(StatusColumn):
    """The state and, if the delivery waits for its time, when it goes out."""

    def render(self, value: str, record: Delivery, bound_column: Any, table: Any) -> SafeString:  # type: ignore[override]
        shown = super().render(value, record, bound_column)
        goes_out = table.times.of(record, timezone.now()) if record.state == State.QUEUED else None
        return (
            format_html('<span>{}<br><span class="quiet small">{}</span></span>', shown, goes_out)
            if goes_out
            else shown
        )


class DeliveryTable(PortalTable):
    """Deliveries, newest first."""

    id = NumberedColumn("D", verbose_name="No.")
    message_type = tables.Column(verbose_name="Message")
    lane = SubjectColumn(verbose_name="Retail user")
    state = WaitingColumn("delivery", verbose_name="Status", orderable=False)
    code = tables.Column(verbose_name="Code", orderable=False)
    text = WordsColumn(verbose_name="ODIN's words", accessor="words")
    attempt_count = NumberColumn(verbose_name="Attempts", orderable=False)
    created_at = AgoColumn(verbose_name="Approved")
    finished_at = AgoColumn(verbose_name="Settled", orderable=False)
    reference = IdColumn(verbose_name="Reference", orderable=False)
    change_id = NumberedColumn("C", verbose_name="Change", orderable=False)

    rare = ("reference", "change_id")

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

    def cells_text(self) -> FileCells:
        """In a file: like `Delivery.words`, from the row's fields."""
        shown = privacy.words_for(self.request)
        return of_values("text", "reason", "lane", say=lambda text, reason, lane: shown(text or reason, lane))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of the retail users on this page."""
        return names_of([row.record for row in self.paginated_rows])

    @cached_property
    def times(self) -> SendingTimes:
        """Hours and holidays, read once for all rows."""
        return SendingTimes()


class DeliveriesToSettle(DeliveryTable):
    """Deliveries with boxes, for those who may settle several at once."""

    pick = PickColumn(accessor="pk", what="delivery")

    def may_pick(self, record: Delivery) -> bool:
        """Whether one of the actions for several is possible."""
        return many.allows_any(record)

    class Meta(DeliveryTable.Meta):
        sequence = ("pick", "...")
