"""What every list has in common: the table, its columns, and the view."""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property, partial
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin
from django_tables2.columns.base import LinkTransform

from backoffice.access import StaffRequest
from backoffice.kit import columns, privacy, subjects
from backoffice.kit.choices import PAGE_SIZES, SORT, Chosen, page_size
from backoffice.kit.components import Chip
from backoffice.kit.csv_files import YES_NO
from backoffice.kit.file_cells import FileCells, of_value, of_values, path_of
from backoffice.kit.filters import NOT_IN_ADDRESSES, chip_words
from backoffice.kit.paging import CappedPaginator, by_number, narrowed, settled
from backoffice.kit.templatetags import portal
from backoffice.outside import whole

#: The values that django-filter and Django give to the choice that filters nothing.
NO_CHOICE = ("", None, "unknown")


def record_url(record: Any) -> str | None:
    """The page of a record, for rows that open on Enter or click."""
    return record.get_absolute_url() if hasattr(record, "get_absolute_url") else None


class PortalTable(tables.Table):
    """The base of all tables. A subclass's Meta inherits from `PortalTable.Meta`.

    A row opens its record's page; its `first` cell is the link that does so for the keyboard, and stays where it is
    when columns are chosen, as do the boxes that choose rows (`picks`).
    """

    #: Columns that are hidden until somebody wants them.
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
        """The rows of this page. What begins a cell is the same for all rows of a column, so it is made once."""
        begins = [
            (
                column.name,
                format_html(
                    '<td {} data-label="{}">', column.attrs["td"].as_html(), strip_tags(str(column.header))
                ),
            )
            for column in self.columns
        ]
        for row in self.paginated_rows:
            cells = format_html_join("", "{}{}</td>", ((begin, row.get_cell(name)) for name, begin in begins))
            yield format_html("<tr {}>{}</tr>", row.attrs.as_html(), cells)

    def may_pick(self, record: Any) -> bool:
        """Whether something can be done with a row, so that it may be chosen."""
        return True

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of those whom this page's rows are about, by GROUP/USER, in one query."""
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
    """A box that chooses a row for the form with the id `many`; the one in the head chooses the whole page.

    A row with which nothing can be done has none (`PortalTable.may_pick`).
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
        # A field with choices comes as its label; the table of statuses goes by the stored state.
        return portal.status(self.kind, bound_column.accessor.resolve(record))

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the word of the status."""
        return of_value(bound, cache(partial(portal.status_word, self.kind)))


class YesNoColumn(tables.Column):
    """Whether something holds, in a word."""

    def render(self, value: bool) -> str:
        return YES_NO[value]


