"""The Connector's lists."""

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import RetailUser
from backoffice.kit.components import Status
from backoffice.kit.file_cells import FileCells, of_values, path_of
from backoffice.kit.tables_base import (
    AgoColumn,
    IdColumn,
    NumberColumn,
    PortalTable,
    StatusColumn,
    TimeColumn,
)
from backoffice.kit.templatetags import portal
from partners import monitor
from partners.models import (
    Basket,
    BasketVersion,
    ConnectorFinding,
    ConnectorSession,
    Invitation,
    Partner,
    PartnerClient,
)


def at(name: str, key: str = "pk") -> Callable[[Any], str]:
    """The address of a row's page, for a column or a row."""
    return lambda record: reverse(name, args=[getattr(record, key)])


class ClientColumn(tables.Column):
    """The retail user of a row as `GROUP/USER`, leading to its page, with the name."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="Retail user",
            accessor="client",
            linkify=lambda record: record.client.get_absolute_url(),
            order_by=("client__group_id", "client__user_id"),
            attrs={"td": {"class": "nowrap"}},
        )

    def render(self, value: RetailUser) -> SafeString:
        return format_html(
            '<span class="whom"><span class="mono">{}</span><br>{}</span>', value.lane, value.name
        )

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: as on the page."""
        parts = ("client__group_id", "client__user_id", "client__name")
        return of_values(*parts, say=lambda group, user, name: f"{group}/{user} {name}".rstrip())


class PartnerTable(PortalTable):
    """The registry of partners."""

    name = tables.Column(linkify=at("partners:partner", "code"))
    code = IdColumn(verbose_name="Short name")
    kind = tables.Column()
    state = StatusColumn("partner")
    models_allowed = tables.Column(verbose_name="Models", orderable=False)
    version = NumberColumn(verbose_name="Version")
    updated_at = AgoColumn(verbose_name="Changed")

    class Meta(PortalTable.Meta):
        model = Partner
        row_attrs = {"data-href": at("partners:partner", "code")}  # as in the base class
        fields = ("name", "code", "kind", "state", "models_allowed", "version", "updated_at")

    def render_models_allowed(self, value: list[str]) -> str:
        """The numbers of the models."""
        return ", ".join(value) or "None"


class BasketTable(PortalTable):
    """Baskets with their newest version."""

    name = tables.Column(linkify=at("partners:basket"))
    partner = tables.Column()
    product_code = tables.Column(verbose_name="Product")
    newest = tables.Column(verbose_name="Newest version", accessor="pk", orderable=False)
    reco = tables.Column(verbose_name="Published as", accessor="pk", orderable=False)
    made_by = tables.Column(verbose_name="Made by", orderable=False)
    created_at = AgoColumn(verbose_name="Made")

    class Meta(PortalTable.Meta):
        model = Basket
        row_attrs = {"data-href": at("partners:basket")}  # as in the base class
        fields = ("name", "partner", "product_code", "newest", "reco", "made_by", "created_at")

    def render_newest(self, record: Basket) -> SafeString | str:
        """The state of the newest version."""
        newest = next(iter(record.versions.all()), None)
        return portal.status("basket", newest.stage) if newest else "–"

    def render_reco(self, record: Basket) -> str:
        """The Reco ID of the published version."""
        return next((one.reco_id or "" for one in record.versions.all() if one.state == "published"), "–")


