"""Operations of staff on invitations (C7, C8): make, revoke, close. `visits` has those of clients."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.free_text import checked
from backoffice.protocol.codes import UserStatus
from partners import registry, switches
from partners.errors import ConnectorProblem
from partners.hashing import new_secret, sha256
from partners.models import BasketVersion, Invitation, Redirect
from partners.models.baskets import Stage
from partners.models.invitations import CLOSED, InvitationState
from partners.models.registry import PartnerState
from partners.proof import TRIES
from partners.rights import MAKE_BASKET, SETTLE, need
from partners.trail import note

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Clients that one list may have.
MOST_CLIENTS = 1000
EVIDENCE_LENGTH = 200
OPEN = ~Q(state__in=[state.value for state in CLOSED])


@dataclass(frozen=True)
class Invited:
    """One client of a list: the invitation and its link, which is shown this once, or why there is none."""

    lane: str
    invitation: Invitation | None = None
    link: str = ""
    problem: str = ""


def invite(version: BasketVersion, client: RetailUser, model: int, *, by: "User") -> tuple[Invitation, str]:
    """Invite one client to a published version. Returns the invitation and its link, which is shown this once (C8).

    `model`: 1 or 2. An open invitation of the client to an earlier version of the same basket leads to this one.
    Raises NotPermitted and ConnectorProblem.
    """
    need(by, MAKE_BASKET, "You may not invite clients. Ask whoever makes baskets.")
    version = BasketVersion.objects.select_related("basket__partner").get(pk=version.pk)
    _invitable(version, client, model)
    secret = new_secret()
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                reference=secrets.token_urlsafe(16),
                version=version,
                partner=version.basket.partner,
                product_code=version.basket.product_code,
                client=client,
                model=model,
                link_hash=sha256(secret),
                invited_by=by,
            )
            registry.client_of(version.basket.partner, client)
            earlier = Invitation.objects.filter(
                version__basket=version.basket, client=client, replaced_by=None
            ).exclude(pk=made.pk)
            earlier.update(replaced_by=made)
            words = f"Invited to {version.basket} version {version.number}, model {model}."
            note("connector.invited", made, words, by=by)
    except IntegrityError:
        raise ConnectorProblem(f"{client.lane} has an open invitation to this version.") from None
    return made, link_of(secret)


def invite_many(version: BasketVersion, lanes: Iterable[str], model: int, *, by: "User") -> Sequence[Invited]:
    """Invite a list of clients, `GROUP/USER` each. One that cannot be invited says why and stops no other.

    Raises NotPermitted, and ConnectorProblem for a list that is too long.
    """
    need(by, MAKE_BASKET, "You may not invite clients. Ask whoever makes baskets.")
    wanted = list(dict.fromkeys(lane.strip() for lane in lanes if lane.strip()))
    if len(wanted) > MOST_CLIENTS:
        raise ConnectorProblem(f"A list has at most {MOST_CLIENTS:,} clients; this one has {len(wanted):,}.")
    done = []
    for lane in wanted:
        client = by_lane(lane)
        if client is None:
            done.append(Invited(lane, problem=f"{lane[:40]} is not a retail user. Check the spelling."))
            continue
        try:
            invitation, link = invite(version, client, model, by=by)
            done.append(Invited(lane, invitation, link))
        except ConnectorProblem as error:
            done.append(Invited(lane, problem=error.words))
    return done


def new_link(invitation: Invitation, *, by: "User") -> str:
    """A new link with three new tries; the old one stops working. Raises NotPermitted and ConnectorProblem."""
    need(by, MAKE_BASKET, "You may not invite clients. Ask whoever makes baskets.")
    secret = new_secret()
    with transaction.atomic():
        own = _open(invitation)
        own.link_hash, own.tries_left = sha256(secret), TRIES
        own.save(update_fields=["link_hash", "tries_left"])
        note("connector.new_link", own, "New link made. The old one stopped working.", by=by)
    return link_of(secret)


def link_of(secret: str) -> str:
    """The address that a client opens."""
    return f"{settings.CONNECTOR_PUBLIC_URL}/connector/i/{secret}/"


def revoke(invitation: Invitation, *, by: "User", reason: str) -> None:
    """End an invitation before its time. Raises NotPermitted and ConnectorProblem."""
    need(by, MAKE_BASKET, "You may not revoke invitations. Ask whoever makes baskets.")
    reason = checked(reason, ConnectorProblem, "Say why you revoke it: the trail needs it.")
    with transaction.atomic():
        own = _open(invitation)
        _close(own, InvitationState.REVOKED, by, reason)
        note("connector.invitation_revoked", own, "Invitation revoked.", by=by, reason=reason)


def close(invitation: Invitation, outcome: str, *, by: "User", reason: str, evidence: str) -> None:
    """Record how an invitation ended, by a person: executed, part or not_executed, with reason and evidence (C7).

    `evidence`: where it can be seen, such as a number of the order book. Raises NotPermitted and
    ConnectorProblem.
    """
    need(by, SETTLE, "You may not close invitations. Ask whoever settles the Connector's findings.")
    reason = checked(reason, ConnectorProblem, "Say why you close it: the trail needs it.")
    evidence = checked(
        evidence,
        ConnectorProblem,
        "Say where it can be seen, such as the order's number.",
        most=EVIDENCE_LENGTH,
    )
    if outcome not in (InvitationState.EXECUTED, InvitationState.PART, InvitationState.NOT_EXECUTED):
        raise ConnectorProblem("Choose executed, executed in part, or not executed.")
    with transaction.atomic():
        own = _open(invitation)
        own.evidence = evidence
        _close(own, InvitationState(outcome), by, reason)
        words = f"Closed by a person: {own.get_state_display().lower()}. Evidence: {evidence}"
        note("connector.invitation_closed", own, words, by=by, reason=reason)


def void_of(version: BasketVersion, why: str) -> int:
    """Revoke the open invitations of a superseded or withdrawn version. Returns how many.

    Except those whose client came back from the broker: their order messages still arrive (C17).
    """
    return _end_all(version, InvitationState.REVOKED, why)


def expire_of(version: BasketVersion) -> int:
    """Expire the invitations of an expired version. Returns how many."""
    return _end_all(version, InvitationState.EXPIRED, "")


def open_redirects(invitations: QuerySet[Invitation]) -> QuerySet[Redirect]:
    """The redirects of these invitations that still lead to a basket."""
    return Redirect.objects.filter(invitation__in=invitations, ended_at__isnull=True)


#: States in which nothing was ordered yet.
BEFORE_THE_BASKET = (
    InvitationState.INVITED,
    InvitationState.OPENED,
    InvitationState.REDIRECTED,
    InvitationState.CHECKED,
)


def _end_all(version: BasketVersion, state: InvitationState, why: str) -> int:
    now = timezone.now()
    own = version.invitations.filter(OPEN)
    open_redirects(own).update(ended_at=now)
    return own.filter(state__in=BEFORE_THE_BASKET).update(state=state, reason=why, closed_at=now)


def _invitable(version: BasketVersion, client: RetailUser, model: int) -> None:
    """Raise ConnectorProblem if this client cannot be invited to this version now."""
    partner = version.basket.partner
    if version.state != Stage.PUBLISHED or version.valid_until <= timezone.now():
        raise ConnectorProblem(f"{version.basket} version {version.number} is not published.")
    if partner.state != PartnerState.ACTIVE or not partner.serves:
        raise ConnectorProblem(f"{partner.name} is external, suspended or ended.")
    if str(model) not in partner.models_allowed or str(model) not in settings.CONNECTOR_MODELS:
        raise ConnectorProblem(f"Model {model} is not allowed for {partner.name}.")
    if client.status != UserStatus.ACTIVE:
        raise ConnectorProblem(f"{client.lane} is not active.")
    if not client.pan and not client.birth_date:
        raise ConnectorProblem(
            f"{client.lane} has neither PAN nor date of birth: the link could not be opened."
        )
    if switch := switches.holding(
        model=model, partner=partner, product_code=version.basket.product_code, client=client
    ):
        raise ConnectorProblem(f"A kill switch holds: {switch}.")


def _open(invitation: Invitation) -> Invitation:
    own = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if own.is_closed:
        raise ConnectorProblem(f"This invitation is {own.get_state_display().lower()} already.")
    return own


def _close(own: Invitation, state: InvitationState, by: "User | None", reason: str) -> None:
    own.state, own.closed_by, own.reason, own.closed_at = state, by, reason, timezone.now()
    own.save()
    Redirect.objects.filter(invitation=own, ended_at__isnull=True).update(ended_at=own.closed_at)
