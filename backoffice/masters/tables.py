"""The table of names."""

import django_tables2 as tables

from backoffice.kit.tables_base import AgoColumn, IdColumn, PortalTable, YesNoColumn
from backoffice.masters.models import List, Name
from backoffice.protocol.codes import TemplateType

TYPES = {kind.value: kind.label for kind in TemplateType}


class NameTable(PortalTable):
    """Names, list by list."""

    label = tables.Column(verbose_name="Name", empty_values=())
    code = IdColumn(verbose_name="Code")
    list = tables.Column(verbose_name="List")
    within = tables.Column(verbose_name="Belongs to")
    active = YesNoColumn(verbose_name="Offered")
    changed_at = AgoColumn(verbose_name="Changed")

    def render_label(self, value: str, record: Name) -> str:
        """The link to its page: its name, or its code if it has none."""
        return value or record.code

    def render_within(self, value: str, record: Name) -> str:
        """The type of a template by its name; the group of a dealer as it is."""
        return TYPES.get(value, value) if record.list == List.TEMPLATES else value

    class Meta(PortalTable.Meta):
        model = Name
        fields = ("label", "code", "list", "within", "active", "changed_at")
