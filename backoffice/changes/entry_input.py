"""What a request brings to the form of a kind of change: its draft, the typed values, the change to correct."""

import uuid

from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404

from backoffice.access import StaffRequest
from backoffice.changes import operations
from backoffice.changes.bases import MovedOn
from backoffice.changes.corrections import Corrected
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.models import Change, State
from backoffice.changes.start_again import earlier_change, values_again
from backoffice.kit.formsets import Typed, add_record, make_default, read_form, remove_record
from backoffice.outside import form_token, whole
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean


def token_of(text: str) -> uuid.UUID:
    """Return the form's token; a new one if it cannot be read."""
    return form_token(text) or uuid.uuid4()


def own_draft(request: StaffRequest, form: EntryForm, token: uuid.UUID) -> Change:
    """Return what this person's form became: a draft, or a submitted change. Raises Http404."""
    return get_object_or_404(Change, token=token, made_by=request.user, kind=form.kind)


def asked(request: HttpRequest) -> QueryDict:
    """Return the parameters that name the change to correct: of the address, or the hidden fields of a sent form."""
    return request.POST or request.GET


def earlier(request: StaffRequest, form: EntryForm) -> Corrected | None:
    """Return what the form was opened to correct, if anything. Raises Http404 if it cannot be."""
    return earlier_change(form, asked(request), request.user)


def begun(request: StaffRequest, form: EntryForm) -> tuple[Values, MovedOn | None]:
    """Return the form's initial values: the present ones, or those of the corrected change, and later changes."""
    corrected = earlier(request, form)
    return values_again(form, corrected) if corrected else ({**form.starting(), **form.fixed}, None)


def typed(request: StaffRequest, form: EntryForm, token: uuid.UUID) -> Typed:
    """Return the typed values, with the draft's password if none was typed.

    Fields that a part of a longer form does not show come from the draft, or from the form's initial values.
    """
    draft = Change.objects.filter(token=token, made_by=request.user, state=State.DRAFT).first()
    kept = operations.draft_values(draft) if draft else None
    typed_in: Typed = read_form(form.message, request.POST, kept)
    if form.whole:
        around = begun(request, form)[0] if kept is None else kept
        typed_in = {**around, **{name: typed_in[name] for name in form.names}}
    return {**typed_in, **form.fixed}


def cleaned(form: EntryForm, typed_in: Typed) -> Values:
    """Return the typed values. Those fixed by the record are not cleaned, which might make them name another record."""
    return {**clean(form.message, typed_in), **form.fixed}


def edited(form: EntryForm, typed_in: Typed, button: str) -> Typed:
    """Return the input after a button that edits it: add, remove, default, copy. Scripts do this in the page."""
    match button.split(":"):
        case ["add", name] if name in form.groups:
            return add_record(typed_in, name)
        case ["remove", name, number] if name in form.groups and (index := whole(number)) is not None:
            return remove_record(typed_in, name, index)
        case ["default", name, number] if name in form.groups and (index := whole(number)) is not None:
            return make_default(typed_in, form.groups[name], index)
        case ["copy", source, target] if {source, target} <= form.sets:
            return {**typed_in, target: list(typed_in[source])}
        case ["preset", slug]:
            return {**typed_in, **form.preset(slug)}
        case ["fill", before] if form.filling:
            return form.filling.fill(typed_in, before)
    return typed_in


def with_cleaned(form: EntryForm, values: Typed, path_taken: str) -> Typed:
    """Return the values with the cleaned value that a finding offers for this path."""
    offered = {f.path: f.cleaned for f in form.examine(values).findings if f.cleaned is not None}
    if path_taken not in offered:
        return values
    match path_taken.split("."):
        case [name]:
            return {**values, name: form.message.fields[name].clean(offered[path_taken])}
        case [name, part]:
            return {**values, name: {**values[name], part: offered[path_taken]}}
        case [name, number, part]:
            records = list(values[name])
            records[int(number)] = {**records[int(number)], part: offered[path_taken]}
            return {**values, name: records}
    return values
