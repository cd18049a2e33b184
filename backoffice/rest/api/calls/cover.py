"""Cover orders. The document stops in the middle of placing one; the rest is read from newer pages (R24)."""

from backoffice.rest.api import rules
from backoffice.rest.api.answers import AcceptedRow
from backoffice.rest.api.call import Call, Effect
from backoffice.rest.api.calls.orders import IDENTIFIER, IDENTIFIER_WORDS, ScripInfo
from backoffice.rest.api.codes import Exchange, OrderType, Side
from backoffice.rest.api.fields import Code, Money, Nested, One, Part, PathText, Text, Whole

MAIN = (OrderType.MARKET, OrderType.LIMIT)


class MainLeg(Part):
    """The order itself."""

    order_type = Code("Order type", OrderType, only=MAIN, required=True)
    quantity = Whole("Quantity", lowest=1, required=True)
    price = Money("Price", default=0)


class ModifiedMainLeg(MainLeg):
    """The order itself, with what of it is traded."""

    traded_quantity = Whole("Traded quantity", required=True)


class StopLeg(Part):
    """The stop loss, on the opposite side. With a price it is SL, without one SL-MKT."""

    quantity = Whole("Quantity", lowest=1, required=True)
    price = Money("Price", omit=True)
    trigger_price = Money("Trigger price", required=True)


class StopLoss(Part):
    """The list of stop losses, which has exactly one."""

    legs = One("Stop loss", StopLeg, required=True)


class PlaceCover(Call):
    """Place an order together with its stop loss (section Place Cover Order)."""

    title = "Place cover order"
    method = "POST"
    path = "/transactional/v1/orders/cover"
    effect = Effect.ORDER
    row = AcceptedRow
    rules = (rules.cover, rules.fineness, rules.quantities, rules.allowed)

    scrip_info = Nested("Scrip", ScripInfo, required=True)
    transaction_type = Code("Side", Side, required=True)
    main_leg = Nested("Order", MainLeg, required=True)
    stoploss_leg = Nested("Stop loss", StopLoss, required=True)
    order_identifier = Text(
        "Order identifier", max_length=8, shape=IDENTIFIER, words=IDENTIFIER_WORDS, required=True
    )
    part_code = Text("Participant code", max_length=20, omit=True)
    algo_id = Text("Algo id", max_length=20, omit=True)
    strategy_id = Text("Strategy id", max_length=20, omit=True)
    vender_code = Text("Vendor code", max_length=20, omit=True)


class ModifyCover(Call):
    """Change a pending cover order (section Place Cover Order, where the document stops)."""

    title = "Modify cover order"
    method = "PUT"
    path = "/transactional/v1/orders/cover/{exchange}/{order_id}"
    effect = Effect.ORDER
    row = AcceptedRow
    rules = (rules.cover, rules.fineness, rules.quantities, rules.above_traded)

    exchange = Code("Exchange", Exchange, required=True)
    order_id = PathText("Order id", max_length=64, required=True)
    main_leg = Nested("Order", ModifiedMainLeg, required=True)
    stoploss_leg = Nested("Stop loss", StopLoss, required=True)


class CancelCover(Call):
    """Cancel a pending cover order (section Place Cover Order, where the document stops)."""

    title = "Cancel cover order"
    method = "DELETE"
    path = "/transactional/v1/orders/cover/{exchange}/{order_id}"
    effect = Effect.ORDER
    row = AcceptedRow

    exchange = Code("Exchange", Exchange, required=True)
    order_id = PathText("Order id", max_length=64, required=True)
