"""Consents of clients to orders of model 3: whether one is in force, and how one begins and ends (C40).

`consent_desk` has the operations of staff, `consent_visits` those of clients.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.protocol.codes import UserStatus
from backoffice.repeating import Repeated
from backoffice.rest.config import is_configured
from partners import switches
from partners.keys import MODEL
from partners.models import Consent, Partner
from partners.models.consents import OPEN, ConsentState
from partners.models.registry import PartnerState
from partners.trail import note_consent

#: A consent holds for a year at most.
LONGEST = timedelta(days=365)
#: Rupees that a cap may have at most.
MOST_RUPEES = Decimal("99999999999.99")
_PAISA = Decimal("0.01")
#: The columns of consent, client and partner that a check reads.
_CHECKED = (
    *("cap_run", "cap_day", "valid_until", "client__status", "client__group_id", "client__user_id"),
    *("partner__name", "partner__kind", "partner__state", "partner__products", "partner__models_allowed"),
)


@dataclass(frozen=True)
class Terms:
    """The terms of a consent: caps in rupees for one run and one day, and its end."""

    cap_run: Decimal
    cap_day: Decimal
    valid_until: datetime

    @property
    def fault(self) -> str:
        """The error in the terms; "" if there is none."""
        for cap in (self.cap_run, self.cap_day):
            if not 0 < cap <= MOST_RUPEES or cap % _PAISA:
                return "A cap is an amount of rupees above 0 with at most two decimals."
        if self.cap_day < self.cap_run:
            return "The cap of a day is smaller than that of one basket. Raise it."
        now = timezone.now()
        if self.valid_until <= now:
            return "The consent would be over already. Choose a later day."
        if self.valid_until > now + LONGEST:
            return "A consent holds for a year at most. Choose an earlier day."
        return ""


@dataclass(frozen=True)
class Checked:
    """The result of a check: the consent in force, or why nothing may be placed ("" beside a consent)."""

    consent: Consent | None
    why: str = ""


def in_force(client: RetailUser, partner: Partner, product_code: str) -> Consent | None:
    """The consent that a client's orders may be placed on now, if there is one.

    Asks its state and time, and whether partner, product, client and settings allow model 3. It does not ask the kill
    switches: `Check` does, at the moment of placing.
    """
    if forbidden_for(client, partner, product_code):
        return None
    return valid_now(partner, product_code).filter(client=client).first()


class Check:
    """Checks whether orders of a client may be placed on a consent, in the transaction that commits each.

    The checks are equal for each order, so their queries are built once.
    """

    def __init__(self, client: RetailUser, partner: Partner, product_code: str) -> None:
        self._client, self._partner, self._product_code = client, partner, product_code
        own = Consent.objects.filter(
            client=client, partner=partner, product_code=product_code, state=ConsentState.ACTIVE
        )
        under_lock = own.select_for_update(of=("self",)).select_related("client", "partner")
        self._switches = switches.that_hold(
            model=MODEL, partner=partner, product_code=product_code, client=client
        )
        self._consent = Repeated(under_lock.only(*_CHECKED).annotate(is_stopped=Exists(self._switches)))

    def now(self) -> Checked:
        """Whether an order may be placed (C43). Needs a transaction.

        Locks the consent until that transaction ends: a revocation waits for it, and caps of one client, partner and
        product can be added up without a race. Partner and switches are read as they are now.
        """
        if consent := self._consent.first():
            now_client, now_partner = consent.client, consent.partner
        else:
            now_client = RetailUser.objects.get(pk=self._client.pk)
            now_partner = Partner.objects.get(pk=self._partner.pk)
        if (consent is None or consent.is_stopped) and (switch := self._switches.first()):
            return Checked(None, f"A kill switch holds: {switch}.")
        if words := forbidden_for(now_client, now_partner, self._product_code):
            return Checked(None, words)
        if consent is None:
            return Checked(
                None,
                f"{now_client.lane} has no consent to {self._product_code} of {now_partner.name} in force.",
            )
        if consent.valid_until <= timezone.now():
            return Checked(None, f"The consent of {now_client.lane} ran out. Ask the client for a new one.")
        return Checked(consent)


def forbidden(partner: Partner, product_code: str) -> str:
    """Why model 3 is not open to this product of a partner; "" if it is (C2, C42)."""
    model = str(MODEL)
    if not partner.serves:
        return f"{partner.name} is external: the portal places no orders after its baskets."
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


def put_in_force(consent: Consent) -> None:
    """Put a locked or new consent in force, replacing the previous one. Needs a transaction."""
    now = timezone.now()
    before = Consent.objects.select_for_update().filter(
        client=consent.client,
        partner=consent.partner,
        product_code=consent.product_code,
        state=ConsentState.ACTIVE,
    )
    for one in before:
        end(one, ConsentState.REPLACED)
        note_consent("connector.consent_replaced", one, "Consent replaced by a newer one.")
    consent.state, consent.given_at = ConsentState.ACTIVE, now
    consent.code_hash = ""
    consent.save()


def end(consent: Consent, state: ConsentState) -> None:
    """End a locked consent. Whoever calls it writes the audit entry."""
    consent.state, consent.ended_at, consent.code_hash = state, timezone.now(), ""
    if state == ConsentState.REVOKED:
        consent.revoked_at = consent.ended_at
    consent.save()


def end_due() -> int:
    """End expired consents. Returns how many."""
    count = 0
    due = Consent.objects.filter(state__in=OPEN, valid_until__lte=timezone.now())
    for number in due.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            consent = (
                Consent.objects.select_for_update(of=("self",))
                .select_related("client", "partner")
                .get(pk=number)
            )
            if consent.state not in OPEN:
                continue
            end(consent, ConsentState.ENDED)
            note_consent("connector.consent_ended", consent, "Consent ended: its time is over.")
            count += 1
    return count


def forbidden_for(client: RetailUser, partner: Partner, product_code: str) -> str:
    """Why model 3 is not open to a client for a product of a partner; "" if it is."""
    if client.status != UserStatus.ACTIVE:
        return f"{client.lane} is not active."
    return forbidden(partner, product_code)


def valid_now(partner: Partner, product_code: str) -> QuerySet[Consent]:
    """The consents to a product that were given, not revoked, and have not run out."""
    return Consent.objects.filter(
        partner=partner,
        product_code=product_code,
        state=ConsentState.ACTIVE,
        valid_until__gt=timezone.now(),
    )
