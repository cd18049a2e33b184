"""Operations on a reconciliation: upload, name the columns, compare, discard; and the end by a worker."""

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from accounts.models import RetailUser
from backoffice import leases
from backoffice.audit.operations import record
from backoffice.batches.counts import rows
from backoffice.batches.errors import AlreadyDecided, NotAllowed
from backoffice.batches.file import matching, meanings, reading, uploads
from backoffice.batches.file.taking import kept, taken_in
from backoffice.batches.operations import ColumnsUnclear
from backoffice.reconciliation import exported
from backoffice.reconciliation.models import Reconciliation, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

ADD = "reconciliation.add_reconciliation"


def upload(
    chunks: Iterable[bytes], file_name: str, *, by: "User", token: uuid.UUID | None = None
) -> Reconciliation:
    """Store an export. The same token a second time (a double click) returns the first reconciliation.

    Nothing is compared yet. Raises NotAllowed, or FileProblem if the file cannot be read; nothing is stored
    then.
    """
    _may(by)
    token = token or uuid.uuid4()
    if done := Reconciliation.objects.filter(token=token, made_by=by).first():
        return done
    try:
        with (
            taken_in(chunks, file_name, exported.KIND, exported.LAYOUT, by) as read,
            transaction.atomic(),
        ):
            # A hidden row is a retail user of ODIN like any other.
            read["shape"] = {**read["shape"], "hidden": "include"}
            one = Reconciliation.objects.create(token=token, made_by=by, **read)
            _record(
                one, "reconciliation.uploaded", by, f"{one.file_name} uploaded, {filesizeformat(one.size)}."
            )
    except IntegrityError:  # the second of two clicks at the same moment
        one = Reconciliation.objects.get(token=token, made_by=by)
    return one


def problems(one: Reconciliation) -> Sequence[str]:
    """Return what must be corrected, or confirmed, about the columns before the comparison."""
    return [*exported.problems(one.headers, one.mapping), *one.unconfirmed]


def read_again(pk: int, *, sheet: str, header_row: int, by: "User") -> Reconciliation:
    """Read the headers from another sheet or row of the file.

    Raises NotAllowed, AlreadyDecided, BatchError, or FileProblem if there are no headers; nothing changes
    then.
    """
    with transaction.atomic():
        one = _mine(pk, by)
        knows = matching.knows(exported.LAYOUT)
        found = reading.inspect(kept(one), one.file_name, knows=knows, sheet=sheet, header_row=header_row)
        one.shape, one.headers = {**found.shape, "hidden": "include"}, found.headers
        one.mapping, one.unconfirmed = meanings.meaning(exported.KIND, exported.LAYOUT, found, by)
        one.problem = ""
        one.save()
        where = f"row {header_row}" + (f" of the sheet {sheet}" if sheet else "")
        _record(one, "reconciliation.headers_chosen", by, f"Headers taken from {where}.")
    return one


def compare(pk: int, *, by: "User", names: Sequence[str] | None = None) -> Reconciliation:
    """Begin the comparison, with the meaning of the columns in `names`, which is remembered.

    Raises NotAllowed, AlreadyDecided, BatchError if the file is gone, or ColumnsUnclear.
    """
    with transaction.atomic():
        one = _mine(pk, by)
        kept(one)
        wanted = list(names) if names is not None else one.mapping
        if found := exported.problems(one.headers, wanted) if names is not None else problems(one):
            raise ColumnsUnclear(found)
        if names is not None and (wanted != one.mapping or one.unconfirmed):
            meanings.remember(exported.KIND, one.headers, wanted, by)
        one.mapping, one.unconfirmed, one.problem = wanted, [], ""
        one.state = State.COMPARING
        one.started_at = one.measured_at = timezone.now()
        one.users = RetailUser.objects.count()
        one.save()
        meaning = dict(zip(one.headers, wanted, strict=True))
        _record(one, "reconciliation.started", by, "Comparison begun.", mapping=meaning)
    return one


def discard(pk: int, *, by: "User") -> Reconciliation:
    """Discard a file before its comparison, and delete it. Raises NotAllowed or AlreadyDecided."""
    with transaction.atomic():
        one = _mine(pk, by)
        one.state = State.DISCARDED
        name, one.path, one.file_until = one.path, "", None
        one.save()
        _record(one, "reconciliation.discarded", by, "Discarded before it was compared.")
        transaction.on_commit(lambda: uploads.forget(name))
    return one


def finish(one: Reconciliation, token: uuid.UUID) -> None:
    """Note that everything is compared. Does nothing if the lease is lost."""
    with transaction.atomic():
        comparing = Reconciliation.objects.filter(pk=one.pk, state=State.COMPARING)
        if leases.release(comparing, token, state=State.COMPARED, compared_at=timezone.now()):
            one.refresh_from_db()
            names = ("same", "different", "only_there", "only_here", "unreadable", "differences", "users")
            counts = {name: getattr(one, name) for name in names}
            _record(one, "reconciliation.compared", None, f"{rows(one.rows)} compared.", **counts)


def stop(one: Reconciliation, token: uuid.UUID, words: str) -> None:
    """Reject a file that cannot be compared, and delete its rows. Does nothing if the lease is lost."""
    with transaction.atomic():
        comparing = Reconciliation.objects.filter(pk=one.pk, state=State.COMPARING, lease_token=token)
        if (
            comparing.select_for_update().first() is None
        ):  # no other worker takes it while its rows are deleted
            return
        one.lines.all().delete()
        one.found.all().delete()
        zero = (
            "next_row",
            "next_user",
            "looked",
            "users",
            "rows",
            "same",
            "different",
            "only_there",
            "only_here",
        )
        comparing.update(
            state=State.UPLOADED,
            problem=words,
            rows_done=False,
            failures=0,
            unreadable=0,
            differences=0,
            **dict.fromkeys(zero, 0),
            **leases.ENDED,
        )
        _record(one, "reconciliation.unreadable", None, words)


def expire_files() -> int:
    """Delete expired files; the results stay. Returns how many. Run by beat."""
    due = Reconciliation.objects.filter(file_until__lte=timezone.now()).exclude(state=State.COMPARING)
    count = 0
    for one in due:
        uploads.forget(one.path)
        with transaction.atomic():
            Reconciliation.objects.filter(pk=one.pk).update(path="", file_until=None)
            _record(
                one, "reconciliation.file_expired", None, "The uploaded file was deleted: its time was over."
            )
        count += 1
    return count


def _may(person: "User") -> None:
    if not person.has_perm(ADD):
        raise NotAllowed("You may not compare files with the portal.")


def _mine(pk: int, by: "User") -> Reconciliation:
    """Return the reconciliation, locked, if its uploader may still name its columns."""
    _may(by)
    one = Reconciliation.objects.select_for_update().get(pk=pk)
    if one.made_by_id != by.pk:
        raise NotAllowed("Only the person who uploaded this file may do this.")
    if one.state != State.UPLOADED:
        words = (
            f"This file is {one.get_state_display().lower()} already. Upload it again to compare it again."
        )
        raise AlreadyDecided(words)
    return one


def _record(one: Reconciliation, action: str, by: "User | None", text: str, **details: object) -> None:
    record(
        action,
        by=by,
        subject=one.subject,
        text=f"{one.label}: {text}",
        details={"reconciliation": one.pk, "sha256": one.sha256, **details},
    )
