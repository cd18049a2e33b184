"""Operations of staff on consents: ask clients for one, make a new link, revoke (C40)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.free_text import checked
from partners import consent_text, consents, switches
from partners.consents import Terms
from partners.errors import ConnectorProblem
from partners.hashing import new_secret, sha256
from partners.invitations import MOST_CLIENTS
from partners.keys import MODEL
from partners.models import Consent, Partner
from partners.models.consents import ConsentState, HowGiven
from partners.proof import TRIES
from partners.rights import MAKE_BASKET, SETTLE, need
from partners.trail import note_consent

if TYPE_CHECKING:
    from backoffice.logins.models import User

_NO_RIGHT = "You may not ask for consents. Ask whoever makes baskets."


@dataclass(frozen=True)
class Asked:
    """One client of a list: the consent and its link, which is shown this once, or why there is none."""

    lane: str
    consent: Consent | None = None
    link: str = ""
    problem: str = ""


def ask(
    partner: Partner, product_code: str, client: RetailUser, terms: Terms, *, by: "User"
) -> tuple[Consent, str]:
    """Ask one client for consent. Returns the consent, which waits for the client, and its link, shown this once.

    A consent in force stays until the client gives the new one. Raises NotPermitted and ConnectorProblem.
    """
    need(by, MAKE_BASKET, _NO_RIGHT)
    partner = Partner.objects.get(pk=partner.pk)
    if words := terms.fault or askable(partner, product_code, client):
        raise ConnectorProblem(words)
    if not client.email:
        raise ConnectorProblem(
            f"{client.lane} has no e-mail address for the one-time code. Take a signed form instead."
        )
    text = consent_text.written(
        partner,
        product_code,
        cap_run=terms.cap_run,
        cap_day=terms.cap_day,
        valid_until=terms.valid_until,
    )
    secret = new_secret()
    try:
        with transaction.atomic():
            made = Consent.objects.create(
                client=client,
                partner=partner,
                product_code=product_code,
                text_version=text.version,
                text=text.text,
                text_hash=text.hash,
                cap_run=terms.cap_run,
                cap_day=terms.cap_day,
                valid_until=terms.valid_until,
                how_given=HowGiven.OWN_CLICK,
                link_hash=sha256(secret),
                asked_by=by,
            )
            note_consent("connector.consent_asked", made, "Asked for consent.", by=by)
    except IntegrityError:
        words = f"{client.lane} was asked already and has not answered. Make a new link for that consent."
        raise ConnectorProblem(words) from None
    return made, link_of(secret)


def ask_many(
    partner: Partner, product_code: str, lanes: Iterable[str], terms: Terms, *, by: "User"
) -> Sequence[Asked]:
    """Ask a list of clients, `GROUP/USER` each. One that cannot be asked has a reason and stops no other.

    Raises NotPermitted, and ConnectorProblem for impossible terms or a list that is too long.
    """
    need(by, MAKE_BASKET, _NO_RIGHT)
    wanted = list(dict.fromkeys(lane.strip() for lane in lanes if lane.strip()))
    if len(wanted) > MOST_CLIENTS:
        raise ConnectorProblem(f"A list has at most {MOST_CLIENTS:,} clients; this one has {len(wanted):,}.")
    if words := terms.fault or consents.forbidden(partner, product_code):
        raise ConnectorProblem(words)
    done = []
    for lane in wanted:
        client = by_lane(lane)
        if client is None:
            done.append(Asked(lane, problem=f"{lane[:40]} is not a retail user. Check the spelling."))
            continue
        try:
            done.append(Asked(lane, *ask(partner, product_code, client, terms, by=by)))
        except ConnectorProblem as error:
            done.append(Asked(lane, problem=error.words))
    return done


def new_link(consent: Consent, *, by: "User") -> str:
    """A new link with three new tries, to give or to revoke; the old one stops working.

    Raises NotPermitted and ConnectorProblem.
    """
    need(by, MAKE_BASKET, _NO_RIGHT)
    secret = new_secret()
    with transaction.atomic():
        own = _open(consent)
        own.link_hash, own.tries_left, own.codes_sent = sha256(secret), TRIES, 0
        own.code_hash = ""
        own.save()
        note_consent("connector.consent_link", own, "New link made. The old one stopped working.", by=by)
    return link_of(secret)


def link_of(secret: str) -> str:
    """The address that a client opens."""
    return f"{settings.CONNECTOR_PUBLIC_URL}/connector/c/{secret}/"


def revoke(consent: Consent, *, by: "User", reason: str) -> None:
    """Revoke a consent at once, or withdraw a request for one. Raises NotPermitted and ConnectorProblem."""
    need(by, SETTLE, "You may not revoke consents. Ask whoever settles the Connector's findings.")
    reason = checked(reason, ConnectorProblem, "Say why you revoke it: the trail needs it.")
    with transaction.atomic():
        own = _open(consent)
        own.revoked_by, own.reason = by, reason
        consents.end(own, ConsentState.REVOKED)
        note_consent("connector.consent_revoked", own, "Consent revoked by staff.", by=by, reason=reason)


def askable(partner: Partner, product_code: str, client: RetailUser) -> str:
    """Why a client cannot be asked for this consent now, or a signed form entered; "" if they can."""
    if words := consents.forbidden_for(client, partner, product_code):
        return words
    if not client.pan and not client.birth_date:
        return f"{client.lane} has neither PAN nor date of birth: the link could not be opened."
    held = switches.holding(model=MODEL, partner=partner, product_code=product_code, client=client)
    return f"A kill switch holds: {held}." if held else ""


def _open(consent: Consent) -> Consent:
    own = (
        Consent.objects.select_for_update(of=("self",)).select_related("client", "partner").get(pk=consent.pk)
    )
    if not own.is_open:
        raise ConnectorProblem(f"This consent is {ConsentState(own.shown_as).label.lower()} already.")
    return own
