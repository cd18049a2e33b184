"""330: manual collateral (O1)."""

from collections.abc import Sequence

from accounts.retail_users import gone, page_of, records_here
from backoffice.changes.files import FileGroup, FileKind, Layout
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.limits import ManualCollateral
from limits import balances, deposits
from limits.models import LimitUpdate

SLUG = "manual_collateral"


def apply(lane: str, values: Values) -> Applied:
    """Keep one deposit."""
    return apply_many([(lane, values)])[0]


def apply_many(confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """Keep deposits of several retail users."""
    return deposits.apply_many(LimitUpdate.Kind.COLLATERAL, confirmed)


KIND = ChangeKind(
    slug=SLUG,
    title=ManualCollateral.title,
    message=ManualCollateral,
    page=page_of(SLUG),
    records=records_here(),
    assess=deposits.assess(LimitUpdate.Kind.COLLATERAL),
    menu=deposits.MENU,
    files=(
        FileKind(
            slug=SLUG,
            title="Manual collateral",
            group=FileGroup.LIMITS,
            effect=("collateral will be added", "collaterals will be added"),
            matters=("group_id", "product_id"),
            layout=Layout(
                ManualCollateral, without=("notional_deposit",), filled=("reference",), needed=("amount",)
            ),
            unique=deposits.ONCE,
            moved_on=gone,
        ),
    ),
    money=True,
    amount=deposits.amount,
    beside=balances.beside_a_deposit,
    effect=deposits.effect("manual collateral"),
    apply=apply,
    apply_many=apply_many,
)
