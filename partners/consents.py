"""Consents of clients to orders of model 3: whether one is in force, and what staff do with them (C40)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.protocol.codes import UserStatus
from backoffice.rest.config import is_configured
from partners import switches
from partners.models import Consent, Partner
from partners.models.consents import ConsentState
from partners.models.registry import PartnerState

#: The model that places orders over the REST API.
MODEL = 3


@dataclass(frozen=True)
class Checked:
    """What a check found: the consent in force, or why nothing may be placed ("" beside a consent)."""

    consent: Consent | None
    why: str = ""


def in_force(client: RetailUser, partner: Partner, product_code: str) -> Consent | None:
    """The consent that a client's orders may be placed on now, if there is one.

    Asks its state and time, and whether partner, product, client and settings allow model 3. It does not ask the kill
    switches: `check` does, at the moment of placing.
    """
    if _forbidden(client, partner, product_code):
        return None
    return _valid(client, partner, product_code)


def check(client: RetailUser, partner: Partner, product_code: str) -> Checked:
    """Look whether an order may be placed on a consent, within the transaction that commits its row (C43).

    Locks the consent until that transaction ends: a revocation waits for it, and caps of one client, partner and
    product can be added up without a race. Partner and switches are read as they are now. Needs a transaction.
    """
    found = Consent.objects.select_for_update().filter(
        client=client, partner=partner, product_code=product_code, state=ConsentState.ACTIVE
    )
    consent = found.first()
    now_partner = Partner.objects.get(pk=partner.pk)
    now_client = RetailUser.objects.get(pk=client.pk)
    if switch := switches.holding(
        model=MODEL, partner=now_partner, product_code=product_code, client=now_client
    ):
        return Checked(None, f"A kill switch holds: {switch}.")
    if words := _forbidden(now_client, now_partner, product_code):
        return Checked(None, words)
    if consent is None:
        return Checked(
            None, f"{client.lane} has no consent to {product_code} of {now_partner.name} in force."
        )
    if consent.valid_until <= timezone.now():
        return Checked(None, f"The consent of {client.lane} ran out. Ask the client for a new one.")
    return Checked(consent)


def forbidden(partner: Partner, product_code: str) -> str:
    """Why model 3 is not open to this product of a partner; "" where it is (C2, C42)."""
    model = str(MODEL)
    if not settings.CONNECTOR or model not in settings.CONNECTOR_MODELS:
        return "Model 3 is off (CONNECTOR_MODELS)."
    if not is_configured():
        return "Model 3 needs the REST API: REST_BASE_URL is empty."
    if partner.state != PartnerState.ACTIVE:
        return f"{partner.name} is {partner.get_state_display().lower()}."
    if model not in partner.models_allowed:
        return f"Model 3 is not allowed for {partner.name}."
    if not partner.has_product(product_code):
        return f"{partner.name} has no product {product_code}."
    if not partner.algo_id(product_code):
        return f"{product_code} of {partner.name} has no algo id."
    return ""


def _forbidden(client: RetailUser, partner: Partner, product_code: str) -> str:
    if client.status != UserStatus.ACTIVE:
        return f"{client.lane} is not active."
    return forbidden(partner, product_code)


def _valid(client: RetailUser, partner: Partner, product_code: str) -> Consent | None:
    return Consent.objects.filter(
        client=client,
        partner=partner,
        product_code=product_code,
        state=ConsentState.ACTIVE,
        valid_until__gt=timezone.now(),
    ).first()
