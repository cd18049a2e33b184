"""Made-up scrip masters of the eleven exchanges, in both forms. No company, ISIN or contract in them exists."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from standins.rest.constants import IDS

#: NSE_OTS is an exchange without a file.
FILES = tuple(name for name in IDS if name != "NSE_OTS")
COLUMNS = (
    *("nMarketSegmentId", "nToken", "sSymbol", "sSeries", "sInstrumentName", "ExpiryDate", "nStrikePrice"),
    *("sOptionType", "sISINCode", "sSecurityDesc", "cDeleteFlag", "nRegularLot", "nPriceTick"),
)
#: Companies that do not exist.
COMPANIES = (
    ("PEEPAL", "Peepal Textiles", 101),
    ("BANYAN", "Banyan Bank", 250),
    ("GULMOHAR", "Gulmohar Motors", 1234),
    ("TULSI", "Tulsi Pharma", 78),
    ("NEEM", "Neem Chemicals", 410),
    ("ASHOKA", "Ashoka Steel Works", 56),
    ("KADAMBA", "Kadamba Software", 3020),
    ("SANDAL", "Sandal Cements", 890),
    ("MANGO", "Mango Foods", 145),
    ("TEAK", "Teak Power & Light", 67),
)
GOODS = {
    "MCX_FO": ("GOLDX", "SILVERX", "COPPERX"),
    "NCDEX_FO": ("CASTORX", "GUARX"),
    "NSE_COMM": ("GOLDX",),
    "BSE_COMM": ("SILVERX",),
    "NSE_CUR": ("USDINX", "EURINX"),
    "BSE_CUR": ("USDINX",),
    "MSE_CUR": ("USDINX",),
}
EXPIRIES = ("28-01-2027", "25-02-2027")


@dataclass(frozen=True)
class Scrip:
    """One row. Prices in rupees; the strike in paise, as the file has it."""

    token: str
    symbol: str
    series: str = ""
    instrument: str = ""
    expiry: str = ""
    strike: int = -1
    option: str = ""
    isin: str = ""
    description: str = ""
    lot: int = 1
    price: Decimal = Decimal(100)
    deleted: str = "N"


@functools.cache
def scrips(exchange: str) -> tuple[Scrip, ...]:
    """All rows of an exchange."""
    if exchange in ("NSE_EQ", "BSE_EQ", "NSE_OTS"):
        return _shares(exchange)
    if exchange in ("NSE_FO", "BSE_FO"):
        return _derivatives(exchange, [(symbol, price) for symbol, _, price in COMPANIES[:5]], lot=50)
    return _derivatives(exchange, [(name, 100) for name in GOODS[exchange]], lot=1)


def _shares(exchange: str) -> tuple[Scrip, ...]:
    start, series = (900001, "EQ") if exchange == "NSE_EQ" else (800001, "A")
    rows = [
        Scrip(
            str(start + place),
            symbol,
            series,
            "EQUITIES",
            isin=isin(place),
            description=name,
            price=Decimal(price),
        )
        for place, (symbol, name, price) in enumerate(COMPANIES)
    ]
    # What real files hold too: an index without an ISIN, a test symbol, a row that is deleted.
    rows.append(Scrip(str(start + 900), "TREES 50", "", "INDEX", description="Trees 50 index"))
    rows.append(Scrip(str(start + 901), "011NSETEST", series, "EQUITIES", isin=isin(901), description="Test"))
    rows.append(
        Scrip(str(start + 902), "OAK", series, "EQUITIES", isin=isin(902), description="Oak", deleted="Y")
    )
    return tuple(rows)


def _derivatives(exchange: str, underlyings: list[tuple[str, int]], lot: int) -> tuple[Scrip, ...]:
    rows = []
    token = 100_000 + IDS[exchange] % 10_000 * 10
    for symbol, price in underlyings:
        for expiry in EXPIRIES:
            rows.append(
                Scrip(str(token := token + 1), symbol, "", "FUTURE", expiry, lot=lot, price=Decimal(price))
            )
            for option in ("CE", "PE"):
                token += 1
                rows.append(
                    Scrip(
                        str(token),
                        symbol,
                        "",
                        "OPTION",
                        expiry,
                        price * 100,
                        option,
                        lot=lot,
                        price=Decimal(5),
                    )
                )
    return tuple(rows)


def isin(number: int) -> str:
    """A made-up ISIN with the right check digit."""
    stem = f"INE9Z{number:03d}010"
    digits = "".join(str(int(character, 36)) for character in stem)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return f"{stem}{-total % 10}"


def find_scrip(exchange: str, wanted: str | Mapping[str, Any]) -> Scrip | None:
    """A scrip by its token, or by what `scrip_info` says of it."""
    if isinstance(wanted, str):
        return next((row for row in scrips(exchange) if row.token == wanted), None)
    if "scrip_token" in wanted:
        token = wanted["scrip_token"]
        named = isinstance(token, int) and not isinstance(token, bool)
        return (
            find_scrip(exchange, str(token)) if named and set(wanted) <= {"exchange", "scrip_token"} else None
        )
    day = "-".join(reversed(str(wanted.get("expiry_date", "")).split("-")))
    strike = wanted.get("strike_price", -1)
    for row in scrips(exchange):
        series = row.series in ("", wanted.get("series", ""))
        if (row.symbol, row.expiry, row.strike, row.option) == (
            wanted.get("symbol"),
            day,
            strike,
            wanted.get("option_type", ""),
        ) and series:
            return row
    return None


def first_form(exchange: str) -> bytes:
    """A list of objects with short keys."""
    rows = [
        {
            "code": row.token,
            "sym": row.symbol,
            "ser": row.series,
            "inst": row.instrument,
            "expiry": row.expiry,
        }
        for row in scrips(exchange)
    ]
    return json.dumps(rows).encode()


def second_form(exchange: str) -> bytes:
    """A list of lists whose first row names the columns."""
    rows: list[list[Any]] = [list(COLUMNS)]
    rows += [
        [
            *(IDS[exchange], int(row.token), row.symbol, row.series, row.instrument, row.expiry, row.strike),
            *(row.option, row.isin, row.description, row.deleted, row.lot, 5),
        ]
        for row in scrips(exchange)
    ]
    return json.dumps(rows).encode()


def file(path: str) -> bytes | None:
    """The master file at a path of the store. None for a name that it does not have."""
    parts = path.strip("/").split("/")
    name = parts[-1].removesuffix(".json")
    if name not in FILES or not parts[-1].endswith(".json"):
        return None
    if parts[:-1] == ["scripfiles"]:
        return first_form(name)
    return second_form(name) if parts[:-1] == ["scripfiles", "v2"] else None
