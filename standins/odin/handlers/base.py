"""What the handlers share: the request they get, how they refuse, the table of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from backoffice.protocol.fields import Values
from standins.odin.store import Document, Store

ERROR = "Error occurred, kindly contact administrator"
NO_SUCH_USER = "User Id does not exist in the system"
USER_EXISTS = "User Id already exist in the system"


class Refused(Exception):
    """A message that is not applied: `text` goes back in tag 19, `reason` is for the stand-in's own page."""

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ask:
    """One checked message, within the store's transaction. `password_hash`: of 207, where one was given."""

    store: Store
    type: int
    values: Values
    password_hash: str = ""

    def text(self, name: str) -> str:
        """A scalar value; empty when absent."""
        return cast(str, self.values.get(name, ""))

    def rows(self, name: str) -> list[dict[str, str]]:
        """A list of sub-records; empty when absent."""
        return cast(list[dict[str, str]], self.values.get(name) or [])

    def user(self) -> Document:
        """The user that the message is about. Raises Refused when there is none."""
        found = self.store.user(self.text("group_id"), self.text("user_id"))
        if found is None:
            raise Refused(NO_SUCH_USER)
        return found


Handler = Callable[[Ask], str]
HANDLERS: dict[int, Handler] = {}


def handles(*types: int) -> Callable[[Handler], Handler]:
    """Enter a handler for message types. It returns the text of success or raises Refused."""

    def enter(handler: Handler) -> Handler:
        for type_ in types:
            HANDLERS[type_] = handler
        return handler

    return enter


def upsert(rows: list[dict[str, Any]], row: dict[str, Any], key: tuple[str, ...]) -> None:
    """Replace the row with the same key, or append it."""
    place = find(rows, row, key)
    if place is None:
        rows.append(row)
    else:
        rows[place] = row


def remove(rows: list[dict[str, Any]], row: dict[str, Any], key: tuple[str, ...]) -> bool:
    """Take away the row with the same key; False when there is none."""
    place = find(rows, row, key)
    if place is None:
        return False
    del rows[place]
    return True


def find(rows: list[dict[str, Any]], row: dict[str, Any], key: tuple[str, ...]) -> int | None:
    """Where the row with the same key is."""
    wanted = tuple(row.get(name) for name in key)
    for place, other in enumerate(rows):
        if tuple(other.get(name) for name in key) == wanted:
            return place
    return None
