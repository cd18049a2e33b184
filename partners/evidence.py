"""The part of evidence packs on the Connector: published baskets, whom they were shown to, and consents.

Application tokens, two-way tokens, sessions and keys are in no part.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from backoffice.audit.evidence import Part, Row, Scope
from partners.models import (
    BasketVersion,
    Consent,
    ConsentForm,
    Invitation,
    Redirect,
    ReportedOrder,
    ReportedTrade,
)
from partners.models.baskets import STORED, Stage
from partners.models.consents import ConsentState
from partners.orders_shown import rupees, shown
from partners.rights import MONITOR
from partners.wording import in_words

_ENDED = [stage for stage in STORED if stage is not Stage.DRAFT]


def baskets(scope: Scope) -> Iterable[Row]:
    """The versions that were published, oldest first; of a retail user those that he or she was invited to."""
    found = BasketVersion.objects.filter(published_at__isnull=False, state__in=_ENDED).order_by("id")
    if scope.subject:
        found = found.filter(pk__in=_invited(scope).values("version"))
    found = found.select_related("basket__partner", "made_by", "change__decided_by").prefetch_related("lines")
    rows = found if scope.subject else scope.during(found, "published_at", "ended_at")
    return [_basket(version) for version in rows]


def invitations(scope: Scope) -> Iterable[Row]:
    """The invitations of a scope with each click and all that order messages reported, oldest first."""
    orders = ReportedOrder.objects.select_related("line").order_by("id")
    trades = ReportedTrade.objects.order_by("id")
    found = (
        _invited(scope)
        .select_related("client", "partner", "version__basket", "invited_by", "closed_by")
        .prefetch_related(
            Prefetch("redirects", Redirect.objects.order_by("id")),
            Prefetch("orders", orders),
            Prefetch("orders__trades", trades),
        )
    )
    return [_invitation(one) for one in found]


def consents(scope: Scope) -> Iterable[Row]:
    """The consents of a scope with their texts, oldest first. Scans of signed forms are named by their hash."""
    found = Consent.objects.order_by("id").select_related(
        "client", "partner", "asked_by", "revoked_by", "change__decided_by"
    )
    if scope.subject:
        group_id, _, user_id = scope.subject.partition("/")
        found = found.filter(client__group_id=group_id, client__user_id=user_id)
    found = scope.during(found, "asked_at", "ended_at")
    scans = dict(ConsentForm.objects.filter(consents__in=found).values_list("pk", "sha256"))
    return [_consent(one, scans) for one in found]


def _invited(scope: Scope) -> QuerySet[Any]:
    found = Invitation.objects.order_by("id")
    if scope.subject:
        group_id, _, user_id = scope.subject.partition("/")
        found = found.filter(client__group_id=group_id, client__user_id=user_id)
    return scope.during(found, "invited_at", "closed_at")


def _basket(version: BasketVersion) -> Row:
    change = version.change
    return {
        "id": version.pk,
        "reco_id": version.reco_id,
        "basket": version.basket.name,
        "version": version.number,
        "partner": version.basket.partner.name,
        "product": version.basket.product_code,
        "state": version.stage.label,
        "made_by": version.made_by.get_username(),
        "change": version.change_id,
        "approved_by": change.decided_by.get_username() if change and change.decided_by else "",
        "published_at": version.published_at,
        "valid_until": version.valid_until,
        "ended_at": version.ended_at,
        "prices_as_of": version.prices_as_of,
        "risk_text": version.risk_text,
        "content_hash": version.content_hash,
        "lines": [in_words(line) for line in version.lines.all()],
    }


def _invitation(one: Invitation) -> Row:
    return {
        "id": one.pk,
        "on": one.client.lane,
        "partner": one.partner.name,
        "basket": one.version.basket.name,
        "reco_id": one.version.reco_id,
        "model": one.model,
        "state": one.get_state_display(),
        "invited_by": one.invited_by.get_username(),
        "invited_at": one.invited_at,
        "opened_at": one.opened_at,
        "served_at": one.served_at,
        "returned_at": one.returned_at,
        "last_message_at": one.last_message_at,
        "closed_at": one.closed_at,
        "closed_by": one.closed_by.get_username() if one.closed_by else "",
        "reason": one.reason,
        "evidence": one.evidence,
        "clicks": [_click(click) for click in one.redirects.all()],
        "orders": [_order(order) for order in one.orders.all()],
    }


def _consent(one: Consent, scans: Mapping[int, str]) -> Row:
    change = one.change
    return {
        "id": one.pk,
        "on": one.client.lane,
        "partner": one.partner.name,
        "product": one.product_code,
        "state": ConsentState(one.shown_as).label,
        "how_given": one.get_how_given_display(),
        "cap_run": _text(one.cap_run),
        "cap_day": _text(one.cap_day),
        "asked_by": one.asked_by.get_username(),
        "asked_at": one.asked_at,
        "opened_at": one.opened_at,
        "given_at": one.given_at,
        "valid_until": one.valid_until,
        "ended_at": one.ended_at,
        "revoked_by": "" if one.revoked_at is None else _revoker(one),
        "reason": one.reason,
        "evidence": one.evidence,
        "scan": scans.get(one.form_id or 0, ""),
        "change": one.change_id,
        "approved_by": change.decided_by.get_username() if change and change.decided_by else "",
        "text_version": one.text_version,
        "text_hash": one.text_hash,
        "text": one.text,
    }


def _revoker(one: Consent) -> str:
    return one.revoked_by.get_username() if one.revoked_by else "the client"


def _click(click: Redirect) -> Row:
    return {
        "at": click.made_at,
        "kind": click.get_request_type_display(),
        "served_at": click.served_at,
        "returned_at": click.returned_at,
        "said_code": click.callback_code,
        "said": click.callback_message,
    }


def _order(order: ReportedOrder) -> Row:
    as_shown = shown(order)
    exchange = order.line.exchange if order.line else ""
    return {
        "order": order.key,
        "exchange_order": order.order_number,
        "line": order.line.number if order.line else None,
        "symbol": order.symbol,
        "token": order.token,
        "side": order.side,
        "quantity": order.quantity,
        "traded": order.traded,
        "price": _text(as_shown.price),
        "status": as_shown.status,
        "reason": order.reason,
        "sequence": order.sequence,
        "reported_at": order.reported_at,
        "last_at": order.last_at,
        "flags": list(as_shown.flags),
        "trades": [
            {
                "number": trade.number,
                "quantity": trade.quantity,
                "price": _text(rupees(trade.price, exchange)),
                "at": trade.traded_at,
            }
            for trade in order.trades.all()
        ],
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}" if amount == round(amount, 2) else str(amount)


PARTS = (
    Part("connector_baskets", "Baskets", MONITOR, "partners/_evidence_basket.html", baskets),
    Part("connector_invitations", "Invitations", MONITOR, "partners/_evidence_invitation.html", invitations),
    Part("connector_consents", "Consents", MONITOR, "partners/_evidence_consent.html", consents),
)
