"""Request exports, download them, and delete their files."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.exports import lists
from backoffice.exports.kinds import Unreadable
from backoffice.exports.models import Export, Format, State
from backoffice.files import Folder
from backoffice.free_text import checked
from backoffice.kit import privacy
from backoffice.logins import reveal

if TYPE_CHECKING:
    from backoffice.logins.models import User

FILES = Folder("exports")
#: How many exports of one person are written at a time.
MOST = 5


class ExportError(Exception):
    """The request is not possible; the text says why and what to do."""


def ask(
    slug: str,
    parameters: dict[str, Any],
    *,
    by: "User",
    reason: str = "",
    file_format: str = Format.CSV,
) -> Export | None:
    """Record that a person exports a list; return the export for a worker, or None to send it at once.

    Raises PermissionError, and ExportError if the parameters cannot be read, if too many exports are being
    written, or after too many with personal data.
    """
    reason = checked(reason, ExportError)
    most = settings.EXPORT_DIRECT_ROWS
    try:
        kind = lists.kind_of(slug, parameters, by)
        if not kind.allows(by):
            raise PermissionError("You may not export this.")
        count = kind.count(parameters, most + 1)
    except Unreadable as error:
        raise ExportError(f"Nothing was exported. {error}") from None
    long = count > most
    if long and Export.objects.filter(asked_by=by, state=State.WRITING).count() >= MOST:
        raise ExportError(f"{MOST} of your exports are being written. Wait for one of them.")
    whole = whole_for(by, reason)
    if whole and not reveal.may_export(by):
        raise ExportError(
            f"Nothing was exported: you have exported personal data {reveal.MOST_AN_HOUR} times within an hour. Wait, "
            "or export without a reason, which masks personal data."
        )
    export = None
    with transaction.atomic():
        if long:
            export = Export.objects.create(
                kind=slug,
                parameters=parameters,
                file_format=file_format,
                reason=reason,
                whole=whole,
                asked_by=by,
            )
        record(
            kind.action,
            by=by,
            subject="",
            text=f"{kind.title} exported as {Format(file_format).label}.",
            reason=reason,
            details={
                **parameters,
                "personal_data": whole,
                "export": export.pk if export else None,
                **({} if long else {"rows": count}),  # the rows of a long one are counted while it is written
            },
        )
    return export


def whole_for(person: "User", reason: str) -> bool:
    """Whether an export shows personal data: for those who work with it, and with a reason for who may see it."""
    return privacy.sees_at_once(person) or bool(reason.strip() and privacy.sees(person))


def may_have(export: Export, person: "User") -> bool:
    """Whether this person may still export exactly this."""
    try:
        return lists.kind_of(export.kind, export.parameters, person).allows(person)
    except (PermissionError, Unreadable):
        return False


def fetch(export: Export, *, by: "User") -> Path:
    """Open the file for the person who asked for it, and record the download. Raises ExportError, PermissionError."""
    if export.asked_by_id != by.pk or not may_have(export, by):
        raise PermissionError("This export is not yours.")
    if export.whole and not privacy.sees(by):
        raise PermissionError("You may no longer see personal data.")
    path = FILES.path_of(export.path)
    over = (
        export.file_until is not None and export.file_until <= timezone.now()
    )  # beat may not have deleted it yet
    if export.state != State.READY or over or not export.path or not path.exists():
        raise ExportError("There is no file of this export, or no longer. Export the list again.")
    record(
        "export.downloaded",
        by=by,
        subject="",
        text=f"Export {export.pk} downloaded: {export.title}, {export.done} rows.",
        reason=export.reason,
        details={"export": export.pk, "sha256": export.sha256},
    )
    return path


def expire() -> int:
    """Delete expired files. Returns how many. Run by beat."""
    due = Export.objects.filter(state=State.READY, file_until__lte=timezone.now())
    return sum(_delete(export, by=None, words="deleted: its time was over") for export in due)


def discard(export: Export, *, by: "User") -> None:
    """Delete an export's file early, or stop writing it. Raises PermissionError."""
    if export.asked_by_id != by.pk:
        raise PermissionError("This export is not yours.")
    if export.state in (State.READY, State.WRITING):
        _delete(export, by=by, words="deleted before its time")


def _delete(export: Export, *, by: "User | None", words: str) -> int:
    with transaction.atomic():
        gone = Export.objects.filter(pk=export.pk, state=export.state, path=export.path).update(
            state=State.EXPIRED, path="", file_until=None, ended_at=timezone.now(), **leases.ENDED
        )
        if gone:
            record(
                "export.deleted",
                by=by,
                subject="",
                text=f"The file of export {export.pk} was {words}.",
                details={"export": export.pk, "sha256": export.sha256},
            )
    if gone and export.path:
        FILES.forget(export.path)
    return gone


def ready_until() -> timedelta:
    """Return how long a file is kept."""
    return timedelta(days=settings.EXPORT_FILE_DAYS)
