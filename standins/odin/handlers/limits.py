"""303 and 330: adding to a user's cash deposit, manual collateral and notional deposit."""

from standins.odin.handlers.base import Ask, Refused, handles
from standins.odin.handlers.money import amount

DUPLICATE = "Transaction No already exist in the system"


@handles(303, 330)
def add_limit(ask: Ask) -> str:
    """Amounts add up; a reference is used only once, over both types. A refused one is not used up."""
    user = ask.user()
    reference = ask.text("reference")
    if ask.store.limit_known(reference):
        raise Refused(DUPLICATE)
    given = {
        "cash" if ask.type == 303 else "collateral": ask.text("amount"),
        "notional": ask.text("notional_deposit"),
    }
    for name, text in given.items():
        user["limits"][name] = str(amount(user["limits"][name]) + amount(text))
    ask.store.add_limit(
        reference,
        ask.type,
        ask.text("group_id"),
        ask.text("user_id"),
        str(amount(ask.text("amount"))),
        str(amount(ask.text("notional_deposit"))),
        ask.text("product_id"),
    )
    ask.store.save_user(user)
    return "PG Limit updated successfully"
