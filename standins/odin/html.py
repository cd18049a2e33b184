"""A little HTML: text is escaped unless it was made here."""

from collections.abc import Iterable, Sequence
from html import escape


class Safe(str):
    """HTML made by this module: not escaped again."""

    __slots__ = ()


def text(value: object) -> Safe:
    """A value as HTML: escaped, unless it is HTML already."""
    return value if isinstance(value, Safe) else Safe(escape(str(value)))


def tag(element: str, /, *children: object, **attributes: object) -> Safe:
    """An element; an `input` has no end. Attribute names may end in `_` (class_); False or "" leaves one out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False and value != ""
    )
    if element == "input":
        return Safe(f"<input{given}>")
    return Safe(f"<{element}{given}>{join(children)}</{element}>")


def join(parts: Iterable[object]) -> Safe:
    """Parts one after the other."""
    return Safe("".join(text(part) for part in parts))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> Safe:
    """A table that scrolls on its own; without rows, a sentence. Columns of amounts end in `₹`."""
    lines = list(rows)
    if not lines:
        return tag("p", empty, class_="empty")
    sides = ["right" if name.endswith("₹") else "" for name in columns]
    head = tag(
        "tr", *(tag("th", n, scope="col", class_=side) for n, side in zip(columns, sides, strict=True))
    )
    body = (
        tag("tr", *(tag("td", cell, class_=side) for cell, side in zip(row, sides, strict=True)))
        for row in lines
    )
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex="0")


def facts(pairs: Iterable[tuple[str, object]]) -> Safe:
    """Names and values, those without a value left out."""
    return tag(
        "dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in pairs if value not in ("", None))
    )


def section(title: str, *children: object) -> Safe:
    """A part of a page under a heading."""
    return tag("section", tag("h2", title), *children)


def page(title: str, notice: str, *children: object) -> str:
    """A whole page; `main` refreshes itself."""
    head = join(
        [
            Safe(
                '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            ),
            tag("title", title),
            Safe('<link rel="stylesheet" href="/standin.css"><script src="/standin.js" defer></script>'),
        ]
    )
    banner = tag(
        "header",
        tag("p", tag("a", "Stand-in ODIN", href="/"), class_="name"),
        tag("p", notice, class_="notice"),
    )
    body = tag("body", banner, tag("main", *children))
    return f"<!doctype html>{tag('html', tag('head', head), body, lang='en-IN')}"
