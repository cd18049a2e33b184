"""A client's steps with the link of an invitation: proof of identity, reading the basket, the click (C8 to C11)."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.connector.api import echo, landing
from backoffice.connector.config import connector_config
from backoffice.protocol.codes import UserStatus
from backoffice.protocol.secret import SecretText
from backoffice.seal import unseal
from partners import proof, registry, sessions, switches, tokens
from partners.errors import ConnectorProblem
from partners.hashing import new_secret, sha256
from partners.models import ConnectorSession, Invitation, Redirect
from partners.models.baskets import Stage
from partners.models.invitations import CLOSED, InvitationState, Purpose, RequestType
from partners.models.registry import PartnerState
from partners.trail import note

#: Seconds in which a login callback may come (C25).
LOGIN_SECONDS = 15 * 60
#: How long a click may wait for its basket.
REDIRECT_LIVES = timedelta(minutes=30)
NOT_FOUND = "This link does not work. Ask your broker for a new one."
STOPPED = "This is stopped for the moment. Ask your broker."
_ASK = "Ask your broker for a new link."
_LOOK = "Your broker's order book says what happened to it."

#: From these a client may go to the broker; after a return only while no order message came.
MAY_GO = (
    InvitationState.INVITED,
    InvitationState.OPENED,
    InvitationState.REDIRECTED,
    InvitationState.CHECKED,
    InvitationState.SERVED,
    InvitationState.RETURNED_FAILED,
    InvitationState.RETURNED_UNCLEAR,
    InvitationState.NOT_RETURNED,
)
#: The client sent the basket, as far as is known.
_SENT = (
    InvitationState.RETURNED_OK,
    InvitationState.EXECUTED,
    InvitationState.PART,
    InvitationState.NOT_EXECUTED,
)


@dataclass(frozen=True)
class Way:
    """The target of a click. `address` holds the token: it is only a link on the page.

    `login`: the value of the cookie that a login callback must find; empty for the other types.
    """

    address: SecretText
    request_type: int
    login: SecretText


def by_secret(secret: str) -> Invitation:
    """The invitation of a link, or the one that took its place. Raises ConnectorProblem with words for the client."""
    found = _whole().filter(link_hash=sha256(secret)).first()
    seen = set()
    while found is not None and found.replaced_by_id and found.pk not in seen:
        seen.add(found.pk)
        found = _whole().get(pk=found.replaced_by_id)
    if found is None:
        raise ConnectorProblem(NOT_FOUND)
    _may_open(found)
    return found


def by_pk(pk: int) -> Invitation:
    """The invitation of a visit that is under way. Raises ConnectorProblem with words for the client."""
    found = _whole().filter(pk=pk).first()
    if found is None:
        raise ConnectorProblem(NOT_FOUND)
    _may_open(found)
    return found


def prove(invitation: Invitation, said: str) -> None:
    """Check the client's answer: the last four of the PAN, or the date of birth as DD-MM-YYYY (C8).

    Three wrong answers close the link until staff make a new one. Raises ConnectorProblem with words for the
    client.
    """
    with transaction.atomic():
        own = Invitation.objects.filter(pk=invitation.pk)
        if not proof.take_try(own):
            raise ConnectorProblem(proof.USED_UP)
        right = proof.fits(invitation.client, said)
        if right:
            own.update(tries_left=proof.TRIES)
            own.filter(state=InvitationState.INVITED).update(
                state=InvitationState.OPENED, opened_at=timezone.now()
            )
        words = "Link opened." if right else "Wrong answer on the page of a link."
        action = "connector.link_opened" if right else "connector.link_refused"
        note(action, invitation, words, by_client=right)
    if not right:
        raise ConnectorProblem(proof.wrong(own))


def go(invitation: Invitation) -> Way:
    """Send a client who proved their identity to the broker: make the token and the landing address (C9 to C11).

    A newer click ends the older one. Model 2 goes straight to the basket with a kept session, else to the
    login (C30). Raises ConnectorProblem with words for the client.
    """
    nonce, login = new_secret(), SecretText("")
    with transaction.atomic():
        RetailUser.objects.select_for_update(no_key=True).get(pk=invitation.client_id)
        own = by_pk(invitation.pk)
        if words := closed_because(own):
            raise ConnectorProblem(words)
        if own.state not in MAY_GO or own.last_message_at is not None:
            raise ConnectorProblem("You sent this basket to your broker already.")
        session = sessions.usable(own.partner, own.client) if own.model == 2 else None
        request_type = _type_of(own, session)
        names = registry.client_of(own.partner, own.client)
        now = timezone.now()
        Redirect.objects.filter(
            client=own.client, partner=own.partner, product_code=own.product_code, ended_at=None
        ).update(ended_at=now)
        if request_type == RequestType.LOGIN:
            login = SecretText(new_secret())
        redirect = Redirect.objects.create(
            invitation=own,
            partner=own.partner,
            client=own.client,
            product_code=own.product_code,
            request_type=request_type,
            session=session,
            nonce_hash=sha256(nonce),
            login_hash=sha256(login.reveal()) if login else "",
        )
        token = tokens.mint(
            Purpose[f"LANDING_{request_type}"], own.partner, redirect=redirect, tp_user_id=names.tp_user_id
        )
        Invitation.objects.filter(pk=own.pk).update(state=InvitationState.REDIRECTED, redirected_at=now)
        if session:
            ConnectorSession.objects.filter(pk=session.pk).update(used_at=now, last_use="no answer")
        words = f"Redirected: {redirect.get_request_type_display().lower()}."
        note("connector.redirected", own, words, by_client=True)
    return Way(_address(own, redirect, token, nonce, names.tp_user_id), request_type, login)


def echo_key() -> bytes:
    """The key of echo objects."""
    return sha256(f"connector.echo {settings.SECRET_KEY}").encode()


def revoke_session(invitation: Invitation) -> int:
    """Revoke the client's kept session at the partner, asked for on the page of a link (C29). Returns how many."""
    return sessions.revoke_by_client(invitation.partner, invitation.client)


