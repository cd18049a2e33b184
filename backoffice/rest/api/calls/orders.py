"""Calls of section Order: place, modify, cancel."""

from backoffice.rest.api import rules
from backoffice.rest.api.answers import AcceptedRow
from backoffice.rest.api.call import Call, Effect
from backoffice.rest.api.codes import Exchange, OptionType, OrderType, Product, Side, Validity
from backoffice.rest.api.fields import Code, Day, Flag, Money, Nested, Paise, Part, PathText, Text, Whole

IDENTIFIER = r"[0-9A-Z]{1,8}"
IDENTIFIER_WORDS = "The order identifier must be 1 to 8 of 0-9 and A-Z."
REGULAR = (Product.INTRADAY, Product.DELIVERY, Product.BTST, Product.MTF)


class ScripInfo(Part):
    """A scrip: by exchange and token, or by exchange and details. The strike is typed in rupees, sent in paise."""

    rules = (rules.scrip,)

    exchange = Code("Exchange", Exchange, required=True)
    scrip_token = Whole("Scrip token", lowest=1, omit=True)
    symbol = Text("Symbol", max_length=50, omit=True)
    series = Text("Series", max_length=10, omit=True)
    expiry_date = Day("Expiry date", omit=True)
    strike_price = Paise("Strike price", omit=True)
    option_type = Code("Option type", OptionType, omit=True)


class PlaceOrder(Call):
    """Place a fresh order (section Place Order - Any Scrip)."""

    title = "Place order"
    method = "POST"
    path = "/transactional/v1/orders/regular"
    effect = Effect.ORDER
    row = AcceptedRow
    rules = (rules.prices, rules.fineness, rules.quantities, rules.validity, rules.allowed)

    scrip_info = Nested("Scrip", ScripInfo, required=True)
    transaction_type = Code("Side", Side, required=True)
    product_type = Code("Product", Product, only=REGULAR, required=True)
    order_type = Code("Order type", OrderType, required=True)
    quantity = Whole("Quantity", lowest=1, required=True)
    price = Money("Price", default=0)
    trigger_price = Money("Trigger price", default=0)
    disclosed_quantity = Whole("Disclosed quantity", default=0)
    validity = Code("Validity", Validity, default="DAY")
    validity_days = Whole("Days", default=0)
    is_amo = Flag("After-market order", default=False)
    order_identifier = Text(
        "Order identifier", max_length=8, shape=IDENTIFIER, words=IDENTIFIER_WORDS, required=True
    )
    part_code = Text("Participant code", max_length=20, omit=True)
    algo_id = Text("Algo id", max_length=20, omit=True)
    strategy_id = Text("Strategy id", max_length=20, omit=True)
    vender_code = Text("Vendor code", max_length=20, omit=True)


class ModifyOrder(Call):
    """Change a pending order (section Modify Order). The API has no "unchanged": every value is sent (R22)."""

    title = "Modify order"
    method = "PUT"
    path = "/transactional/v1/orders/regular/{exchange}/{order_id}"
    effect = Effect.ORDER
    row = AcceptedRow
    rules = (rules.prices, rules.fineness, rules.quantities, rules.validity, rules.above_traded)

    exchange = Code("Exchange", Exchange, required=True)
    order_id = PathText("Order id", max_length=64, required=True)
    order_type = Code("Order type", OrderType, required=True)
    quantity = Whole("Quantity", lowest=1, required=True)
    traded_quantity = Whole("Traded quantity", required=True)
    price = Money("Price", required=True)
    trigger_price = Money("Trigger price", required=True)
    disclosed_quantity = Whole("Disclosed quantity", required=True)
    validity = Code("Validity", Validity, required=True)
    validity_days = Whole("Days", required=True)


class CancelOrder(Call):
    """Cancel a pending order (section Cancel Order). A GTD order is named with its days (R23)."""

    title = "Cancel order"
    method = "DELETE"
    path = "/transactional/v1/orders/regular/{exchange}/{order_id}"
    effect = Effect.ORDER
    row = AcceptedRow
    rules = (rules.cancelled_gtd,)

    exchange = Code("Exchange", Exchange, required=True)
    order_id = PathText("Order id", max_length=64, required=True)
    validity = Code("Validity", Validity, only=(Validity.GTD,), omit=True)
    validity_days = Whole("Days", lowest=1, omit=True)
