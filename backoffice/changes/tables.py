"""The list of changes."""

import django_tables2 as tables

from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.screens.tables_base import AgoColumn, IdColumn, NumberColumn, PortalTable, StatusColumn


class ChangeTable(PortalTable):
    """Changes, newest first."""

    id = NumberColumn(verbose_name="No.")
    kind = tables.Column(verbose_name="What")
    lane = IdColumn(verbose_name="Retail user")
    state = StatusColumn("change")
    made_by = tables.Column(verbose_name="Maker", order_by=("made_by__username",))
    reason = tables.Column(verbose_name="Why", orderable=False, attrs={"td": {"class": "long"}})
    decided_by = tables.Column(verbose_name="Decided by", order_by=("decided_by__username",))
    updated_at = AgoColumn(verbose_name="Last step")

    class Meta(PortalTable.Meta):
        model = Change
        fields = ("id", "kind", "lane", "state", "made_by", "reason", "decided_by", "updated_at")

    def render_kind(self, value: str) -> str:
        return KINDS[value].title if value in KINDS else value
