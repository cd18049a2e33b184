"""A partner with model 3, its key at the REST stand-in, two clients who consented, a published basket and its run."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.changes import operations as changes
from backoffice.delivery.handlers import apply
from backoffice.protocol.secret import SecretText
from backoffice.seal import seal
from markets.models import ScripImport
from partners import baskets, registry
from partners.hashing import sha256
from partners.models import ApiKey, Consent, Partner
from runs import operations
from runs.models import Run
from standins.rest import RestStandIn
from tests.factories import ChangeFactory, current_master, retail_user_values
from tests.html_forms import Page
from tests.partners.conftest import approve, entry, line
from tests.rest.conftest import PASSWORD, configured
from tests.trading.conftest import ALL

__all__ = ["configured"]
KEY = "interactive-key-of-the-desk"
#: At these prices the stand-in's market fills nothing.
LINES = [
    line(price=Decimal("90.05")),
    line(900002, "BANYAN", price=Decimal("200.10"), quantity=2),
    line(900003, "GULMOHAR", price=Decimal("1000"), quantity=1),
]


@pytest.fixture
def standin():
    with RestStandIn(api_key=KEY, x_api_key=KEY) as standin:
        yield standin


@pytest.fixture
def model_3(settings, configured, standin, db, maker, checker):
    """The desk as a partner whose orders go to the stand-in; the broker's own REST API answers nowhere."""
    configured("http://127.0.0.1:9/interactive")
    settings.CONNECTOR = True
    settings.CONNECTOR_MODELS = ["1", "2", "3"]
    settings.CONNECTOR_PUBLIC_URL = "https://connect.example"
    settings.CONNECTOR_ORDERS_PER_SECOND = 1000
    return own_partner(standin, maker, checker)


def own_partner(standin, maker, checker):
    """The desk, with an algo id and an interactive key for the stand-in."""
    host = standin.base.split("/")[2]
    products = [{"code": "GROWTH", "name": "Growth", "algo_id": "ALGO0001"}]
    values = entry(models=["1", "2", "3"], hosts=host, products=products)
    approve(registry.propose(values, by=maker, reason="New desk", token=uuid.uuid4()), checker)
    partner = Partner.objects.get(code="desk")
    change = ChangeFactory.approved(
        kind="connector_keys", subject=partner.subject, message_values={"partner": "desk"}
    )
    ApiKey.objects.create(
        partner=partner,
        type="interactive",
        sealed_key=seal(SecretText(KEY)),
        endpoint=standin.base,
        fingerprint="0" * 12,
        change=change,
        fetched_at=timezone.now(),
    )
    return partner


def scrip_master():
    """A current master of the stand-in's first three shares."""
    current_master({900001: "PEEPAL", 900002: "BANYAN", 900003: "GULMOHAR"})


def client_of(user_id, pan):
    """A user of the stand-in as ODIN confirmed it."""
    values = retail_user_values(
        user_id=user_id,
        name=f"Client {user_id}",
        pan=pan,
        trading_segments=ALL,
        market_data_segments=ALL,
        login_types=["16", "18"],
        product_type="",
        email="",
        mobile="",
    )
    with transaction.atomic():
        apply(301, f"HO/{user_id}", values)
    return RetailUser.objects.get(user_id=user_id)


def consent_of(client, partner, by, **changed):
    """A consent by the client's own click, in force."""
    made = Consent.objects.create(
        **{
            "client": client,
            "partner": partner,
            "product_code": "GROWTH",
            "text_version": "1",
            "text": "I agree.",
            "text_hash": sha256("I agree."),
            "cap_run": 100_000,
            "cap_day": 100_000,
            "valid_until": timezone.now() + timedelta(days=30),
            "how_given": "own_click",
            "asked_by": by,
            **changed,
        }
    )
    made.state, made.given_at = "active", timezone.now()
    made.save()
    return made


@pytest.fixture
def clients(model_3, maker):
    """DEMO1 and DEMO2, who consented."""
    found = [client_of("DEMO1", "ABCPT1001K"), client_of("DEMO2", "ABCPT1002K")]
    for one in found:
        consent_of(one, model_3, maker)
    return found


@pytest.fixture
def publish(model_3, maker, checker):
    """Publishes a basket of these lines."""

    def done(lines=LINES, **changed):
        if not ScripImport.objects.exists():
            scrip_master()
        basket = baskets.make(model_3, f"Basket {uuid.uuid4().hex[:6]}", "GROWTH", by=maker)
        version = baskets.save_version(
            basket,
            lines,
            **{
                "risk_text": "Shares can fall, and you can lose money.",
                "prices_as_of": timezone.now(),
                "valid_until": timezone.now() + timedelta(hours=6),
                "by": maker,
                **changed,
            },
        )
        approve(baskets.submit(version, by=maker, reason="For clients", token=uuid.uuid4()), checker)
        version.refresh_from_db()
        return version

    return done


@pytest.fixture
def open_run(clients, publish, maker, checker):
    """Opens a run of a basket for both clients."""

    def done(version=None, lanes=("HO/DEMO1", "HO/DEMO2")):
        run = operations.propose(
            version or publish(), lanes, by=maker, reason="Monsoon ideas", token=uuid.uuid4()
        )
        changes.approve(run.change.pk, by=checker, content_hash=run.change.content_hash)
        return Run.objects.get(pk=run.pk)

    return done


class Visitor:
    """The browser of a client of a run."""

    def __init__(self, handed, standin):
        self.own, self.standin = handed.own, standin
        self.path = handed.link.removeprefix("https://connect.example")
        self.browser = Browser()

    def open(self, proof=None):
        return self.browser.post(self.path, {"proof": proof or self.own.client.pan[-4:]})

    def page(self):
        answer = self.browser.get("/connector/run/")
        return answer.content.decode()

    def _fields(self):
        return {"link": self.own.link_hash, **Page(self.page()).sent()}

    def _post(self, path, **changed):
        code = self.standin.people.keys(self.own.client.user_id).totp
        typed = {"client_password": PASSWORD, "client_code": code, "factor": "TOTP", "agreed": "yes"}
        return self.browser.post(path, {**self._fields(), **typed, **changed})

    def place(self, **changed):
        """Log in where the page asks for it, and place what is left."""
        return self._post("/connector/run/place/", **changed)

    def look(self, **changed):
        """Log in where the page asks for it, and look in the books."""
        return self._post("/connector/run/look/", **changed)

    def fresh(self):
        """The client as the database has it now."""
        self.own.refresh_from_db()
        return self.own

    def states(self):
        """The states of the lines' orders, in the basket's order."""
        return [one.order.state if one.order else "" for one in operations.lines_of(self.own)]

    def held(self):
        """What the stand-in has for this client: tokens, in the order of their arrival."""
        orders = self.standin.store.orders(self.own.client.user_id)
        return [int(one["scrip_token"]) for one in orders][::-1]


@pytest.fixture
def visitors(open_run, maker, standin):
    """A run that is open, and the browsers of its two clients."""

    def done(run=None):
        handed = operations.new_links(run or open_run(), by=maker)
        return [Visitor(one, standin) for one in handed]

    return done


@pytest.fixture
def visitor(visitors):
    """The browser of DEMO1, who proved who they are."""
    first, _ = visitors()
    first.open()
    return first


def text_of(page):
    """The words of a page."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
