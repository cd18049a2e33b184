"""What every list has in common: the table, its columns, the capped count, and the view."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin
from django_tables2.columns.base import LinkTransform

from backoffice.access import StaffRequest
from backoffice.kit import privacy
from backoffice.kit.components import Chip
from backoffice.kit.filters import NOT_IN_ADDRESSES
from backoffice.kit.templatetags import portal
from backoffice.outside import whole

COUNT_CAP = 10_000
#: So many rows are sorted alone; of more, a walk in the order of an index soon finds a page.
FEW = 1_000
PAGE_SIZES = (25, 50, 100)
#: The values that django-filter and Django give to the choice that filters nothing.
NO_CHOICE = ("", None, "unknown")


def record_url(record: Any) -> str | None:
    """The page of a record, for rows that open on Enter or click."""
    return record.get_absolute_url() if hasattr(record, "get_absolute_url") else None


def settled(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows in an order that leaves none open, so that pages never show one twice: alike ones the newest first.

    In a descending order they come the oldest first, since an index that has the one has the other backwards.
    """
    order = [name for name in rows.query.order_by if isinstance(name, str)]
    if not order or order[-1].lstrip("-") in ("pk", "id"):
        return rows
    return rows.order_by(*order, "pk" if order[0].startswith("-") else "-pk")


def by_number(rows: QuerySet[Any]) -> bool:
    """Whether rows come by their number alone, the newest first."""
    query = rows.query
    order = query.order_by or (query.get_meta().ordering if query.default_ordering else ())
    return list(order or ()) in (["-pk"], ["-id"])


def narrowed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows that are few, by their numbers; others as they are.

    A planner that takes few for many walks the whole order of the list in search of a page of them.
    """
    if not rows.query.where:
        return rows
    few = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return rows if len(few) > FEW else rows.filter(pk__in=few)


class PortalTable(tables.Table):
    """The base of all tables. A subclass's Meta inherits from `PortalTable.Meta`.

    A row opens its record's page; its first cell is the link that does so for the keyboard.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = next(column for column in self.columns if not isinstance(column.column, PickColumn))
        if first.link is None and hasattr(self._meta.model, "get_absolute_url"):
            first.link = LinkTransform(url=record_url, attrs={})

    class Meta:
        template_name = "components/table.html"
        attrs: ClassVar[dict[str, Any]] = {"class": "table"}
        row_attrs: ClassVar[dict[str, Any]] = {"data-href": record_url}
        empty_text = "Nothing here yet."
        order_by_field = "sort"


class PickColumn(tables.Column):
    """A box that chooses a row for the form with the id `many`; the one in the head chooses the whole page."""

    def __init__(self, *, what: str, **options: Any) -> None:
        head = format_html(
            '<input type="checkbox" data-pick-all aria-label="Choose each {} of this page">', what
        )
        super().__init__(verbose_name=head, orderable=False, exclude_from_export=True, **options)
        self.what = what

    def render(self, value: Any) -> SafeString:
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

    def value(self, record: Any, bound_column: Any) -> str:
        return portal.status_word(self.kind, bound_column.accessor.resolve(record))


class AgoColumn(tables.Column):
    """How long ago, with the full time on hover."""

    def render(self, value: Any) -> SafeString:
        return portal.ago(value)

    def value(self, value: Any) -> str:
        return portal.ist(value)


class TimeColumn(tables.Column):
    """A time in India, to the second."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("attrs", {"td": {"class": "nowrap"}})
        super().__init__(**options)

    def render(self, value: Any) -> str:
        return portal.ist(value)


class IdColumn(tables.Column):
    """A monospaced id that one click copies."""

    def render(self, value: Any, bound_column: Any) -> SafeString:
        return portal.copyable(value, str(bound_column.header))

    def value(self, value: Any) -> str:
        return str(value)


class PersonalColumn(tables.Column):
    """A personal value, hidden from those who must give a reason before they see it. `kind`: see `privacy.mask`."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def render(self, value: Any, table: Any, bound_column: Any) -> SafeString:
        if privacy.sees_at_once(table.request.user):
            return portal.copyable(value, str(bound_column.header))
        return format_html('<span class="mono">{}</span>', privacy.mask(self.kind, value))

    def value(self, value: Any, table: Any) -> str:
        return str(value) if privacy.sees_at_once(table.request.user) else privacy.mask(self.kind, value)


