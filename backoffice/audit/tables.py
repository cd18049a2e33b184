"""The list of audit entries."""

import django_tables2 as tables

from backoffice.audit.models import Entry
from backoffice.screens.tables_base import IdColumn, PortalTable, TimeColumn


class EntryTable(PortalTable):
    """Audit entries, newest first."""

    at = TimeColumn(verbose_name="When")
    by_name = tables.Column(verbose_name="Who")
    action = tables.Column(verbose_name="What")
    subject = IdColumn(verbose_name="On")
    text = tables.Column(verbose_name="In words", orderable=False)
    reason = tables.Column(verbose_name="Why", orderable=False)

    class Meta(PortalTable.Meta):
        model = Entry
        fields = ("at", "by_name", "action", "subject", "text", "reason")
