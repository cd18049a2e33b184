"""Constants of the REST API, typed from the document and its newer pages. Nothing is taken from the client."""

from datetime import timedelta, timezone

KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")
PREFIX = "/interactive"

#: Name of an exchange, its id in this API, the segment of tag 220.
EXCHANGES = (
    ("NSE_EQ", 1, "1"),
    ("NSE_FO", 2, "2"),
    ("BSE_EQ", 8, "3"),
    ("BSE_FO", 4, "4"),
    ("MCX_FO", 16, "5"),
    ("NCDEX_FO", 64, "7"),
    ("MSE_CUR", 1024, "11"),
    ("NSE_CUR", 2048, "13"),
    ("BSE_COMM", 16384, "18"),
    ("NSE_COMM", 32768, "19"),
    ("NSE_OTS", 536870912, "33"),
    ("BSE_CUR", 268435456, "38"),
)
BY_SEGMENT = {segment: name for name, _, segment in EXCHANGES}
IDS = {name: number for name, number, _ in EXCHANGES}
#: Products of tag 248.
PRODUCTS = {"1": "INTRADAY", "2": "DELIVERY", "4": "COVER", "8": "MTF", "64": "BTST"}

LOGIN_TYPES = ("PASSWORD", "TOKEN", "MPIN", "TP_TOKEN")
FACTORS = ("OTP", "TOTP", "FINGERPRINT")
SOURCES = ("WEBAPI", "MOBILEAPI")
#: Login types of tag 223 that let an API in, by source.
API_LOGINS = {"WEBAPI": "16", "MOBILEAPI": "17"}
SIDES = ("BUY", "SELL")
ORDER_TYPES = ("RL", "RL-MKT", "SL", "SL-MKT")
REGULAR_PRODUCTS = ("INTRADAY", "DELIVERY", "BTST", "MTF")
VALIDITIES = ("DAY", "IOC", "GTD", "GTC", "EOS", "EOSESS", "EOTODY")

#: Statuses as the service writes them, and as the document does where that differs.
IN_DOCUMENT = {
    "OMSXMITTED": "OMS_XMITTED",
    "EXXMITTED": "EXCHANGE_XMITTED",
    "OMSREJECT": "OMS_REJECT",
    "ORDERERROR": "ORDER_ERROR",
    "ADMINREJECT": "ADMIN_REJECT",
    "AMOACCEPTED": "AMO_SUBMITTED",
    "AMOWITHDRAWN": "AMO_CANCELLED",
}
OPEN = ("PENDING", "OMSXMITTED", "EXXMITTED", "AMOACCEPTED")

#: Method and path of each call. A name in braces is one segment.
ROUTES = (
    ("login", "POST", "/authentication/v1/user/session"),
    ("logout", "DELETE", "/authentication/v1/user/session"),
    ("validate", "PUT", "/authentication/v1/user/session"),
    ("balance", "GET", "/authentication/v1/user/balance"),
    ("profile", "GET", "/authentication/v1/user/profile"),
    ("profile", "GET", "/authentication/v2/user/profile"),
    ("place", "POST", "/transactional/v1/orders/regular"),
    ("modify", "PUT", "/transactional/v1/orders/regular/{exchange}/{order_id}"),
    ("cancel", "DELETE", "/transactional/v1/orders/regular/{exchange}/{order_id}"),
    ("place_cover", "POST", "/transactional/v1/orders/cover"),
    ("modify_cover", "PUT", "/transactional/v1/orders/cover/{exchange}/{order_id}"),
    ("cancel_cover", "DELETE", "/transactional/v1/orders/cover/{exchange}/{order_id}"),
    ("order_book", "GET", "/transactional/v1/orders"),
    ("gtd_book", "GET", "/transactional/v1/gtdOrders"),
    ("history", "GET", "/transactional/v1/orders/{order_id}"),
    ("trades", "GET", "/transactional/v1/trades"),
    ("positions", "GET", "/transactional/v1/portfolio/positions/{period}"),
    ("holdings", "GET", "/transactional/v1/portfolio/holdings"),
)
CALLS = tuple(dict.fromkeys(name for name, _, _ in ROUTES))
