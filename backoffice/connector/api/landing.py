"""The landing address that a client's browser follows (3.2, C11)."""

from dataclasses import dataclass, field
from urllib.parse import quote

from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText

PATH = "/landing/redirect"
BASKET_WITH_LOGIN, LOGIN, BASKET_WITH_SESSION = 1, 2, 3

#: Parameters in order, with the request types that require each and those that allow it.
_TABLE: tuple[tuple[str, str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("sAppToken", "app_token", (1, 2, 3), ()),
    ("sTwoWayToken", "two_way_token", (1, 2, 3), ()),
    ("nRequestType", "request_type", (1, 2, 3), ()),
    ("sProductCode", "product_code", (1, 3), ()),
    ("sTpUserId", "tp_user_id", (1,), ()),
    ("sPartnerId", "partner_id", (2, 3), (1,)),
    ("sSession", "session", (3,), ()),
    ("oEchoBackObject", "echo", (), (1, 2, 3)),
)


@dataclass(frozen=True)
class Landing:
    """What a landing address says. `echo`: base64, see `echo`. "" stands for what is left out."""

    request_type: int
    app_token: SecretText
    two_way_token: SecretText
    product_code: str = ""
    tp_user_id: str = ""
    partner_id: str = ""
    session: SecretText = field(default_factory=lambda: SecretText(""))
    echo: str = ""


def landing_address(base: str, landing: Landing) -> SecretText:
    """The address: it holds the token, and for type 3 the session. Every value is percent-encoded.

    Raises EncodeError if a mandatory parameter is missing, or one is given that the type does not have.
    """
    pairs = []
    for name, attribute, mandatory, optional in _TABLE:
        value = getattr(landing, attribute)
        text = value.reveal() if isinstance(value, SecretText) else str(value)
        if landing.request_type in mandatory and not text:
            raise EncodeError(f"A landing of type {landing.request_type} needs {name}.")
        if text and landing.request_type not in (*mandatory, *optional):
            raise EncodeError(f"A landing of type {landing.request_type} has no {name}.")
        if text:
            pairs.append(f"{name}={quote(text, safe='')}")
    return SecretText(f"{base}{PATH}?{'&'.join(pairs)}")
