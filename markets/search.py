"""Find scrips by symbol, ISIN or token in the current imports. Each look-up uses an index."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from stdnum import isin as isin_number

from backoffice.kit.formats import ist
from backoffice.kit.search import LIMIT as MATCHES
from backoffice.kit.search import Match
from backoffice.rest.api.codes import EQUITY
from markets.models import Scrip, ScripImport, State
from markets.trading_days import trading_days

#: How many scrips a search returns at most, and how many letters it needs.
LIMIT, LETTERS = 50, 2
_TOKEN = re.compile(r"[0-9]{1,12}", re.ASCII)
#: A master older than this many trading days was not updated on this or the last one.
STALE_AFTER = 1


@dataclass(frozen=True)
class AsOf:
    """The current master of an exchange, and its age. `failed_at`: when a newer, failed import was requested.

    Its text says as of when.
    """

    current: ScripImport
    failed_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.current.get_exchange_display()} as of {ist(self.current.current_since, 'minute')}"

    @cached_property
    def stale(self) -> bool:
        """Whether it is older than the last trading day: look-ups say so, orders refuse (R35).

        Weekends and holidays count as one day with the preceding trading day.
        """
        since = timezone.localtime(self.current.current_since).date()
        return trading_days(since, timezone.localtime().date()) > STALE_AFTER

    @property
    def trouble(self) -> str:
        """Return why a look-up may be out of date, in words; "" if it is not."""
        words = []
        if self.failed_at:
            words.append(f"The import of {ist(self.failed_at, 'minute')} failed.")
        if self.stale:
            words.append("It is older than one trading day.")
        return " ".join(words)


#: By the exchange's name.
Masters = Mapping[str, AsOf]
#: Scrips by exchange and token.
ByToken = Mapping[tuple[str, int], Scrip]


def masters() -> Masters:
    """The current master of each exchange that has one."""
    newer = ScripImport.objects.filter(
        exchange=OuterRef("exchange"), state=State.REFUSED, pk__gt=OuterRef("pk")
    )
    found = ScripImport.objects.filter(state=State.CURRENT).annotate(
        failed_at=Subquery(newer.order_by("-pk").values("created_at")[:1])
    )
    return {one.exchange: AsOf(one, one.failed_at) for one in found}


def scrips(masters: Iterable[AsOf]) -> QuerySet[Scrip]:
    """Return the scrips of these masters that may be chosen."""
    return Scrip.objects.filter(scrip_import__in=[one.current.pk for one in masters], offered=True)


def by_token(wanted: Collection[tuple[str, int]], masters: Masters) -> ByToken:
    """Return the scrips with these tokens, by exchange and token. One query."""
    own = [masters[name] for name in {name for name, _ in wanted} if name in masters]
    found = scrips(own).filter(token__in={token for _, token in wanted})
    return {(one.exchange, one.token): one for one in found}


def with_isin(isins: Collection[str], masters: Masters) -> QuerySet[Scrip]:
    """Return the scrips with one of these ISINs.

    Without the second condition neither database uses the index of ISINs.
    """
    return scrips(masters.values()).filter(isin__in=isins).exclude(isin="")


def find(text: str, masters: Masters) -> list[Scrip]:
    """Find by ISIN, token, start of the symbol, or symbol and series: exact symbols first, shares before contracts."""
    wanted = text.strip().upper()
    if isin_number.is_valid(wanted):
        return listings(wanted, masters)
    if _TOKEN.fullmatch(wanted):
        return list(scrips(masters.values()).filter(token=int(wanted)).order_by("exchange")[:LIMIT])
    if len(wanted) < LETTERS or not wanted.isprintable():
        return []
    found = _shares_first(wanted, masters)
    symbol, _, series = wanted.rpartition(" ")
    if not found and len(symbol) >= LETTERS:
        found = [
            one for one in _shares_first(symbol, masters) if (one.symbol, one.series) == (symbol, series)
        ]
    return sorted(found[:LIMIT], key=lambda scrip: scrip.symbol != wanted)


def _shares_first(symbol: str, masters: Masters) -> list[Scrip]:
    found = beginning(symbol, [one for name, one in masters.items() if name in EQUITY])
    if len(found) < LIMIT:
        found += beginning(symbol, [one for name, one in masters.items() if name not in EQUITY])
    return found


def beginning(symbol: str, masters: Collection[AsOf]) -> list[Scrip]:
    """Return the first scrips whose symbol begins so: the first ones of each master, in the order of an index."""
    if not masters:
        return []
    parameters = [part for one in masters for part in (one.current.pk, symbol, f"{symbol}\U0010ffff")]
    found = Scrip.objects.raw(" UNION ALL ".join([_FIRST[connection.vendor]] * len(masters)), parameters)
    return sorted(found, key=_place)[:LIMIT]


#: Texts in the order of their bytes: SQLite's only one, and `text_pattern_ops` on PostgreSQL.
_FIRST = {
    vendor: f"""
        SELECT * FROM (
            SELECT * FROM markets_scrip
            WHERE scrip_import_id = %s AND symbol {least} %s AND symbol {below} %s AND offered
            ORDER BY symbol {order}, expiry, strike LIMIT {LIMIT}
        ) AS one
    """  # noqa: S608  # texts of ours
    for vendor, least, below, order in (("sqlite", ">=", "<", ""), ("postgresql", "~>=~", "~<~", "USING ~<~"))
}


def _place(scrip: Scrip) -> tuple[str, date, int, str]:
    return scrip.symbol, scrip.expiry or date.max, scrip.strike, scrip.exchange


def listings(isin: str, masters: Masters) -> list[Scrip]:
    """Return all listings of a security, on all exchanges."""
    return list(with_isin([isin], masters).order_by("exchange", "series")[:LIMIT])


def matches(text: str, user: Any) -> Iterator[Match]:
    """The provider of the global search, for people who may see scrips."""
    if not user.has_perm("markets.view_scrip"):
        return
    known = masters()
    for scrip in find(text, known)[:MATCHES]:
        as_of = known[scrip.exchange]
        since = ist(as_of.current.current_since, "minute")
        words = f"{scrip.description or scrip.instrument}, as of {since}. {as_of.trouble}".strip(", ")
        yield Match("Scrip", f"{scrip} on {scrip.exchange_label}", scrip.get_absolute_url(), words)
