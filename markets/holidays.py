"""The holidays of NSE and BSE, kept by an admin: added, removed, or uploaded. Each change leaves an audit entry.

A day on both lists is not a trading day (`trading_days`), and closes sending if the settings limit its days
(`backoffice/delivery/hours.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from backoffice.audit.operations import record
from backoffice.batches.errors import FileProblem
from backoffice.batches.file import reading, uploads
from backoffice.batches.file.dates import DateShapes
from backoffice.free_text import checked
from backoffice.outside import FIRST_YEAR, LAST_YEAR
from markets.models import Holiday, HolidayExchange

if TYPE_CHECKING:
    from backoffice.logins.models import User

KEEP = "markets.change_holiday"
SUBJECT = "holidays"
LONGEST_NAME = 100
#: A file with more rows is not a list of holidays; this many faults are shown.
MOST_ROWS, FAULTS_SHOWN = 1000, 20
#: Possible names of a file's columns, letters only.
DATE = ("date", "holidaydate", "tradingdate")
NAME = ("holiday", "holidays", "name", "description", "occasion")
EXCHANGE = ("exchange", "exchanges")
BOTH = tuple(HolidayExchange.values)


class HolidayProblem(Exception):
    """The holidays cannot be stored; `faults` say why and what to do."""

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def add(day: date, name: str, exchanges: Sequence[str], *, by: "User") -> int:
    """Add a holiday of some exchanges, or rename it. Returns how many are new or changed.

    Raises HolidayProblem.
    """
    _may(by)
    faults = [*_faults(day, name), *([] if exchanges else ["Choose the exchanges that are closed."])]
    if faults:
        raise HolidayProblem(*faults)
    return _keep({(day, exchange): name.strip() for exchange in exchanges}, by, "Added")


def remove(pk: int, *, by: "User") -> None:
    """Remove a holiday of an exchange. Does nothing if it is gone. Raises HolidayProblem."""
    _may(by)
    with transaction.atomic():
        found = Holiday.objects.select_for_update().filter(pk=pk).first()
        if found is None:
            return
        text, before = f"Removed {found}.", {"day": f"{found.day:%d-%m-%Y}", "name": found.name}
        found.delete()
        record("holidays.removed", by=by, subject=SUBJECT, text=text, before=before)


def upload(chunks: Iterable[bytes], file_name: str, exchanges: Sequence[str], *, by: "User") -> int:
    """Add the holidays of a CSV or Excel file: all or nothing. Others stay.

    `exchanges`: for rows that name none. Returns how many are new or changed. Raises HolidayProblem.
    """
    _may(by)
    try:
        stored = uploads.store(chunks)
        try:
            given = _read(stored.name, uploads.clean_name(file_name), exchanges)
        finally:
            uploads.forget(stored.name)
    except FileProblem as error:
        raise HolidayProblem(error.words) from None
    return _keep(given, by, f"File {uploads.clean_name(file_name)}")


def _read(stored: str, file_name: str, exchanges: Sequence[str]) -> dict[tuple[date, str], str]:
    path = uploads.path_of(stored)
    known = {*DATE, *NAME, *EXCHANGE}
    found = reading.inspect(path, file_name, knows=lambda header: _letters(header) in known)
    at = {_letters(header): place for place, header in reversed([*enumerate(found.headers)])}
    places = [next((at[one] for one in names if one in at), None) for names in (DATE, NAME, EXCHANGE)]
    day_at, name_at, exchange_at = places
    if day_at is None or name_at is None:
        raise HolidayProblem(
            "The file needs a column Date and a column Holiday. A column Exchange is optional."
        )
    given: dict[tuple[date, str], str] = {}
    faults: list[str] = []
    shapes = DateShapes(settings.BATCH_DATE_SHAPES)
    width = len(found.headers)
    for count, (number, cells) in enumerate(reading.open_rows(path, found.shape, width, dates={day_at}), 1):
        if count > MOST_ROWS:
            raise HolidayProblem(f"The file has more than {MOST_ROWS} rows. It is no list of holidays.")
        cells = [*cells, *[""] * (width - len(cells))]
        text, name = cells[day_at].strip(), " ".join(cells[name_at].split())
        day = _day(text, shapes)
        named = cells[exchange_at].upper().replace("&", ",").split(",") if exchange_at is not None else []
        whose = [one.strip() for one in named if one.strip()] or exchanges
        wrong = [one for one in whose if one not in BOTH]
        row = [] if day else [f"{text[:20] or 'An empty cell'} is not a valid date. Use DD-MM-YYYY."]
        row += _faults(day, name) if day else []
        row += [f"{wrong[0][:20]} is not an exchange of this list. Use NSE or BSE."] if wrong else []
        row += [] if whose else ["No exchange is given. Choose it beside the file."]
        faults += [f"Row {number}: {words}" for words in row]
        if day and not row:
            given |= {(day, exchange): name for exchange in whose}
    if faults:
        more = [f"And {len(faults) - FAULTS_SHOWN} more."] if len(faults) > FAULTS_SHOWN else []
        raise HolidayProblem(*faults[:FAULTS_SHOWN], *more)
    return given


def _day(text: str, shapes: DateShapes) -> date | None:
    try:
        return datetime.strptime(shapes.canonical(text), "%d-%m-%Y").date()
    except ValueError:
        return None


def _letters(header: str) -> str:
    return "".join(filter(str.isalpha, header.lower()))


def _faults(day: date, name: str) -> list[str]:
    faults = []
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        faults.append(f"{day:%d-%m-%Y} is out of range. Use a year from {FIRST_YEAR} to {LAST_YEAR}.")
    try:
        checked(name, HolidayProblem, "The name of the holiday is missing.", most=LONGEST_NAME)
    except HolidayProblem as error:
        faults += error.faults
    return faults


def _keep(given: Mapping[tuple[date, str], str], by: "User", verb: str) -> int:
    with transaction.atomic():
        known = {(one.day, one.exchange): one.name for one in Holiday.objects.select_for_update()}
        changed = {key: name for key, name in given.items() if known.get(key) != name}
        Holiday.objects.bulk_create(
            [Holiday(day=day, exchange=exchange, name=name) for (day, exchange), name in changed.items()],
            update_conflicts=True,
            unique_fields=["day", "exchange"],
            update_fields=["name"],
        )
        record(
            "holidays.kept",
            by=by,
            subject=SUBJECT,
            text=f"{verb}: {len(given)} holidays, {len(changed)} new or changed.",
            before={_key(key): known[key] for key in changed if key in known} or None,
            after={_key(key): name for key, name in changed.items()},
        )
    return len(changed)


def _key(key: tuple[date, str]) -> str:
    return f"{key[0]:%d-%m-%Y} {key[1]}"


def _may(by: "User") -> None:
    if not by.has_perm(KEEP):
        raise HolidayProblem("You may not change the list of holidays. An admin keeps it.")
