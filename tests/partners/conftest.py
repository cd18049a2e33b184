"""What the tests of this room share: the Connector switched on, a partner, a scrip master, a published basket."""

import html
import re
import uuid
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client as Browser
from django.test.testcases import LiveServerThread
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.changes import operations as changes
from backoffice.connector.api.lines import Line
from backoffice.protocol.fields import SecretText
from partners import baskets, invitations, registry
from partners.models import Partner
from tests.factories import RetailUserFactory, current_master
from tests.html_forms import Page
from tests.partners.stub import Vendor

TOKEN = "application-token-of-the-desk"


@pytest.fixture(autouse=True)
def connector(settings):
    """CONNECTOR on, all services at an address where nothing listens."""
    settings.CONNECTOR = True
    settings.CONNECTOR_PUBLIC_URL = "https://connect.example"
    settings.CONNECTOR_LANDING_URL = "https://landing.example"
    settings.CONNECTOR_VAS_URL = "http://127.0.0.1:9"
    settings.CONNECTOR_STATUS_CODES = {"S101": "ok", "F101": "failed", "I401": "invalid"}
    return settings


def entry(**changed):
    """The values of a registry entry. Keywords replace some."""
    return {
        "code": "desk",
        "name": "Research desk",
        "kind": "own",
        "state": "active",
        "application_token": SecretText(TOKEN),
        "partner_ids": [{"partner_id": "A1B2C3", "broker": "Sample Broking"}],
        "products": [{"code": "GROWTH", "name": "Growth", "algo_id": ""}],
        "models": ["1", "2"],
        "hosts": "",
        "basket_callback": "https://connect.example/connector/callback/basket/",
        "login_callback": "https://connect.example/connector/callback/login/",
        "webhook_networks": "",
        "registration": "INH000000000",
        "contact": "Research, 022 0000",
        **changed,
    }


def approve(change, by):
    return changes.approve(change.pk, by=by, content_hash=change.content_hash)


@pytest.fixture
def partner(db, maker, checker):
    change = registry.propose(entry(), by=maker, reason="New desk", token=uuid.uuid4())
    approve(change, checker)
    return Partner.objects.get(code="desk")


@pytest.fixture
def model_3(settings):
    """Model 3 on, with a REST API at an address where nothing listens, and a mail server."""
    settings.CONNECTOR_MODELS = ["1", "2", "3"]
    settings.REST_BASE_URL = "http://127.0.0.1:9/interactive"
    settings.EMAIL_HOST = "mail.example"


@pytest.fixture
def desk(db, model_3, maker, checker):
    """A research desk that may use model 3."""
    products = [{"code": "GROWTH", "name": "Growth ideas", "algo_id": "ALGO1"}]
    values = entry(models=["1", "2", "3"], products=products, hosts="keys.example")
    approve(registry.propose(values, by=maker, reason="Model 3", token=uuid.uuid4()), checker)
    return Partner.objects.get(code="desk")


@pytest.fixture
def client_with_mail(db) -> RetailUser:
    """A retail user with an e-mail address, who is asked for consent."""
    values = {"group_id": "HO", "user_id": "RET001", "pan": "ABCPT1234A", "status": "A"}
    return RetailUserFactory(**values, email="asha@example.com")


@pytest.fixture
def scrips(db):
    """A current master of NSE_EQ with three shares, and of BSE_EQ with one."""
    shares = {
        "NSE_EQ": {900001: "PEEPAL", 900002: "BANYAN", 900003: "NEEM"},
        "BSE_EQ": {500001: "PEEPAL"},
    }
    return {
        (exchange, scrip.token): scrip
        for exchange, listed in shares.items()
        for scrip in current_master(listed, exchange)
    }


@pytest.fixture
def client_user(db) -> RetailUser:
    """The retail user who is invited."""
    return RetailUserFactory(group_id="HO", user_id="RET001", pan="ABCPT1234A", status="A")


def line(token=900001, symbol="PEEPAL", **changed):
    """A limit order to buy ten."""
    return Line(
        **{
            "exchange": "NSE_EQ",
            "token": token,
            "symbol": symbol,
            "side": "BUY",
            "order_type": "RL",
            "quantity": 10,
            "price": Decimal("101.50"),
            **changed,
        }
    )


LINES = [
    line(),
    line(900002, "BANYAN", price=Decimal("55.05")),
    line(900003, "NEEM", order_type="RL-MKT", price=Decimal(0)),
]


@pytest.fixture
def make_version(partner, scrips, maker):
    """Makes a version of the desk's basket, with these lines."""

    def make(lines=LINES, basket=None, **changed):
        basket = basket or baskets.make(partner, "Growth five", "GROWTH", by=maker)
        return baskets.save_version(
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

    return make


@pytest.fixture
def publish(maker, checker):
    """Submits a version and lets a checker approve it."""

    def done(version):
        change = baskets.submit(version, by=maker, reason="For clients", token=uuid.uuid4())
        approve(change, checker)
        version.refresh_from_db()
        return version

    return done


@pytest.fixture
def published(make_version, publish):
    return publish(make_version())


@pytest.fixture
def invited(published, client_user, maker):
    """An invitation of model 1, and its link."""
    return invitations.invite(published, client_user, 1, by=maker)


@pytest.fixture
def vendor(settings):
    """The vendor's services, to which the portal is pointed."""
    found = Vendor()
    settings.CONNECTOR_VAS_URL = settings.CONNECTOR_BROKERS_URL = found.address
    yield found
    found.close()


@pytest.fixture
def portal_url(transactional_db):
    """The portal behind a web server of threads, which answers while the test itself waits for somebody else."""
    thread = LiveServerThread("127.0.0.1", lambda handler: handler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


class Client:
    """A client's browser and the vendor's calls, as the tests need them."""

    def __init__(self, link):
        self.browser = Browser()
        self.path = link.removeprefix("https://connect.example")

    def open(self, proof="234A"):
        return self.browser.post(self.path, {"proof": proof})

    def post(self, form, **options):
        """Press the button of the visit's page that posts to this form, or of its part below."""
        shown = "" if form == "go/" else form
        own = Page(self.browser.get(f"/connector/visit/{shown}").content.decode()).sent()
        return self.browser.post(f"/connector/visit/{form}", own, **options)

    def click(self):
        """Open the link, click, and give back what the landing address says."""
        self.open()
        page = self.post("go/")
        assert page.status_code == 200, page
        self.page = page
        address = html.unescape(re.search(r'href="(https://landing[^"]+)"', page.content.decode())[1])
        return dict(parse_qsl(urlsplit(address).query))


@pytest.fixture
def visitor(invited):
    return Client(invited[1])


def check(token, **more):
    """The vendor checks a two-way token."""
    return Browser().post(
        "/connector/token-check/", {"token": token, **more}, content_type="application/json"
    )


def ask(client_code, code="auth-code-1", product="GROWTH", partner_id="A1B2C3"):
    """The vendor asks for a basket."""
    body = {"ClientCode": client_code, "ProductCode": product, "AuthCode": code, "PartnerId": partner_id}
    return Browser().post("/connector/order-details/", body, content_type="application/json")
