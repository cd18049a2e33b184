"""GetOrderDetails: nothing is served before everything is checked, the AuthCode last (C15 to C17, C22, C51)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.connector import client as vas
from backoffice.connector.api import order_details
from backoffice.connector.api.order_details import OrderDetailsRequest
from backoffice.connector.config import basket_terms
from backoffice.protocol.codes import UserStatus
from partners import basket_lines, calls, findings, registry, switches
from partners.hashing import sha256
from partners.models import AuthCodeUse, BasketLine, ConnectorSession, Invitation, Partner, Redirect
from partners.models.baskets import Stage
from partners.models.invitations import InvitationState, RequestType
from partners.models.records import FindingKind
from partners.models.registry import MappingState, PartnerState
from partners.visits import REDIRECT_LIVES

#: How long an AuthCode gets the same basket without another check (C16).
REPEATED = timedelta(minutes=10)
_TP, _VAS, _UCC = "tp", "vas", "ucc"


class Refused(Exception):
    """A basket is not served. The text is the real reason: it goes to the trail, not to whoever asked."""


@dataclass(frozen=True)
class _Found:
    """Whose basket is asked for, and by which of the three ids."""

    redirect: Redirect
    code_kind: str

    @property
    def invitation(self) -> Invitation:
        return self.redirect.invitation


def serve(asked: OrderDetailsRequest) -> str:
    """`data` of the answer. Raises Refused; whatever it is, an entry of the trail says so."""
    partner = _partner(asked.partner_id)
    try:
        data = _serve(asked, partner)
    except Refused as refusal:
        words = f"Basket refused: {refusal}"
        calls.refused("connector.basket_refused", partner, words, product=asked.product_code)
        raise
    return data


def _serve(asked: OrderDetailsRequest, partner: Partner | None) -> str:
    if partner is None:
        raise Refused("no active partner has this Partner ID.")
    found = _found(asked, partner)
    _may_be_served(found)
    # A version that was published has the same lines permanently, so they are read once.
    lines = list(found.invitation.version.lines.all())
    _scrips_are_the_same(found, lines)
    code_hash = sha256(asked.auth_code.reveal())
    if (data := _repeat(found, code_hash)) is not None:
        return data
    checked = vas.check_auth_code(asked.auth_code, asked.client_code, registry.application_token(partner))
    note = calls.received if checked.good else calls.refused
    note(
        "connector.auth_code_checked",
        partner,
        "AuthCode good." if checked.good else f"AuthCode not good. {checked.words}",
        code=checked.code,
        invitation=found.invitation.pk,
    )
    if not checked.good:
        if (data := _repeat(found, code_hash)) is not None:
            return data  # the same call came twice at once, and the other one used the code
        raise Refused(f"the AuthCode is not good ({checked.code}).")
    return _served(found, asked, lines, code_hash)


def _served(found: _Found, asked: OrderDetailsRequest, lines: Sequence[BasketLine], code_hash: str) -> str:
    """Write down that the basket is served, after looking at everything again, and give it back."""
    try:
        with transaction.atomic():
            redirect = _whole().select_for_update(of=("self",)).get(pk=found.redirect.pk)
            again = _Found(redirect, found.code_kind)
            _may_be_served(again)
            if (data := _repeat(again, code_hash)) is not None:
                return data
            invitation = again.invitation
            header = order_details.Header(
                asked.product_code, asked.client_code, invitation.version.reco_id or ""
            )
            own = [basket_lines.line_of(line) for line in lines]
            data = order_details.data(header, own, basket_terms())
            now = timezone.now()
            AuthCodeUse.objects.create(
                partner=redirect.partner, code_hash=code_hash, redirect=redirect, data=data, at=now
            )
            Redirect.objects.filter(pk=redirect.pk).update(served_at=now)
            if redirect.session_id:
                ConnectorSession.objects.filter(pk=redirect.session_id).update(last_use="answered")
            Invitation.objects.filter(pk=invitation.pk).update(
                state=InvitationState.SERVED, served_at=now, code_kind=found.code_kind
            )
            calls.received(
                "connector.basket_served",
                redirect.partner,
                f"Basket {invitation.version.reco_id} served, asked for by {found.code_kind} id.",
                invitation=invitation.pk,
            )
    except IntegrityError:
        _alarm(found)
        raise Refused("the AuthCode was used for another basket.") from None
    return data


def _partner(partner_id: str) -> Partner | None:
    """The active partner with this Partner ID. There are few: the list is read."""
    for partner in Partner.objects.filter(state=PartnerState.ACTIVE):
        if partner.serves and any(row["partner_id"] == partner_id for row in partner.partner_ids):
            return partner
    return None


def _found(asked: OrderDetailsRequest, partner: Partner) -> _Found:
    """The open click that is meant. Raises Refused if there is none, or more than one client fits."""
    if not partner.has_product(asked.product_code):
        raise Refused("the partner has no such product.")
    clients = _clients(partner, asked.client_code)
    opened = _whole().filter(partner=partner, product_code=asked.product_code, ended_at=None)
    for kind in (_TP, _VAS, _UCC):
        if not clients[kind]:
            continue
        found = list(opened.filter(client__in=clients[kind])[:2])
        if len(found) > 1:
            raise Refused("two clients have this id.")
        if found:
            return _Found(found[0], kind)
    raise Refused("no open invitation for this client and product.")


def _clients(partner: Partner, code: str) -> dict[str, list[int]]:
    """The clients whom the partner's messages may mean by this code, by the kind of id that it would be. One query."""
    own = Q(tp_user_id=code) | Q(vas_user_id=code, mapping=MappingState.BOUND) | Q(client__user_id=code)
    columns = ("client", "tp_user_id", "vas_user_id", "mapping", "client__user_id")
    found: dict[str, list[int]] = {_TP: [], _VAS: [], _UCC: []}
    for client, tp_user_id, vas_user_id, mapping, user_id in partner.clients.filter(own).values_list(
        *columns
    ):
        if tp_user_id == code:
            found[_TP].append(client)
        if vas_user_id == code and mapping == MappingState.BOUND:
            found[_VAS].append(client)
        if user_id == code:
            found[_UCC].append(client)
    return found


