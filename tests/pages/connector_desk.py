"""A research desk with two versions of a basket, clients on their way, orders and a switch, for the pages."""

import json
import uuid
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from backoffice.changes import operations as changes
from backoffice.connector.api.lines import Line
from backoffice.delivery.handlers import apply
from backoffice.logins.models import User
from backoffice.protocol.fields import SecretText
from markets.models import Scrip, ScripImport, State
from partners import (
    baskets,
    calls,
    consent_desk,
    consents,
    findings,
    invitations,
    key_fetches,
    registry,
    sessions,
    switches,
)
from partners.consents import Terms
from partners.models import (
    ConnectorFinding,
    Consent,
    InboxMessage,
    Invitation,
    KeyFetch,
    Partner,
    ReportedOrder,
)
from partners.models.invitations import InvitationState
from partners.models.records import FindingKind
from tests.factories import retail_user_values

SYMBOLS = (("PEEPAL", "101.50"), ("BANYAN", "55.05"), ("NEEM", "1240.00"))
ENTRY = {
    "code": "desk",
    "name": "Research desk",
    "kind": "own",
    "state": "active",
    "application_token": SecretText("application-token-of-the-desk"),
    "partner_ids": [{"partner_id": "A1B2C3", "broker": "Sample Broking"}],
    "products": [{"code": "GROWTH", "name": "Growth", "algo_id": "ALGO1"}],
    "models": ["1", "2", "3"],
    "hosts": "keys.example",
    "registration": "INH000000000",
    "contact": "Research, 022 0000",
}


def make() -> None:
    """Make it all, and print the numbers of what addresses name."""
    maker, checker = User.objects.get(username="maker"), User.objects.get(username="checker")
    _scrips()
    for values in (ENTRY, _external()):
        change = registry.propose(values, by=maker, reason="New partner", token=uuid.uuid4())
        changes.approve(change.pk, by=checker, content_hash=change.content_hash)
    desk = Partner.objects.get(code="desk")
    basket = baskets.make(desk, "Growth five", "GROWTH", by=maker)
    first = _version(basket, maker, 3)
    _publish(first, maker, checker)
    invited = _clients(first, maker)
    second = _version(basket, maker, 2, quantity=25)
    baskets.submit(second, by=maker, reason="Rebalance", token=uuid.uuid4())
    draft = _version(baskets.make(desk, "Odd lots", "GROWTH", by=maker), maker, 1, price="10.01")
    kept = sessions.keep(desk, invited[0].client, SecretText("a-session-of-the-client"), SecretText(""))
    names = registry.client_of(desk, invited[1].client)
    sessions.claim(names, "VAS77")
    words = "Order 12 has no Reco ID of a basket of Research desk."
    findings.found(FindingKind.ORPHAN, "order:12", words, partner=desk)
    words = "The client returned, and no order message came in the 15 minutes after it."
    findings.found(FindingKind.SILENCE, invited[2].subject, words, partner=desk, invitation=invited[2])
    waiting, in_force = _consents(desk, invited, maker)
    _unknown_fetch(desk, maker, checker)
    switches.throw("client", invited[4].client.lane, by=maker, reason="The client asked for it")
    calls.unreadable("order-details", "application/json", ["ClientCod: text of 24"], "ClientCode is missing.")
    numbers = {
        "first": first.pk, "second": second.pk, "draft": draft.pk, "basket": basket.pk, "session": kept.pk,
        "names": names.pk, "invitation": invited[0].pk, "finding": ConnectorFinding.objects.first().pk,
        "waiting": waiting.pk, "in_force": in_force.pk,
    }  # fmt: skip
    print(json.dumps(numbers))


def _consents(desk, invited, maker) -> list[Consent]:
    """One that waits for its client, and one in force."""
    terms = Terms(Decimal(100000), Decimal(250000), timezone.now() + timedelta(days=90))
    asked = [consent_desk.ask(desk, "GROWTH", one.client, terms, by=maker)[0] for one in invited[:2]]
    with transaction.atomic():
        consents.put_in_force(asked[1])
    return asked


def _unknown_fetch(desk, maker, checker) -> None:
    change = key_fetches.propose(desk, by=maker, reason="First keys", token=uuid.uuid4())
    changes.approve(change.pk, by=checker, content_hash=change.content_hash)
    KeyFetch.objects.update(state="unknown", words=key_fetches.UNKNOWN, ended_at=timezone.now())


def _external() -> dict[str, object]:
    return {
        **ENTRY, "code": "outside", "name": "Outside Advisers", "kind": "external", "partner_ids": [],
        "application_token": SecretText("application-token-of-outside"), "products": [], "models": ["1"],
    }  # fmt: skip


def _scrips() -> None:
    own = ScripImport.objects.create(
        exchange="NSE_EQ", source="NSE_EQ.json", state=State.CURRENT, current_since=timezone.now()
    )
    for number, (symbol, _) in enumerate(SYMBOLS):
        Scrip.objects.create(
            scrip_import=own, exchange="NSE_EQ", token=900001 + number, symbol=symbol, series="EQ", lot=1, tick=5,
            mark=1, description=f"{symbol.title()} Industries",
        )  # fmt: skip


def _version(basket, maker, count, quantity=10, price=""):
    lines = [
        Line("NSE_EQ", 900001 + number, symbol, "BUY", "RL", quantity, Decimal(price or amount))
        for number, (symbol, amount) in enumerate(SYMBOLS[:count])
    ]
    now = timezone.now()
    return baskets.save_version(
        basket, lines, risk_text="Shares can fall, and you can lose money.", prices_as_of=now,
        valid_until=now + timedelta(hours=6), by=maker,
    )  # fmt: skip


def _publish(version, maker, checker) -> None:
    change = baskets.submit(version, by=maker, reason="For clients", token=uuid.uuid4())
    changes.approve(change.pk, by=checker, content_hash=change.content_hash)
    version.refresh_from_db()


def _clients(version, maker) -> list[Invitation]:
    found = []
    now = timezone.now()
    for number in range(6):
        values = {**retail_user_values(), "user_id": f"DESK{number}", "name": f"Client {number}"}
        apply(301, f"HO/DESK{number}", values)
        invited = invitations.invite_many(version, [f"HO/DESK{number}"], 1 + number % 2, by=maker)[0]
        assert invited.invitation, invited.problem
        found.append(invited.invitation)
    served = [one.pk for one in found[:4]]
    Invitation.objects.filter(pk__in=served).update(
        state=InvitationState.SERVED, opened_at=now, redirected_at=now, checked_at=now, served_at=now
    )
    Invitation.objects.filter(pk__in=served[:3]).update(state=InvitationState.RETURNED_OK, returned_at=now)
    _orders(version, found, now)
    return found


def _orders(version, found, now) -> None:
    for place, invitation in enumerate(found[:2]):
        for line in version.lines.all():
            other = place == 1 and line.number == 1
            ReportedOrder.objects.create(
                partner=version.basket.partner, vendor_partner_id="A1B2C3", exchange="1", invitation=invitation,
                key=f"2611290000{place}{line.number}", version=version, line=line, symbol=line.symbol, side="BUY",
                quantity=12 if other else 10, traded=4 if other else 10, traded_by_trades=4 if other else 10,
                price=int(line.price * 100), status="2", differs=["quantity"] if other else [], last_at=now,
            )  # fmt: skip
        Invitation.objects.filter(pk=invitation.pk).update(last_message_at=now)
    InboxMessage.objects.create(
        partner=version.basket.partner, source="webhook", body="{}", body_hash="0" * 64, received_at=now
    )
