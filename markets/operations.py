"""Operations on scrip masters: request an import, decide on one on hold, make one current."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice import leases
from backoffice.audit.operations import record
from backoffice.files import Folder, Limit
from backoffice.free_text import checked
from backoffice.rest.api.codes import Exchange
from markets.master_file import PUBLISHED
from markets.models import Scrip, ScripImport, State

if TYPE_CHECKING:
    from backoffice.logins.models import User

IMPORT = "markets.add_scripimport"
#: When the files of a day are fetched, in India.
FETCHED_FROM = time(7, 30)
#: An import with less than this share of the last one's rows waits for a person (R34).
FEWEST = 0.7
LIMIT = Limit(128 * 1024 * 1024, "The file is larger than 128 MiB. Check which file this is.")
#: How many imports of an exchange keep their scrips: the current one and earlier ones.
KEPT = 5
#: How many rows one statement deletes.
DELETED_AT_ONCE = 20_000

FILES = Folder("scrips")


class ImportProblem(Exception):
    """The request is not possible; the text says why and what to do."""


def upload(exchange: str, source: str, blocks: Iterable[bytes], *, by: "User | None") -> ScripImport:
    """Store a file and request its import; a worker reads it. `by` is None at the command line.

    Raises PermissionError, and ImportProblem for a file that is too large and while another import is
    running.
    """
    _may_import(exchange, by)
    path = FILES.new_name()
    try:
        digest, size = store(path, blocks)
        return _ask(exchange, source, by, path=path, sha256=digest, size=size)
    except BaseException:
        FILES.forget(path)
        raise


def ask_fetch(exchange: str, *, by: "User | None") -> ScripImport:
    """Request the file of an exchange, which a worker fetches and reads. `by` is None for the daily one.

    Raises PermissionError and ImportProblem.
    """
    _may_import(exchange, by)
    if not settings.SCRIP_MASTER_URL:
        raise ImportProblem("No address is set to fetch from (SCRIP_MASTER_URL). Upload the file instead.")
    return _ask(exchange, f"{settings.SCRIP_MASTER_URL}/{exchange}.json", by)


def ask_due_fetches() -> int:
    """Request the file of each exchange once a day from `FETCHED_FROM` on. Returns how many were requested (R35)."""
    now = timezone.localtime()
    since = now.replace(hour=FETCHED_FROM.hour, minute=FETCHED_FROM.minute, second=0, microsecond=0)
    if now < since or not settings.SCRIP_MASTER_URL:
        return 0
    asked = 0
    done = set(
        ScripImport.objects.filter(asked_by=None, created_at__gte=since).values_list("exchange", flat=True)
    )
    for exchange in PUBLISHED:
        if exchange.value not in done:
            with suppress(ImportProblem):  # one is running, or waits for a person: its page says so
                ask_fetch(exchange.value, by=None)
                asked += 1
    return asked


def _may_import(exchange: str, by: "User | None") -> None:
    if by is not None and not by.has_perm(IMPORT):
        raise PermissionError("You may not import scrip masters.")
    if exchange not in {one.value for one in PUBLISHED}:
        raise ImportProblem("Choose an exchange that publishes a scrip master.")


def _ask(exchange: str, source: str, by: "User | None", **stored: Any) -> ScripImport:
    try:
        with transaction.atomic():
            made = ScripImport.objects.create(exchange=exchange, source=source[:300], asked_by=by, **stored)
            _record("scrips.asked", made, by, f"asked for, from {made.source}.", **stored)
    except IntegrityError:
        raise ImportProblem(
            f"An import of {Exchange[exchange].label} is under way already. Wait for it, or decide on it."
        ) from None
    return made


def accept(scrips: ScripImport, *, by: "User", reason: str) -> None:
    """Make an import on hold current. Raises PermissionError and ImportProblem."""
    reason = _reason(by, reason)
    with transaction.atomic():
        held = ScripImport.objects.select_for_update().get(pk=scrips.pk)
        if held.state != State.HELD:
            raise ImportProblem(f"This import is {held.get_state_display().lower()} already.")
        held.decided_by = by
        _make_current(held)
        _record("scrips.accepted", held, by, "made current, after it was held.", reason=reason)
    forget_old_rows(scrips.exchange)


def discard(scrips: ScripImport, *, by: "User", reason: str) -> None:
    """Discard an import on hold or in progress. Raises PermissionError and ImportProblem."""
    reason = _reason(by, reason)
    with transaction.atomic():
        dropped = ScripImport.objects.filter(pk=scrips.pk, state__in=(State.HELD, State.READING)).update(
            state=State.DISCARDED, decided_by=by, ended_at=timezone.now(), **leases.ENDED
        )
        if not dropped:
            raise ImportProblem("This import is decided already. Reload the page.")
        _record("scrips.discarded", scrips, by, "discarded.", reason=reason)
    forget_file(scrips)
    delete_rows(scrips)


def refuse(scrips: ScripImport, words: str) -> None:
    """Record why a file was not imported: the previous import stays current."""
    with transaction.atomic():
        ended = ScripImport.objects.filter(pk=scrips.pk, state=State.READING).update(
            state=State.REFUSED, problem=words, ended_at=timezone.now(), **leases.ENDED
        )
        if ended:
            _record("scrips.refused", scrips, None, f"failed. {words}")
    delete_rows(scrips)


def complete(scrips: ScripImport) -> None:
    """Compare a complete file with the current import; make it current, or put it on hold if it lost many rows."""
    with transaction.atomic():
        done = ScripImport.objects.select_for_update().get(pk=scrips.pk)
        if done.state != State.READING:
            return
        before = ScripImport.objects.filter(exchange=done.exchange, state=State.CURRENT).first()
        done.compared_with = before
        if before:
            done.added, done.gone, done.changed = _difference(before.pk, done.pk)
        else:
            done.added = done.rows
        if before and done.rows < FEWEST * before.rows:
            done.state = State.HELD
            done.problem = (
                f"It has {done.rows} rows, the current one {before.rows}: {done.gone} scrips would be gone. "
                "Make it current only if that is right."
            )
            done.lease_token = done.lease_until = None
            done.save()
            _record("scrips.held", done, None, f"held for a person. {done.problem}")
        else:
            _make_current(done)
            _record("scrips.imported", done, None, f"done, {done.rows} scrips.", **_figures(done))


def forget_file(scrips: ScripImport) -> None:
    """Delete the file of an import that is finished."""
    if scrips.path:
        FILES.forget(scrips.path)


def delete_rows(scrips: ScripImport) -> None:
    """Delete the scrips of an import that is no longer current, some at a time."""
    rows = Scrip.objects.filter(scrip_import=scrips.pk)
    while ids := list(rows.order_by("token").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        Scrip.objects.filter(pk__in=ids)._raw_delete(connection.alias)


def forget_old_rows(exchange: str) -> None:
    """Delete the scrips of all but the last imports of an exchange. The figures of the imports stay."""
    kept = ScripImport.objects.filter(exchange=exchange, state__in=(State.CURRENT, State.REPLACED))
    for old in kept.order_by("-current_since")[KEPT:]:
        delete_rows(old)


def store(name: str, blocks: Iterable[bytes]) -> tuple[str, int]:
    """Write a file of this name; return SHA-256 and size. Raises ImportProblem if it is larger than any master."""
    digest, size = hashlib.sha256(), 0
    with FILES.open(name, "wb") as file:
        for block in blocks:
            size += len(block)
            if size > LIMIT.most:
                raise ImportProblem(LIMIT.words)
            digest.update(block)
            file.write(block)
    return digest.hexdigest(), size


def _reason(by: "User", reason: str) -> str:
    """Return the reason as stored, if this person may decide. Raises PermissionError and ImportProblem."""
    if not by.has_perm(IMPORT):
        raise PermissionError("You may not decide on scrip masters.")
    return checked(reason, ImportProblem, "Give a reason: the audit trail keeps it.")


def _make_current(scrips: ScripImport) -> None:
    """Switch imports within the caller's transaction, so that there is always exactly one."""
    now = timezone.now()
    current = ScripImport.objects.filter(exchange=scrips.exchange, state=State.CURRENT)
    current.update(state=State.REPLACED, ended_at=now)
    scrips.state, scrips.current_since = State.CURRENT, now
    scrips.lease_token = scrips.lease_until = None
    scrips.save()


