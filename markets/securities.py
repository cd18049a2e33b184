"""Securities by symbol, ISIN and token, for the forms, files and readings of other rooms."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stdnum import isin as isin_number

from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.rest.api.codes import EQUITY
from markets import search
from markets.models import Scrip
from markets.search import AsOf, Masters

#: How many securities a field offers; longer texts are not symbols.
OFFERED, LONGEST = 12, 50
RULE = "portal.scrips"

#: A scrip's exchange and its token there.
Token = tuple[str, int]


@dataclass(frozen=True)
class Security:
    """The security with one ISIN: its symbol and name, and the exchanges that list it, in words."""

    isin: str
    symbol: str
    name: str
    exchanges: tuple[str, ...]


def choices(text: str, masters: Masters) -> list[Security]:
    """Return the securities with this ISIN, or whose symbol begins so, exact symbols first."""
    wanted = text.strip().upper()
    if isin_number.is_valid(wanted):
        found = search.listings(isin_number.compact(wanted), masters)
    elif search.LETTERS <= len(wanted) <= LONGEST and wanted.isprintable():
        found = search.beginning(wanted, list(_equity(masters).values()))
        found.sort(key=lambda scrip: scrip.symbol != wanted)
    else:
        found = []
    listed: dict[str, list[Scrip]] = {}
    for scrip in found:
        if scrip.isin:
            listed.setdefault(scrip.isin, []).append(scrip)
    return [_security(scrips) for scrips in list(listed.values())[:OFFERED]]


def _security(scrips: Sequence[Scrip]) -> Security:
    name = next((scrip.description for scrip in scrips if scrip.description), "")
    exchanges = dict.fromkeys(scrip.exchange_label for scrip in scrips)
    return Security(scrips[0].isin, scrips[0].symbol, name, tuple(exchanges))


def isin_findings(many: Sequence[Values], group: str) -> list[list[Finding]]:
    """Return a warning for each ISIN in a group of records that the current masters lack or have as deleted.

    For a symbol instead, its ISIN is offered. As many queries for five hundred rows as for one. There are no
    findings while no exchange of shares has a master.
    """
    masters = search.masters()
    if not (equity := _equity(masters)):
        return [[] for _ in many]
    given = {text for values in many for _, text in _isins(values, group)}
    known = _known({isin_number.compact(text) for text in given if isin_number.is_valid(text)}, masters)
    symbols = _by_symbol({text.upper() for text in given if not isin_number.is_valid(text)}, equity)
    return [
        [
            finding
            for path, text in _isins(values, group)
            if (finding := _finding(path, text, known, symbols, equity))
        ]
        for values in many
    ]


def _isins(values: Values, group: str) -> Iterator[tuple[str, str]]:
    """Return the ISINs of the records of a group, each with its path, without empty ones."""
    records = values.get(group)
    for place, record in enumerate(records if isinstance(records, list) else ()):
        text = str(record.get("isin") or "").strip() if isinstance(record, Mapping) else ""
        if text:
            yield f"{group}.{place}.isin", text


def _known(isins: Collection[str], masters: Masters) -> dict[str, bool]:
    """Return which of these ISINs the masters have, and whether one of their scrips may be chosen."""
    found: dict[str, bool] = {}
    imports = [one.current for one in masters.values()]
    scrips = Scrip.objects.filter(scrip_import__in=imports, isin__in=isins).exclude(isin="")
    for isin, offered in scrips.values_list("isin", "offered") if isins else ():
        found[isin] = found.get(isin, False) or offered
    return found


def _by_symbol(symbols: Collection[str], equity: Masters) -> dict[str, dict[str, str]]:
    """Return the ISINs of these symbols, each with the security's name."""
    found: dict[str, dict[str, str]] = {}
    wanted = [symbol for symbol in symbols if len(symbol) <= LONGEST and symbol.isprintable()]
    scrips = search.scrips(equity.values()).filter(symbol__in=wanted).exclude(isin="")
    for symbol, isin, name in scrips.values_list("symbol", "isin", "description") if wanted else ():
        found.setdefault(symbol, {})[isin] = name
    return found


def _finding(
    path: str,
    text: str,
    known: Mapping[str, bool],
    symbols: Mapping[str, Mapping[str, str]],
    equity: Masters,
) -> Finding | None:
    if isin_number.is_valid(text):
        isin = isin_number.compact(text)
        if known.get(isin):
            return None
        where = ", ".join(f"{one}{', out of date' if one.trouble else ''}" for one in equity.values())
        what = "is deleted in the scrip masters" if isin in known else "is in no scrip master"
        return Finding(path, f"Check {isin}: it {what} ({where}).", Severity.WARNING, RULE)
    if not (isins := symbols.get(text.upper())):
        return None
    if len(isins) > 1:
        words = f"{text.upper()} is the symbol of several securities: {', '.join(sorted(isins)[:5])}."
        return Finding(path, f"{words} Fill in the ISIN that is meant.", Severity.WARNING, RULE)
    ((isin, name),) = isins.items()
    words = f"{text.upper()} is the symbol of {f'{name}, ' if name else ''}{isin}. Fill in the ISIN."
    return Finding(path, words, Severity.WARNING, RULE, cleaned=isin)


def by_token(tokens: Collection[Token], masters: Masters) -> dict[Token, Scrip]:
    """Return the current masters' scrips for these tokens, including deleted ones, in one query."""
    imports = [masters[name].current for name in {name for name, _ in tokens} if name in masters]
    if not imports:
        return {}
    numbers = {number for _, number in tokens}
    found = Scrip.objects.filter(scrip_import__in=imports, token__in=numbers)
    return {(scrip.exchange, scrip.token): scrip for scrip in found}


def _equity(masters: Masters) -> dict[str, AsOf]:
    return {name: one for name, one in masters.items() if name in EQUITY}
