"""The text of a consent, which a client reads and its hash covers (C40)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from backoffice.kit.formats import indian, ist
from partners.hashing import sha256
from partners.models import Partner

#: Of the wording below: raise it with every change of a word. Wording 1 did not name the broker.
WORDING = 2

_WORDS = """\
Consent to orders after recommendations of {partner}

Who recommends: {partner}{registration}. Product: {product}.

What you agree to: when {partner} publishes a basket of this product, {broker} may prepare its orders for you. \
Each time you get a link. It shows all orders with their prices. You log in yourself and confirm them. Nothing is \
ordered without that.

Limits: at most ₹\u00a0{cap_run} for the orders of one basket, and at most ₹\u00a0{cap_day} for all baskets of a day.

Until: {until} (India), unless you end it before.

How to end it: open the link of this consent and press “Revoke consent”, or tell {broker}. It ends at once. Orders \
that were sent before stay.

No promise: nobody promises you a profit. Prices can fall, and you can lose money. Orders may be executed in part or \
not at all."""


@dataclass(frozen=True)
class ConsentText:
    """A text with its version, `WORDING.REGISTRY`: of the wording, and of the partner's entry in the registry."""

    version: str
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of the text (hex)."""
        return sha256(self.text)


def written(
    partner: Partner,
    product_code: str,
    *,
    cap_run: Decimal,
    cap_day: Decimal,
    valid_until: datetime,
    wording: int | None = None,
) -> ConsentText:
    """The text for one product of a partner, as the registry has it now. `cap_run`, `cap_day`: rupees.

    `wording`: an earlier one, of a form that a client signed.
    """
    wording = wording or WORDING
    broker = settings.CONNECTOR_BROKER_NAME if wording > 1 else ""
    name = next((row.get("name") for row in partner.products if row["code"] == product_code), "")
    text = _WORDS.format(
        partner=partner.name,
        registration=f", SEBI registration {partner.registration}" if partner.registration else "",
        product=f"{name} ({product_code})" if name else product_code,
        broker=f"your broker {broker}" if broker else "your broker",
        cap_run=indian(cap_run),
        cap_day=indian(cap_day),
        until=ist(valid_until, "minute"),
    )
    return ConsentText(f"{wording}.{partner.version}", text)
