"""What the desk remembers of lists for people: columns, rows a page, and saved views, which may be shared."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from backoffice.audit.operations import record
from backoffice.desk.models import NAME_LENGTH, QUERY_LENGTH, ListChoice, SavedView
from backoffice.free_text import checked
from backoffice.kit.choices import Remembered, View
from backoffice.kit.privacy import names_a_person
from backoffice.logins.subjects import subject_of

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many views of a list a person may save, and how many shared views of others are offered.
MOST = 50


class ViewError(Exception):
    """Why a view is not saved, in words."""


def remembered(person: "User", list_name: str) -> Remembered:
    """Return what is remembered of a list for a person: their own choice, their views, then those of others."""
    choice = ListChoice.objects.filter(person=person, list=list_name).first() or ListChoice()
    found = SavedView.objects.filter(Q(owner=person) | Q(shared=True), list=list_name).select_related("owner")
    views = [_shown(view, person) for view in found.order_by("name", "pk")[: 2 * MOST]]
    return Remembered(choice.columns, choice.per_page, sorted(views, key=lambda view: bool(view.owner)))


def choose_columns(list_name: str, columns: str, *, by: "User") -> None:
    """Remember the columns of a list as addresses name them; "": as the list declares them."""
    ListChoice.objects.update_or_create(person=by, list=list_name, defaults={"columns": columns})


def choose_page_size(list_name: str, size: int, *, by: "User") -> None:
    """Remember the rows a page of a list."""
    ListChoice.objects.update_or_create(person=by, list=list_name, defaults={"per_page": str(size)})


def save(list_name: str, name: str, query: str, *, shared: bool, by: "User") -> SavedView:
    """Save a list under a name; a view of this name is replaced. Raises ViewError."""
    name = _name(name)
    _check(query)
    with transaction.atomic():
        if SavedView.objects.filter(owner=by, list=list_name).exclude(name=name).count() >= MOST:
            raise ViewError(f"You have {MOST} views of this list. Delete one first.")
        view, _ = SavedView.objects.update_or_create(
            owner=by, list=list_name, name=name, defaults={"query": query, "shared": shared}
        )
        _record("saved", view, by)
    return view


def change(view: SavedView, name: str, *, shared: bool, opens_first: bool, by: "User") -> None:
    """Rename a view, share it or not, and let it open first or not. Raises ViewError."""
    name = _name(name)
    own = SavedView.objects.filter(owner=by, list=view.list).exclude(pk=view.pk)
    if own.filter(name=name).exists():
        raise ViewError(f"You have a view “{name}” already. Choose another name.")
    with transaction.atomic():
        if opens_first:
            own.filter(opens_first=True).update(opens_first=False)
        view.name, view.shared, view.opens_first = name, shared, opens_first
        view.save()
        _record("changed", view, by)


def replace(view: SavedView, query: str, *, by: "User") -> None:
    """Update a view to the present list. Raises ViewError."""
    _check(query)
    with transaction.atomic():
        view.query = query
        view.save(update_fields=["query"])
        _record("replaced", view, by)


def delete(view: SavedView, *, by: "User") -> None:
    """Delete a view."""
    with transaction.atomic():
        _record("deleted", view, by)
        view.delete()


def _shown(view: SavedView, person: "User") -> View:
    own = view.owner_id == person.pk
    owner = "" if own else view.owner.get_full_name() or view.owner.get_username()
    return View(view.pk, view.name, view.query, owner, view.shared, own and view.opens_first)


def _name(text: str) -> str:
    name = checked(text, ViewError, "Enter a name for the view.", most=NAME_LENGTH)
    if names_a_person(name):
        raise ViewError(
            "A view is not named after a PAN, mobile number or e-mail address. Choose another name."
        )
    return name


def _check(query: str) -> None:
    if len(query) > QUERY_LENGTH:
        raise ViewError("This list has too many filters to be saved. Remove some first.")


def _record(done: str, view: SavedView, by: "User") -> None:
    """Write the audit entry. Its text has no filters, since a search may contain personal data."""
    shared = ", shared" if view.shared else ""
    record(
        f"view.{done}",
        by=by,
        subject=subject_of(by),
        text=f"View “{view.name}” of the list {view.list} {done}{shared}.",
        details={"view": view.pk, "list": view.list, "shared": view.shared},
    )
