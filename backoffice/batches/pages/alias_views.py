"""The page on which an administrator keeps aliases of columns."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import StaffRequest, for_staff
from backoffice.batches.errors import BatchError
from backoffice.batches.file import aliases
from backoffice.batches.models import Alias

PERMISSION = "batches.change_alias"


class AliasForm(forms.Form):
    """One alias. The operation reports headers that cannot be one."""

    alias = forms.CharField(
        max_length=100,
        label="Header",
        help_text="As in the file; case, spaces and signs do not count.",
    )
    column = forms.ChoiceField(
        choices=lambda: [("", "Choose a column"), *aliases.column_choices()], label="Means the column"
    )


@for_staff(PERMISSION)
@require_http_methods(["GET", "POST"])
def page(request: StaffRequest) -> HttpResponse:
    """All aliases, and a form for one more."""
    form = AliasForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = aliases.keep(form.cleaned_data["alias"], form.cleaned_data["column"], by=request.user)
        except BatchError as error:
            form.add_error("alias", error.words)
        else:
            messages.success(request, f"{kept.alias} means {_named(kept)} from now on.")
            return redirect("batches:aliases")
    context = {"form": form, "aliases": [(alias, _named(alias)) for alias in Alias.objects.all()]}
    return render(request, "batches/aliases.html", context)


def _named(alias: Alias) -> str:
    """The column that it means, by its label."""
    return dict(aliases.column_choices()).get(alias.column, alias.column)


@for_staff(PERMISSION)
@require_POST
def forget(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove an alias."""
    aliases.forget(pk, by=request.user)
    messages.success(request, "Alias removed.")
    return redirect("batches:aliases")
