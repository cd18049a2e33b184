"""What other rooms have about a retail user: pages among the tabs of its own page, and panels on its overview."""

from collections.abc import Callable
from dataclasses import dataclass

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


PAGES: list[Page] = []
PANELS: list[Panel] = []


def add(page: Page) -> None:
    """Add a page. Called from `AppConfig.ready` of its room."""
    PAGES.append(page)


def add_panel(panel: Panel) -> None:
    """Add a panel to the overview. Called from `AppConfig.ready` of its room."""
    PANELS.append(panel)
