"""What a form starts with when its maker starts again from an earlier change, or corrects one message of it."""

from typing import TYPE_CHECKING

from django.http import Http404
from django.http.request import QueryDict

from backoffice.changes import kinds, operations
from backoffice.changes.corrections import Corrected, correction_of, may_correct
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.models import Change
from backoffice.outside import whole
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean

if TYPE_CHECKING:
    from backoffice.logins.models import User


def earlier_change(form: EntryForm, asked: QueryDict, person: "User") -> Corrected | None:
    """What the form was opened to correct (`again` and `part`), if anything. Raises Http404 where it cannot be that."""
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


def values_again(form: EntryForm, earlier: Corrected) -> Values:
    """The present values with what the earlier change wanted to be different. Raises Http404 where it has its place."""
    if correction_of(earlier) or not may_correct(earlier):
        raise Http404("This is corrected already, or ODIN took part of it.")
    wanted = (
        _whole(form, earlier.change) if earlier.part is None else _part(form, earlier.change, earlier.part)
    )
    again = {**form.starting(), **wanted, **form.fixed}
    if form.filling and earlier.part is None and not again.get(form.filling.by):
        # A row of a file names its profile beside its values.
        again = {**again, form.filling.by: earlier.change.profile}
    # A reference is used once.
    return {**again, "reference": form.starting().get("reference", "")} if "reference" in again else again


def _part(form: EntryForm, earlier: Change, part: int) -> Values:
    """What one message of the earlier change says."""
    _, sent = operations.messages(earlier)[part]
    return {name: value for name, value in clean(form.message, sent).items() if name in sent}


def _whole(form: EntryForm, earlier: Change) -> Values:
    """What was typed then, without what its maker left as it was: that may have moved on since.

    Of records that the form starts with (banks, say) the present ones win where they moved: typed ones would bring back
    what is gone, and delete what is new.
    """
    values = operations.draft_values(earlier)
    if earlier.batch_id:  # a row keeps the values of its own message, and the others as they go out
        values = {**values, **form.answers(operations.messages(earlier))}
    typed = clean(form.message, values)
    before = form.begun(earlier.before or {})
    starting, now = form.starting(), kinds.kind(form.kind).known(earlier.subject).values or {}

    def is_wanted(name: str) -> bool:
        if name not in starting:
            return True
        starts_with_record = name in form.groups and _alike(starting[name], now.get(name))
        if starts_with_record and not _alike(now.get(name), before.get(name)):
            return False
        return not _alike(typed[name], before.get(name))

    return {name: value for name, value in typed.items() if is_wanted(name)}


def _alike(one: object, other: object) -> bool:
    """Whether two values say the same: what is empty in a record is as good as not there."""
    return _filled(one) == _filled(other)


def _filled(value: object) -> object:
    if isinstance(value, dict):
        return {name: part for name, part in value.items() if part}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value or None
