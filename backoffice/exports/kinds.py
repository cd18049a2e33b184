"""The lists that can be exported. Rooms register theirs (`register`) from `AppConfig.ready`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The slug of every list of the desk that has no kind of its own.
LIST = "list"
#: So many rows are read from the database at a time.
AT_ONCE = 1000


class Piece(NamedTuple):
    """The cells of the next rows of a list, and the place of the last one in its order (JSON)."""

    rows: Sequence[Sequence[object]]
    end: Any


class Unreadable(Exception):
    """Parameters that choose nothing, since they cannot be read; the text says which."""


@dataclass(frozen=True)
class Kind:
    """A list that can be exported. An empty `permission`: whoever made it has looked at the right already.

    `parameters` of an export say what of it (JSON), and `words` say that to people, as label and text. `count` tells
    how many rows they choose, `most` at most where it is given. `rows` are the next rows after a place in the list,
    None for its beginning. `whole`: personal data is not hidden. `count` and `rows` raise Unreadable. `numbers` are the
    places of the columns with which a workbook can calculate. `file_name` has no ending.
    """

    slug: str
    title: str
    permission: str
    file_name: str
    action: str
    header: Sequence[str]
    words: Callable[[dict[str, Any]], Sequence[tuple[str, str]]]
    count: Callable[[dict[str, Any], int | None], int]
    rows: Callable[[dict[str, Any], bool, Any], Piece]
    numbers: Sequence[int] = ()

    def allows(self, person: Any) -> bool:
        """Whether somebody may export it."""
        return not self.permission or bool(person.has_perm(self.permission))

    def all_rows(self, parameters: dict[str, Any], whole: bool) -> Iterator[Sequence[object]]:
        """Every row, read in pieces: no query stays open while somebody slowly downloads."""
        after = None
        while (piece := self.rows(parameters, whole, after)).rows:
            yield from piece.rows
            after = piece.end


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a list."""
    KINDS[kind.slug] = kind
