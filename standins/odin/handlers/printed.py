"""The answers of the reads in the forms that the document prints (M4): some are no JSON.

The periodicity list and the funds view lack brackets or quotes; in the stock view every object after the
first lacks its opening brace. A client must read these as well as proper JSON.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

#: Periodicities by market segment, as section 4.15 lists them.
PERIODICITIES: tuple[tuple[str, int], ...] = (
    ("NSE Equities", 3),
    ("NSE Futures", 5),
    ("NSE Options", 9),
    ("NSE Derivatives", 13),
    ("NSE Combined [NSEEQ + NSEFAO]", 15),
    ("BSE Equities", 17),
    ("BSE Futures", 33),
    ("BSE Options", 65),
    ("BSE Derivatives", 97),
    ("BSE Combined [BSEEQ + BSEFAO]", 113),
    ("MCX Futures", 129),
    ("MCX Option", 129),
    ("NCDEX Option", 257),
    ("NCDEX Futures", 257),
)

#: Rows of the funds view after the computed deposit rows: description and parent category, all 0.00.
_FUNDS_ROWS: tuple[tuple[str, str], ...] = (
    ("Funds Transferred Today", "Funds Transferred Today"),
    ("Funds withdrawal/Allocation", "Funds withdrawal/Allocation"),
    *(
        (name, "Collateral")
        for name in (
            *("Collateral", "DP Collateral", "Pool Collateral", "SAR Collateral", "DP Pledged Collateral"),
            *("Pool Pledged Collateral", "Maximum Collateral Limit"),
        )
    ),
    *(
        (name, "Credit For Sale")
        for name in ("Credit For Sale", "DP CFS", "Pool CFS", "SAR CFS", "Maximum CFS Limit")
    ),
    *((name, "Option CFS") for name in ("Option CFS", "Option CFS", "Maximum Option CFS")),
)
_POSITIONS = ("Commodity Position", "Currency Position", "Derivative Position", "Equity Position")

#: Symbol, token at NSE, token at BSE of the few scrips that the stand-in knows by name.
SCRIPS: dict[str, tuple[str, int, int]] = {
    "INE154A01025": ("ITC", 1660, 500875),
    "INE040A01034": ("HDFCBANK", 1333, 500180),
    "INE059A01026": ("CIPLA", 694, 500087),
    "INE012A01025": ("ACC", 22, 500410),
}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _object(pairs: Sequence[tuple[str, Any]]) -> str:
    """One object; Decimals are written as numbers with two places, as the document prints them."""
    inner = ",".join(
        f"{_compact(name)}:{value:.2f}"
        if isinstance(value, Decimal)
        else f"{_compact(name)}:{_compact(value)}"
        for name, value in pairs
    )
    return f"{{{inner}}}"


def periodicities() -> str:
    """319: objects where an array must be."""
    rows = (
        _object([("MarketSegment", name), ("ExpiryPeriodicity", number)]) for name, number in PERIODICITIES
    )
    return f'{{"Periodicity":{",".join(rows)}}}'


def funds_summary(product: str, cash: Decimal, collateral: Decimal, notional: Decimal) -> str:
    """317: one object, most amounts written as text."""
    zero = Decimal("0.00")
    deposit = cash + collateral + notional
    texts = [
        *(
            ("Deposit", deposit),
            ("Funds Transferred Today", zero),
            ("Collateral", zero),
            ("Credit for Sale", zero),
        ),
        *(("Option CFS", zero), ("Total Trading Power Limit", deposit), ("Limit Utilization", zero)),
        *(
            ("Booked P&L", zero),
            ("MTM P&L", zero),
            ("Total Utilization", zero),
            ("Net Available Funds", deposit),
        ),
        *(("Exposure Margin", zero), ("Cash Deposit", cash)),
    ]
    pairs: list[tuple[str, Any]] = [("Product", product)]
    pairs += [(name, f"{value:.2f}") for name, value in texts]
    pairs += [("Adhoc Deposit", zero), ("NotionalDeposit", notional)]
    return f'{{"FundsViewSummary":{_object(pairs)}}}'


def funds_view(cash: Decimal, collateral: Decimal, notional: Decimal) -> str:
    """327: the key lacks its closing quote and colon."""
    zero = Decimal("0.00")
    deposit = cash + collateral + notional
    rows: list[tuple[str, Decimal, str]] = [
        ("Deposit", deposit, "Deposit"),
        ("Cash Deposit", cash, "Deposit"),
    ]
    rows += [("Adhoc Deposit", zero, "Deposit"), ("Overdraft Limit", zero, "Deposit")]
    rows += [("Notional Deposit", notional, "Deposit"), ("Misc. Deposit", zero, "Deposit")]
    rows += [("Manual Collateral", collateral, "Deposit")]
    rows += [(name, zero, parent) for name, parent in _FUNDS_ROWS]
    rows += [("Total Trading Power Limit", deposit, "Total Trading Power Limit")]
    rows += [("Multiplier", Decimal("1.00"), "Multiplier")]
    for parent in ("Limit Utilization", "Booked Profit/Loss", "MTM Profit/Loss"):
        rows += [(name, zero, parent) for name in (parent, *_POSITIONS)]
    rows += [("Total Utilization", zero, ""), ("Net Available Funds", deposit, "")]
    rows += [("For Trading", deposit, ""), ("For Allocation/Withdrawal", deposit, "")]
    rows += [("MF Position", zero, "Limit Utilization")]
    objects = ",".join(_object([("sDescription", d), ("nTrading", n), ("sIndicator", i)]) for d, n, i in rows)
    return f'{{"FundsView[{objects}]}}'


def holding(isin: str, available: int, pledged: int) -> str:
    """One object of the stock view, from approved quantities."""
    symbol, nse, bse = SCRIPS.get(isin, ("", 0, 0))
    zero = Decimal("0.00")
    free = max(available - pledged, 0)
    pairs: list[tuple[str, Any]] = [("sDPAvailable", available), ("sPOOLAvailable", 0), ("sRecvAvailable", 0)]
    pairs += [("sCurRecvAvailable", 0), ("TOTALQUANTITY", available), ("sDPBlock", available - free)]
    pairs += [
        ("sPOOLBlock", 0),
        ("sRecvBlock", 0),
        ("sCurRecvBlock", 0),
        ("TOTALBLOCKQUANTITY", available - free),
    ]
    pairs += [
        ("sDPFree", free),
        ("sPOOLFree", 0),
        ("sRecvFree", 0),
        ("sCurRecvFree", 0),
        ("TOTALFREEQUANTITY", free),
    ]
    pairs += [
        ("nBuyAvgPrice", zero),
        ("ISIN", isin),
        ("nMarketSegmentId", 1),
        ("nToken", nse),
        ("sSeries", "EQ"),
    ]
    pairs += [
        ("sSymbol", symbol),
        ("POOLPriority", 1),
        ("OtherSegmentTokens", f"1:{nse},8:{bse}" if symbol else ""),
    ]
    pairs += [("sShortSellQty", 0), ("sTotalCollateralQty", pledged), ("sCreditForSale", zero)]
    pairs += [
        ("sTotalSecurityCollateral", zero),
        ("nPreferredMTMToken", nse),
        ("nPreferredMTMMarketSegmentId", 1),
    ]
    pairs += [("nNSETradedSellQty", 0), ("nBSETradedSellQty", 0)]
    return _object(pairs)


def stock_view(holdings: Sequence[str]) -> str:
    """329: objects where an array must be, after the first without opening braces; nothing held: an array."""
    if not holdings:
        return '{"StockView":[]}'
    rest = (text.removeprefix("{") for text in holdings[1:])
    return f'{{"StockView":{",".join([holdings[0], *rest])}}}'
