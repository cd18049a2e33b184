"""Forms of which one field names what fills the others, such as an onboarding profile."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.http import QueryDict

from backoffice.kit.formsets import Typed

#: Beside the field stands what filled the form last; the button "fill:" and this fills it from what is chosen now.
FILLED = "filled"


@dataclass(frozen=True)
class Filling:
    """What fills a form: `by` is the field that names it.

    `fill` returns the typed values, filled; it also gets the name of what filled the form before. `folds` are the slugs
    of the sections that say what the form was filled with, and nothing else.
    """

    by: str
    fill: Callable[[Typed, str], Typed]
    folds: Callable[[Typed], Collection[str]]


def pressed(filling: Filling | None, data: QueryDict) -> str:
    """The button that was pressed. What was chosen and has not filled the form yet does so before a check."""
    button, before = data.get("press", ""), data.get(FILLED, "")
    if button == "check" and filling and data.get(filling.by, "") not in ("", before):
        return f"fill:{before}"
    return button
