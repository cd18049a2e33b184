"""The lists that can be exported. Rooms register theirs (`register`) from `AppConfig.ready`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The slug of every list without a kind of its own.
LIST = "list"
#: Rows read from the database at a time.
AT_ONCE = 1000


class Piece(NamedTuple):
    """The cells of the next rows of a list, and the position of the last one in its order (JSON)."""

    rows: Sequence[Sequence[object]]
    end: Any


class Unreadable(Exception):
    """Parameters that cannot be read and so select nothing; the text says which."""


@dataclass(frozen=True)
class Kind:
    """A list that can be exported. An empty `permission` means that the caller has checked the right.

    `parameters` (JSON) of an export say what it contains, and `words` say so to people, as label and text.
    `count` returns how many rows they select, at most `most` if given. `rows` returns the next rows after a
    position in the list, None for its beginning. `whole`: personal data is not masked. `count` and `rows`
    raise Unreadable. `numbers` are the places of columns that a workbook can calculate with. `file_name` has
    no ending.
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
        """Whether this person may export it."""
        return not self.permission or bool(person.has_perm(self.permission))

    def all_rows(self, parameters: dict[str, Any], whole: bool) -> Iterator[Sequence[object]]:
        """Return every row, read in pieces: no query stays open during a slow download."""
        after = None
        while (piece := self.rows(parameters, whole, after)).rows:
            yield from piece.rows
            after = piece.end


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a list."""
    KINDS[kind.slug] = kind
