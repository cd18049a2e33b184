"""Scheduled work: expiry, missing callbacks, silence, sums that disagree, sync. Everything comes from the database."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.connector import client
from markets.trading_days import is_trading_day
from partners import baskets, belonging, consents, findings, inbox, orders, registry, sessions, tokens
from partners.errors import ConnectorProblem
from partners.models import InboxMessage, Invitation, OrderMessage, Partner, Redirect, ReportedOrder
from partners.models.baskets import Stage
from partners.models.invitations import CLOSED, InvitationState, Purpose
from partners.models.orders import Source
from partners.models.records import FindingKind
from partners.models.registry import PartnerKind, PartnerState
from partners.rights import SETTLE, need
from partners.visits import REDIRECT_LIVES

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: A served basket whose callback does not come for so long is "no callback" (C7).
CALLBACK_WITHIN = timedelta(minutes=30)
#: Order messages come within this time of a return in market hours (C37).
SILENT_AFTER = timedelta(minutes=15)
#: Trades and order agree within this time (C35).
ADDED_UP_WITHIN = timedelta(minutes=5)
#: An invitation whose basket expired without any order message closes after this time.
NOTHING_CAME = timedelta(days=1)
SYNC_PAUSE = timedelta(minutes=1)
#: Of a trading day, in India.
OPENS, CLOSES = time(9, 15), time(15, 30)


def look() -> int:
    """Do all that is due. Returns how many things changed."""
    if not Partner.objects.exists():
        return 0
    return (
        baskets.expire_due()
        + sessions.end_due()
        + consents.end_due()
        + _end_clicks()
        + _no_callback()
        + _close_ended()
        + _silent()
        + _not_added_up()
        + orders.place_orphans()
    )


def _end_clicks() -> int:
    """End clicks whose basket was not requested in time, and those that were served long ago."""
    since = timezone.now() - REDIRECT_LIVES
    opened = Redirect.objects.filter(ended_at=None)
    late = Q(served_at=None, made_at__lte=since) | Q(served_at__lte=since)
    return opened.filter(late).update(ended_at=timezone.now())


def _no_callback() -> int:
    since = timezone.now() - CALLBACK_WITHIN
    served = Invitation.objects.filter(state=InvitationState.SERVED, served_at__lte=since)
    return served.update(state=InvitationState.NOT_RETURNED)


def _close_ended() -> int:
    """Close invitations of ended baskets, by their orders, or as expired if nothing came."""
    done = 0
    opened = Invitation.objects.exclude(state__in=CLOSED).exclude(version__state=Stage.PUBLISHED)
    before = timezone.now() - NOTHING_CAME
    for invitation in opened.select_related("version")[:500]:
        outcome = belonging.outcome_of(invitation, all_lines=False)
        if outcome is None and invitation.last_message_at is None:
            ended = invitation.version.ended_at
            outcome = InvitationState.EXPIRED if ended is not None and ended <= before else None
        if outcome is not None:
            belonging.close(invitation, outcome)
            done += 1
    return done


def market_is_open(at: datetime) -> bool:
    """Whether exchanges are open: on a trading day, 9:15 to 15:30 in India."""
    local = timezone.localtime(at)
    return is_trading_day(local.date()) and OPENS <= local.time() <= CLOSES


def _silent() -> int:
    """Raise silence after a return, and of a partner with served baskets, and ask for sync (C37)."""
    now = timezone.now()
    if not market_is_open(now):
        return 0
    returned = Invitation.objects.filter(
        state=InvitationState.RETURNED_OK, last_message_at=None, returned_at__lte=now - SILENT_AFTER
    ).exclude(findings__kind=FindingKind.SILENCE)
    count = 0
    for invitation in returned.select_related("partner")[:500]:
        words = "The client returned, and no order message came in the 15 minutes after it."
        findings.found(
            FindingKind.SILENCE,
            invitation.subject,
            words,
            partner=invitation.partner,
            invitation=invitation,
        )
        _ask(invitation.partner, now)
        count += 1
    return count + _silent_partners(now)


def _silent_partners(now: datetime) -> int:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    served = Invitation.objects.filter(
        partner=OuterRef("pk"), served_at__gte=midnight, served_at__lte=now - SILENT_AFTER
    )
    heard = InboxMessage.objects.filter(partner=OuterRef("pk"), received_at__gte=midnight)
    count = 0
    for partner in Partner.objects.filter(Exists(served), ~Exists(heard)):
        key = f"{partner.subject} {midnight:%Y-%m-%d}"
        words = (
            f"No order messages of {partner.name} today, though baskets were served. Look whether the webhook is "
            "registered, ask for sync, and ask the vendor whether it counts us as disconnected."
        )
        findings.found(FindingKind.SILENCE, key, words, partner=partner)
        _ask(partner, now)
        count += 1
    return count


def _not_added_up() -> int:
    """Raise orders whose trades do not add up to the order's total, once for each (C35)."""
    late = ReportedOrder.objects.filter(last_at__lte=timezone.now() - ADDED_UP_WITHIN).filter(
        ~Q(traded=F("traded_by_trades")), traded__isnull=False
    )
    count = 0
    for order in late.exclude(findings__kind=FindingKind.TRADES).select_related("partner")[:500]:
        words = (
            f"Order {order.key} says {order.traded} traded; its trades add up to {order.traded_by_trades}."
        )
        findings.found(FindingKind.TRADES, order.subject, words, partner=order.partner, order=order)
        count += 1
    return count


