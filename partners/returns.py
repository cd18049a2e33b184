"""Callbacks in a client's browser: claims that are bound to a click, or leave no trace (C23 to C31)."""

from datetime import timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from backoffice.connector.api import callbacks, echo
from backoffice.connector.api.callbacks import BasketCallback, LoginCallback
from backoffice.connector.config import connector_config
from backoffice.protocol.codes import UserStatus
from partners import findings, registry, sessions, switches
from partners.hashing import sha256
from partners.models import Invitation, PartnerClient, Redirect
from partners.models.invitations import InvitationState, RequestType
from partners.models.records import FindingKind
from partners.models.registry import MappingState, PartnerState
from partners.trail import note
from partners.visits import LOGIN_SECONDS, echo_key

#: The results for the page after a callback. "neutral": the data could not be connected with anything.
Shown = Literal["ok", "failed", "unclear", "invalid", "login", "waiting", "neutral"]

_STATES = {
    "ok": InvitationState.RETURNED_OK,
    "failed": InvitationState.RETURNED_FAILED,
    "unclear": InvitationState.RETURNED_UNCLEAR,
    "invalid": InvitationState.RETURNED_FAILED,
}
#: From these a callback moves an invitation on. A basket that came back as a success stays so.
_BEFORE_A_RETURN = (
    InvitationState.REDIRECTED,
    InvitationState.CHECKED,
    InvitationState.SERVED,
    InvitationState.NOT_RETURNED,
    InvitationState.RETURNED_FAILED,
    InvitationState.RETURNED_UNCLEAR,
)


# --- basket -------------------------------------------------------------------------------------------------------


def basket(said: BasketCallback) -> Shown:
    """Take a basket callback. The first one that its echo object binds counts; nothing else changes a state (C24)."""
    known = echo.read(said.echo, echo_key()) if said.echo else None
    redirect = _clicked(known) if known else None
    if redirect is None:
        findings.found(
            FindingKind.CALLBACK, "basket", "A basket callback came without an echo object of ours."
        )
        return "neutral"
    means = callbacks.meaning(said.code, connector_config().status_codes)
    with transaction.atomic():
        first = Redirect.objects.filter(pk=redirect.pk, callback_hash="").update(
            callback_hash=said.content_hash,
            callback_code=said.code,
            callback_message=said.message,
            returned_at=timezone.now(),
        )
        if first:
            _returned(redirect, means, said)
            return means
        redirect.refresh_from_db()
        invitation = redirect.invitation
        if redirect.callback_hash == said.content_hash:
            note("connector.callback_again", invitation, "The same basket callback came again.")
        else:
            words = f"A second callback says {said.code}; the first one said {redirect.callback_code}."
            findings.found(
                FindingKind.CONTRADICTION,
                f"redirect:{redirect.pk}",
                words,
                partner=redirect.partner,
                invitation=invitation,
            )
            note("connector.callback_contradicts", invitation, words)
    return callbacks.meaning(redirect.callback_code, connector_config().status_codes)


def _clicked(known: echo.Echo) -> Redirect | None:
    """The click that an echo object of ours belongs to."""
    own = Redirect.objects.select_related("invitation__client", "partner", "session")
    return own.filter(
        nonce_hash=sha256(known.nonce), invitation__reference=known.invitation
    ).exclude(request_type=RequestType.LOGIN).first()  # fmt: skip


def _returned(redirect: Redirect, means: str, said: BasketCallback) -> None:
    now = timezone.now()
    invitation = redirect.invitation
    Redirect.objects.filter(pk=redirect.pk, ended_at=None).update(ended_at=now)
    Invitation.objects.filter(pk=invitation.pk, state__in=_BEFORE_A_RETURN).update(
        state=_STATES[means], returned_at=now
    )
    if means == "invalid" and redirect.session is not None:
        sessions.end_invalid(redirect.session)
    words = f"The browser says {said.code}, {said.message}: {means}."
    note("connector.returned", invitation, words)


# --- login --------------------------------------------------------------------------------------------------------


