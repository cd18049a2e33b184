"""Stream the rows of a scrip master file, in either published form (R30 to R33, R37).

The first form is a list of objects with short keys; the second a list of lists whose first row names the
columns. Columns are matched by name, never by place. Pure Python: no database, no settings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import BinaryIO, NamedTuple

import ijson
from stdnum import isin as isin_number

from backoffice.outside import quoted
from backoffice.rest.api.codes import EXCHANGES, Exchange

#: Rows of one exchange's file (R33).
MOST_ROWS = 300_000
#: Limits: columns of a row; nesting, as it may appear from brackets in texts; bytes parsed at a time, which
#: no row fills.
MOST_COLUMNS, DEEPEST, BLOCK = 60, 1_000, 1 << 16

#: The exchanges that publish a file (R30). NSE_OTS publishes none.
PUBLISHED = tuple(exchange for exchange, _, _ in EXCHANGES if exchange != Exchange.NSE_OTS)

#: The spellings of each column in both forms, in small letters.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "token": ("ntoken", "code", "token"),
    "symbol": ("ssymbol", "sym", "symbol"),
    "series": ("sseries", "ser", "series"),
    "instrument": ("sinstrumentname", "inst", "instrument"),
    "expiry": ("expirydate", "expiry", "exp"),
    "strike": ("nstrikeprice", "strike", "strikeprice"),
    "option_type": ("soptiontype", "opt", "optiontype"),
    "isin": ("sisincode", "isin", "isincode"),
    "description": ("ssecuritydesc", "desc", "description"),
    "lot": ("nregularlot", "lot"),
    "tick": ("npricetick", "tick"),
    "deleted": ("cdeleteflag",),
    "segment": ("nmarketsegmentid",),
}
#: A file without these is not a scrip master.
REQUIRED = ("token", "symbol")
LONGEST_OF = {"symbol": 50, "series": 20, "instrument": 20, "option_type": 4, "description": 120}

_LARGEST = 10**12
_WHOLE = re.compile(r"-?[0-9]{1,12}(?:\.0{1,6})?")
_EXPIRY = (
    re.compile(r"(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ][0-9:.]{1,12})?"),
)
_NO_OPTION = ("", "XX")
#: The parser in C ends the whole process at a number that Python refuses as an integer.
_ENDLESS = re.compile(rb"[0-9]{40}")


class MasterFileError(Exception):
    """A file that is not read; the text says why and what to do."""


class ScripRow(NamedTuple):
    """One row. Strike and tick are paise; 0 and "" mean missing.

    `bad_isin` is an invalid ISIN as given; `isin` is empty then.
    """

    token: int
    symbol: str
    series: str
    instrument: str
    expiry: date | None
    strike: int
    option_type: str
    isin: str
    description: str
    lot: int
    tick: int
    deleted: bool
    bad_isin: str


@dataclass(frozen=True)
class Opened:
    """A file of known form: its missing columns among those that look-ups use, and its rows."""

    missing: tuple[str, ...]
    rows: Iterator[ScripRow]


def open_master(file: BinaryIO, exchange: Exchange) -> Opened:
    """Detect the form of a file, and stream its rows.

    Raises MasterFileError at once if it is not a scrip master of this exchange, and during reading for later
    faults. Row numbers count from 1 in the order of the file.
    """
    records = _records(_without_bom(file))
    first = next(records, None)
    if first is None:
        raise MasterFileError("The file has no rows. The last import stays current; fetch the file again.")
    if isinstance(first, dict):
        columns = _columns(list(first))
        return Opened(_missing(columns), _checked(_of_objects(first, records), exchange))
    columns = _columns([str(name) for name in first])
    places = [(columns.get(name), name) for name in SPELLINGS]
    return Opened(_missing(columns), _checked(_of_lists(records, places, len(first)), exchange))


class _Bounded:
    """The bytes of a file for the parser, which keeps one row at a time: rows, texts and nesting are bounded.

    They are counted in blocks, which costs almost nothing.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._depth = 0

    def read(self, size: int = -1) -> bytes:
        """The next block. Raises MasterFileError."""
        block = self._file.read(BLOCK if size < 0 else size)
        closed = block.count(b"]") + block.count(b"}")
        self._depth += block.count(b"[") + block.count(b"{") - closed
        if _ENDLESS.search(block):
            raise MasterFileError(
                "The file holds a number that is longer than any of a scrip. Fetch it again."
            )
        if self._depth > DEEPEST or (len(block) >= BLOCK and not closed):
            raise MasterFileError(
                "The file holds a row that is longer or deeper than any scrip. Fetch it again."
            )
        return block


