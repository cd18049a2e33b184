"""Aliases of columns, kept by administrators: add and remove. Each leaves an audit entry."""

from typing import TYPE_CHECKING

from django.db import transaction

from backoffice.audit.operations import record
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.file.columns import by_name, offered
from backoffice.batches.file.matching import plain
from backoffice.batches.models import Alias
from backoffice.changes.kinds import file_kinds

if TYPE_CHECKING:
    from backoffice.logins.models import User


def column_choices() -> list[tuple[str, str]]:
    """Return every column of every kind of file that is offered, with its label."""
    found = {column.name: column.label for kind in file_kinds().values() for column in offered(kind.layout)}
    return [(name, f"{label} ({name})") for name, label in sorted(found.items(), key=lambda one: one[::-1])]


def keep(alias: str, column: str, *, by: "User") -> Alias:
    """Let a header mean a column. Raises NotAllowed, or BatchError if the header cannot be an alias."""
    _may(by)
    alias = alias.strip()
    if not plain(alias):
        raise BatchError("A header needs a letter or a digit.")
    if column not in dict(column_choices()):
        raise BatchError("There is no such column. Choose one from the list.")
    if taken := _taken(alias):
        raise BatchError(f"{alias} is the name of the column {taken} itself. Choose another header.")
    with transaction.atomic():
        others = [other for other in Alias.objects.select_for_update() if plain(other.alias) == plain(alias)]
        before = {other.alias: other.column for other in others}
        if before == {alias: column}:
            return others[0]
        for other in others:
            other.delete()
        kept = Alias.objects.create(alias=alias, column=column)
        record(
            "alias.kept",
            by=by,
            subject=f"header:{alias}",
            text=f"In files, the header {alias} means {column}.",
            before=before,
            after={alias: column},
        )
    return kept


def forget(pk: int, *, by: "User") -> None:
    """Remove an alias. Raises NotAllowed. Does nothing if it is already gone."""
    _may(by)
    with transaction.atomic():
        for alias in Alias.objects.select_for_update().filter(pk=pk):
            alias.delete()
            record(
                "alias.forgotten",
                by=by,
                subject=f"header:{alias.alias}",
                text=f"In files, the header {alias.alias} means nothing any more.",
                before={alias.alias: alias.column},
            )


def _taken(alias: str) -> str:
    """Return the column with this name in some kind of file; "" if there is none."""
    names = (name for kind in file_kinds().values() for name in by_name(kind.layout))
    return next((name for name in names if plain(name) == plain(alias)), "")


def _may(person: "User") -> None:
    if not person.has_perm("batches.change_alias"):
        raise NotAllowed("You may not change what headers mean. An administrator does that.")
