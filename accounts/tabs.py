"""Contributions of other rooms to a retail user's page: pages among its tabs, panels on its overview, whole tabs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import RetailUser
from backoffice.kit.components import Beside


@dataclass(frozen=True)
class Page:
    """A page at `view`, which takes group and user id, for those with `permission`."""

    view: str
    label: str
    permission: str


@dataclass(frozen=True)
class Panel:
    """A panel on the overview, for those with `permission`: its template and context."""

    of: Callable[[RetailUser], Beside]
    permission: str


#: Returns a tab's content for a retail user, given whether personal data is shown.
Shows = Callable[[RetailUser, bool], dict[str, Any]]

PAGES: list[Page] = []
PANELS: list[Panel] = []
_FILLED: dict[str, Shows] = {}


def add(page: Page) -> None:
    """Add a page. Call it from `AppConfig.ready` of its room."""
    PAGES.append(page)


def add_panel(panel: Panel) -> None:
    """Add a panel to the overview. Call it from `AppConfig.ready` of its room."""
    PANELS.append(panel)


def fill(tab: str, shows: Shows) -> None:
    """Register the content of a tab. Call it from `AppConfig.ready` of its room."""
    _FILLED[tab] = shows


def filled(tab: str, user: RetailUser, shows: bool) -> dict[str, Any]:
    """Return another room's content of this tab."""
    return _FILLED[tab](user, shows)
