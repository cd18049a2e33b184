"""Codes of the REST API. Its exchange names, its exchange ids, segments and statuses are code systems of their own."""

from backoffice.protocol.codes import Choice, RestExchange, Segment


class Exchange(Choice):
    """Exchanges by the name that calls and files use (Order, Global Constants)."""

    NSE_EQ = "NSE_EQ", "NSE Equity"
    NSE_FO = "NSE_FO", "NSE F&O"
    BSE_EQ = "BSE_EQ", "BSE Equity"
    BSE_FO = "BSE_FO", "BSE F&O"
    MCX_FO = "MCX_FO", "MCX F&O"
    NCDEX_FO = "NCDEX_FO", "NCDEX F&O"
    NSE_CUR = "NSE_CUR", "NSE Currency"
    BSE_CUR = "BSE_CUR", "BSE Currency"
    MSE_CUR = "MSE_CUR", "MSE Currency"
    NSE_COMM = "NSE_COMM", "NSE Commodity"
    BSE_COMM = "BSE_COMM", "BSE Commodity"
    NSE_OTS = "NSE_OTS", "NSE OTS"


#: The one table that converts: an exchange's name, its id in the REST API, and its segment in tag 220.
EXCHANGES: tuple[tuple[Exchange, RestExchange, Segment], ...] = (
    (Exchange.NSE_EQ, RestExchange.NSE_EQ, Segment.NSE_CASH),
    (Exchange.NSE_FO, RestExchange.NSE_FO, Segment.NSE_DERIVATIVES),
    (Exchange.BSE_EQ, RestExchange.BSE_EQ, Segment.BSE_CASH),
    (Exchange.BSE_FO, RestExchange.BSE_FO, Segment.BSE_DERIVATIVES),
    (Exchange.MCX_FO, RestExchange.MCX_FO, Segment.MCX_FUTURES),
    (Exchange.NCDEX_FO, RestExchange.NCDEX_FO, Segment.NCDEX_FUTURES),
    (Exchange.MSE_CUR, RestExchange.MSE_CUR, Segment.MSE_CURRENCY),
    (Exchange.NSE_CUR, RestExchange.NSE_CUR, Segment.NSE_CURRENCY),
    (Exchange.BSE_COMM, RestExchange.BSE_COMM, Segment.BSE_COMMODITY),
    (Exchange.NSE_COMM, RestExchange.NSE_COMM, Segment.NSE_COMMODITY),
    (Exchange.NSE_OTS, RestExchange.NSE_OTS, Segment.NSE_OFS),
    (Exchange.BSE_CUR, RestExchange.BSE_CUR, Segment.BSE_CURRENCY),
)
EQUITY = frozenset({Exchange.NSE_EQ, Exchange.BSE_EQ})
CURRENCY = frozenset({Exchange.NSE_CUR, Exchange.BSE_CUR, Exchange.MSE_CUR})
BSE = frozenset({Exchange.BSE_EQ, Exchange.BSE_FO, Exchange.BSE_CUR, Exchange.BSE_COMM})


def exchange_of(code: Segment | RestExchange) -> Exchange:
    """The exchange of a segment or of a REST id. Raises LookupError for one without a row: combined books, segments
    that the API does not show; and TypeError for a bare text, since "8" is BSE_EQ in one system and nothing in another.
    """
    if not isinstance(code, Segment | RestExchange):
        raise TypeError("Say which code system the code belongs to: Segment or RestExchange.")
    for exchange, rest, segment in EXCHANGES:
        if code is rest or code is segment:
            return exchange
    raise LookupError(f"The REST API does not show {code.label}.")


def segment_of(exchange: Exchange) -> Segment:
    """The segment of tag 220 for an exchange of the REST API."""
    return next(segment for name, _, segment in EXCHANGES if name is exchange)


def rest_id_of(exchange: Exchange) -> RestExchange:
    """The REST id of an exchange."""
    return next(rest for name, rest, _ in EXCHANGES if name is exchange)


class Side(Choice):
    """Transaction type."""

    BUY = "BUY", "Buy"
    SELL = "SELL", "Sell"


class Product(Choice):
    """Product type. COVER and BRACKET have calls of their own."""

    INTRADAY = "INTRADAY", "Intraday"
    DELIVERY = "DELIVERY", "Delivery"
    BTST = "BTST", "Buy today, sell tomorrow"
    COVER = "COVER", "Cover order"
    BRACKET = "BRACKET", "Bracket order"
    MTF = "MTF", "Margin trading facility"


class OrderType(Choice):
    """Order type."""

    LIMIT = "RL", "Limit"
    MARKET = "RL-MKT", "Market"
    STOP_LIMIT = "SL", "Stop loss limit"
    STOP_MARKET = "SL-MKT", "Stop loss market"


class Validity(Choice):
    """How long an order is valid. Newer pages of the vendor have EOSESS and EOTODY."""

    DAY = "DAY", "For the day"
    IOC = "IOC", "Immediate or cancel (IOC)"
    GTD = "GTD", "For a number of days (GTD)"
    GTC = "GTC", "Until cancelled (GTC)"
    EOS = "EOS", "For the session (EOS)"
    EOSESS = "EOSESS", "To the end of the session (EOSESS)"
    EOTODY = "EOTODY", "To the end of today (EOTODY)"


def validity_words(label: str, days: int | None) -> str:
    """Return the label of a validity with its days, if it has any: "For 5 days (GTD)"."""
    return label.replace("a number of days", f"{days} day{'' if days == 1 else 's'}") if days else label


class LoginType(Choice):
    """What the password of a login is. The four distinct rows of the document's table (R9)."""

    PASSWORD = "PASSWORD", "Password"
    TOKEN = "TOKEN", "Register token"
    MPIN = "MPIN", "MPIN"
    TP_TOKEN = "TP_TOKEN", "Single sign-on token"


class SecondFactor(Choice):
    """Second factor of a login. REGISTER asks which factors the client has, and opens no session."""

    OTP = "OTP", "One-time password"
    TOTP = "TOTP", "Authenticator code"
    FINGERPRINT = "FINGERPRINT", "Registered UDID"
    REGISTER = "REGISTER", "Ask which factors are registered"


class Source(Choice):
    """Where a login comes from."""

    WEB = "WEBAPI", "API Web"
    MOBILE = "MOBILEAPI", "API Mobile"


class OptionType(Choice):
    """Option type of a contract."""

    CALL = "CE", "Call"
    PUT = "PE", "Put"


class Period(Choice):
    """Which positions."""

    ALL = "all", "All"
    DAILY = "daily", "Made today"
    EXPIRY = "expiry", "Carried over"


def names_of(choices: type[Choice], *codes: str) -> str:
    """Codes by their names, in the order of the declaration; those that it does not have, as they are; else "none"."""
    labels = {member.value: member.label for member in choices}
    known = [label for code, label in labels.items() if code in codes]
    return "; ".join([*known, *sorted(code for code in codes if code not in labels)]) or "none"
