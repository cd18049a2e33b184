"""The page that asks an uploader for the meaning of a file's columns, for batches and similar files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpResponse
from django.shortcuts import render

from backoffice.access import StaffRequest
from backoffice.batches.file import columns, matching
from backoffice.batches.pages.forms import HeadersForm
from backoffice.changes.files import Layout

#: Characters of a typed meaning.
MOST_TYPED = 100


class Read(Protocol):
    """A file whose headers were read. Its fields are as in a batch."""

    file_name: str
    shape: Any
    headers: Any
    mapping: Any
    unconfirmed: Any


@dataclass(frozen=True)
class Around:
    """The texts around the columns: where the file belongs, and what follows once the columns are clear.

    `done` completes "before the file can be"; `begin` and `confirm` are buttons; `note` is beside them.
    """

    label: str
    crumbs: Sequence[tuple[str, str]]
    headers_url: str
    upload_url: str
    discard_url: str
    done: str
    begin: str
    confirm: str
    note: str = ""


def typed(request: StaffRequest, layout: Layout, headers: Sequence[str]) -> list[str]:
    """Return the typed names of the columns; a text without a meaning stays unchanged."""
    texts = [request.POST.get(f"column-{place}", "") for place in range(len(headers))]
    return matching.chosen(layout, [text[:MOST_TYPED].strip() for text in texts])


def show(
    request: StaffRequest,
    file: Read,
    layout: Layout,
    around: Around,
    *,
    problems: Sequence[str],
    mine: bool,
    names: Sequence[str] | None = None,
    headers_form: HeadersForm | None = None,
) -> HttpResponse:
    """Show the page; with refused input in `names` or `headers_form`. `mine`: it may be changed."""
    refused = names is not None or headers_form is not None
    context = {
        "file": file,
        "around": around,
        "problems": problems,
        "headers_form": headers_form or HeadersForm(shape=file.shape),
        "columns": _shown(layout, file.headers, file.mapping if names is None else names, file.shape),
        "choices": [(column.label, column.name) for column in columns.offered(layout)],
        "leave_out": matching.LEAVE_OUT,
        "most_typed": MOST_TYPED,
        "mine": mine,
    }
    return render(request, "batches/columns.html", context, status=422 if refused else 200)


def _shown(
    layout: Layout, headers: Sequence[str], names: Sequence[str], shape: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the columns of a file for its page: each header with its meaning, and what is odd about it."""
    by_header = matching.match(layout, headers)
    hidden_columns = set(shape.get("hidden_columns", ()))
    known = columns.by_name(layout)
    shown = zip(headers, names, matching.in_words(layout, names), by_header, strict=True)
    return sorted(
        (
            {
                "place": place,
                "header": header,
                "words": words,
                "understood": name in known or name == matching.IGNORED,
                "hidden": place in hidden_columns,
                "by_header": known[usual].label if usual in known and usual != name else "",
            }
            for place, (header, name, words, usual) in enumerate(shown)
        ),
        # Unknown headers come first, then those with a meaning other than their header's.
        key=lambda column: (column["understood"], not (column["by_header"] or column["hidden"])),
    )
