"""The initial values of a form that starts again from an earlier change, or corrects one of its messages."""

from typing import TYPE_CHECKING

from django.http import Http404
from django.http.request import QueryDict

from backoffice.changes import bases, kinds, operations
from backoffice.changes.bases import MovedOn
from backoffice.changes.corrections import Corrected, correction_of, may_correct
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.models import Change
from backoffice.outside import whole
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean

if TYPE_CHECKING:
    from backoffice.logins.models import User


def earlier_change(form: EntryForm, asked: QueryDict, person: "User") -> Corrected | None:
    """Return what the form was opened to correct (`again` and `part`), if anything. Raises Http404 if it cannot be."""
    number = whole(asked.get("again", ""))
    if not asked.get("again"):
        return None
    found = Change.objects.filter(pk=number or 0, made_by=person).first()
    if found is None or not form.is_about(found.subject):
        raise Http404("There is no such change.")
    if not asked.get("part"):
        if found.kind != form.kind:
            raise Http404("There is no such change.")
        return Corrected(found)
    part = whole(asked["part"])
    if (
        part is None
        or part >= len(found.messages)
        or kinds.kind_of_part(found.kind, found.messages[part]["type"]) != kinds.kind(form.kind)
    ):
        raise Http404("There is no such message.")
    return Corrected(found, part)


def values_again(form: EntryForm, earlier: Corrected) -> tuple[Values, MovedOn | None]:
    """Return the present values with the earlier change's edits, and what has changed in the record since.

    Raises Http404 if the earlier change is replaced already.
    """
    if correction_of(earlier) or not may_correct(earlier):
        raise Http404("This is corrected already, or ODIN took part of it.")
    moved = None
    if earlier.part is None:
        again, moved = bases.moved_to(form, _typed(form, earlier.change), earlier.change.before)
    else:
        again = {**form.starting(), **_part(form, earlier.change, earlier.part), **form.fixed}
    if form.filling and earlier.part is None and not again.get(form.filling.by):
        # A row of a file has its profile beside its values.
        again = {**again, form.filling.by: earlier.change.profile}
    if "reference" in again:  # a reference is used once
        again = {**again, "reference": form.starting().get("reference", "")}
    return again, moved


def _part(form: EntryForm, earlier: Change, part: int) -> Values:
    """Return the values of one message of the earlier change."""
    _, sent = operations.messages(earlier)[part]
    return {name: value for name, value in clean(form.message, sent).items() if name in sent}


def _typed(form: EntryForm, earlier: Change) -> Values:
    """Return the former input. A row of a file has the values of its own message, and the others as they go out."""
    values = operations.draft_values(earlier)
    if earlier.batch_id:
        values = {**values, **form.answers(operations.messages(earlier))}
    return clean(form.message, values)
