"""The lists of limit updates and square-off settings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backoffice.changes.models import Change
from backoffice.kit import privacy
from backoffice.kit.file_cells import FileCells, of_values, path_of, text
from backoffice.kit.tables_base import AgoColumn, IdColumn, NumberColumn, PortalTable, TimeColumn
from backoffice.kit.templatetags import portal
from limits.models import LimitUpdate, SquareOffSetting
from limits.origins import Totals, approved_by, changes_of, products, totals_of


class RetailUserColumn(tables.Column):
    """The retail user of a row as `GROUP/USER`, leading to its page."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="Retail user",
            accessor="retail_user__lane",
            linkify=lambda record: record.get_absolute_url(),
            order_by=("retail_user__group_id", "retail_user__user_id"),
            attrs={"td": {"class": "mono nowrap"}},
        )

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: as on the page, made from its parts."""
        return of_values("retail_user__group_id", "retail_user__user_id", say=lambda *parts: "/".join(parts))


class AmountColumn(NumberColumn):
    """Rupees, and below them those of a notional deposit, which ODIN keeps apart."""

    def render(self, record: LimitUpdate) -> SafeString:
        return _rupees(record.amount, record.notional_deposit)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the number, or the page's words if the number would be incomplete."""
        return of_values("amount", "notional_deposit", say=_number)


class TotalColumn(NumberColumn):
    """The total that ODIN confirmed so far for this retail user, kind and product."""

    def render(self, value: int, table: Any) -> SafeString:  # type: ignore[override]
        totals = table.totals[value]
        return _rupees(totals.amount, totals.notional)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the number, or the page's words if the number would be incomplete."""

        def said(numbers: Sequence[int]) -> list[object]:
            totals = totals_of(numbers)
            return [_number(totals[number].amount, totals[number].notional) for number in numbers]

        return FileCells(("pk",), said)


class OriginColumn(tables.Column):
    """A value of the change behind an update; a dash if none is known."""

    def __init__(self, say: Callable[[Change, Any], object], **options: Any) -> None:
        super().__init__(accessor="reference", orderable=False, **options)
        self.say = say

    def render(self, value: str, table: Any) -> object:
        return self._said(table.changes, value, table)

    def cells(self, bound: Any, table: Any) -> FileCells:
        """In a file: as on the page."""

        def said(references: Sequence[str]) -> list[object]:
            changes = table.changes_of(tuple(references))
            return [text(self._said(changes, reference, table)) for reference in references]

        return FileCells((path_of(bound),), said)

    def _said(self, changes: Mapping[str, Change], reference: str, table: Any) -> object:
        change = changes.get(reference)
        return self.say(change, table.request) if change else "–"


class TwoLineTimeColumn(TimeColumn):
    """A time that may take two lines, date and time."""

    def render(self, value: datetime) -> SafeString:
        return format_html(
            '<span class="nowrap">{}</span> <span class="nowrap">{}</span>',
            portal.ist(value, "date"),
            portal.ist(value, "time"),
        )


