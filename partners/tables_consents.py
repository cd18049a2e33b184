"""The list of consents."""

import django_tables2 as tables

from backoffice.kit.tables_base import AgoColumn, IdColumn, MoneyColumn, PortalTable, StatusColumn, TimeColumn
from partners.models import Consent
from partners.tables import ClientColumn, at


class ConsentTable(PortalTable):
    """Consents, newest first."""

    pk = tables.Column(verbose_name="Consent", linkify=at("partners:consent"))
    client = ClientColumn()
    partner = tables.Column()
    product_code = IdColumn(verbose_name="Product")
    shown_as = StatusColumn("consent", verbose_name="State", order_by=("state",))
    cap_run = MoneyColumn(verbose_name="Cap of a basket ₹")
    cap_day = MoneyColumn(verbose_name="Cap of a day ₹")
    given_at = AgoColumn(verbose_name="Given")
    valid_until = TimeColumn(verbose_name="Until")

    class Meta(PortalTable.Meta):
        model = Consent
        row_attrs = {"data-href": at("partners:consent")}  # as in the base class
        fields = (
            "pk", "client", "partner", "product_code", "shown_as", "cap_run", "cap_day", "given_at", "valid_until",
        )  # fmt: skip

    def render_pk(self, record: Consent) -> str:
        """Its name."""
        return str(record)
