"""The list of audit entries."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.audit.models import Entry
from backoffice.compliance.actions import in_words
from backoffice.kit.file_cells import FileCells, of_value
from backoffice.kit.tables_base import PortalTable, SubjectColumn, TimeColumn, WordsColumn


class PersonColumn(tables.Column):
    """Who acted: the person's name, and the user name under which the trail keeps it. The portal is named so."""

    def render(self, value: str, record: Any) -> SafeString | str:
        name = record.who
        return (
            format_html(
                '<span class="whom"><span class="nowrap">{}</span><br><span class="quiet small">{}</span></span>',
                name,
                value,
            )
            if record.by and name != value
            else name
        )

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: as the trail has it."""
        return of_value(bound, str)


class EntryTable(PortalTable):
    """Audit entries, newest first."""

    at = TimeColumn(verbose_name="When", order_by=("at", "id"))
    by_name = PersonColumn(verbose_name="Who", orderable=False, attrs={"td": {"class": "person"}})
    action = tables.Column(verbose_name="Action", orderable=False, attrs={"td": {"class": "quiet small"}})
    subject = SubjectColumn(verbose_name="On", orderable=False, attrs={"td": {"class": "person"}})
    text = WordsColumn(verbose_name="In words", lane="subject")
    reason = WordsColumn(verbose_name="Reason", lane="subject")

    def render_action(self, value: str) -> str:
        return in_words(value)

    class Meta(PortalTable.Meta):
        model = Entry
        fields = ("at", "by_name", "action", "subject", "text", "reason")
