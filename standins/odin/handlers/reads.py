"""316, 318, 326 and 328: what ODIN tells of itself and of a user."""

from decimal import Decimal

from standins.odin.handlers import printed
from standins.odin.handlers.base import Ask, handles
from standins.odin.handlers.money import amount


@handles(318)
def periodicity_list(ask: Ask) -> str:
    """The list as printed."""
    return printed.periodicities()


def _limits(ask: Ask) -> tuple[Decimal, Decimal, Decimal]:
    limits = ask.user()["limits"]
    return amount(limits["cash"]), amount(limits["collateral"]), amount(limits["notional"])


@handles(316)
def funds_summary(ask: Ask) -> str:
    """The sums of a user's limit updates."""
    return printed.funds_summary(ask.text("product"), *_limits(ask))


@handles(326)
def funds_view(ask: Ask) -> str:
    """Return the sums in rows."""
    return printed.funds_view(*_limits(ask))


@handles(328)
def stock_view(ask: Ask) -> str:
    """A user's approved quantities, as holdings."""
    user = ask.user()
    return printed.stock_view(
        [
            printed.holding(isin, _quantity(user["edis"].get(isin)), _quantity(user["pledge"].get(isin)))
            for isin in sorted({*user["edis"], *user["pledge"]})
        ]
    )


def _quantity(row: dict[str, str] | None) -> int:
    return int((row or {}).get("qty") or 0)