# --- sync ---------------------------------------------------------------------------------------------------------


def ask_sync(partner: Partner, *, by: "User") -> None:
    """Ask for order messages that may have been lost. A worker asks the vendor, at most once a minute (C38).

    Raises NotPermitted and ConnectorProblem.
    """
    need(by, SETTLE, "You may not ask for sync. Ask whoever settles the Connector's findings.")
    if not partner.serves:
        raise ConnectorProblem("The portal sees no orders of an external partner.")
    with transaction.atomic():
        _ask(partner, timezone.now())
        record(
            "connector.sync_asked", by=by, subject=partner.subject, text=f"Sync of {partner.name} asked for."
        )


def _ask(partner: Partner, now: datetime) -> None:
    Partner.objects.filter(pk=partner.pk, sync_asked_at=None).update(sync_asked_at=now)


def sync_due() -> int:
    """Ask the vendor for order messages of each partner that is due. Returns how many were asked for."""
    now = timezone.now()
    due = Q(sync_asked_at__isnull=False) & (Q(synced_at=None) | Q(synced_at__lte=now - SYNC_PAUSE))
    count = 0
    for partner in Partner.objects.filter(due, state=PartnerState.ACTIVE).exclude(kind=PartnerKind.EXTERNAL):
        claimed = Partner.objects.filter(due, pk=partner.pk).update(synced_at=now, sync_asked_at=None)
        if claimed:
            _sync(partner)
            count += 1
    return count


def _sync(partner: Partner) -> None:
    """Ask for the messages of each Partner ID after the last contiguous sequence. The rows pass the inbox."""
    said = []
    sequence = last_contiguous(partner)
    for row in partner.partner_ids:
        token = tokens.mint(Purpose.SYNC, partner)
        answer = client.sync(registry.application_token(partner), token, row["partner_id"], sequence)
        if answer.words:
            said.append(answer.words)
        else:
            inbox.receive(partner, answer.body, Source.SYNC)
            said.append(f"{len(answer.body)} bytes received")
    words = f"Asked after {sequence}: {'; '.join(said) or 'no Partner ID'}"[:200]
    Partner.objects.filter(pk=partner.pk).update(sync_words=words)
    record("connector.synced", by=None, subject=partner.subject, text=words)


def last_contiguous(partner: Partner) -> int:
    """Return the last message sequence before the first gap in the stored ones; 0 if there are none (C38)."""
    held = OrderMessage.objects.filter(partner=partner, sequence__isnull=False)
    following = OrderMessage.objects.filter(partner=partner, sequence=OuterRef("sequence") + 1)
    last = held.filter(~Exists(following)).order_by("sequence").values_list("sequence", flat=True).first()
    return last if last is not None else 0
