"""The registry of partners: entries are proposed, approved and kept in versions (C3)."""

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import RetailUser
from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.protocol.fields import SecretText, Values
from backoffice.seal import seal, unseal
from partners.errors import ConnectorProblem
from partners.hashing import new_secret, sha256
from partners.models import Partner, PartnerClient
from partners.models.registry import PartnerState
from partners.rights import PROPOSE_PARTNER, need

if TYPE_CHECKING:
    from backoffice.logins.models import User

PARTNER = "connector_partner"
#: Of the ids that name a client to a partner: 24 characters of 32 signs, 120 bits (C10).
_TP_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_TP_LENGTH = 24


def propose(values: Values, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose a new entry of the registry, or new values of one. `values`: the fields of `kinds.PartnerEntry`.

    `application_token` is SecretText; "" keeps the one that an existing partner has. `token`: of the form, so that two
    clicks are one proposal. Raises the errors of `changes.operations.submit`.
    """
    return changes.submit(PARTNER, values, by=by, reason=reason, token=token)


def values_of(partner: Partner) -> Values:
    """An entry as the form and the change have it, without the application token."""
    return {
        "code": partner.code,
        "name": partner.name,
        "kind": partner.kind,
        "state": partner.state,
        "partner_ids": list(partner.partner_ids),
        "products": list(partner.products),
        "models": list(partner.models_allowed),
        "hosts": " ".join(partner.hosts),
        "basket_callback": partner.basket_callback,
        "login_callback": partner.login_callback,
        "webhook_networks": " ".join(partner.webhook_networks),
        "registration": partner.registration,
        "contact": partner.contact,
    }


def put(values: dict[str, Any]) -> Partner:
    """Store approved values: a new partner, or the next version of one. Its kind of change calls this.

    Raises ConnectorProblem if another partner has the application token.
    """
    partner = Partner.objects.select_for_update().filter(code=values["code"]).first()
    if partner is None:
        partner = Partner(code=values["code"], version=0)
    partner.name, partner.kind, partner.state = values["name"], values["kind"], values["state"]
    given = values.get("application_token")
    if isinstance(given, SecretText) and given:
        partner.application_token = seal(given)
        partner.application_token_hash = sha256(given.reveal())
    partner.partner_ids = values.get("partner_ids") or []
    partner.products = values.get("products") or []
    partner.models_allowed = values.get("models") or []
    partner.hosts = str(values.get("hosts") or "").split()
    partner.webhook_networks = str(values.get("webhook_networks") or "").split()
    for name in ("basket_callback", "login_callback", "registration", "contact"):
        setattr(partner, name, values.get(name) or "")
    partner.version += 1
    try:
        with transaction.atomic():
            partner.save()
    except IntegrityError:
        raise ConnectorProblem("Another partner has this application token.") from None
    return partner


def application_token(partner: Partner) -> SecretText:
    """The application token, to be sent. Raises SealError."""
    return unseal(partner.application_token)


def by_application_token(token: str) -> Partner | None:
    """The partner with this application token."""
    return Partner.objects.filter(application_token_hash=sha256(token)).first()


def new_webhook_address(partner: Partner, *, by: "User") -> str:
    """Make a new address for the partner's order messages and give it back, once: the old one stops working (C33).

    Tell it to the vendor at once. Raises NotPermitted, and ConnectorProblem for an external partner.
    """
    need(by, PROPOSE_PARTNER, "You may not make a webhook address. Ask whoever keeps the registry.")
    if not partner.serves:
        raise ConnectorProblem("An external partner has a webhook of its own.")
    secret = new_secret()
    with transaction.atomic():
        Partner.objects.filter(pk=partner.pk).update(webhook_secret_hash=sha256(secret))
        record(
            "connector.webhook_address",
            by=by,
            subject=partner.subject,
            text=f"New webhook address for {partner.name}. The old one stopped working.",
        )
    return f"{settings.CONNECTOR_PUBLIC_URL}/connector/webhook/{partner.code}/{secret}/"


def active(partner: Partner) -> bool:
    """Whether the partner may be used: approved, neither suspended nor ended."""
    return partner.state == PartnerState.ACTIVE


def client_of(partner: Partner, client: RetailUser) -> PartnerClient:
    """Return the partner's id of a client, made on first use (C10)."""
    found, _ = PartnerClient.objects.get_or_create(
        partner=partner,
        client=client,
        defaults={"tp_user_id": "".join(secrets.choice(_TP_SIGNS) for _ in range(_TP_LENGTH))},
    )
    return found