def _difference(before: int, now: int) -> tuple[int, int, int]:
    """Count the scrips that are added, gone and changed, by token."""
    counts = []
    with connection.cursor() as cursor:
        for sql, order in (
            (_ONLY_FIRST, (now, before)),
            (_ONLY_FIRST, (before, now)),
            (_CHANGED, (before, now)),
        ):
            cursor.execute(sql, order)
            counts.append(cursor.fetchone()[0])
    added, gone, changed = counts
    return added, gone, changed


_ONLY_FIRST = """
    SELECT count(*) FROM markets_scrip a WHERE a.scrip_import_id = %s AND NOT EXISTS (
        SELECT 1 FROM markets_scrip b WHERE b.scrip_import_id = %s AND b.token = a.token)
"""
_CHANGED = """
    SELECT count(*) FROM markets_scrip a JOIN markets_scrip b ON b.token = a.token
    WHERE a.scrip_import_id = %s AND b.scrip_import_id = %s AND b.mark <> a.mark
"""


def _figures(scrips: ScripImport) -> dict[str, Any]:
    return {
        "import": scrips.pk, "rows": scrips.rows, "added": scrips.added, "gone": scrips.gone,
        "changed": scrips.changed, "sha256": scrips.sha256, "source": scrips.source,
    }  # fmt: skip


def _record(
    action: str, scrips: ScripImport, by: "User | None", text: str, reason: str = "", **details: object
) -> None:
    record(
        action,
        by=by,
        subject=scrips.subject,
        text=f"Scrip master of {Exchange[scrips.exchange].label}, import {scrips.pk} {text}",
        reason=reason,
        details={"import": scrips.pk, **details},
    )
