"""The kinds of batch of this room: deposits and square-off settings of many retail users."""

from functools import partial

from django.db.models import Exists, Q

from accounts.batches import FILLED, LANE, users_of_lane
from backoffice.batches import kinds
from backoffice.batches.file.columns import Layout
from backoffice.batches.kinds import BatchKind, Unique
from backoffice.protocol.findings import Severity
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from backoffice.protocol.messages.squareoff import AutoSquareOff
from limits import looks
from limits.models import LimitUpdate

DEPOSITS = {
    "cash_deposit": ("Cash deposits", CashDeposit),
    "manual_collateral": ("Manual collateral", ManualCollateral),
}
#: A deposit adds: the same one twice is money twice.
DEPOSIT_ONCE = (
    Unique(("reference",), "has the same reference, which is unique for ever. Give this one another."),
    Unique(
        (*LANE, "product_id", "notional_deposit", "amount"),
        "adds the same amount for the same user. Make sure it is not the same deposit.",
        severity=Severity.WARNING,
    ),
)


def register() -> None:
    """Make the kinds of batch of this room known."""
    for slug, (title, message) in DEPOSITS.items():
        without = ("notional_deposit",) if message is ManualCollateral else ()
        layout = Layout(
            message, without=without, filled=("reference",), needed=("amount",) if without else ()
        )
        kinds.register(
            BatchKind(
                slug,
                title,
                slug,
                moved_on,
                layout,
                partial(looks.deposits, LimitUpdate.Kind(message.type)),
                DEPOSIT_ONCE,
                money=True,
            )
        )
    kinds.register(
        BatchKind(
            "square_off",
            "Automatic square-off",
            "square_off",
            moved_on,
            Layout(AutoSquareOff, filled=FILLED),
            looks.square_off,
            (Unique((*LANE, "periodicity"), "is for the same periodicity. Leave one of them out."),),
        )
    )


def moved_on() -> Q:
    """Holds of a change whose retail user is gone. What else happened to the user does not matter to a deposit."""
    return Q(~Exists(users_of_lane()))
