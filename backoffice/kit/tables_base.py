"""The base of all tables of lists, and its columns."""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property, partial
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django_tables2.columns.base import BoundColumn, LinkTransform
from django_tables2.rows import BoundRow
from django_tables2.utils import Accessor, signature

from backoffice.kit import formats, privacy, subjects
from backoffice.kit.choices import SORT
from backoffice.kit.csv_files import YES_NO
from backoffice.kit.file_cells import FileCells, of_value, of_values, path_of
from backoffice.kit.templatetags import portal


def record_url(record: Any) -> str | None:
    """Has a page of its own, for rows that open on Enter or click."""
    return record.get_absolute_url() if hasattr(record, "get_absolute_url") else None


class _Cells:
    """The cells of a column, as `BoundRow.get_cell` of django-tables2 draws them.

    What is equal for all rows of a page is worked out once: how a cell begins, whether its value is the label of a
    choice, and which parameters the column's `render` names.
    """

    def __init__(self, column: BoundColumn, table: tables.Table, record: Any) -> None:
        label = strip_tags(str(column.header))
        self.begin = format_html('<td {} data-label="{}">', column.attrs["td"].as_html(), label)
        self._column, self._table, self._accessor = column, table, Accessor(column.accessor)
        self._has_labels = bool(getattr(self._accessor.get_field(record), "choices", ()))
        self._named, _ = signature(column.render)

    def cell(self, row: BoundRow) -> Any:
        """Return the content of one cell."""
        column, value = self._column, self._value(row.record)
        if value in column.column.empty_values:
            return column.default
        given = {
            "value": value,
            "record": row.record,
            "table": self._table,
            "column": column.column,
            "bound_column": column,
            "bound_row": row,
        }
        content = column.render(**{name: given[name] for name in self._named})
        return column.link(content, **given) if column.link else content

    def _value(self, record: Any) -> Any:
        try:
            if not self._has_labels:
                return self._accessor.resolve(record)
            owner, name = self._accessor.penultimate(record)
            return getattr(owner, f"get_{name}_display")()
        except (AttributeError, KeyError, TypeError, ValueError):
            return None  # a column without a value of its own


class PortalTable(tables.Table):
    """The base of all tables. A subclass's Meta inherits from `PortalTable.Meta`.

    A row opens its record's page. Its `first` cell is the link for the keyboard. It stays in place when
    columns are chosen, and so do the boxes that select rows (`picks`).
    """

    #: Columns that are hidden by default.
    rare: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picks = [column.name for column in self.columns if isinstance(column.column, PickColumn)]
        first = next(column for column in self.columns if column.name not in self.picks)
        self.first: str = first.name
        if first.link is None and hasattr(self._meta.model, "get_absolute_url"):
            first.link = LinkTransform(url=record_url, attrs={})
        for name in self.rare:
            self.columns.hide(name)

    def body(self) -> Iterator[SafeString]:
        """The rows of this page."""
        rows = list(self.paginated_rows)
        columns = [_Cells(column, self, rows[0].record) for column in self.columns] if rows else []
        for row in rows:
            cells = format_html_join(
                "", "{}{}</td>", ((column.begin, column.cell(row)) for column in columns)
            )
            yield format_html("<tr {}>{}</tr>", row.attrs.as_html(), cells)

    def may_pick(self, record: Any) -> bool:
        """Whether an action is possible on a row, so that it can be selected."""
        return True

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of the retail users on this page, by GROUP/USER, in one query."""
        about = [column for column in self.columns if isinstance(column.column, SubjectColumn)]
        rows = [row.record for row in self.paginated_rows]
        return subjects.names_of({str(column.accessor.resolve(row)) for column in about for row in rows})

    class Meta:
        template_name = "components/table.html"
        attrs: ClassVar[dict[str, Any]] = {"class": "table"}
        row_attrs: ClassVar[dict[str, Any]] = {"data-href": record_url}
        empty_text = "Nothing here yet."
        default = "–"
        order_by_field = SORT


class PickColumn(tables.Column):
    """A box that selects a row for the form with the id `many`; the one in the head selects the whole page.

    A row without possible actions has none (`PortalTable.may_pick`).
    """

    def __init__(self, *, what: str, **options: Any) -> None:
        head = format_html(
            '<input type="checkbox" data-pick-all aria-label="Choose each {} of this page">', what
        )
        super().__init__(verbose_name=head, orderable=False, exclude_from_export=True, **options)
        self.what = what

    def render(self, value: Any, record: Any, table: PortalTable) -> SafeString | str:
        if not table.may_pick(record):
            return ""
        return format_html(
            '<input type="checkbox" form="many" name="{}" value="{}" data-pick aria-label="Choose {} {}">',
            self.what,
            value,
            self.what,
            value,
        )


class StatusColumn(tables.Column):
    """A status pill of the given kind (see `components.STATUSES`)."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def render(self, value: str, record: Any, bound_column: Any) -> SafeString:
        # A field with choices has its label here; the table of statuses needs the stored state.
        return portal.status(self.kind, bound_column.accessor.resolve(record))

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the word of the status."""
        return of_value(bound, cache(partial(portal.status_word, self.kind)))


class YesNoColumn(tables.Column):
    """Whether a condition is met, in a word."""

    def render(self, value: bool) -> str:
        return YES_NO[value]


class AgoColumn(tables.Column):
    """How long ago, with the full time on hover."""

    def render(self, value: Any) -> SafeString:
        return portal.ago(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the time itself."""
        return FileCells((path_of(bound),), formats.each_ist)