def login(said: LoginCallback, cookie: str) -> Shown:
    """Take a login callback. Without the cookie of the click, once, within its time, nothing is stored (C25)."""
    redirect = _started(cookie)
    if redirect is None:
        findings.found(
            FindingKind.CALLBACK, "login", "A login callback came without the cookie of a click of ours."
        )
        return "neutral"
    Redirect.objects.filter(pk=redirect.pk).update(callback_code=said.code, callback_message=said.message)
    means = callbacks.meaning(said.code, connector_config().status_codes)
    invitation = redirect.invitation
    if means != "ok" or not said.session:
        note("connector.login_returned", invitation, f"The browser says {said.code}: no session.")
        return "failed" if means == "ok" else means
    if said.trading_user_id and said.trading_user_id != redirect.client.user_id:
        words = "A login callback named another client than the one who clicked. Nothing was kept."
        findings.found(
            FindingKind.FOREIGN_SESSION,
            f"redirect:{redirect.pk}",
            words,
            partner=redirect.partner,
            invitation=invitation,
        )
        note("connector.login_foreign", invitation, words)
        return "neutral"
    if not _usable(redirect):
        note("connector.login_refused", invitation, "A session came back after a stop. Nothing was kept.")
        return "neutral"
    with transaction.atomic():
        sessions.keep(redirect.partner, redirect.client, said.session, said.rest_session)
        bound = _mapped(redirect, said)
        words = "Logged in; the session is kept until it ends."
        note("connector.session_kept", invitation, words, by_client=True)
    return "login" if bound else "waiting"


def _started(cookie: str) -> Redirect | None:
    """The login that a cookie belongs to. It is used up by that: a second callback finds none."""
    if not cookie:
        return None
    since = timezone.now() - timedelta(seconds=LOGIN_SECONDS)
    own = Redirect.objects.select_related("invitation__client", "partner", "client")
    found = own.filter(
        login_hash=sha256(cookie),
        request_type=RequestType.LOGIN,
        login_used=False,
        made_at__gt=since,
        ended_at=None,
    ).first()
    if found is None:
        return None
    now = timezone.now()
    used = Redirect.objects.filter(pk=found.pk, login_used=False).update(
        login_used=True, returned_at=now, ended_at=now
    )
    return found if used else None


def _usable(redirect: Redirect) -> bool:
    """Whether a session may be kept now: partner and client active, no kill switch, invitation open."""
    invitation = redirect.invitation
    if redirect.partner.state != PartnerState.ACTIVE or redirect.client.status != UserStatus.ACTIVE:
        return False
    held = switches.holding(
        model=invitation.model,
        partner=redirect.partner,
        product_code=redirect.product_code,
        client=redirect.client,
    )
    return held is None and not invitation.is_closed


def _mapped(redirect: Redirect, said: LoginCallback) -> bool:
    """Store a callback's claim of the vendor's id. Returns whether the client's id is bound (C25, C31)."""
    names = registry.client_of(redirect.partner, redirect.client)
    _note_differences(names, redirect, said)
    vas = said.vas_user_id
    if not vas:
        return names.mapping == MappingState.BOUND
    if names.mapping == MappingState.BOUND and names.vas_user_id == vas:
        return True
    elsewhere = redirect.partner.clients.filter(vas_user_id=vas).exclude(pk=names.pk).exists()
    if names.mapping != MappingState.BOUND and said.trading_user_id and not elsewhere:
        return sessions.bind_proven(names, vas)
    if names.mapping == MappingState.BOUND:
        words = "The vendor names this client by another id than before."
    elif elsewhere:
        words = "The vendor names two clients by one id."
    else:
        words = "A login callback did not say which client it is of. Look at it, and bind the id or leave it."
    sessions.claim(names, vas)
    findings.found(
        FindingKind.MAPPING, names.subject, words, partner=redirect.partner, invitation=redirect.invitation
    )
    return False


def _note_differences(names: PartnerClient, redirect: Redirect, said: LoginCallback) -> None:
    """Note name and e-mail that differ from the record; they are never taken over (C31)."""
    own = {"name": redirect.client.name, "email": redirect.client.email}
    given = {"name": said.name, "email": said.email}
    differs = {
        key: text for key, text in given.items() if text and text.strip().lower() != own[key].strip().lower()
    }
    if differs != names.callback_differs:
        PartnerClient.objects.filter(pk=names.pk).update(callback_differs=differs)
