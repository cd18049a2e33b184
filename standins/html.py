"""A little HTML for the stand-ins' pages: text is escaped unless it was made here."""

from collections.abc import Iterable, Sequence
from html import escape


class Safe(str):
    """HTML made by this module: not escaped again."""

    __slots__ = ()


def tag(element: str, /, *children: object, **attributes: object) -> Safe:
    """An element; an `input` has no end. Attribute names may end in `_` (class_); False or "" leaves one out, save for
    a `value`.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False and (value != "" or key == "value")
    )
    if element == "input":
        return Safe(f"<input{given}>")
    return Safe(f"<{element}{given}>{join(children)}</{element}>")


def join(parts: Iterable[object]) -> Safe:
    """Parts one after the other."""
    return Safe("".join(part if isinstance(part, Safe) else escape(str(part)) for part in parts))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str, label: str) -> Safe:
    """A table that scrolls sideways; without rows, a sentence. Columns of numbers end in `#`."""
    lines = list(rows)
    if not lines:
        return tag("p", empty, class_="empty")
    sides = ["right" if name.endswith("#") else "" for name in columns]
    names = [name.rstrip("#") for name in columns]
    head = tag("tr", *(tag("th", n, scope="col", class_=side) for n, side in zip(names, sides, strict=True)))
    body = (
        tag("tr", *(tag("td", cell, class_=side) for cell, side in zip(row, sides, strict=True)))
        for row in lines
    )
    return tag(
        *("div", tag("table", tag("thead", head), tag("tbody", *body))),
        **{"class": "scroll", "tabindex": "0", "role": "region", "aria_label": label},
    )


def facts(pairs: Iterable[tuple[str, object]]) -> Safe:
    """Names and values, those without a value left out."""
    shown = [(name, value) for name, value in pairs if value not in ("", None)]
    return tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in shown))


def finder(search: str) -> Safe:
    """A form that finds users by a part of their id or name. `search`: what was looked for."""
    field = tag(
        "input",
        type="search",
        name="search",
        value=search,
        placeholder="User id or name",
        aria_label="Find users",
    )
    newest = [tag("a", "Show the newest", href="/")] if search else []
    return tag("form", field, tag("button", "Find"), *newest, action="/", class_="find", role="search")


def section(title: str, *children: object) -> Safe:
    """A part of a page under a heading."""
    return tag("section", tag("h2", title), *children)


def page(title: str, notice: str, *children: object) -> str:
    """A whole page."""
    return document(title, tag("header", tag("h1", tag("a", title, href="/")), tag("p", notice)), *children)


def document(title: str, banner: Safe, *children: object) -> str:
    """A whole page under a banner of its own."""
    head = join(
        [
            Safe(
                '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            ),
            tag("title", title),
            Safe('<link rel="stylesheet" href="/standin.css"><script src="/standin.js" defer></script>'),
        ]
    )
    body = tag("body", banner, tag("main", *children))
    return f"<!doctype html>{tag('html', tag('head', head), body, lang='en-IN')}"
