"""The list of retail users."""

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import RetailUser
from backoffice.protocol.codes import Segment
from backoffice.screens.tables_base import AgoColumn, IdColumn, PortalTable, StatusColumn
from backoffice.screens.templatetags import portal

#: So many segments are named in a row; the rest are counted, and all stand in the hint.
SEGMENTS_NAMED = 2
NOTHING = "–"  # noqa: RUF001  # the dash of every empty cell
SEGMENT_NAMES = {segment.value: segment.label for segment in Segment}


class RetailUserTable(PortalTable):
    """Retail users as ODIN last confirmed them, and what is under way."""

    user_id = tables.Column(linkify=True, verbose_name="User id", attrs={"td": {"class": "mono nowrap"}})
    group_id = tables.Column(verbose_name="Group", attrs={"td": {"class": "mono"}})
    name = tables.Column(verbose_name="Name")
    pan = IdColumn(verbose_name="PAN")
    mobile = IdColumn(verbose_name="Mobile")
    status = StatusColumn("retail_user", verbose_name="Status", empty_values=())
    trading_segments = tables.Column(verbose_name="Trading in", orderable=False, empty_values=())
    confirmed_at = AgoColumn(verbose_name="Last confirmed")
    work = tables.Column(verbose_name="Under way", orderable=False, empty_values=())

    class Meta(PortalTable.Meta):
        model = RetailUser
        fields = (
            "user_id",
            "group_id",
            "name",
            "pan",
            "mobile",
            "status",
            "trading_segments",
            "confirmed_at",
            "work",
        )

    def render_trading_segments(self, record: RetailUser) -> SafeString | str:
        names = [SEGMENT_NAMES.get(segment, segment) for segment in record.trading_segments]
        if not names:
            return NOTHING
        short = ", ".join(names[:SEGMENTS_NAMED])
        if len(names) > SEGMENTS_NAMED:
            short += f" +{len(names) - SEGMENTS_NAMED}"
        return format_html('<span class="nowrap" title="{}">{}</span>', ", ".join(names), short)

    def render_work(self, record: RetailUser) -> SafeString | str:
        pills = [
            ("change", getattr(record, "open_change", None)),
            ("delivery", getattr(record, "open_delivery", None)),
        ]
        shown = [(portal.status(kind, state),) for kind, state in pills if state]
        return format_html_join(" ", "{}", shown) if shown else NOTHING
