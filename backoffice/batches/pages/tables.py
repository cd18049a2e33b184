"""The list of batches, and the list of a batch's rows."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.batches.chip import chip
from backoffice.batches.models import Batch, Row
from backoffice.batches.pages import outcome
from backoffice.batches.pages.rows import names_of
from backoffice.changes.kinds import file_title
from backoffice.kit import privacy
from backoffice.kit.file_cells import FileCells, of_values
from backoffice.kit.tables_base import (
    AgoColumn,
    IdColumn,
    NumberColumn,
    NumberedColumn,
    PortalTable,
    StatusColumn,
    SubjectColumn,
)
from backoffice.kit.templatetags import portal


class FileStatusColumn(StatusColumn):
    """The status pill of a file, by its messages too."""

    def __init__(self, **options: Any) -> None:
        super().__init__("batch", **options)

    def render(self, value: str, record: Any, bound_column: Any) -> SafeString:
        return portal.status_pill(record.chip)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the word of the page."""
        return of_values("status", "outcome", say=lambda status, counts: chip(status, counts).word)


class BatchTable(PortalTable):
    """Uploaded files, newest first."""

    id = NumberedColumn("B", verbose_name="No.")
    kind = tables.Column(verbose_name="What", attrs={"td": {"class": "nowrap"}})
    file_name = tables.Column(verbose_name="File")
    state = FileStatusColumn(verbose_name="Status", accessor="status", order_by=("state", "result"))
    total_rows = NumberColumn(verbose_name="Rows")
    wrong = NumberColumn(verbose_name="Errors")
    outcome = tables.Column(
        verbose_name="Outcome", orderable=False, empty_values=(), attrs={"td": {"class": "medium"}}
    )
    made_by = tables.Column(verbose_name="Uploaded by", order_by=("made_by__username",))
    created_at = AgoColumn(verbose_name="When")
    decided_by = tables.Column(verbose_name="Decided by", orderable=False)
    sha256 = tables.Column(verbose_name="SHA-256", orderable=False)

    rare = ("sha256",)

    class Meta(PortalTable.Meta):
        model = Batch
        fields = (
            "id",
            "kind",
            "file_name",
            "state",
            "total_rows",
            "wrong",
            "outcome",
            "made_by",
            "created_at",
            "decided_by",
            "sha256",
        )

    def render_kind(self, value: str) -> str:
        return file_title(value)

    def render_outcome(self, record: Batch) -> str:
        return outcome.in_words(record.outcome) or "–"

    def render_sha256(self, value: str) -> SafeString:
        return format_html('<span class="mono" title="{}">{}…</span>', value, value[:10])

    def cells_sha256(self) -> FileCells:
        """In a file: complete."""
        return of_values("sha256", say=str)


class RowTable(PortalTable):
    """Rows of a file with findings and outcomes."""

    number = NumberColumn(verbose_name="Row")
    lane = SubjectColumn(verbose_name="Retail user")
    state = StatusColumn("batch_row")
    findings = tables.Column(
        verbose_name="Found", orderable=False, empty_values=(), attrs={"td": {"class": "long"}}
    )
    delivery_state = tables.Column(verbose_name="Outcome", orderable=False, empty_values=())
    reference = IdColumn(verbose_name="Reference", orderable=False)
    answer = tables.Column(verbose_name="ODIN's words", orderable=False, empty_values=())

    class Meta(PortalTable.Meta):
        model = Row
        fields = ("number", "lane", "state", "findings", "delivery_state", "reference", "answer")

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of the users of this page's rows."""
        return names_of([row.record for row in self.paginated_rows])

    def render_findings(self, record: Row) -> str:
        return self._words(_found(record.findings), record)

    def cells_findings(self) -> FileCells:
        """In a file: as on the page."""
        shown = privacy.words_for(self.request)
        return of_values("findings", "lane", say=lambda findings, lane: shown(_found(findings), lane))

    def render_delivery_state(self, record: Any) -> SafeString | str:
        if record.delivery_state:
            return portal.status("delivery", record.delivery_state)
        return portal.status("change", record.change_state) if record.change_state else "–"

    def cells_delivery_state(self) -> FileCells:
        """In a file: the word of the page."""
        return of_values("delivery_state", "change_state", say=_outcome)

    def render_answer(self, record: Any) -> str:
        return self._words(_answer(record.answer_code, record.answer_text), record)

    def cells_answer(self) -> FileCells:
        """In a file: as on the page."""
        shown = privacy.words_for(self.request)
        return of_values(
            *("answer_code", "answer_text", "lane"),
            say=lambda code, text, lane: shown(_answer(code, text), lane),
        )

    def _words(self, text: str, record: Row) -> str:
        return privacy.words(text, privacy.shown(self.request, record.lane)) or "–"


def _found(findings: Sequence[Mapping[str, Any]]) -> str:
    texts = [str(finding["text"]) for finding in findings]
    more = f" (and {len(texts) - 2} more)" if len(texts) > 2 else ""
    return " ".join(texts[:2]) + more


def _outcome(delivery_state: str | None, change_state: str | None) -> str:
    if delivery_state:
        return portal.status_word("delivery", delivery_state)
    return portal.status_word("change", change_state) if change_state else ""


def _answer(code: str | None, text: str | None) -> str:
    return " ".join(part for part in (code, text) if part)
