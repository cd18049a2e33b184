"""Set up the ODIN Connector of a demonstration: a research desk, a partner, baskets, an invitation, the stand-in."""

import json
import os
import secrets
import urllib.request
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.retail_users import by_lane
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.connector.api.lines import Line
from backoffice.logins.models import User
from backoffice.protocol.fields import Values
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.codes import Exchange
from markets import search
from partners import baskets, invitations, registry
from partners.hashing import sha256
from partners.models import Basket, Invitation, Partner
from partners.models.baskets import Stage

#: The research desk's application token, which the stand-in knows from its start.
TOKEN_VARIABLE = "CONNECTOR_APPLICATION_TOKEN"  # noqa: S105  # the name of a variable
EXCHANGE = Exchange.NSE_EQ.value
DESK: Values = {
    "code": "desk",
    "name": "Research desk",
    "kind": "own",
    "partner_ids": [{"partner_id": "A1B2C3", "broker": "Banyan Broking"}],
    "products": [
        {"code": "GROWTH", "name": "Growth ideas", "algo_id": "DEMOGROWTH"},
        {"code": "INCOME", "name": "Income ideas", "algo_id": "DEMOINCOME"},
    ],
    "models": ["1", "2", "3"],
    "registration": "INH000000000",
    "contact": "Research desk, 022 5550 0100",
}
ADVISERS: Values = {
    "code": "advisers",
    "name": "Sample Advisers",
    "kind": "external",
    "partner_ids": [{"partner_id": "D4E5F6", "broker": "Gulmohar Securities"}],
    "products": [{"code": "SMALLCAP", "name": "Small companies", "algo_id": ""}],
    "models": ["1"],
    "registration": "INA000000000",
    "contact": "Sample Advisers, 022 5550 0200",
}
#: Product code, then symbol, quantity and limit price in rupees of each line; 0 for a market order. The stand-in trades
#: half of a limit order at or above its last price, all of a market order, and lets one below wait.
BASKETS: dict[str, tuple[str, tuple[tuple[str, int, str], ...]]] = {
    "Growth three": ("GROWTH", (("PEEPAL", 10, "101.50"), ("BANYAN", 4, "0"), ("NEEM", 2, "400.00"))),
    "Income two": ("INCOME", (("SANDAL", 2, "895.00"), ("TEAK", 20, "66.00"))),
    # Without a market order, as a run needs it.
    "Monsoon three": ("GROWTH", (("PEEPAL", 10, "101.50"), ("BANYAN", 4, "240.00"), ("NEEM", 2, "390.00"))),
    "Festival two": ("GROWTH", (("SANDAL", 2, "895.00"), ("TEAK", 20, "66.00"))),
}
RISKS = "Prices of shares can fall, and you can lose money. Past returns say nothing about future ones."
VALID = timedelta(days=30)
#: The client of a filled demonstration who is invited to the first basket, GROUP/USER.
INVITED = "HO/TRY001"
#: The password of the demonstration's clients who log in themselves.
PASSWORD = "Banyan42"  # noqa: S105  # of made-up clients, printed in docs/connector.md
REASON = "Demonstration"

