"""Forms with a field that names a source to fill others from, such as an onboarding profile."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.http import QueryDict

from backoffice.kit.formsets import Typed

#: A hidden field names the last source; the button "fill:" and this field fill from the present choice.
FILLED = "filled"


@dataclass(frozen=True)
class Filling:
    """How a form is filled: `by` is the field that names the source.

    `fill` returns the typed values, filled; it also gets the name of the previous source. `folds` returns the
    slugs of sections that only have values of the source.
    """

    by: str
    fill: Callable[[Typed, str], Typed]
    folds: Callable[[Typed], Collection[str]]


def pressed(filling: Filling | None, data: QueryDict) -> str:
    """Return the pressed button. A chosen source that has not filled the form yet does so before a check."""
    button, before = data.get("press", ""), data.get(FILLED, "")
    if button == "check" and filling and data.get(filling.by, "") not in ("", before):
        return f"fill:{before}"
    return button
