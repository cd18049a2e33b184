"""The list of audit entries."""

import django_tables2 as tables

from backoffice.audit.models import Entry
from backoffice.kit.tables_base import PortalTable, SubjectColumn, TimeColumn, WordsColumn


class EntryTable(PortalTable):
    """Audit entries, newest first."""

    at = TimeColumn(verbose_name="When", order_by=("at", "id"))
    by_name = tables.Column(verbose_name="Who", orderable=False)
    action = tables.Column(verbose_name="What", orderable=False)
    subject = SubjectColumn(verbose_name="On", orderable=False)
    text = WordsColumn(verbose_name="In words", lane="subject")
    reason = WordsColumn(verbose_name="Why", lane="subject")

    class Meta(PortalTable.Meta):
        model = Entry
        fields = ("at", "by_name", "action", "subject", "text", "reason")
