"""Shared by the staff's pages of the Connector: access, tabs, and operations that may be refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from backoffice.access import StaffRequest, for_staff
from backoffice.changes.errors import ChangeError
from backoffice.kit.components import Tab
from backoffice.kit.list_view import ListView
from partners.errors import ConnectorProblem
from partners.rights import MONITOR

View = Callable[..., HttpResponseBase]

#: The pages of the Connector. Rooms above add theirs.
TABS = [
    ("Monitor", "partners:monitor"),
    ("Baskets", "partners:baskets"),
    ("Invitations", "partners:invitations"),
    ("Findings", "partners:findings"),
    ("Sessions", "partners:sessions"),
    ("Client ids", "partners:mappings"),
    ("Consents", "partners:consents"),
    ("Partners", "partners:registry"),
    ("Kill switches", "partners:switches"),
    ("Unreadable calls", "partners:calls"),
]


def page(permission: str = MONITOR) -> Callable[[View], View]:
    """Let a view answer people with the permission, while CONNECTOR is on (C2)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not settings.CONNECTOR:
                raise Http404("The ODIN Connector is switched off.")
            return view(request, *args, **kwargs)

        return cast(View, never_cache(for_staff(permission)(answer)))

    return decorate


def tabs(current: str) -> list[Tab]:
    """The pages of this room; `current`: the name of the one that is shown."""
    return [Tab(label, reverse(name), name.partition(":")[2] == current) for label, name in TABS]


def add_tab(label: str, name: str) -> None:
    """Add a page of another room beside the baskets'. `name`: of its address."""
    if (label, name) not in TABS:
        TABS.insert(2, (label, name))


def attempt(request: StaffRequest, do: Callable[[], object], done: str) -> bool:
    """Carry out an operation; tell in a toast how it went. True if it was carried out."""
    try:
        do()
    except (ConnectorProblem, ChangeError) as error:
        messages.error(request, error.words)
        return False
    messages.success(request, done)
    return True


class ConnectorList(ListView):
    """Shared by the lists of this room: access, and the tabs between them."""

    permission_required = MONITOR
    template_name = "partners/list.html"
    tab = ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The list; there is none while CONNECTOR is off."""
        if self.request.user.is_authenticated and self.has_permission() and not settings.CONNECTOR:
            raise Http404("The ODIN Connector is switched off.")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The list with the tabs above it."""
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.tab)}
