"""What other rooms show of a retail user: pages among the tabs of its own page, panels on its overview, whole tabs."""

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
    """A panel on the overview, for those with `permission`: its template, and what that needs."""

    of: Callable[[RetailUser], Beside]
    permission: str


#: What a tab of the page shows of a retail user, and whether personal data is shown.
Shows = Callable[[RetailUser, bool], dict[str, Any]]

PAGES: list[Page] = []
PANELS: list[Panel] = []
_FILLED: dict[str, Shows] = {}


def add(page: Page) -> None:
    """Add a page. Called from `AppConfig.ready` of its room."""
    PAGES.append(page)


def add_panel(panel: Panel) -> None:
    """Add a panel to the overview. Called from `AppConfig.ready` of its room."""
    PANELS.append(panel)


def fill(tab: str, shows: Shows) -> None:
    """Say what a tab of the page shows. Called from `AppConfig.ready` of the room that keeps it."""
    _FILLED[tab] = shows


def filled(tab: str, user: RetailUser, shows: bool) -> dict[str, Any]:
    """What another room shows in this tab."""
    return _FILLED[tab](user, shows)