class WordsColumn(tables.Column):
    """Free text of people or of ODIN, with what may be personal hidden. `lane`: the attribute that says of whom."""

    def __init__(self, *, lane: str = "lane", **options: Any) -> None:
        super().__init__(orderable=False, **options)
        self.lane = lane

    def render(self, value: Any, record: Any, table: Any) -> str:
        return privacy.words(str(value), privacy.shown(table.request, getattr(record, self.lane)))


class NumberColumn(tables.Column):
    """A whole number, right-aligned, grouped the Indian way."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("attrs", {"th": {"class": "num"}, "td": {"class": "num"}})
        super().__init__(**options)

    def render(self, value: Any) -> str:
        return portal.count(value)

    def value(self, value: Any) -> Any:
        """The number itself, with which a spreadsheet can calculate."""
        return value


class MoneyColumn(NumberColumn):
    """An amount of rupees: 12,34,567.00."""

    def render(self, value: Any) -> str:
        return portal.money(value)


class CappedPaginator(Paginator):
    """Counts no further than `COUNT_CAP`: an exact count of a million rows costs more than the page itself.

    Beyond the cap a list by number goes on below its last row; another asks to narrow the search.
    """

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list.data.data  # type: ignore[attr-defined]  # a table's rows
        if isinstance(rows, list | tuple):
            return len(rows)
        return rows.order_by()[: COUNT_CAP + 1].count()

    @property
    def count(self) -> int:
        return min(self._found, COUNT_CAP)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._found > COUNT_CAP


class ListView(LoginRequiredMixin, PermissionRequiredMixin, SingleTableMixin, FilterView):
    """A list: filters, quick search, chips, sorting, pages. Everything that is chosen stands in the URL.

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
        """The list. A search for a PAN, a mobile number or an e-mail address is refused and taken off the address."""
        for name in self.filterset_class.searches():
            asked = request.GET.get(name, "")
            if privacy.names_a_person(asked):
                messages.error(request, NOT_IN_ADDRESSES)
                return redirect(self._without(name, asked))
        return super().get(request, *args, **kwargs)

    def handle_no_permission(self) -> Any:
        """Somebody who is logged in is told that the page is not theirs; others go to the login page."""
        self.raise_exception = self.request.user.is_authenticated
        return super().handle_no_permission()

    def page_size(self) -> int:
        """The page size in the URL, if it is one of those offered."""
        asked = self.request.GET.get("per_page", "")
        return int(asked) if asked in {str(size) for size in PAGE_SIZES} else PAGE_SIZES[0]

    def get_table(self, **kwargs: Any) -> PortalTable:
        """The table, sorted and paged by the URL. A page that does not exist gives the nearest that does."""
        table = self.get_table_class()(data=self.get_table_data(), **kwargs)
        tables.config.RequestConfig(self.request, paginate=False).configure(table)
        if sort := self.request.GET.get(table.prefixed_order_by_field):
            table.order_by = (sort,)  # one column alone: no index has the order of any two
        if isinstance(table.data.data, QuerySet):
            table.data.data = narrowed(settled(table.data.data))
        table.paginate(CappedPaginator, per_page=self.page_size())
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
                        Chip(str(field.label or name), _shown(field, value), self._without(name, value))
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
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def _only_the_list(self) -> bool:
        htmx: Any = getattr(self.request, "htmx", None)
        return bool(htmx) and not htmx.history_restore_request and htmx.target == "list"


def _shown(field: forms.Field, value: str) -> str:
    """A filter's value as its chip shows it: a choice by its label, a date the Indian way."""
    if isinstance(field, forms.DateField):
        with suppress(forms.ValidationError):
            return f"{field.clean(value):%d-%m-%Y}"
    return dict(_flat_choices(getattr(field.widget, "choices", ()))).get(value, value)


def _flat_choices(choices: Any) -> Sequence[tuple[str, str]]:
    """Choices as pairs of text, groups opened."""
    flat: list[tuple[str, str]] = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            flat += _flat_choices(label)
        else:
            flat.append((str(value), str(label)))
    return flat
