"""The view of every list: filters, quick search, chips, sorting, columns, pages."""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin

from backoffice.access import StaffRequest
from backoffice.kit import columns, privacy
from backoffice.kit.choices import PAGE_SIZES, Chosen, page_size
from backoffice.kit.components import Chip
from backoffice.kit.filters import NOT_IN_ADDRESSES, chip_words
from backoffice.kit.paging import CappedPaginator, by_number, settled
from backoffice.kit.tables_base import PortalTable
from backoffice.outside import whole

#: The empty choices of django-filter and Django.
NO_CHOICE = ("", None, "unknown")


class ListView(Chosen, LoginRequiredMixin, PermissionRequiredMixin, SingleTableMixin, FilterView):
    """A list: filters, quick search, chips, sorting, columns, pages. All choices are in the URL.

    A subclass sets `permission_required`, `model` or `queryset`, `table_class`, `filterset_class`, `title`
    and the words of the empty state. Its template, if it needs one, extends `components/list_page.html`. An
    htmx request for the list gets the list alone.
    """

    request: StaffRequest
    template_name = "components/list_page.html"
    strict = False
    title = ""
    subtitle = ""
    nouns: tuple[str, str] = ("row", "rows")
    search_field = "q"
    #: Filters that are folded away.
    rare: tuple[str, ...] = ()
    search_hint = "Search"
    empty_icon = "inbox"
    empty_title = "Nothing here yet"
    empty_text = ""
    empty_action: tuple[str, str] | None = None
    empty_action_permission = ""
    #: Whether its rows can be downloaded as shown; False for a list with an export of its own.
    exported = True

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the list. A search for a PAN, mobile number or e-mail address is refused and removed from the address.

        If more is remembered for this person than the address has, it redirects to the complete address.
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
        """Refuse the page to a logged-in person; redirect others to the login page."""
        self.raise_exception = self.request.user.is_authenticated
        return super().handle_no_permission()

    def get_table(self, **kwargs: Any) -> PortalTable:
        """Return the table, with its columns, sorted and paged by the URL.

        A page that does not exist becomes the nearest.
        """
        table = self.get_table_class()(data=self.get_table_data(), **kwargs)
        tables.config.RequestConfig(self.request, paginate=False).configure(table)
        if sort := self.request.GET.get(table.prefixed_order_by_field):
            table.order_by = (sort,)  # one column only: no index has the order of two
        if isinstance(table.data.data, QuerySet):
            table.data.data = settled(table.data.data)
        columns.choose(table, columns.names(self.request.GET.get(columns.CHOSEN, "")))
        table.paginator = CappedPaginator(table.rows, page_size(self.request.GET))
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
        """Return the active filters, each with the address of the list without it."""
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
        """Return where a list by id continues after the last row of its last page; "" elsewhere."""
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
