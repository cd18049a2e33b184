"""Which column each header of a file means."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from backoffice.batches.file.columns import Column, by_name
from backoffice.batches.models import Alias
from backoffice.changes.files import Layout
from backoffice.outside import quoted

#: A column of the file that a person left out on purpose.
IGNORED = "-"
#: The choice that leaves a column out.
LEAVE_OUT = "Leave this column out"
#: Headers with this beginning are the portal's own, in a result that is uploaded again.
OWN = "portal"
#: How many characters of a cell may make it a header.
MOST = 200


def match(layout: Layout, headers: Sequence[str]) -> list[str]:
    """Return the name of the column that each header means; "" for none."""
    named = _named(layout, headers)
    return [
        IGNORED if plain(text).startswith(OWN) else name for text, name in zip(headers, named, strict=True)
    ]


def knows(layout: Layout) -> Callable[[str], bool]:
    """Return whether a text names a column, by name, label or alias. A number may be a tag, or any cell."""
    meanings = _meanings(layout)

    @lru_cache(maxsize=1024)
    def known(text: str) -> bool:
        name = plain(text[:MOST])
        return bool(name) and not name.isdigit() and meanings.get(name, IGNORED) != IGNORED

    return known


def chosen(layout: Layout, texts: Sequence[str]) -> list[str]:
    """Return the name of the column that each typed text means; the text itself if it means none."""
    return [name or text for name, text in zip(_named(layout, texts), texts, strict=True)]


def in_words(layout: Layout, names: Sequence[str]) -> list[str]:
    """Return texts that `chosen` reads as these names, for a person to read and edit."""
    known = by_name(layout)
    return [LEAVE_OUT if name == IGNORED else known[name].label if name in known else name for name in names]


def problems(layout: Layout, headers: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the reasons not to read the file with these meanings: unknown, duplicate and missing columns."""
    known = by_name(layout)
    found = []
    seen: dict[str, str] = {}
    for place, (header, name) in enumerate(zip(headers, names, strict=True), 1):
        if name == IGNORED:
            continue
        if name not in known:
            found.append(_unknown(header, place, name))
        elif name in seen:
            found.append(
                f"The columns {quoted(seen[name])} and {quoted(header)} both mean {known[name].label}. "
                "Leave one of them out."
            )
        else:
            seen[name] = header
    filled = layout.defaults().values() if layout.named_by in seen else ()
    given = {*seen, *(name for values in filled for name in values)}
    missing = [column for column in known.values() if column.required and column.name not in given]
    found += [f"The column {column.name} ({column.label}) is missing." for column in missing]
    return found


def _named(layout: Layout, texts: Sequence[str]) -> list[str]:
    meanings = _meanings(layout)
    return [meanings.get(plain(text), "") for text in texts]


def _unknown(header: str, place: int, name: str) -> str:
    if name:
        return f"No column is called {quoted(name)}. Choose one of those offered for column {place}, or leave it out."
    if not header.strip():
        return f"Column {place} has no header. Name it, or remove it."
    return f"The column {quoted(header)} is not known. Choose what it means, or leave it out."


def plain(header: str) -> str:
    """Return the text without case, spaces, underscores and other signs."""
    return re.sub(r"[\W_]+", "", header.casefold())


def _meanings(layout: Layout) -> Mapping[str, str]:
    """Return the possible headers: the name before the label, then tags, then aliases of administrators."""
    known = by_name(layout)
    meanings = _own_meanings(layout).copy()
    for alias in Alias.objects.all():
        if alias.column in known:
            meanings.setdefault(plain(alias.alias), alias.column)
    return meanings


@cache
def _own_meanings(layout: Layout) -> dict[str, str]:
    """Return the headers that need no alias."""
    meanings = {plain(LEAVE_OUT): IGNORED}
    for spelling in (_names, _labels, _tags):
        for column in by_name(layout).values():
            if text := spelling(column):
                meanings.setdefault(plain(text), column.name)
    return meanings


def _names(column: Column) -> str:
    return column.name


def _labels(column: Column) -> str:
    return column.label


def _tags(column: Column) -> str:
    """A tag names the column that is its whole value."""
    return str(column.tag) if column.path == column.name else ""