def _may_be_served(found: _Found) -> None:
    """Raise Refused if the click, its invitation, its basket or a switch forbids it."""
    redirect, invitation = found.redirect, found.invitation
    version, now = invitation.version, timezone.now()
    if redirect.request_type == RequestType.LOGIN:
        raise Refused("the client went to log in, not to a basket.")
    if redirect.ended_at is not None or invitation.is_closed:
        raise Refused("the invitation or the click has ended.")
    if redirect.served_at is None and redirect.made_at <= now - REDIRECT_LIVES:
        raise Refused("the click is too old.")
    if version.state != Stage.PUBLISHED or version.valid_until <= now:
        raise Refused("this version of the basket is not published any more.")
    if redirect.client.status != UserStatus.ACTIVE:
        raise Refused("the client is not active.")
    if redirect.session is not None and redirect.session.ended_at is not None:
        raise Refused("the session that the click was made with has ended.")
    if switches.holding(
        model=invitation.model,
        partner=redirect.partner,
        product_code=redirect.product_code,
        client=redirect.client,
    ):
        raise Refused("a kill switch holds.")


def _scrips_are_the_same(found: _Found, lines: Sequence[BasketLine]) -> None:
    """Raise Refused if a token of the basket names another scrip in the current master (C22)."""
    version = found.invitation.version
    if stale := basket_lines.stale(lines):
        words = f"{len(stale)} lines of {version} name other scrips in today's master."
        findings.found(
            FindingKind.STALE_BASKET,
            f"{version.pk}",
            words,
            partner=found.redirect.partner,
            invitation=found.invitation,
        )
        raise Refused("stale basket: a scrip is not the same any more.")


def _repeat(found: _Found, code_hash: str) -> str | None:
    """Return what this AuthCode got before; None if it is new. Raises Refused if it was for something else."""
    used = AuthCodeUse.objects.filter(partner=found.redirect.partner, code_hash=code_hash).first()
    if used is None:
        return None
    if used.redirect_id != found.redirect.pk:
        _alarm(found)
        raise Refused("the AuthCode was used for another client, product or click.")
    if used.at <= timezone.now() - REPEATED:
        raise Refused("the AuthCode was used before.")
    return used.data


def _alarm(found: _Found) -> None:
    words = "An AuthCode came for a second client, product or click."
    findings.found(
        FindingKind.AUTH_CODE,
        f"invitation:{found.invitation.pk}",
        words,
        partner=found.redirect.partner,
        invitation=found.invitation,
    )


def _whole() -> QuerySet[Redirect]:
    return Redirect.objects.select_related("partner", "client", "session", "invitation__version")
