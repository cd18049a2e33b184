"""The rows of answers, spelled as the service has been seen to spell them (sections 4, 5 and 7 of the reading)."""

from backoffice.rest.api.rows import (
    Hidden,
    Inner,
    Inners,
    InPaise,
    Moment,
    Names,
    NamesBy,
    Number,
    Rest,
    Row,
    Switch,
    Words,
)


class LoginOthers(Row):
    """What a login answers in `others`."""

    poa = Words("POA")
    gtd_default = Words("nGTDDefault")
    gtd_max_days = Number("nGTDMaxDays")
    group_id = Words("groupId")
    group_code = Words("groupCode")
    user_code = Hidden("userCode")
    password_days = Number("passExpDays")
    amo_allowed = Switch("bAMOAllowedForUser")
    edis_for_mtf = Words("edisForMTF")
    features = Words("CFT")
    oc_token = Hidden("ocToken")

    def feature(self, name: str) -> bool | None:
        """Whether `CFT` (`NAME|0-or-1` joined by `$`) has a feature on. None if it does not say."""
        for part in (self.features or "").split("$"):
            key, _, value = part.partition("|")
            if key == name and value in ("0", "1"):
                return value == "1"
        return None


class LoginRow(Row):
    """A session, or what is registered for one. Anything may be missing (R12)."""

    access_token = Hidden("access_token")
    broadcast_access_token = Hidden("broadcast_access_token")
    session_token = Hidden("session_token")
    register_token = Hidden("register_token")
    user_id = Words("user_id")
    alias_id = Words("alias_id")
    user_name = Words("user_name")
    user_status = Words("user_status")
    login_time = Moment("login_time")
    exchanges = Names("exchanges")
    market_data = Names("bcastExchanges")
    product_types = Names("product_types")
    products_by_exchange = NamesBy("product_types_exchange")
    registration = Words("ptnType")
    mpin_enabled = Switch("mpin_enabled")
    fingerprint_enabled = Switch("fingerprint_enabled")
    totp_enabled = Switch("totp_enabled")
    details = Inner(LoginOthers, "others")


class Available(Row):
    """What of a segment's balance is available."""

    cash = Number("cash")
    collateral = Number("collateral")
    credit_for_sale = Number("credit_for_sale")
    option_credit_for_sale = Number("option_credit_for_sale")


class Utilised(Row):
    """What of a segment's balance is used."""

    limit = Number("limit")
    pnl_realised = Number("pnl_realised")
    pnl_unrealised = Number("pnl_unrealised")
    option_premium = Number("option_premium")


class SegmentBalance(Row):
    """One segment's balance, in rupees."""

    id = Words("id")
    title = Words("name")
    net_available = Number("net_available")
    total_available = Number("total_available")
    total_utilised = Number("total_utilised")
    total_withdrawable = Number("total_withdrawable")
    net_payin_payout = Number("net_payin_payout")
    available = Inner(Available, "available")
    utilised = Inner(Utilised, "utilised")


class BalanceRow(Row):
    """A client's balance. A segment that is missing is not allowed, or has no limit."""

    equity = Inner(SegmentBalance, "equity")
    commodity = Inner(SegmentBalance, "commodity")
    currency = Inner(SegmentBalance, "currency")


class ProfileRow(Row):
    """A client's profile, once it is decrypted. Personal data."""

    user_id = Words("user_id")
    user_name = Words("user_name", "name")
    email = Words("email_id", "email")
    mobile = Words("mobile_no", "mobile", "telephone", "phone")


class ValidRow(Row):
    """The answer of Validate Session, whose meaning is not known (R14)."""

    status = Words("status")
    message = Words("message")
    dropped = Words("dropped")


class AcceptedRow(Row):
    """What an order call answers when the OMS has taken it."""

    order_id = Words("orderId", "order_id")