def _without_bom(file: BinaryIO) -> BinaryIO:
    beginning = file.read(3)
    if beginning != b"\xef\xbb\xbf":
        file.seek(0)
    if beginning[:1] == b"<":
        raise MasterFileError(
            "This is a web page and not a scrip master. Check the address that it came from."
        )
    if beginning[:2] in (b"\x1f\x8b", b"PK"):
        raise MasterFileError("This file is compressed. Unpack it and import the file inside.")
    if not beginning:
        raise MasterFileError("The file is empty. Fetch it again.")
    if beginning[:1] == b"{":
        raise MasterFileError(
            "The file holds a single object and no list of scrips. Check which file this is."
        )
    return file


def _records(file: BinaryIO) -> Iterator[dict[str, object] | list[object]]:
    """The rows of the outer list, one at a time."""
    number = 0
    try:
        for row in ijson.items(_Bounded(file), "item", buf_size=BLOCK):
            number += 1
            if not isinstance(row, dict | list):
                raise MasterFileError(f"Row {number} is a single value. A scrip is a list or an object.")
            if len(row) > MOST_COLUMNS:
                raise MasterFileError(f"Row {number} is longer than any scrip. This is no scrip master.")
            yield row
    except (ijson.JSONError, ValueError, RecursionError, UnicodeError):
        raise MasterFileError(
            f"The file cannot be read after row {number}: it is damaged or cut off. Fetch it again."
        ) from None


