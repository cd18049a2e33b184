"""The table of names."""

import django_tables2 as tables

from backoffice.kit.tables_base import AgoColumn, IdColumn, PortalTable, YesNoColumn
from backoffice.masters.models import List, Name
from backoffice.protocol.codes import TemplateType

TYPES = {kind.value: kind.label for kind in TemplateType}


class NameTable(PortalTable):
    """Names, list by list."""

    list = tables.Column(verbose_name="List")
    code = IdColumn(verbose_name="Code")
    within = tables.Column(verbose_name="Belongs to")
    label = tables.Column(verbose_name="Name")
    active = YesNoColumn(verbose_name="Offered")
    changed_at = AgoColumn(verbose_name="Changed")

    def render_within(self, value: str, record: Name) -> str:
        """The type of a template by its name; the group of a dealer as it is."""
        return TYPES.get(value, value) if record.list == List.TEMPLATES else value

    class Meta(PortalTable.Meta):
        model = Name
        fields = ("list", "code", "within", "label", "active", "changed_at")