class OrderRow(Row):
    """A row of the order book, of the GTD book, and of an order's history. Prices in rupees.

    `strike_price` is as it came: whether it is in paise here is not known.
    """

    order_id = Words("order_id", "orderId")
    exchange = Words("exchange")
    scrip_token = Words("scrip_token")
    exchange_order_no = Words("exchange_order_no")
    status = Words("status")
    error_reason = Words("error_reason")
    transaction_type = Words("transaction_type")
    product_type = Words("product_type")
    order_type = Words("order_type")
    total_quantity = Number("total_quantity")
    pending_quantity = Number("pending_quantity")
    traded_quantity = Number("traded_quantity")
    disclosed_quantity = Number("disclosed_quantity")
    order_price = Number("order_price")
    trigger_price = Number("trigger_price")
    validity = Words("validity")
    validity_days = Number("validity_days")
    symbol = Words("symbol")
    series = Words("series")
    instrument = Words("instrument")
    expiry_date = Words("expiry_date")
    strike_price = Number("strike_price")
    option_type = Words("option_type")
    market_lot = Number("market_lot")
    order_timestamp = Moment("order_timestamp")
    exchange_timestamp = Moment("exchange_timestamp")
    order_identifier = Words("order_identifier")
    is_amo_order = Switch("is_amo_order", "is_amo")
    initiated_by = Words("initiated_by")
    modified_by = Words("modified_by")
    client_id = Words("client_id")
    bracket_details = Rest("bracket_details")


class TradeRow(Row):
    """A row of the trade book."""

    order_id = Words("order_id", "orderId")
    exchange = Words("exchange")
    scrip_token = Words("scrip_token")
    trade_no = Words("trade_no")
    exchange_order_no = Words("exchange_order_no")
    transaction_type = Words("transaction_type")
    product_type = Words("product_type")
    order_type = Words("order_type")
    trade_quantity = Number("trade_quantity", "traded_quantity")
    trade_price = Number("trade_price", "traded_price")
    symbol = Words("symbol")
    series = Words("series")
    instrument = Words("instrument")
    expiry_date = Words("expiry_date")
    strike_price = InPaise("strike_price")
    option_type = Words("option_type")
    trade_timestamp = Moment("trade_timestamp")
    initiated_by = Words("initiated_by")
    order_identifier = Words("order_identifier")


class PositionRow(Row):
    """A row of the positions."""

    exchange = Words("exchange")
    scrip_token = Words("scrip_token")
    preferred_exchange = Words("prefered_exchange", "preferred_exchange")
    preferred_scrip_token = Words("prefered_scrip_token", "preferred_scrip_token")
    product_type = Words("product_type")
    symbol = Words("symbol")
    series = Words("series")
    instrument = Words("instrument")
    expiry_date = Words("expiry_date")
    strike_price = InPaise("strike_price")
    option_type = Words("option_type")
    market_lot = Number("market_lot")
    buy_quantity = Number("buy_quantity")
    avg_buy_price = Number("avg_buy_price")
    buy_value = Number("buy_value")
    sell_quantity = Number("sell_quantity")
    avg_sell_price = Number("avg_sell_price")
    sell_value = Number("sell_value")
    net_quantity = Number("net_quantity")
    net_price = Number("net_price")
    net_value = Number("net_value")
    ltp = Number("ltp")
    close_price = Number("close_price")
    multiplier = Number("multiplier")
    mtm = Number("mtm")
    period = Words("daily_or_expiry")


class SecurityInfo(Row):
    """One listing of a holding."""

    exchange = Words("exchange")
    scrip_token = Words("scrip_token")
    symbol = Words("symbol")


class HoldingRow(Row):
    """A row of the holdings."""

    isin = Words("isin")
    security_info = Inners(SecurityInfo, "security_info")
    total_free = Number("total_free")
    dp_free = Number("dp_free")
    pool_free = Number("pool_free")
    t1_quantity = Number("t1_quantity")
    average_price = Number("average_price")
    last_price = Number("last_price")
    pnl = Number("pnl")
    current_value = Number("current_value")
    invested_value = Number("inv_value")
    product = Words("product")
    collateral_quantity = Number("collateral_quantity")
    collateral_value = Number("collateral_value")
    close_price = Number("close_price")
    dp_pledge_quantity = Number("dppledge_collateral_qty")
    pool_pledge_quantity = Number("poolpledge_collateral_qty")