class LimitUpdateTable(PortalTable):
    """Confirmed deposits, with who raised the limit and why. A row opens its change."""

    confirmed_at = TwoLineTimeColumn(
        verbose_name="Confirmed", linkify=lambda record, table: table.opens(record), attrs={"td": {}}
    )
    retail_user = RetailUserColumn()
    name = tables.Column(verbose_name="Name", accessor="retail_user__name")
    kind = tables.Column(verbose_name="Kind", attrs={"td": {"class": "nowrap"}})
    amount = AmountColumn(verbose_name="Amount ₹", empty_values=())
    total = TotalColumn(verbose_name="Running total ₹", accessor="pk", orderable=False)
    requested_by = OriginColumn(lambda change, request: change.made_by, verbose_name="Requested by")
    approved_by = OriginColumn(lambda change, request: approved_by(change), verbose_name="Approved by")
    change = OriginColumn(lambda change, request: _link(change, request), verbose_name="Change")
    reason = OriginColumn(
        lambda change, request: privacy.words(change.reason, privacy.shown(request, change.subject)),
        verbose_name="Reason",
        attrs={"td": {"class": "medium"}},
    )
    document = tables.Column(verbose_name="Document", orderable=False)
    reference = IdColumn(verbose_name="Reference")

    # The page of the change has it, and with it the list would not fit.
    rare = ("reference",)

    class Meta(PortalTable.Meta):
        model = LimitUpdate
        row_attrs: ClassVar[dict[str, Any]] = {"data-href": lambda record, table: table.opens(record)}
        fields = (
            *("confirmed_at", "retail_user", "name", "kind", "amount", "total", "requested_by"),
            *("approved_by", "change", "reason", "document", "reference"),
        )

    def render_kind(self, value: str, record: LimitUpdate) -> str:
        return self._kind(record.kind, record.product_id)

    def cells_kind(self) -> FileCells:
        """In a file: as on the page."""
        return of_values("kind", "product_id", say=lambda kind, product: text(self._kind(kind, product)))

    def _kind(self, kind: int, product_id: int | None) -> SafeString | str:
        label = LimitUpdate.Kind(kind).label
        product = self.products.get(product_id or 0, product_id)
        return label if product is None else format_html("<span>{}<br>product {}</span>", label, product)

    def opens(self, record: LimitUpdate) -> str:
        """The change that raised the limit; the user's limits if there is none, or it may not be seen."""
        change = self.changes.get(record.reference)
        seen = change is not None and self.request.user.has_perm("changes.view_change")
        return change.get_absolute_url() if change and seen else record.get_absolute_url()

    @cached_property
    def changes(self) -> dict[str, Change]:
        """The changes of this page, by reference."""
        return self.changes_of(tuple(row.record.reference for row in self.paginated_rows))

    @cached_property
    def changes_of(self) -> Callable[[tuple[str, ...]], dict[str, Change]]:
        """Returns the changes of references: several columns use those of one page."""
        return lru_cache(maxsize=1)(changes_of)

    @cached_property
    def totals(self) -> dict[int, Totals]:
        """The running totals of this page."""
        return totals_of([row.record.pk for row in self.paginated_rows])

    @cached_property
    def products(self) -> dict[int, str]:
        """The names of products."""
        return products()


def _link(change: Change, request: Any) -> object:
    if not request.user.has_perm("changes.view_change"):
        return f"C-{change.pk}"
    return format_html('<a href="{}">C-{}</a>', change.get_absolute_url(), change.pk)


def _rupees(amount: Decimal | None, notional: Decimal | None) -> SafeString:
    found = [portal.money(amount)] if amount is not None else []
    found += [f"notional {portal.money(notional)}"] if notional is not None else []
    return format_html_join(mark_safe("<br>"), "{}", ((words,) for words in found))


def _number(amount: Decimal | None, notional: Decimal | None) -> object:
    """An amount for calculations in a spreadsheet; in words if there is a notional one too."""
    if notional is None:
        return None if amount is None else round(amount, 2)
    return text(_rupees(amount, notional))


#: A heading of several words over a short value.
WRAPPED = {"th": {"class": "wraps"}}
#: The same over a number.
WRAPPED_NUMBER = {"th": {"class": "wraps num"}, "td": {"class": "num"}}


class SquareOffTable(PortalTable):
    """Square-off settings that ODIN confirmed, by periodicity."""

    retail_user = RetailUserColumn()
    name = tables.Column(verbose_name="Name", accessor="retail_user__name")
    periodicity = tables.Column(verbose_name="Periodicity")
    mtm_pre = tables.Column(verbose_name="MTM warning %", orderable=False, attrs=WRAPPED_NUMBER)
    mtm = tables.Column(verbose_name="MTM square-off %", orderable=False, attrs=WRAPPED_NUMBER)
    mtm_trigger = tables.Column(verbose_name="On MTM breach", orderable=False, attrs=WRAPPED)
    margin_pre = tables.Column(verbose_name="Margin warning %", orderable=False, attrs=WRAPPED_NUMBER)
    margin = tables.Column(verbose_name="Margin square-off %", orderable=False, attrs=WRAPPED_NUMBER)
    margin_trigger = tables.Column(verbose_name="On margin breach", orderable=False, attrs=WRAPPED)
    confirmed_at = AgoColumn(verbose_name="Confirmed")

    class Meta(PortalTable.Meta):
        model = SquareOffSetting
        fields = (
            "retail_user",
            "name",
            "periodicity",
            "mtm_pre",
            "mtm",
            "mtm_trigger",
            "margin_pre",
            "margin",
            "margin_trigger",
            "confirmed_at",
        )

    def render_periodicity(self, value: int) -> SafeString:
        return portal.coded(value, "periodicities")

    def value_periodicity(self, value: int) -> str:
        """The number, for files."""
        return str(value)
