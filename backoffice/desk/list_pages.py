"""Forms of a list: its columns, its rows a page, its saved views. The answer redirects to the list."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from backoffice.access import StaffRequest, for_staff
from backoffice.desk import saved_views
from backoffice.desk.models import QUERY_LENGTH, SavedView
from backoffice.kit import columns
from backoffice.kit.choices import page_size
from backoffice.kit.filters import NOT_IN_ADDRESSES
from backoffice.kit.list_view import ListView
from backoffice.kit.opened_lists import NoSuchList, open_list
from backoffice.kit.privacy import names_a_person
from backoffice.kit.tables_base import PortalTable
from backoffice.outside import whole


@dataclass(frozen=True)
class List:
    """A list that a form is posted from: its address and name, its view, and its present query."""

    path: str
    name: str
    view: ListView
    query: QueryDict

    def table(self) -> PortalTable:
        """Its table without rows, with the columns that it declares."""
        table: PortalTable = self.view.get_table_class()([])
        return table

    def present(self) -> str:
        """Return the query that gives the present list. Raises ViewError if it names a person."""
        if any(names_a_person(value) for values in self.query.lists() for value in values[1]):
            raise saved_views.ViewError(NOT_IN_ADDRESSES)
        table = self.table()
        columns.choose(table, columns.names(self.query.get(columns.CHOSEN, "")))
        return self.view.present(table, self.query)

    def back(self, **said: str) -> HttpResponse:
        """Redirect to the list with changed parameters; "" removes one."""
        query = self.query.copy()
        query.pop("page", None)
        for name, value in said.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return HttpResponseRedirect(f"{self.path}?{query.urlencode()}" if query else self.path)


@require_POST
@for_staff()
def choose_columns(request: StaffRequest) -> HttpResponse:
    """Show the ticked columns in the order of their numbers, now and whenever this person opens the list."""
    found = _list(request)
    table = found.table()
    declared = _names(table)
    if "reset" not in request.POST:
        ticked = request.POST.getlist("column")
        places = {name: whole(request.POST.get(f"place-{name}")) for name in ticked}
        columns.choose(table, sorted(ticked, key=lambda name: places[name] or 0) or [table.first])
    chosen = _names(table)
    said = "" if chosen == declared else chosen
    saved_views.choose_columns(found.name, said, by=request.user)
    return found.back(columns=said)


@require_POST
@for_staff()
def choose_page_size(request: StaffRequest) -> HttpResponse:
    """Show this many rows a page, now and whenever this person opens the list."""
    found = _list(request)
    size = page_size(request.POST)
    saved_views.choose_page_size(found.name, size, by=request.user)
    return found.back(per_page=str(size))


@require_POST
@for_staff()
def save_view(request: StaffRequest) -> HttpResponse:
    """Save the present list under a name."""
    found = _list(request)
    try:
        view = saved_views.save(
            found.name,
            request.POST.get("name", ""),
            found.present(),
            shared="shared" in request.POST,
            by=request.user,
        )
    except saved_views.ViewError as error:
        messages.error(request, str(error))
        return found.back()
    messages.success(request, f"View “{view.name}” is saved.")
    return HttpResponseRedirect(f"{found.path}?{view.query}")


@require_POST
@for_staff()
def change_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Change, replace or delete one's own view."""
    found = _list(request)
    view = get_object_or_404(SavedView, pk=pk, owner=request.user, list=found.name)
    try:
        match request.POST.get("press"):
            case "delete":
                saved_views.delete(view, by=request.user)
                done = "deleted"
            case "replace":
                saved_views.replace(view, found.present(), by=request.user)
                done = "replaced"
            case _:
                saved_views.change(
                    view,
                    request.POST.get("name", ""),
                    shared="shared" in request.POST,
                    opens_first="opens_first" in request.POST,
                    by=request.user,
                )
                done = "changed"
    except saved_views.ViewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"View “{view.name}” is {done}.")
    return found.back()


def _list(request: StaffRequest) -> List:
    """Return the list at the posted address. Raises Http404, or PermissionDenied if it is not theirs."""
    path = request.POST.get("list", "")
    try:
        view = open_list(path, request.POST.get("query", "")[:QUERY_LENGTH], request.user)
    except NoSuchList as error:
        raise Http404(str(error)) from None
    except PermissionError as error:
        raise PermissionDenied(str(error)) from None
    return List(path, view.list_name, view, view.request.GET)


def _names(table: PortalTable) -> str:
    return ",".join(column.name for column in columns.shown(table))
