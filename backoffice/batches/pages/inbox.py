"""Files that wait for a checker, in the inbox beside single changes."""

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.batches.decide.deciders import waiting_for
from backoffice.batches.models import Batch
from backoffice.batches.pages.filters import uploaders
from backoffice.changes.deciders import decided_by
from backoffice.changes.filters import AGES, kind_choices
from backoffice.changes.inbox import Queue
from backoffice.changes.kinds import KINDS, file_title
from backoffice.changes.models import Change
from backoffice.changes.risks import Risk
from backoffice.kit.filters import Filters, PersonFilter, RupeesFilter, SearchFilter
from backoffice.kit.tables_base import AgoColumn, MoneyColumn, NumberColumn, NumberedColumn, PortalTable
from backoffice.kit.templatetags import portal
from backoffice.outside import whole


class FileFilter(Filters):
    """The filters of the inbox as they apply to files, under the same names. Rupees are those of all rows."""

    q = SearchFilter(method="search")
    kind = django_filters.ChoiceFilter(method="of_kind")
    made_by = PersonFilter(queryset=uploaders)
    risk = django_filters.ChoiceFilter(choices=Risk.choices, method="with_risk")
    age = django_filters.ChoiceFilter(choices=AGES, method="older")
    amount_from = RupeesFilter(field_name="control_total", lookup_expr="gte")
    amount_to = RupeesFilter(field_name="control_total", lookup_expr="lte")

    class Meta:
        model = Batch
        fields = ("q", "kind", "made_by", "risk", "age", "amount_from", "amount_to")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = kind_choices(decided_by(self.request.user))

    def search(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Search by part of the file's name or reason, by its number, or by a retail user among its rows."""
        text = value.strip()
        number = Q(pk=found) if (found := whole(text)) is not None else Q()
        row = Exists(Change.objects.filter(batch=OuterRef("pk"), subject__icontains=text))
        return queryset.filter(number | Q(file_name__icontains=text) | Q(reason__icontains=text) | Q(row))

    def of_kind(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Keep those whose rows are changes of this kind."""
        return queryset.filter(kind__in=[file.slug for file in KINDS[value].files])

    def with_risk(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Keep those with a row that has this flag."""
        rows = Change.objects.filter(batch=OuterRef("pk")).alias(flags=Cast("risks", TextField()))
        return queryset.filter(Exists(rows.filter(flags__contains=f'"{value}"')), risky_rows__gt=0)

    def older(self, queryset: QuerySet[Batch], name: str, value: str) -> QuerySet[Batch]:
        """Keep those submitted at least this many hours ago."""
        return queryset.filter(submitted_at__lte=timezone.now() - timedelta(hours=int(value)))


class FileTable(PortalTable):
    """Return files that wait for a checker, oldest first."""

    id = NumberedColumn("B", verbose_name="Batch")
    kind = tables.Column(verbose_name="What", attrs={"td": {"class": "nowrap"}})
    file_name = tables.Column(verbose_name="File")
    submitted_rows = NumberColumn(verbose_name="Rows", empty_values=())
    risky_rows = NumberColumn(verbose_name="Worth a look")
    control_total = MoneyColumn(verbose_name="Rupees")
    made_by = tables.Column(verbose_name="Maker", attrs={"td": {"class": "nowrap"}})
    reason = tables.Column(verbose_name="Reason", attrs={"td": {"class": "long"}})
    submitted_at = AgoColumn(verbose_name="Waits since")

    class Meta(PortalTable.Meta):
        model = Batch
        orderable = False
        fields = (
            "id",
            "kind",
            "file_name",
            "submitted_rows",
            "risky_rows",
            "control_total",
            "made_by",
            "reason",
            "submitted_at",
        )

    def render_kind(self, value: str) -> str:
        return file_title(value)

    def render_submitted_rows(self, record: Batch) -> str:
        return portal.count(record.good + record.warned)

    def render_risky_rows(self, value: int) -> SafeString | str:
        if not value:
            return portal.count(value)
        return format_html(
            '<span class="status status-warn">{}<span class="status-text">{}</span></span>',
            portal.icon("alert"),
            portal.count(value),
        )


QUEUE = Queue(
    waiting=lambda person: waiting_for(person).select_related("made_by"),
    filterset=FileFilter,
    table=FileTable,
    title="Files",
    nouns=("file waits", "files wait"),
)