def session_of(invitation: Invitation) -> ConnectorSession | None:
    """The client's kept session at the partner, for the page of a link."""
    return sessions.live().filter(partner=invitation.partner, client=invitation.client).first()


def closed_because(invitation: Invitation) -> str:
    """Return why the basket of a link is not shown any more, in words for the client; "" if it is."""
    was_sent = invitation.state in _SENT or invitation.last_message_at is not None
    if invitation.state in CLOSED:
        return f"This basket is closed. {_LOOK if was_sent else _ASK}"
    if invitation.partner.state != PartnerState.ACTIVE or invitation.client.status != UserStatus.ACTIVE:
        return f"This basket is closed. {_LOOK}" if was_sent else NOT_FOUND
    if invitation.version.state != Stage.PUBLISHED or invitation.version.valid_until <= timezone.now():
        return f"The time of this basket is over. {_LOOK if was_sent else _ASK}"
    held = switches.holding(
        model=invitation.model,
        partner=invitation.partner,
        product_code=invitation.product_code,
        client=invitation.client,
    )
    return STOPPED if held else ""


def _type_of(invitation: Invitation, session: ConnectorSession | None) -> int:
    if invitation.model == 1:
        return RequestType.BASKET_WITH_LOGIN
    return RequestType.BASKET_WITH_SESSION if session else RequestType.LOGIN


def _address(
    own: Invitation, redirect: Redirect, token: SecretText, nonce: str, tp_user_id: str
) -> SecretText:
    kind = redirect.request_type
    with_basket = kind != RequestType.LOGIN
    partner_ids = own.partner.partner_ids
    partner_id = partner_ids[0]["partner_id"] if partner_ids else ""
    return landing.landing_address(
        connector_config().landing_url,
        landing.Landing(
            request_type=kind,
            app_token=registry.application_token(own.partner),
            two_way_token=token,
            product_code=own.product_code if with_basket else "",
            tp_user_id=tp_user_id if kind == RequestType.BASKET_WITH_LOGIN else "",
            partner_id=partner_id,
            session=unseal(redirect.session.sealed) if redirect.session else SecretText(""),
            echo=echo.write(echo.Echo(own.reference, nonce), echo_key()) if with_basket else "",
        ),
    )


def _may_open(invitation: Invitation) -> None:
    """Raise ConnectorProblem if the page of a link no longer shows anything, not even a kept login to revoke (C29)."""
    if (words := closed_because(invitation)) and session_of(invitation) is None:
        raise ConnectorProblem(words)


def _whole() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("partner", "client", "version__basket")