# Without the proxy that the environment may name: the stand-in is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Command(BaseCommand):
    """Needs the stand-ins of the REST API and the Connector. Existing data stays unchanged.

    Everything is proposed by the demonstration's maker and approved by its checker.
    """

    help = (
        "Set up partners and baskets of the demonstration, and register the desk with the stand-in Connector."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "DEMO" or not settings.CONNECTOR:
            raise CommandError("This needs PORTAL_ENVIRONMENT=DEMO and CONNECTOR=on.")
        self.maker, self.checker = (User.objects.get(username=name) for name in ("maker", "checker"))
        hosts = urlsplit(settings.REST_BASE_URL).netloc or "127.0.0.1"
        desk = self._partner(
            {**DESK, "hosts": hosts}, os.environ.get(TOKEN_VARIABLE) or secrets.token_hex(16)
        )
        self._partner(ADVISERS, secrets.token_hex(16))
        for name, (product, lines) in BASKETS.items():
            self._basket(desk, name, product, lines)
        self._register(desk)
        self._invite()

    def _partner(self, entry: Values, token: str) -> Partner:
        code = str(entry["code"])
        if not Partner.objects.filter(code=code).exists():
            values = {"state": "active", "application_token": SecretText(token), **entry}
            self._approve(registry.propose(values, by=self.maker, reason=REASON, token=uuid.uuid4()))
        return Partner.objects.get(code=code)

    def _basket(
        self, desk: Partner, name: str, product: str, lines: tuple[tuple[str, int, str], ...]
    ) -> None:
        """Publish a basket, or the next version of one that expired."""
        basket = Basket.objects.filter(partner=desk, name=name).first()
        newest = basket.versions.first() if basket else None
        if newest and newest.state != Stage.EXPIRED:
            return
        self._import_scrips()
        now = timezone.now()
        with transaction.atomic():
            version = baskets.save_version(
                basket or baskets.make(desk, name, product, by=self.maker),
                [_line(*line) for line in lines],
                risk_text=RISKS,
                prices_as_of=now,
                valid_until=now + VALID,
                by=self.maker,
            )
            self._approve(baskets.submit(version, by=self.maker, reason=REASON, token=uuid.uuid4()))

    def _invite(self) -> None:
        """Invite the demonstration's client to the first basket, once, and print the link."""
        client, name = by_lane(INVITED), next(iter(BASKETS))
        if client is None or Invitation.objects.filter(client=client).exists():
            return
        version = Basket.objects.get(name=name).versions.get(state=Stage.PUBLISHED)
        _, link = invitations.invite(version, client, 1, by=self.maker)
        self.stdout.write(f"{client.lane} is invited to {name} (the link is printed only now): {link}")
        self.stdout.write(
            f"The password of the clients HO/TRY... is {PASSWORD}; the stand-ins show their codes."
        )

    def _approve(self, change: Change) -> None:
        changes.approve(change.pk, by=self.checker, content_hash=change.content_hash)

    def _import_scrips(self) -> None:
        """Fetch the scrip master of the baskets' exchange, unless today's is there."""
        current = search.masters().get(EXCHANGE)
        if current is None or current.stale:
            call_command("scrip_import", EXCHANGE, stdout=self.stdout)

    def _register(self, desk: Partner) -> None:
        """Tell the stand-in the desk's name, brokers and webhook, unless it has a webhook address that works."""
        token = registry.application_token(desk).reveal()
        known = {
            one["application_token"]: one for one in ask(f"{settings.CONNECTOR_LANDING_URL}/publishers.json")
        }
        webhook = urlsplit(known.get(token, {}).get("webhook_url", ""))
        here = webhook.netloc == urlsplit(settings.CONNECTOR_PUBLIC_URL).netloc
        if here and sha256(webhook.path.rstrip("/").rpartition("/")[2]) == desk.webhook_secret_hash:
            return
        ask(
            f"{settings.CONNECTOR_LANDING_URL}/publishers",
            application_token=token,
            name=desk.name,
            partners={**{row["partner_id"]: "active" for row in desk.partner_ids}, "5C5C5C": "suspended"},
            webhook_url=registry.new_webhook_address(desk, by=self.maker),
        )


def _line(symbol: str, quantity: int, price: str) -> Line:
    scrip = search.scrips([search.masters()[EXCHANGE]]).get(symbol=symbol)
    amount = Decimal(price)
    return Line(
        exchange=EXCHANGE,
        token=scrip.token,
        symbol=symbol,
        side="BUY",
        order_type="RL" if amount else "RL-MKT",
        quantity=quantity,
        price=amount,
    )


def ask(address: str, **given: object) -> Any:
    """Fetch a page of a stand-in's data, or post to its page what is given. Raises CommandError."""
    asked = urllib.request.Request(  # noqa: S310  # the address is a setting
        address,
        json.dumps(given).encode() if given else None,
        {"Content-Type": "application/json"},
    )
    try:
        with _opener.open(asked, timeout=10) as answer:
            return json.load(answer)
    except OSError as error:
        raise CommandError(f"{address} does not answer: {error}") from None
