"""Two-way tokens: minted for one purpose, checked by the vendor, good for a few minutes (C9, C13, C48)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from backoffice.connector.api.token_check import TokenCheck
from backoffice.protocol.secret import SecretText
from partners import calls, registry, switches
from partners.hashing import new_secret, sha256
from partners.keys import MODEL
from partners.models import Invitation, Partner, Redirect, TwoWayToken
from partners.models.baskets import Stage
from partners.models.invitations import InvitationState, Purpose
from partners.models.registry import PartnerState

LIVES = timedelta(minutes=10)


def mint(
    purpose: Purpose, partner: Partner, *, redirect: Redirect | None = None, tp_user_id: str = ""
) -> SecretText:
    """A new token. It works once the transaction is committed: hand it out after that."""
    token = new_secret()
    TwoWayToken.objects.create(
        token_hash=sha256(token),
        purpose=purpose,
        partner=partner,
        product_code=redirect.product_code if redirect else "",
        redirect=redirect,
        tp_user_id=tp_user_id,
        uses_left=settings.CONNECTOR_TOKEN_USES,
        ends_at=timezone.now() + LIVES,
    )
    return SecretText(token)


def check(asked: TokenCheck) -> bool:
    """Whether a token is good; it is used up by that. The real reason of a refusal goes to the trail only."""
    with transaction.atomic():
        found = (
            TwoWayToken.objects.select_related("partner", "redirect__invitation__version", "redirect__client")
            .filter(token_hash=sha256(asked.token.reveal()))
            .first()
        )
        why = _refusal(found, asked) if found else "no such token."
        if found is not None and not why and not _use(found):
            why = "used up."
        if found is None or why:
            partner = found.partner if found else registry.by_application_token(asked.application.reveal())
            calls.refused_token(partner, why)
            return False
        if found.redirect:
            Invitation.objects.filter(
                pk=found.redirect.invitation_id, state=InvitationState.REDIRECTED
            ).update(state=InvitationState.CHECKED, checked_at=timezone.now())
        words = f"Token check passed: {found.get_purpose_display().lower()}."
        calls.received("connector.token_checked", found.partner, words)
        return True


def _refusal(found: TwoWayToken, asked: TokenCheck) -> str:
    """Why a token is refused; "" if nothing speaks against it."""
    partner = found.partner
    if found.ends_at <= timezone.now():
        return "too old."
    if partner.state != PartnerState.ACTIVE:
        return "the partner is not active."
    if asked.user_ref and not constant_time_compare(asked.user_ref, found.tp_user_id):
        return "made for another user."
    application = asked.application.reveal()
    if application and not constant_time_compare(sha256(application), partner.application_token_hash):
        return "made for another application."
    redirect = found.redirect
    if redirect is None:
        model = MODEL if found.purpose == Purpose.API_KEYS else None
        return "a kill switch holds." if switches.holding(model=model, partner=partner) else ""
    invitation = redirect.invitation
    if redirect.ended_at is not None or invitation.is_closed:
        return "the invitation or the click has ended."
    if invitation.version.state != Stage.PUBLISHED or invitation.version.valid_until <= timezone.now():
        return "the basket is not published any more."
    held = switches.holding(
        model=invitation.model, partner=partner, product_code=redirect.product_code, client=redirect.client
    )
    return "a kill switch holds." if held else ""


def _use(found: TwoWayToken) -> bool:
    """Take one use. False if another request was faster."""
    now = timezone.now()
    usable = TwoWayToken.objects.filter(pk=found.pk, uses_left__gt=0, ends_at__gt=now)
    return bool(usable.update(uses_left=F("uses_left") - 1, used_at=now))
