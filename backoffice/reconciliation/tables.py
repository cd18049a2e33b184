"""The list of reconciliations, and the lists of a result."""

from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.kit import privacy
from backoffice.kit.tables_base import (
    AgoColumn,
    IdColumn,
    NumberColumn,
    PickColumn,
    PortalTable,
    StatusColumn,
)
from backoffice.reconciliation import proposing, shown
from backoffice.reconciliation.exported import label
from backoffice.reconciliation.models import Difference, Line, Reconciliation


class ReconciliationTable(PortalTable):
    """Comparisons, newest first."""

    id = tables.Column(verbose_name="No.", accessor="label", orderable=False)
    file_name = tables.Column(verbose_name="File", orderable=False)
    state = StatusColumn("reconciliation", orderable=False)
    rows = NumberColumn(verbose_name="Rows", orderable=False)
    same = NumberColumn(verbose_name="The same", orderable=False)
    different = NumberColumn(verbose_name="Different", orderable=False)
    only_there = NumberColumn(verbose_name="Only in the file", orderable=False)
    only_here = NumberColumn(verbose_name="Only in the portal", orderable=False)
    made_by = tables.Column(verbose_name="Uploaded by", orderable=False)
    created_at = AgoColumn(verbose_name="When", orderable=False)

    class Meta(PortalTable.Meta):
        model = Reconciliation
        fields = (
            "id",
            "file_name",
            "state",
            "rows",
            "same",
            "different",
            "only_there",
            "only_here",
            "made_by",
            "created_at",
        )


class LaneColumn(IdColumn):
    """The retail user, with a link if the portal has the user."""

    def __init__(self, **options: Any) -> None:
        super().__init__(verbose_name="Retail user", orderable=False, empty_values=(), **options)

    def render(self, value: Any, bound_column: Any, record: Any = None) -> SafeString:
        if not record.lane:
            return SafeString("–")
        if not record.version:
            return super().render(record.lane, bound_column)
        url = reverse("accounts:detail", args=[record.group_id, record.user_id])
        return format_html('<a class="mono" href="{}">{}</a>', url, record.lane)


class FoundTable(PortalTable):
    """Shared by both lists of a result. `ways`: how selected rows can be proposed (see `proposing.WAYS`)."""

    ways: ClassVar[tuple[str, ...]] = ()
    number = NumberColumn(verbose_name="Row")
    lane = LaneColumn()
    name = tables.Column(verbose_name="Name", orderable=False)
    batch = tables.Column(verbose_name="Proposed", orderable=False, empty_values=())

    def render_batch(self, record: Any) -> SafeString | str:
        if record.batch_id is None:
            return "–"
        url = reverse("batches:detail", args=[record.batch_id])
        return format_html('<a class="nowrap" href="{}">B-{}</a>', url, record.batch_id)

    def may_pick(self, record: Any) -> bool:
        """Whether a row can still be proposed."""
        return record.pk in self.usable

    @cached_property
    def usable(self) -> set[int]:
        """The rows of this page that can be proposed, in one query for each way."""
        rows = self._meta.model.objects.filter(pk__in=[row.record.pk for row in self.paginated_rows])
        return {pk for way in self.ways for pk in proposing.usable(way, rows).values_list("pk", flat=True)}

    @property
    def shows(self) -> bool:
        """Whether this page shows personal data."""
        return privacy.sees_at_once(self.request.user)


class LineTable(FoundTable):
    """Rows of the file whose users the portal does not have."""

    pick = PickColumn(what="line", accessor="pk")
    ways = (proposing.REGISTER,)

    class Meta(PortalTable.Meta):
        model = Line
        orderable = False
        fields = ("pick", "number", "lane", "name", "batch")
        sequence = fields


class PlainLineTable(FoundTable):
    """Records that no row names."""

    class Meta(PortalTable.Meta):
        model = Line
        orderable = False
        fields = ("lane", "name")
        sequence = fields
        exclude = ("number", "batch")


class UnreadableTable(FoundTable):
    """Rows that could not be compared, and why."""

    findings = tables.Column(verbose_name="Why", orderable=False, attrs={"td": {"class": "long"}})

    class Meta(PortalTable.Meta):
        model = Line
        orderable = False
        fields = ("number", "lane", "findings")
        sequence = fields
        exclude = ("name", "batch")

    def render_findings(self, record: Line) -> str:
        return shown.words(record, self.shows)


class DifferenceTable(FoundTable):
    """Values that differ, side by side."""

    pick = PickColumn(what="difference", accessor="pk")
    ways = (proposing.DECLARE, proposing.SEND)
    field = tables.Column(verbose_name="Field", orderable=False, attrs={"td": {"class": "nowrap"}})
    here = tables.Column(
        verbose_name="In the portal", orderable=False, empty_values=(), attrs={"td": {"class": "medium"}}
    )
    there = tables.Column(
        verbose_name="In the file", orderable=False, empty_values=(), attrs={"td": {"class": "medium"}}
    )

    class Meta(PortalTable.Meta):
        model = Difference
        orderable = False
        fields = ("pick", "number", "lane", "name", "field", "here", "there", "batch")
        sequence = fields

    def render_field(self, value: str) -> str:
        return label(value)

    def render_here(self, record: Difference) -> str:
        return shown.sides(record, self.shows)[0]

    def render_there(self, record: Difference) -> str:
        return shown.sides(record, self.shows)[1]
