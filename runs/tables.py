"""The list of runs."""

import django_tables2 as tables
from django.utils.safestring import SafeString

from backoffice.kit.tables_base import AgoColumn, IdColumn, NumberColumn, PortalTable
from backoffice.kit.templatetags import portal
from runs.models import Run


class RunTable(PortalTable):
    """Runs, newest first."""

    pk = tables.Column(verbose_name="Run", linkify=True)
    basket = tables.Column(accessor="version", verbose_name="Basket", orderable=False)
    reco_id = IdColumn(accessor="version__reco_id", verbose_name="Reco ID")
    partner = tables.Column(accessor="version__basket__partner__name", verbose_name="Partner")
    stage = tables.Column(verbose_name="State", orderable=False)
    clients = NumberColumn(verbose_name="Clients", accessor="client_count")
    made_by = tables.Column(verbose_name="Proposed by", orderable=False)
    created_at = AgoColumn(verbose_name="Proposed")

    class Meta(PortalTable.Meta):
        model = Run
        row_attrs = {"data-href": lambda record: record.get_absolute_url()}  # as in the base class
        fields = ("pk", "basket", "reco_id", "partner", "stage", "clients", "made_by", "created_at")

    def render_pk(self, record: Run) -> str:
        """Its name."""
        return str(record)

    def render_stage(self, record: Run) -> SafeString:
        """Where it is."""
        return portal.status("run", record.stage)
