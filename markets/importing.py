"""Read a requested import: by the worker that holds its lease, in slices, invisible until complete.

If the worker dies, another starts the import again and first deletes what was read.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import blake2b
from itertools import chain, islice
from typing import BinaryIO

from django.db import connection, transaction

from backoffice import leases
from backoffice.copying import insert_rows
from backoffice.rest.api.codes import Exchange
from markets import fetching, operations
from markets.master_file import MasterFileError, Opened, ScripRow, open_master
from markets.models import Scrip, ScripImport, State

FILES = operations.FILES
#: Rows of one transaction: few enough not to delay a page that writes.
SLICE = 5_000
LEASE = timedelta(seconds=30)
#: The worker pauses this long (seconds) after a slice on SQLite, whose writers take turns.
PAUSE = 0.02
GIVEN_UP = (
    f"The file was not read: {leases.MOST_FAILURES} workers in a row crashed or were killed at it. Ask an "
    "administrator for the worker's log before you import it again."
)
#: How many faulty ISINs and repeated tokens are listed; all are counted.
LISTED = 50

COLUMNS = (
    "scrip_import_id", "exchange", "token", "symbol", "series", "instrument", "expiry", "strike", "option_type",
    "isin", "description", "lot", "tick", "deleted", "offered", "mark",
)  # fmt: skip


class LeaseLost(Exception):
    """Another worker has taken over, or the import was discarded."""


def work_due() -> int:
    """Read the oldest import that is due. Returns the number of imports: 0 or 1."""
    due = ScripImport.objects.filter(leases.free(), state=State.READING)
    for found in due.order_by("pk"):
        if lease := leases.take(due.filter(pk=found.pk), LEASE, **leases.if_lost(), position=0, rows=0):
            scrips = ScripImport.objects.get(pk=found.pk)
            if scrips.failures >= leases.MOST_FAILURES:
                operations.refuse(scrips, GIVEN_UP)
                operations.forget_file(scrips)
            else:
                read(scrips, lease.token)
            return 1
    return 0


def read(scrips: ScripImport, token: uuid.UUID) -> None:
    """Read the whole file and make it current, or record why not; the caller holds the lease."""
    try:
        if not scrips.path:
            _fetch(scrips, token)
        with FILES.open(scrips.path, "rb") as file:
            _read(scrips, token, file)
    except LeaseLost:
        return
    except (MasterFileError, operations.ImportProblem) as error:
        operations.refuse(scrips, str(error))
    except OSError:
        operations.refuse(scrips, "The file is no longer there, or the disk is full. Import it again.")
    else:
        operations.complete(scrips)
    operations.forget_file(scrips)
    operations.forget_old_rows(scrips.exchange)


def _fetch(scrips: ScripImport, token: uuid.UUID) -> None:
    name = FILES.new_name()
    try:
        scrips.sha256, scrips.size = operations.store(
            name, _kept(scrips, token, fetching.blocks(scrips.source))
        )
        scrips.path = name
        _keep(scrips, token, "path", "sha256", "size")
    except BaseException:
        FILES.forget(name)
        raise


def _kept(scrips: ScripImport, token: uuid.UUID, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the blocks unchanged, extending the lease meanwhile."""
    extended = time.monotonic()
    for block in blocks:
        if time.monotonic() > extended + LEASE.total_seconds() / 6:
            _keep(scrips, token)
            extended = time.monotonic()
        yield block


def _read(scrips: ScripImport, token: uuid.UUID, file: BinaryIO) -> None:
    operations.delete_rows(scrips)
    scrips.rows, scrips.bad_isins, scrips.bad_isin_count = 0, [], 0  # of a worker that died
    opened = open_master(file, Exchange[scrips.exchange])
    scrips.missing = list(opened.missing)
    values = _values(scrips, _noted(scrips, opened))
    on_sqlite = connection.vendor == "sqlite"
    while first := next(values, None):
        slice_: Iterable[tuple[object, ...]] = chain((first,), islice(values, SLICE - 1))
        if on_sqlite:  # all writers wait for its lock, so the file is read before, not while it is held
            slice_ = list(slice_)
        with transaction.atomic():
            insert_rows(Scrip, COLUMNS, slice_)
            scrips.position = file.tell()
            _keep(scrips, token, "rows", "position", "missing", "bad_isins", "bad_isin_count")
        if on_sqlite:
            time.sleep(PAUSE)
    _drop_repeated(scrips)
    _keep(scrips, token, "repeated", "repeated_count", "rows")


def _noted(scrips: ScripImport, opened: Opened) -> Iterator[ScripRow]:
    for row in opened.rows:
        scrips.rows += 1
        if row.bad_isin:
            scrips.bad_isin_count += 1
            if len(scrips.bad_isins) < LISTED:
                scrips.bad_isins.append([row.token, row.symbol, row.bad_isin])
        yield row


def _values(scrips: ScripImport, rows: Iterable[ScripRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        said = row[:-2]
        mark = int.from_bytes(blake2b(repr(said).encode(), digest_size=8).digest(), "big", signed=True)
        offered = not row.deleted and not row.symbol.endswith("NSETEST")
        yield (scrips.pk, scrips.exchange, *said, row.deleted, offered, mark)


#: Rows of an import with a repeated token, beside the first row with that token. Parameters: the import,
#: twice.
_REPEATED = """
    FROM (SELECT MIN(id) AS id FROM markets_scrip WHERE scrip_import_id = %s GROUP BY token HAVING COUNT(*) > 1) many
    JOIN markets_scrip first ON first.id = many.id
    JOIN markets_scrip again ON again.scrip_import_id = %s AND again.token = first.token AND again.id <> first.id
"""
_DIFFERING = f"""
    SELECT first.token, first.symbol, first.series, again.symbol, again.series {_REPEATED}
    WHERE again.symbol <> first.symbol OR again.series <> first.series ORDER BY again.id LIMIT 1
"""
_NAMED = f"SELECT DISTINCT first.token, first.symbol {_REPEATED} ORDER BY first.token LIMIT {LISTED}"
_DROP = f"DELETE FROM markets_scrip WHERE id IN (SELECT again.id {_REPEATED})"  # noqa: S608  # a text of ours


def _drop_repeated(scrips: ScripImport) -> None:
    """Delete all but the first of the rows with one token (R37). Raises MasterFileError if they differ."""
    key = [scrips.pk, scrips.pk]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DIFFERING, key)
        if differing := cursor.fetchone():
            token, symbol, series, other, other_series = differing
            one, another = f"{symbol} {series}".strip(), f"{other} {other_series}".strip()
            raise MasterFileError(
                f"The file has token {token} for {one} and for {another}. "
                "A token is one scrip: the file is damaged, fetch it again."
            )
        cursor.execute(_NAMED, key)
        scrips.repeated = [list(row) for row in cursor.fetchall()]
        if scrips.repeated:
            cursor.execute(_DROP, key)
            scrips.repeated_count = cursor.rowcount
            scrips.rows -= scrips.repeated_count


def _keep(scrips: ScripImport, token: uuid.UUID, *names: str) -> None:
    """Record the progress and extend the lease. Raises LeaseLost."""
    changed = {name: getattr(scrips, name) for name in names}
    reading = ScripImport.objects.filter(pk=scrips.pk, state=State.READING)
    if not leases.extend(reading, token, LEASE, **changed):
        raise LeaseLost
