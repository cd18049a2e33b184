"""The tables of the ODIN Connector (docs/connector.md)."""

from partners.models.baskets import Basket, BasketLine, BasketVersion
from partners.models.consents import Consent, ConsentForm
from partners.models.invitations import AuthCodeUse, Invitation, Redirect, TwoWayToken
from partners.models.keys import ApiKey, KeyFetch
from partners.models.orders import InboxMessage, OrderMessage, ReportedOrder, ReportedTrade
from partners.models.records import ConnectorFinding, KillSwitch, UnreadableCall
from partners.models.registry import Partner, PartnerClient, PartnerVersion
from partners.models.sessions import ConnectorSession

__all__ = [
    "ApiKey",
    "AuthCodeUse",
    "Basket",
    "BasketLine",
    "BasketVersion",
    "ConnectorFinding",
    "ConnectorSession",
    "Consent",
    "ConsentForm",
    "InboxMessage",
    "Invitation",
    "KeyFetch",
    "KillSwitch",
    "OrderMessage",
    "Partner",
    "PartnerClient",
    "PartnerVersion",
    "Redirect",
    "ReportedOrder",
    "ReportedTrade",
    "TwoWayToken",
    "UnreadableCall",
]