def _columns(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each known column."""
    if len(names) > MOST_COLUMNS:
        raise MasterFileError(
            "The first row has more columns than any scrip master. Check which file this is."
        )
    plain = [name.strip().lower().replace("_", "") for name in names]
    found = {}
    for column, spellings in SPELLINGS.items():
        places = [place for place, name in enumerate(plain) if name in spellings]
        if len(places) > 1:
            raise MasterFileError(f"The column {quoted(names[places[0]])} is in the file twice.")
        if places:
            found[column] = places[0]
    if any(column not in found for column in REQUIRED):
        raise MasterFileError(
            "The file has no columns for token and symbol: it is no scrip master. Check which file this is."
        )
    return found


def _missing(columns: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(name for name in ("isin", "series", "lot", "tick") if name not in columns)


def _of_objects(
    first: dict[str, object], records: Iterator[dict[str, object] | list[object]]
) -> Iterator[Mapping[str, object]]:
    spelled = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
    number = 0
    for number, record in enumerate((one for group in ((first,), records) for one in group), 1):
        if not isinstance(record, dict):
            raise MasterFileError(f"Row {number} is a list among objects. The file mixes two forms.")
        yield {
            spelled[plain]: value
            for key, value in record.items()
            if (plain := key.strip().lower().replace("_", "")) in spelled
        }


def _of_lists(
    records: Iterator[dict[str, object] | list[object]],
    places: Sequence[tuple[int | None, str]],
    width: int,
) -> Iterator[Mapping[str, object]]:
    known = {name: place for place, name in places if place is not None}
    names, cells = tuple(known), itemgetter(*known.values())  # two at least: token and symbol
    for number, record in enumerate(records, 1):
        if not isinstance(record, list) or len(record) != width:
            raise MasterFileError(
                f"Row {number} has other columns than the first row names. The file is damaged; fetch it again."
            )
        yield dict(zip(names, cells(record), strict=True))


def _checked(rows: Iterator[Mapping[str, object]], exchange: Exchange) -> Iterator[ScripRow]:
    own = _own_segments(exchange)
    number = 0
    for number, cells in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise MasterFileError(f"The file has more than {MOST_ROWS} rows. Check which file this is.")
        segment = _whole(cells.get("segment"), "market segment", number)
        if segment and segment not in own:
            raise MasterFileError(
                f"Row {number} is of market segment {segment}, which is not {exchange.label}: this is another "
                "exchange's file. Choose the exchange that it belongs to."
            )
        yield _scrip(cells, number)
    if not number:
        raise MasterFileError("The file has a header and no rows. Fetch it again.")


def _own_segments(exchange: Exchange) -> set[int]:
    """Return the REST id and the segment id of the exchange: its file may have either (R32)."""
    return {
        int(code.value) for one, rest, segment in EXCHANGES if one == exchange for code in (rest, segment)
    }


def _scrip(cells: Mapping[str, object], number: int) -> ScripRow:
    token = _whole(cells.get("token"), "token", number)
    symbol = _text(cells, "symbol", number)
    if token <= 0 or not symbol:
        raise MasterFileError(f"Row {number} has no token or no symbol. The file is damaged; fetch it again.")
    isin, bad = _isin(str(given).strip().upper()) if (given := cells.get("isin")) else ("", "")
    option_type = _text(cells, "option_type", number)
    return ScripRow(
        token,
        symbol.upper(),
        _text(cells, "series", number),
        _text(cells, "instrument", number),
        _expiry(cells.get("expiry"), number),
        max(_whole(cells.get("strike"), "strike price", number), 0),
        "" if option_type in _NO_OPTION else option_type,
        isin,
        _text(cells, "description", number),
        max(_whole(cells.get("lot"), "lot", number), 0),
        max(_whole(cells.get("tick"), "tick", number), 0),
        str(cells.get("deleted") or "N").strip().upper() != "N",
        bad,
    )


def _text(cells: Mapping[str, object], name: str, number: int) -> str:
    value = cells.get(name)
    if value == "" or value is None or value is False:
        return ""
    if isinstance(value, dict | list) or (text := _plain(str(value), LONGEST_OF[name])) is None:
        raise MasterFileError(f"Row {number} has a {name.replace('_', ' ')} that is too long or unreadable.")
    return text


@lru_cache(16_384)
def _plain(value: str, longest: int) -> str | None:
    text = " ".join(value.split())
    return text if text.isprintable() and len(text) <= longest else None


def _whole(value: object, what: str, number: int) -> int:
    if type(value) is int and -_LARGEST < value < _LARGEST:  # and no bool
        return value
    if value is None or value == "":
        return 0
    text = str(value).strip() if isinstance(value, str) else f"{value:f}" if _short(value) else ""
    if not _WHOLE.fullmatch(text):
        raise MasterFileError(f"Row {number} has a {what} that is no whole number. The file is damaged.")
    return int(text.partition(".")[0])


def _short(value: object) -> bool:
    """Whether a decimal has few digits when written out, unlike 1E+1000000."""
    return isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 20


def _expiry(value: object, number: int) -> date | None:
    if not value:
        return None
    text = str(value).strip()
    if text in ("", "0", "-1"):
        return None
    if (found := _date(text[:30])) is None:
        raise MasterFileError(f"Row {number} has an expiry date that cannot be read. Dates are DD-MM-YYYY.")
    return found


@lru_cache(4_096)
def _date(text: str) -> date | None:
    for shape in _EXPIRY:
        if found := shape.fullmatch(text):
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                return None
    return None


@lru_cache(65_536)
def _isin(text: str) -> tuple[str, str]:
    """Return the ISIN, or an invalid one separately: that is a warning, not an error."""
    if not text or text in ("-", "0", "NA"):
        return "", ""
    return (text, "") if isin_number.is_valid(text) else ("", text[:20])
