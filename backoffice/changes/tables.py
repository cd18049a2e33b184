"""The lists of changes."""

from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from backoffice.changes import risks
from backoffice.changes.drafts import kept_until
from backoffice.changes.effects import effect
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.changes.staleness import moved_on_among
from backoffice.changes.subjects import names_of
from backoffice.kit import privacy
from backoffice.kit.tables_base import (
    AgoColumn,
    MoneyColumn,
    NumberedColumn,
    PickColumn,
    PortalTable,
    StatusColumn,
    SubjectColumn,
    WordsColumn,
)
from backoffice.kit.templatetags import portal


class RisksColumn(tables.Column):
    """The flags, a record that changed since, and how many checkers approved if two must."""

    empty_values = ()

    def render(self, value: list[str], record: Change, table: Any) -> SafeString:
        pills = [("warn", portal.icon("alert"), label) for label in risks.labels(value)]
        if record.pk in table.moved_on:
            pills.insert(0, ("warn", portal.icon("refresh"), "Record changed since"))
        if record.checkers > 1:
            words = f"{len(record.approvals.all())} of {record.checkers} approved"
            pills.append(("info", portal.icon("check"), words))
        return format_html_join(
            " ", '<span class="status status-{}">{}<span class="status-text">{}</span></span>', pills
        )


class EffectColumn(tables.Column):
    """The effect of a change in one line, with personal data masked for those who must give a reason first."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="Effect", accessor="pk", orderable=False, attrs={"td": {"class": "effect"}}
        )

    def render(self, record: Change, table: Any) -> str:
        return effect(record, reveal=privacy.shown(table.request, record.subject))


class ChangeTable(PortalTable):
    """Changes, newest first."""

    id = NumberedColumn("C", verbose_name="No.")
    kind = tables.Column(verbose_name="What")
    subject = SubjectColumn(verbose_name="On")
    effect = EffectColumn()
    state = StatusColumn("change", verbose_name="Status", accessor="status", order_by=("state", "result"))
    made_by = tables.Column(verbose_name="Maker", orderable=False, attrs={"td": {"class": "name"}})
    reason = WordsColumn(verbose_name="Reason", attrs={"td": {"class": "medium"}}, lane="subject")
    decided_by = tables.Column(verbose_name="Decided by", orderable=False, attrs={"td": {"class": "name"}})
    updated_at = AgoColumn(verbose_name="Last step", orderable=False)
    amount = MoneyColumn(verbose_name="Rupees", orderable=False)
    submitted_at = AgoColumn(verbose_name="Submitted", orderable=False)

    rare: ClassVar[tuple[str, ...]] = ("amount", "submitted_at")

    class Meta(PortalTable.Meta):
        model = Change
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "subject",
            "effect",
            "state",
            "made_by",
            "reason",
            "decided_by",
            "updated_at",
        )

    def render_kind(self, value: str) -> str:
        return KINDS[value].title if value in KINDS else value

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of the subjects on this page, in one query."""
        return names_of([row.record for row in self.paginated_rows])


class MineTable(ChangeTable):
    """One's own changes: their outcomes, and the words of the decision."""

    decision_reason = WordsColumn(verbose_name="Checker's reason", lane="subject")

    class Meta(ChangeTable.Meta):
        fields = (
            "id",
            "kind",
            "subject",
            "effect",
            "state",
            "reason",
            "decided_by",
            "decision_reason",
            "updated_at",
        )
        exclude = ("made_by",)
        sequence = fields


class DraftsTable(ChangeTable):
    """One's own drafts, with the time at which each expires."""

    pick = PickColumn(accessor="pk", what="draft")
    updated_at = AgoColumn(verbose_name="Last edited", orderable=False)
    kept_until = tables.Column(verbose_name="Expires", accessor="pk", orderable=False)

    class Meta(ChangeTable.Meta):
        fields = ("pick", "id", "kind", "subject", "effect", "updated_at", "kept_until")
        exclude = ("state", "made_by", "reason", "decided_by")
        sequence = fields

    def render_kept_until(self, record: Change) -> str:
        until = kept_until(record)
        return portal.ist(until, "date") if until else "Never"


class InboxTable(ChangeTable):
    """Changes that wait for a checker, oldest first."""

    pick = PickColumn(accessor="pk", what="change")
    amount = MoneyColumn(verbose_name="Rupees")
    risks = RisksColumn(verbose_name="Flags", orderable=False)
    submitted_at = AgoColumn(verbose_name="Waits since")

    rare = ()

    class Meta(ChangeTable.Meta):
        fields = (
            "pick",
            "id",
            "kind",
            "subject",
            "effect",
            "risks",
            "amount",
            "made_by",
            "reason",
            "submitted_at",
        )
        exclude = ("state", "decided_by", "updated_at")
        sequence = fields
        order_by = "submitted_at"

    @cached_property
    def moved_on(self) -> set[int]:
        """Those of this page that cannot be approved, since their record changed."""
        return moved_on_among([row.record for row in self.paginated_rows])


def for_lists(changes: QuerySet[Change]) -> QuerySet[Change]:
    """Load the people that a list names, in a fixed number of queries, and no column that lists do not show."""
    return changes.select_related("made_by", "decided_by").defer("own_values", "findings")
