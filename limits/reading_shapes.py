"""Compare the data of reads with the shape in the document (sections 4.13, 4.15, 4.23 and 4.25).

Data in another shape is not understood: a page must not show it as an empty answer.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import IntEnum
from typing import Any

from backoffice.protocol.messages.reads import FundsView, FundsViewSummary, PeriodicityList, StockView
from limits.models import Periodicity


class Kind(IntEnum):
    """The reads that limits ask of ODIN, by the type of the message."""

    FUNDS_SUMMARY = FundsViewSummary.type
    PERIODICITIES = PeriodicityList.type
    FUNDS_VIEW = FundsView.type
    STOCK_VIEW = StockView.type


#: The only key of the data, by kind of reading.
WHOLE = {
    Kind.FUNDS_SUMMARY: "FundsViewSummary",
    Kind.PERIODICITIES: "Periodicity",
    Kind.FUNDS_VIEW: "FundsView",
    Kind.STOCK_VIEW: "StockView",
}
#: The keys of an entry of 319, and of 327.
PERIODICITY = ("MarketSegment", "ExpiryPeriodicity")
FUNDS = ("sDescription", "nTrading", "sIndicator")
#: The places of a holding: label, and the keys of available, blocked and free (329).
PLACES = (
    ("DP", "sDPAvailable", "sDPBlock", "sDPFree"),
    ("Pool", "sPOOLAvailable", "sPOOLBlock", "sPOOLFree"),
    ("Receivable", "sRecvAvailable", "sRecvBlock", "sRecvFree"),
    ("Current receivable", "sCurRecvAvailable", "sCurRecvBlock", "sCurRecvFree"),
    ("Total", "TOTALQUANTITY", "TOTALBLOCKQUANTITY", "TOTALFREEQUANTITY"),
)
QUANTITIES = tuple(key for _, *keys in PLACES for key in keys)
#: The other keys of a holding: those that pages show, and those left to the raw answer.
HOLDING = ("sSymbol", "sSeries", "ISIN", "nBuyAvgPrice", "sTotalSecurityCollateral", "sCreditForSale")
HOLDING_UNSHOWN = (
    *("OtherSegmentTokens", "nMarketSegmentId", "nToken", "POOLPriority", "sShortSellQty"),
    *("sTotalCollateralQty", "nPreferredMTMToken", "nPreferredMTMMarketSegmentId"),
    *("nNSETradedSellQty", "nBSETradedSellQty"),
)

_AMOUNT = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{0,8})?|\.[0-9]{1,8})")
_NUMBER = re.compile(r"[0-9]{1,18}")
#: How many unknown keys are listed, and how many characters are quoted.
MOST_KEYS, LONGEST_QUOTE = 20, 60


class NotUnderstood(Exception):
    """Data in another shape; the text says where it differs."""


def whole(kind: int, data: object) -> Any:
    """Return the value of the only key of the data. Raises NotUnderstood."""
    if data is None:
        raise NotUnderstood("it cannot be read as JSON")
    name = WHOLE[Kind(kind)]
    if not isinstance(data, dict) or name not in data:
        raise NotUnderstood(f"it has no {name}")
    return data[name]


def entries(found: object, required: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """A list of objects, each with the required keys filled. Raises NotUnderstood."""
    if not isinstance(found, list):
        raise NotUnderstood("there is no list where one is expected")
    for place, entry in enumerate(found, 1):
        if not isinstance(entry, dict):
            raise NotUnderstood(f"entry {place} is not an object")
        for key in required:
            if entry.get(key) in (None, ""):
                raise NotUnderstood(f"entry {place} has no {key}")
    return found


def text(entry: Mapping[str, Any], key: str) -> str:
    """One text on one line, empty if there is none. Raises NotUnderstood for a list or an object."""
    value = entry.get(key)
    if isinstance(value, (dict, list)):
        raise NotUnderstood(f"{quoted(key)} is not a single value")
    return "" if value is None else " ".join(str(value).split())


def amount(entry: Mapping[str, Any], key: str) -> Decimal | None:
    """Return a number, None if there is none. Raises NotUnderstood for anything else."""
    said = text(entry, key)
    if said and not _AMOUNT.fullmatch(said):
        raise NotUnderstood(f"{quoted(key)} is {quoted(said)}, not a number")
    return Decimal(said) if said else None


def quantity(entry: Mapping[str, Any], key: str) -> int | None:
    """A whole number of shares, None if there is none. Raises NotUnderstood for anything else."""
    found = amount(entry, key)
    if found is not None and found % 1:
        raise NotUnderstood(f"{quoted(key)} is {quoted(str(found))}, not a whole number")
    return None if found is None else int(found)


def periodicities(data: object) -> list[tuple[int, str]]:
    """The numbers of 319 with their market segments. Raises NotUnderstood."""
    longest = Periodicity._meta.get_field("market_segment").max_length
    found = set()
    for entry in entries(whole(Kind.PERIODICITIES, data), PERIODICITY):
        segment, number = (text(entry, key) for key in PERIODICITY)
        if not _NUMBER.fullmatch(number):
            raise NotUnderstood(f"{PERIODICITY[1]} is {quoted(number)}, not a whole number")
        found.add((int(number), segment[:longest]))
    return sorted(found)


def unknown_keys(kind: int, data: object) -> tuple[str, ...]:
    """The keys that the document does not print, at most `MOST_KEYS`."""
    if not isinstance(data, dict):
        return ()
    name = WHOLE[Kind(kind)]
    known = {
        Kind.PERIODICITIES: PERIODICITY,
        Kind.FUNDS_VIEW: FUNDS,
        Kind.STOCK_VIEW: (*QUANTITIES, *HOLDING, *HOLDING_UNSHOWN),
    }.get(Kind(kind))
    found = dict.fromkeys(key for key in data if key != name)
    if known and isinstance(data.get(name), list):
        entries = (entry for entry in data[name] if isinstance(entry, dict))
        found |= dict.fromkeys(key for entry in entries for key in entry if key not in known)
    return tuple(quoted(key) for key in list(found)[:MOST_KEYS])


def quoted(said: str) -> str:
    """Return a short quotation of ODIN's text."""
    return said if len(said) <= LONGEST_QUOTE else f"{said[:LONGEST_QUOTE]}…"
