"""Codes of the Connector's messages, beside the sides and order types of the REST API."""

from backoffice.protocol.codes import Choice
from backoffice.rest.api import codes as rest
from backoffice.rest.api.codes import OrderType, Side


class Validity(Choice):
    """validity, as a name and as a number, with the words of the REST API."""

    DAY = "DAY", rest.Validity.DAY.label
    GTD = "GTD", rest.Validity.GTD.label
    GTC = "GTC", rest.Validity.GTC.label
    IOC = "IOC", rest.Validity.IOC.label
    EOS = "EOS", rest.Validity.EOS.label
    FOK = "FOK", "Fill or kill (FOK)"


SIDE_NUMBERS = {Side.BUY: 1, Side.SELL: 2}
ORDER_TYPE_NUMBERS = {
    OrderType.LIMIT: 1,
    OrderType.MARKET: 2,
    OrderType.STOP_LIMIT: 3,
    OrderType.STOP_MARKET: 4,
}
VALIDITY_NUMBERS = {
    Validity.DAY: 1,
    Validity.GTD: 2,
    Validity.GTC: 3,
    Validity.IOC: 4,
    Validity.EOS: 5,
    Validity.FOK: 6,
}
_SIDES = {
    **dict.fromkeys(("1", "B", "BUY"), Side.BUY.value),
    **dict.fromkeys(("2", "S", "SELL"), Side.SELL.value),
}


def side_of(text: str) -> str:
    """Return BUY or SELL for a message's side (1, 2, B, S, BUY, SELL); "" for anything else."""
    return _SIDES.get(text.strip().upper(), "")
