"""What people choose of a list beside its filters: columns, rows a page, named views.

The address of a list says all of it, so that a link shows everybody the same list. What the desk remembers for a person
completes an address that says nothing of it.
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
#: How addresses name the number of rows and the order.
PER_PAGE, SORT = "per_page", "sort"


@dataclass(frozen=True)
class View:
    """A list as somebody saved it under a name. `query` is that of its address; `owner` is "" for one's own."""

    number: int
    name: str
    query: str
    owner: str = ""
    shared: bool = False
    opens_first: bool = False


@dataclass(frozen=True)
class Remembered:
    """What is remembered of a list for a person: columns and rows a page as addresses name them, and views."""

    columns: str = ""
    per_page: str = ""
    views: Sequence[View] = ()

    @property
    def first(self) -> View | None:
        """The view that opens where an address says nothing at all."""
        return next((view for view in self.views if view.opens_first), None)


Reader = Callable[["User", str], Remembered]
_readers: list[Reader] = []


def kept_by(reader: Reader) -> None:
    """Read what is remembered with this function. Called from `AppConfig.ready` of the room that keeps it."""
    _readers[:] = [reader]


def page_size(asked: QueryDict) -> int:
    """The rows a page that an address asks for, if they are offered."""
    text = asked.get(PER_PAGE, "")
    return int(text) if text in {str(size) for size in PAGE_SIZES} else PAGE_SIZES[0]


class Chosen:
    """The part of a list's view that knows what was chosen of it."""

    request: Any
    filterset_class: Any

    @property
    def list_name(self) -> str:
        """What the list is remembered by: the name of its address, whichever file or comparison it belongs to."""
        return str(self.request.resolver_match.view_name)

    @cached_property
    def remembered(self) -> Remembered:
        """What is remembered of this list for the person who asks."""
        (reader,) = _readers
        return reader(self.request.user, self.list_name)

    def completed(self) -> str:
        """The address with what is remembered and the address says nothing of; "" where it says all."""
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
        """The address of the list without any filter, past the view that opens first."""
        path = str(self.request.path)
        return f"{path}?{PER_PAGE}={page_size(self.request.GET)}" if self.remembered.first else path

    def present(self, table: Any, asked: QueryDict) -> str:
        """The query that says all of a list as `asked` shows it in this table, always in the same order."""
        query = QueryDict(mutable=True)
        for name in (*self.filterset_class.base_filters, SORT):
            if name != "below" and (values := [value for value in asked.getlist(name) if value]):
                query.setlist(name, values)
        query[columns.CHOSEN] = ",".join(column.name for column in columns.shown(table))
        query[PER_PAGE] = str(page_size(asked))
        return query.urlencode()