class InvitedColumn(NumberColumn):
    """Invitations of a basket: "1,000+" if there are more than were counted."""

    def render(self, value: Any, record: Any = None) -> str:
        if record.asked_count <= monitor.COUNTED:
            return portal.count(value)
        return f"{portal.count(min(value, monitor.COUNTED))}+"

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the number; as on the page if it is not exact."""
        return of_values(
            path_of(bound),
            "asked_count",
            say=lambda count, asked: (
                count if asked <= monitor.COUNTED else f"{portal.count(min(count, monitor.COUNTED))}+"
            ),
        )


class RecoTable(PortalTable):
    """Versions that were published, with their outcomes."""

    reco_id = tables.Column(
        verbose_name="Reco ID", linkify=at("partners:reco"), attrs={"td": {"class": "mono"}}
    )
    basket = tables.Column(verbose_name="Basket", order_by=("basket__name", "number"))
    partner = tables.Column(verbose_name="Partner", accessor="basket__partner__name")
    state = StatusColumn("basket")
    invited = InvitedColumn(verbose_name="Invited", accessor="asked_count", orderable=False)
    served = InvitedColumn(verbose_name="Served", accessor="served_count", orderable=False)
    returned = InvitedColumn(verbose_name="Returned", accessor="returned_count", orderable=False)
    heard = InvitedColumn(verbose_name="With orders", accessor="heard_count", orderable=False)
    last_at = AgoColumn(verbose_name="Last message", orderable=False)
    published_at = AgoColumn(verbose_name="Published")

    class Meta(PortalTable.Meta):
        model = BasketVersion
        row_attrs = {"data-href": at("partners:reco")}  # as in the base class
        fields = (
            "reco_id", "basket", "partner", "state", "invited", "served", "returned", "heard", "last_at",
            "published_at",
        )  # fmt: skip

    def render_basket(self, record: BasketVersion) -> str:
        """The basket and the number of the version."""
        return str(record)


class InvitationTable(PortalTable):
    """Invitations, newest first."""

    pk = tables.Column(verbose_name="Invitation", linkify=at("partners:invitation"))
    client = ClientColumn()
    basket = tables.Column(accessor="version", verbose_name="Basket", orderable=False)
    reco_id = IdColumn(accessor="version__reco_id", verbose_name="Reco ID")
    model = tables.Column(verbose_name="Model", orderable=False)
    state = StatusColumn("invitation")
    invited_at = AgoColumn(verbose_name="Invited")
    last_message_at = AgoColumn(verbose_name="Last order message")

    class Meta(PortalTable.Meta):
        model = Invitation
        row_attrs = {"data-href": at("partners:invitation")}  # as in the base class
        fields = ("pk", "client", "basket", "reco_id", "model", "state", "invited_at", "last_message_at")

    def render_pk(self, value: int) -> str:
        """Its name."""
        return f"Invitation {value}"


class SessionTable(PortalTable):
    """Sessions of model 2. Their values are never shown."""

    fingerprint = tables.Column(linkify=at("partners:session"), attrs={"td": {"class": "mono"}})
    client = ClientColumn()
    partner = tables.Column(orderable=False)
    since = AgoColumn(verbose_name="Since")
    until = TimeColumn(verbose_name="Until", orderable=False)
    used_at = AgoColumn(verbose_name="Last use", orderable=False)
    end = tables.Column(verbose_name="State", empty_values=(), orderable=False)

    class Meta(PortalTable.Meta):
        model = ConnectorSession
        row_attrs = {"data-href": at("partners:session")}  # as in the base class
        fields = ("fingerprint", "client", "partner", "since", "until", "used_at", "end")

    def render_end(self, record: ConnectorSession) -> SafeString:
        """Live, or why it ended."""
        ended = Status(record.get_end_display(), "idle", "unlink")
        return portal.status_pill(ended if record.end else Status("Live", "good", "link"))


class MappingTable(PortalTable):
    """The partners' ids of clients, and the vendor's."""

    client = ClientColumn()
    partner = tables.Column(orderable=False)
    tp_user_id = IdColumn(verbose_name="Our id")
    vas_user_id = IdColumn(verbose_name="Id at the vendor", orderable=False)
    mapping = StatusColumn("mapping", verbose_name="State")
    settle = tables.Column(
        verbose_name="Claimed id",
        accessor="claimed_vas_user_id",
        linkify=at("partners:mapping"),
        orderable=False,
    )

    class Meta(PortalTable.Meta):
        model = PartnerClient
        row_attrs = {"data-href": at("partners:mapping")}  # as in the base class
        fields = ("client", "partner", "tp_user_id", "vas_user_id", "mapping", "settle")


class FindingTable(PortalTable):
    """What needs attention."""

    kind = tables.Column(linkify=at("partners:finding"))
    text = tables.Column(verbose_name="What was found", orderable=False, attrs={"td": {"class": "long"}})
    partner = tables.Column(orderable=False)
    times = NumberColumn(verbose_name="Times", orderable=False)
    last_at = AgoColumn(verbose_name="Last")
    settled_by = tables.Column(verbose_name="Settled by", orderable=False)

    class Meta(PortalTable.Meta):
        model = ConnectorFinding
        row_attrs = {"data-href": at("partners:finding")}  # as in the base class
        fields = ("kind", "text", "partner", "times", "last_at", "settled_by")
