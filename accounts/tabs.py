"""Pages that other rooms have about a retail user. They stand among the tabs of the retail user's own page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page at `view`, which takes group and user id, for those with `permission`."""

    view: str
    label: str
    permission: str


PAGES: list[Page] = []


def add(page: Page) -> None:
    """Add a page. Called from `AppConfig.ready` of its room."""
    PAGES.append(page)
