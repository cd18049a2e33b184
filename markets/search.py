"""Finding scrips by symbol, ISIN or token in the current imports. Each look-up is answered from an index."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from stdnum import isin as isin_number

from backoffice.kit.search import LIMIT as MATCHES
from backoffice.kit.search import Match
from backoffice.rest.api.codes import EQUITY
from markets import lookups  # noqa: F401  # registers `begins`
from markets.models import Scrip, ScripImport, State

#: Scrips that a search gives at most; letters that it needs.
LIMIT, LETTERS = 50, 2
_TOKEN = re.compile(r"[0-9]{1,12}", re.ASCII)
#: A master older than this was not renewed this trading day or the last.
STALE_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class AsOf:
    """How old the current master of an exchange is. `stale`: look-ups say so, orders refuse (R35)."""

    exchange: str
    current: ScripImport | None

    @property
    def stale(self) -> bool:
        """Whether there is none, or none of the last trading day. Weekends count as one day with their Friday."""
        if self.current is None or self.current.current_since is None:
            return True
        now = timezone.localtime()
        since = timezone.localtime(self.current.current_since)
        days = sum(
            1
            for days in range((now.date() - since.date()).days)
            if (since.date() + timedelta(days=days + 1)).weekday() < 5
        )
        return days > STALE_AFTER.days


def current() -> dict[str, ScripImport]:
    """The current import of each exchange that has one."""
    return {found.exchange: found for found in ScripImport.objects.filter(state=State.CURRENT)}


def scrips(imports: Sequence[ScripImport]) -> QuerySet[Scrip]:
    """Those that may be chosen, of these imports."""
    return Scrip.objects.filter(scrip_import__in=[one.pk for one in imports], offered=True)


def find(text: str, imports: Sequence[ScripImport]) -> list[Scrip]:
    """By ISIN, token, or the beginning of the symbol: exact symbols first, shares before contracts."""
    wanted = text.strip().upper()
    own = scrips(imports)
    if isin_number.is_valid(wanted):
        return list(own.filter(isin=wanted).order_by("exchange")[:LIMIT])
    if _TOKEN.fullmatch(wanted):
        return list(own.filter(token=int(wanted)).order_by("exchange")[:LIMIT])
    if len(wanted) < LETTERS or not wanted.isprintable():
        return []
    shares = [one for one in imports if one.exchange in EQUITY]
    found = list(scrips(shares).filter(symbol__begins=wanted).order_by("symbol", "exchange")[:LIMIT])
    if len(found) < LIMIT:
        others = [one for one in imports if one.exchange not in EQUITY]
        rest = scrips(others).filter(symbol__begins=wanted)
        found += rest.order_by("symbol", "expiry", "strike")[: LIMIT - len(found)]
    return sorted(found, key=lambda scrip: scrip.symbol != wanted)


def listings(isin: str, imports: Sequence[ScripImport]) -> list[Scrip]:
    """All listings of a security, on all exchanges."""
    return list(scrips(imports).filter(isin=isin).order_by("exchange", "series")[:LIMIT]) if isin else []


def matches(text: str, user: Any) -> Iterator[Match]:
    """The provider of the search at the top of every page. Only for those who may see scrips."""
    if not user.has_perm("markets.view_scrip"):
        return
    for scrip in find(text, list(current().values()))[:MATCHES]:
        yield Match(
            "Scrip", f"{scrip} on {scrip.exchange_label}", scrip.get_absolute_url(), scrip.description
        )
