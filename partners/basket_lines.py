"""The lines of a version of a basket: as rules and tables take them, what is wrong with them, how two versions differ.

Scrips are those of the current master. A stored line keeps its scrip as the master had it on that day (R34, C22).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from backoffice.connector.api import lines as pure
from backoffice.connector.api.lines import Line, Traits
from backoffice.connector.config import basket_terms
from backoffice.protocol.findings import Finding
from markets import search
from markets.models import Scrip
from partners.errors import ConnectorProblem
from partners.models import BasketLine, BasketVersion


@dataclass(frozen=True)
class Difference:
    """A line in two versions: `before` or `after` is None if it was added or removed."""

    before: BasketLine | None
    after: BasketLine | None

    @property
    def changed(self) -> bool:
        """Whether anything but its place differs."""
        return (self.before and line_of(self.before)) != (self.after and line_of(self.after))


def rows(lines: Sequence[Line]) -> list[BasketLine]:
    """Return the lines as a version keeps them, unsaved, with their scrips of today's master (R34).

    Raises ConnectorProblem naming a line whose scrip is not in it.
    """
    scrips = _scrips(lines)
    return [_row(place, line, scrips[line.exchange, line.token]) for place, line in enumerate(lines, 1)]


def line_of(line: BasketLine) -> Line:
    """A stored line as the rules take it."""
    return Line(
        exchange=line.exchange,
        token=line.token,
        symbol=line.symbol,
        side=line.side,
        order_type=line.order_type,
        quantity=line.quantity,
        price=line.price,
        trigger=line.trigger,
        disclosed=line.disclosed,
        validity=line.validity,
        days=line.days,
    )


def look_at(lines: Sequence[Line]) -> list[Finding]:
    """Return findings on typed or uploaded lines, by the current scrip master; paths are `lines.N.FIELD`.

    N counts from 0. A master older than one trading day is an error (R35). Queries: one, and one for each
    exchange.
    """
    found = list(pure.basket_findings(lines))
    masters = search.masters()
    scrips = _known_scrips(lines)
    terms = basket_terms()
    for exchange in sorted({line.exchange for line in lines}):
        if (own := masters.get(exchange)) and own.stale:
            place = next(place for place, line in enumerate(lines) if line.exchange == exchange)
            words = f"The scrip master of {exchange} is older than one trading day. Import today's."
            found.append(Finding(f"lines.{place}.exchange", words, rule="R35"))
    for place, line in enumerate(lines):
        scrip = scrips.get((line.exchange, line.token))
        if scrip is None:
            words = f"{line.symbol or line.token} is not in the current scrip master of {line.exchange}."
            found.append(Finding(f"lines.{place}.symbol", words, rule="C22"))
            continue
        found += pure.line_findings(line, _traits(scrip), terms, f"lines.{place}")
    return found


def look(version: BasketVersion) -> list[Finding]:
    """Return findings on a version: its lines by the current master, scrips that changed since, its end."""
    stored = list(version.lines.all())
    found = look_at([line_of(line) for line in stored])
    found += [
        Finding(f"lines.{line.number - 1}.symbol", _stale_words(line), rule="C22") for line in stale(stored)
    ]
    if version.valid_until <= timezone.now():
        found.append(Finding("valid_until", "The basket's time is over. Choose a later one."))
    return found


def stale(lines: Sequence[BasketLine]) -> list[BasketLine]:
    """The lines whose token is another scrip in the current master than on the day it was chosen, or gone (C22)."""
    scrips = _known_scrips(lines)
    found = []
    for line in lines:
        scrip = scrips.get((line.exchange, line.token))
        if scrip is None or _identity(scrip) != _identity(line):
            found.append(line)
    return found


def difference(before: BasketVersion, after: BasketVersion) -> list[Difference]:
    """The lines of two versions side by side, matched by scrip and side."""
    old = {(line.exchange, line.token, line.side): line for line in before.lines.all()}
    both = [
        Difference(old.pop((line.exchange, line.token, line.side), None), line) for line in after.lines.all()
    ]
    return [*both, *(Difference(gone, None) for gone in old.values())]


def _known_scrips(lines: Sequence[Line] | Sequence[BasketLine]) -> search.ByToken:
    """The scrips of the current masters that the lines name."""
    return search.by_token({(line.exchange, line.token) for line in lines}, search.masters())


def _scrips(lines: Sequence[Line]) -> search.ByToken:
    found = _known_scrips(lines)
    for place, line in enumerate(lines, 1):
        if (line.exchange, line.token) not in found:
            name = f"{line.symbol or line.token} on {line.exchange}"
            raise ConnectorProblem(f"Line {place}: {name} is not in the current scrip master.")
    return found


def _row(place: int, line: Line, scrip: Scrip) -> BasketLine:
    return BasketLine(
        number=place,
        exchange=line.exchange,
        token=line.token,
        symbol=scrip.symbol,
        series=scrip.series,
        isin=scrip.isin,
        description=scrip.description,
        expiry=scrip.expiry,
        strike=scrip.strike,
        option_type=scrip.option_type,
        scrip_import_id=scrip.scrip_import_id,
        side=line.side,
        order_type=line.order_type,
        quantity=line.quantity,
        disclosed=line.disclosed,
        price=line.price,
        trigger=line.trigger,
        validity=line.validity,
        days=line.days,
    )


def _traits(scrip: Scrip) -> Traits:
    return Traits(lot=scrip.lot or None, tick=scrip.tick_rupees or None)


def _identity(scrip: Scrip | BasketLine) -> tuple[object, ...]:
    """Return the identity of a scrip: tokens alone do not suffice, since they are reused (R34)."""
    return (
        scrip.symbol, scrip.series, scrip.isin, scrip.expiry, scrip.strike, scrip.option_type,
    )  # fmt: skip


def _stale_words(line: BasketLine) -> str:
    return f"Token {line.token} of {line.exchange} is not {line.symbol} in the current scrip master any more."
