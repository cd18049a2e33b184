"""Constants of the Connector, VAS and OMEX, typed from their public pages. Nothing is taken from the portal."""

from datetime import timedelta, timezone

KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")

# --- where the services are -------------------------------------------------------------------------------------------
LANDING = "/landing/redirect"
BROKER_LIST = "/vasprodmgmt/odinConnectorBrokerList"
VAS_AUTH = "/loginservice/vas-auth"
API_KEYS = "/loginservice/apiKeys"
#: Sync of the Connector, and that of OMEX itself.
SYNC, OMEX_SYNC = "/omexorderandtraderesponse/sync", "/OTPA/V1/SyncOrders"

# --- codes of answers -------------------------------------------------------------------------------------------------
AUTH_GOOD = "reg-200-043"
AUTH_BAD = "reg-400-042"
KEYS_GIVEN = "reg-200-059"
# The public pages name no others: these are the stand-in's own.
BROKERS_GIVEN = "reg-200-001"
TOKEN_REFUSED = "reg-400-001"  # noqa: S105  # a code
REQUEST_REFUSED = "reg-400-000"
#: sStatusCode of callbacks: the stand-in's own, since none are public.
DONE, FAILED, SESSION_INVALID, CANCELLED = "S101", "F101", "I401", "C101"

# --- the landing ------------------------------------------------------------------------------------------------------
BASKET_WITH_LOGIN, LOGIN_TO_KEEP, BASKET_WITH_SESSION = "1", "2", "3"
MANDATORY = {
    BASKET_WITH_LOGIN: ("sAppToken", "sTwoWayToken", "sProductCode", "sTpUserId"),
    LOGIN_TO_KEEP: ("sAppToken", "sTwoWayToken", "sPartnerId"),
    BASKET_WITH_SESSION: ("sAppToken", "sTwoWayToken", "sProductCode", "sPartnerId", "sSession"),
}
PARAMETERS = frozenset(
    {"sAppToken", "sTwoWayToken", "nRequestType", "sProductCode", "sTpUserId", "sPartnerId", "sSession"}
    | {"oEchoBackObject"}
)
#: Longest values, where the pages name them.
LENGTHS = {"sProductCode": 50, "sTpUserId": 30, "sPartnerId": 6}
#: Seconds that an AuthCode is good for.
AUTH_SECONDS = 300

# --- the basket -------------------------------------------------------------------------------------------------------
HEADER_TEXTS = {"productCode": 50, "productType": 20, "clientCode": 50, "recoId": 6, "orderSide": 4}
ORDER_SIDES = ("BUY", "SELL")
BUY, SELL = 1, 2
RL, RL_MKT, SL, SL_MKT = 1, 2, 3, 4
ORDER_TYPES = {RL: "RL", RL_MKT: "RL-MKT", SL: "SL", SL_MKT: "SL-MKT"}
DAY, GTD = 1, 2
VALIDITIES = {DAY: "DAY", GTD: "GTD", 3: "GTC", 4: "IOC", 5: "EOS", 6: "FOK"}
LINE_NUMBERS = (
    *("mktSegId", "scripTkn", "ordType", "validity", "buyOrSell", "orgQty", "discQty"),
    *("ordPrice", "trigPrice"),
)
#: Spellings of the sibling interface that count as the same field.
OTHER_SPELLINGS = {"orgQTY": "orgQty", "ordGTD1": "ordGTD"}
#: Fields of the sibling interface that the page about baskets leaves out.
SIBLING_FIELDS = frozenset({"prodType", "sLTriggerPrice", "sLOrderPrice"})
MOST_LINES = 50
TICK_PAISE = 5

#: Name of an exchange, its plain segment id, and the id that the vendor calls mapped.
SEGMENTS = (
    ("NSE_EQ", 1, 1),
    ("NSE_FO", 2, 2),
    ("BSE_EQ", 3, 8),
    ("BSE_FO", 4, 4),
    ("MCX_FO", 5, 16),
    ("NCDEX_FO", 7, 64),
    ("MSE_CUR", 11, 1024),
    ("NSE_CUR", 13, 2048),
    ("BSE_COMM", 18, 16384),
    ("NSE_COMM", 19, 32768),
    ("BSE_CUR", 38, 268435456),
)
BY_PLAIN = {plain: name for name, plain, _ in SEGMENTS}
BY_MAPPED = {mapped: name for name, _, mapped in SEGMENTS}
PLAIN = {name: plain for name, plain, _ in SEGMENTS}

# --- order messages ---------------------------------------------------------------------------------------------------
ORDER_MESSAGE, TRADE_MESSAGE = "ORD_NRML", "TRD_MSG"
PENDING, ORDER_CANCELLED, EXECUTED, OMS_REJECT, ORDER_ERROR = 5, 6, 7, 10, 11
STATUSES = {
    PENDING: "Pending",
    ORDER_CANCELLED: "Cancelled",
    EXECUTED: "Executed",
    OMS_REJECT: "Rejected by the OMS",
    ORDER_ERROR: "Rejected by the exchange",
}
#: Statuses of the REST API that are not those of an open order.
REST_STATUSES = {
    "CANCELLED": ORDER_CANCELLED,
    "AMOWITHDRAWN": ORDER_CANCELLED,
    "EXECUTED": EXECUTED,
    "OMSREJECT": OMS_REJECT,
    "ORDERERROR": ORDER_ERROR,
}
#: The first number is above 2^53, where a floating-point number loses digits, and gets one digit longer soon after.
FIRST_SEQUENCE = 9_999_999_999_999_990
SYNC_REQUEST = "SYNC_ORDER_REQ"
#: Most messages in one answer of sync.
SYNC_ROWS = 500
