"""What the pages of this stand-in draw otherwise than the others: tables, and the banner."""

from collections.abc import Iterable, Sequence

from standins.html import Safe, document, tag


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


def page(title: str, notice: str, *children: object) -> str:
    """A whole page; `main` refreshes itself."""
    banner = tag(
        "header",
        tag("p", tag("a", "Stand-in ODIN", href="/"), class_="name"),
        tag("p", notice, class_="notice"),
    )
    return document(title, banner, *children)
