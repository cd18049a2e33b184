"""Scrip master files as the vendor publishes them, written here by hand."""

import json

HEADER = [
    *("nMarketSegmentId", "nToken", "sSymbol", "sSeries", "sInstrumentName", "ExpiryDate", "nStrikePrice"),
    *("sOptionType", "sISINCode", "sSecurityDesc", "cDeleteFlag", "nRegularLot", "nPriceTick"),
]
#: Two companies that do not exist, with ISINs whose check digits are right, and an index, which has none.
SHARES = [
    [1, 900001, "PEEPAL", "EQ", "EQUITIES", "", -1, "", "INE000A01012", "Peepal Textiles", "N", 1, 5],
    [1, 900002, "BANYAN", "EQ", "EQUITIES", "", -1, "", "INE000B01010", "Banyan Bank", "N", 1, 5],
    [1, 26000, "NIFTY", "", "INDEX", "", 0, "XX", "", "Nifty 50", "N", 1, 5],
]
CONTRACT = [2, 35001, "PEEPAL", "XX", "OPTSTK", "28-01-2027", 11250, "CE", "", "", "N", 50, 5]


def v2(rows=SHARES, header=HEADER):
    """The second form: a list of lists whose first row names the columns."""
    return json.dumps([header, *rows]).encode()


def v1(*rows):
    """The first form: a list of objects with short keys."""
    return json.dumps(
        list(rows or ({"code": 900001, "sym": "PEEPAL", "ser": "EQ", "inst": "EQUITIES", "expiry": ""},))
    ).encode()


def changed(row, **cells):
    """A row with some cells changed, by the name of their column."""
    return [cells.get(name, value) for name, value in zip(HEADER, row, strict=True)]
