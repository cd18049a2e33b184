"""A person's choices for a list besides its filters: columns, rows a page, named views.

The address of a list contains all of them, so a link shows everybody the same list. Choices that the desk
remembers for a person complete an address without them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from backoffice.kit import columns

if TYPE_CHECKING:
    from backoffice.logins.models import User

PAGE_SIZES = (25, 50, 100, 200)
#: The parameters for the number of rows and the order.
PER_PAGE, SORT = "per_page", "sort"


@dataclass(frozen=True)
class View:
    """A saved view of a list. `query` is that of its address; `owner` is "" for one's own."""

    number: int
    name: str
    query: str
    owner: str = ""
    shared: bool = False
    opens_first: bool = False


@dataclass(frozen=True)
class Remembered:
    """What is remembered of a list for a person: columns and rows a page as in addresses, and views."""

    columns: str = ""
    per_page: str = ""
    views: Sequence[View] = ()

    @property
    def first(self) -> View | None:
        """The view that opens if the address has no parameters."""
        return next((view for view in self.views if view.opens_first), None)


Reader = Callable[["User", str], Remembered]
_readers: list[Reader] = []


def kept_by(reader: Reader) -> None:
    """Register the function that reads what is remembered. Call it from `AppConfig.ready` of its room."""
    _readers[:] = [reader]


def page_size(asked: QueryDict) -> int:
    """Return the rows a page that an address asks for, if they are offered."""
    text = asked.get(PER_PAGE, "")
    return int(text) if text in {str(size) for size in PAGE_SIZES} else PAGE_SIZES[0]


class Chosen:
    """Adds a person's choices to the view of a list."""

    request: Any
    filterset_class: Any

    @property
    def list_name(self) -> str:
        """The key of the list: the name of its address, for all files or comparisons."""
        return str(self.request.resolver_match.view_name)

    @cached_property
    def remembered(self) -> Remembered:
        """What is remembered of this list for the present person."""
        (reader,) = _readers
        return reader(self.request.user, self.list_name)

    def completed(self) -> str:
        """Return the address completed with remembered choices; "" if it is complete."""
        asked = self.request.GET
        first = self.remembered.first
        query = QueryDict(first.query if first and not asked else asked.urlencode(), mutable=True)
        for name, kept in (
            (columns.CHOSEN, self.remembered.columns),
            (PER_PAGE, self.remembered.per_page),
        ):
            if kept and name not in query:
                query[name] = kept
        return "" if query == asked else f"{self.request.path}?{query.urlencode()}"

    @property
    def everything(self) -> str:
        """Return the address of the list without any filter, past the view that opens first."""
        path = str(self.request.path)
        return f"{path}?{PER_PAGE}={page_size(self.request.GET)}" if self.remembered.first else path

    def present(self, table: Any, asked: QueryDict) -> str:
        """Return the query that gives the list in `asked` with this table, always in one order."""
        query = QueryDict(mutable=True)
        for name in (*self.filterset_class.base_filters, SORT):
            if name != "below" and (values := [value for value in asked.getlist(name) if value]):
                query.setlist(name, values)
        query[columns.CHOSEN] = ",".join(column.name for column in columns.shown(table))
        query[PER_PAGE] = str(page_size(asked))
        return query.urlencode()