class TimeColumn(tables.Column):
    """A time in India, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("attrs", {"td": {"class": "nowrap"}})
        super().__init__(**options)

    def render(self, value: Any) -> str:
        return portal.ist(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: as on the page."""
        return FileCells((path_of(bound),), formats.each_ist)


class IdColumn(tables.Column):
    """A monospaced id that one click copies."""

    def render(self, value: Any, bound_column: Any) -> SafeString:
        return portal.copyable(value, str(bound_column.header))

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the id alone."""
        return of_value(bound, str)


class SubjectColumn(IdColumn):
    """The subject of a row: a retail user by id, which one click copies, and name; else a name and its kind."""

    # django-tables2 passes the parameters that the signature names.
    def render(  # type: ignore[override]
        self, value: Any, bound_column: Any, table: PortalTable
    ) -> SafeString:
        name = table.names.get(value, "")
        if not subjects.is_retail_user(value):
            return portal.about(value, name)
        shown = super().render(value, bound_column)
        return format_html('<span class="whom">{}<br>{}</span>', shown, name) if name else shown

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: only the id, or the subject in words."""
        return of_value(bound, subjects.words)


class PersonalColumn(tables.Column):
    """A personal value, masked for those who must give a reason first. `kind`: see `privacy.mask`."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def render(self, value: Any, table: Any, bound_column: Any) -> SafeString:
        if privacy.sees_at_once(table.request.user):
            return portal.copyable(value, str(bound_column.header))
        return format_html('<span class="mono">{}</span>', privacy.mask(self.kind, value))

    def cells(self, bound: Any, table: Any) -> FileCells:
        """In a file: masked as on the page."""
        whole = privacy.sees_at_once(table.request.user)
        return of_value(bound, str if whole else privacy.mask_of(self.kind))


class WordsColumn(tables.Column):
    """Free text of people or ODIN, masked where it may be personal. `lane`: the attribute with its retail user."""

    def __init__(self, *, lane: str = "lane", **options: Any) -> None:
        super().__init__(orderable=False, **options)
        self.lane = lane

    def render(self, value: Any, record: Any, table: Any) -> str:
        return privacy.words(str(value), privacy.shown(table.request, getattr(record, self.lane)))

    def cells(self, bound: Any, table: Any) -> FileCells:
        """In a file: masked as on the page."""
        return of_values(path_of(bound), self.lane, say=privacy.words_for(table.request))


RIGHT_ALIGNED = {"th": {"class": "num"}, "td": {"class": "num"}}


class NumberColumn(tables.Column):
    """A whole number, right-aligned, grouped the Indian way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"attrs": RIGHT_ALIGNED, **options})

    def render(self, value: Any) -> str:
        return portal.count(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the number itself, for calculating in a spreadsheet."""
        return of_value(bound, lambda number: number)


class NumberedColumn(tables.Column):
    """The number of a change (C), delivery (D) or batch (B), with the letter that says which it is, right-aligned."""

    def __init__(self, letter: str, **options: Any) -> None:
        super().__init__(**{"attrs": RIGHT_ALIGNED, **options})
        self.letter = letter

    def render(self, value: Any) -> str:
        return f"{self.letter}-{value}"


class MoneyColumn(NumberColumn):
    """An amount of rupees: 12,34,567.00."""

    def render(self, value: Any) -> str:
        return portal.money(value)