class AgoColumn(tables.Column):
    """How long ago, with the full time on hover."""

    def render(self, value: Any) -> SafeString:
        return portal.ago(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the time itself."""
        return of_value(bound, portal.ist)


class TimeColumn(tables.Column):
    """A time in India, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("attrs", {"td": {"class": "nowrap"}})
        super().__init__(**options)

    def render(self, value: Any) -> str:
        return portal.ist(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: as on the page."""
        return of_value(bound, portal.ist)


class IdColumn(tables.Column):
    """A monospaced id that one click copies."""

    def render(self, value: Any, bound_column: Any) -> SafeString:
        return portal.copyable(value, str(bound_column.header))

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the id alone."""
        return of_value(bound, str)


class SubjectColumn(IdColumn):
    """What a row is about: a retail user by id, which one click copies, and name; else a name, and what it is."""

    # django-tables2 passes what the signature names.
    def render(  # type: ignore[override]
        self, value: Any, bound_column: Any, table: PortalTable
    ) -> SafeString:
        name = table.names.get(value, "")
        if not subjects.is_retail_user(value):
            return portal.about(value, name)
        shown = super().render(value, bound_column)
        return format_html('<span class="whom">{}<br>{}</span>', shown, name) if name else shown

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the id alone, or in words what it is."""
        return of_value(bound, subjects.words)


class PersonalColumn(tables.Column):
    """A personal value, hidden from those who must give a reason before they see it. `kind`: see `privacy.mask`."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def render(self, value: Any, table: Any, bound_column: Any) -> SafeString:
        if privacy.sees_at_once(table.request.user):
            return portal.copyable(value, str(bound_column.header))
        return format_html('<span class="mono">{}</span>', privacy.mask(self.kind, value))

    def cells(self, bound: Any, table: Any) -> FileCells:
        """In a file: as hidden as on the page."""
        whole = privacy.sees_at_once(table.request.user)
        return of_value(bound, str if whole else partial(privacy.mask, self.kind))


class WordsColumn(tables.Column):
    """Free text of people or of ODIN, with what may be personal hidden. `lane`: the attribute that says of whom."""

    def __init__(self, *, lane: str = "lane", **options: Any) -> None:
        super().__init__(orderable=False, **options)
        self.lane = lane

    def render(self, value: Any, record: Any, table: Any) -> str:
        return privacy.words(str(value), privacy.shown(table.request, getattr(record, self.lane)))

    def cells(self, bound: Any, table: Any) -> FileCells:
        """In a file: as hidden as on the page."""
        return of_values(path_of(bound), self.lane, say=privacy.words_for(table.request))


RIGHT_ALIGNED = {"th": {"class": "num"}, "td": {"class": "num"}}


class NumberColumn(tables.Column):
    """A whole number, right-aligned, grouped the Indian way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"attrs": RIGHT_ALIGNED, **options})

    def render(self, value: Any) -> str:
        return portal.count(value)

    def cells(self, bound: Any, table: PortalTable) -> FileCells:
        """In a file: the number itself, with which a spreadsheet can calculate."""
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


class ListView(Chosen, LoginRequiredMixin, PermissionRequiredMixin, SingleTableMixin, FilterView):
    """A list: filters, quick search, chips, sorting, columns, pages. Everything that is chosen stands in the URL.

    A subclass sets `permission_required`, `model` or `queryset`, `table_class`, `filterset_class`, `title`
    and the words of the empty state. Its template, if it needs one, extends `components/list_page.html`.
    An htmx request for the list gets the list alone.
    """

    request: StaffRequest
    template_name = "components/list_page.html"
    strict = False
    title = ""
    subtitle = ""
    nouns: tuple[str, str] = ("row", "rows")
    search_field = "q"
    #: Filters that are folded away until somebody wants them.
    rare: tuple[str, ...] = ()
    search_hint = "Search"
    empty_icon = "inbox"
    empty_title = "Nothing here yet"
    empty_text = ""
    empty_action: tuple[str, str] | None = None
    empty_action_permission = ""
    #: Whether its rows can be downloaded as they are shown; a list with an export of its own has that.
    exported = True

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list. A search for a PAN, a mobile number or an e-mail address is refused and taken off the address.

        Somebody for whom more is remembered than the address says is sent to the whole address.
        """
        for name in self.filterset_class.searches():
            asked = request.GET.get(name, "")
            if privacy.names_a_person(asked):
                messages.error(request, NOT_IN_ADDRESSES)
                return redirect(self._without(name, asked))
        if not request.htmx and (address := self.completed()):
            return redirect(address)
        return super().get(request, *args, **kwargs)

    def handle_no_permission(self) -> Any:
        """Somebody who is logged in is told that the page is not theirs; others go to the login page."""
        self.raise_exception = self.request.user.is_authenticated
        return super().handle_no_permission()

    def get_table(self, **kwargs: Any) -> PortalTable:
        """The table, with its columns, sorted and paged by the URL. A page that does not exist gives the nearest."""
        table = self.get_table_class()(data=self.get_table_data(), **kwargs)
        tables.config.RequestConfig(self.request, paginate=False).configure(table)
        if sort := self.request.GET.get(table.prefixed_order_by_field):
            table.order_by = (sort,)  # one column alone: no index has the order of any two
        if isinstance(table.data.data, QuerySet):
            table.data.data = narrowed(settled(table.data.data))
        columns.choose(table, columns.names(self.request.GET.get(columns.CHOSEN, "")))
        table.paginate(CappedPaginator, per_page=page_size(self.request.GET))
        table.page = table.paginator.get_page(whole(self.request.GET.get("page")) or 1)
        return table

    def get_template_names(self) -> list[str]:
        if self._only_the_list():
            return ["components/list_results.html"]
        return [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "title": self.title,
            "subtitle": self.subtitle,
            "nouns": self.nouns,
            "exported": self.exported,
            "chips": self.chips(),
            "page_sizes": PAGE_SIZES,
            "remembered": self.remembered,
            "everything": self.everything,
            "present": self.present(context["table"], self.request.GET),
            "offered_columns": sorted(columns.offered(context["table"]), key=lambda one: not one.visible),
            "page_numbers": self._page_numbers(context["table"]),
            "further": self._further(context["table"]),
            "search_field": self.search_field if self.search_field in self.filterset.form.fields else "",
            "search_value": self.request.GET.get(self.search_field, ""),
            "search_hint": self.search_hint,
            "folded": [self.filterset.form[name] for name in self.rare],
            "folded_names": self.rare,
            "unfolded": any(self.request.GET.get(name) for name in self.rare),
            "empty": {"icon": self.empty_icon, "title": self.empty_title, "text": self.empty_text},
            "empty_action": self.empty_action if self._may_act() else None,
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def get_filterset(self, filterset_class: Any) -> Any:
        """The filters, with an empty choice that says "Any"."""
        filterset = super().get_filterset(filterset_class)
        for field in filterset.form.fields.values():
            if getattr(field.widget, "choices", None):
                field.widget.choices = [
                    ("", "Any") if v in NO_CHOICE else (v, label) for v, label in field.widget.choices
                ]
        return filterset

    def chips(self) -> list[Chip]:
        """The filters in force, each with the address of the list without it."""
        found = []
        form = self.filterset.form
        for name, field in form.fields.items():
            for value in self.request.GET.getlist(name):
                if value:
                    found.append(
                        Chip(str(field.label or name), chip_words(field, value), self._without(name, value))
                    )
        return found

    def _may_act(self) -> bool:
        return not self.empty_action_permission or self.request.user.has_perm(self.empty_action_permission)

    def _page_numbers(self, table: PortalTable) -> list[int | str]:
        return list(table.paginator.get_elided_page_range(table.page.number, on_each_side=2, on_ends=1))

    def _further(self, table: PortalTable) -> str:
        """Where a list by number goes on after the last row of its last page; "" elsewhere."""
        rows = table.data.data
        ends = table.paginator.capped and not table.page.has_next()
        if not ends or not isinstance(rows, QuerySet) or not by_number(rows):
            return ""
        query: QueryDict = self.request.GET.copy()
        query.pop("page", None)
        *_, last = table.page.object_list
        query["below"] = str(last.record.pk)
        return f"{self.request.path}?{query.urlencode()}"

    def _without(self, name: str, value: str) -> str:
        query: QueryDict = self.request.GET.copy()
        query.setlist(name, [kept for kept in query.getlist(name) if kept != value])
        query.pop("page", None)
        return f"{self.request.path}?{query.urlencode()}" if query else self.everything

    def _only_the_list(self) -> bool:
        htmx: Any = getattr(self.request, "htmx", None)
        return bool(htmx) and not htmx.history_restore_request and htmx.target == "list"
