"""All calls. Importing this fills the registry."""

from backoffice.rest.api.calls.books import (
    GtdBook,
    Holdings,
    OrderBook,
    OrderHistory,
    Positions,
    TradeBook,
)
from backoffice.rest.api.calls.cover import CancelCover, ModifyCover, PlaceCover
from backoffice.rest.api.calls.orders import CancelOrder, ModifyOrder, PlaceOrder
from backoffice.rest.api.calls.user import Balance, Login, Logout, Profile, ValidateSession

__all__ = [
    "Balance",
    "CancelCover",
    "CancelOrder",
    "GtdBook",
    "Holdings",
    "Login",
    "Logout",
    "ModifyCover",
    "ModifyOrder",
    "OrderBook",
    "OrderHistory",
    "PlaceCover",
    "PlaceOrder",
    "Positions",
    "Profile",
    "TradeBook",
    "ValidateSession",
]
