"""Pages of the master lists."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from backoffice.access import StaffRequest, for_staff
from backoffice.kit.list_view import ListView
from backoffice.masters import operations
from backoffice.masters.filters import NameFilter
from backoffice.masters.forms import NameForm, UploadForm
from backoffice.masters.models import List, Name
from backoffice.masters.tables import NameTable

PERMISSION = "masters.change_name"


class NameList(ListView):
    """All names of all lists."""

    permission_required = PERMISSION
    model = Name
    table_class = NameTable
    filterset_class = NameFilter
    title = "Master lists"
    subtitle = "The names that forms offer: banks, templates, dealers and so on, as ODIN has them."
    nouns = ("name", "names")
    search_hint = "Code or name"
    empty_icon = "settings"
    empty_title = "No names yet"
    empty_text = "Add a name, or upload a list. While a list is empty, forms take any text in its place."
    template_name = "masters/list.html"


@for_staff(PERMISSION)
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """A new name."""
    chosen = request.GET.get("list", "")
    form = NameForm(request.POST or None, initial={"list": chosen} if chosen in List.values else None)
    return _kept(request, form, "Add a name")


@for_staff(PERMISSION)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """What a name is called, and whether it is offered. The rest stays: records refer to it."""
    name = get_object_or_404(Name, pk=pk)
    values = {
        "list": name.list,
        "code": name.code,
        "within": name.within,
        "label": name.label,
        "active": name.active,
    }
    form = NameForm(request.POST if request.method == "POST" else None, initial=values)
    for field in ("list", "code", "within"):
        form.fields[field].disabled = True
    return _kept(request, form, f"{name.get_list_display()}: {name.code}")


def _kept(request: StaffRequest, form: NameForm, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            name = operations.keep(
                given["list"],
                given["code"],
                given["label"],
                within=given["within"],
                active=given["active"],
                by=request.user,
            )
        except operations.MastersError as error:
            _tell(form, error)
        else:
            messages.success(request, f"{name.code} is {'offered' if name.active else 'no longer offered'}.")
            return redirect("masters:list")
    return render(request, "masters/form.html", {"form": form, "title": title})


@for_staff(PERMISSION)
@require_http_methods(["GET", "POST"])
def upload(request: StaffRequest) -> HttpResponse:
    """A whole list from a file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            changed = operations.upload(
                form.cleaned_data["list"], file.read(operations.LIMIT.most + 1), by=request.user
            )
        except operations.MastersError as error:
            _tell(form, error)
        else:
            messages.success(request, f"{changed} names are new or changed; the others were there already.")
            return redirect("masters:list")
    context = {"form": form, "title": "Upload a list", "file": True}
    return render(request, "masters/form.html", context)


def _tell(form: forms.Form, error: operations.MastersError) -> None:
    for fault in error.faults:
        form.add_error(None, fault)
