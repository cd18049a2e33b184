"""A publisher and a client typed by hand: nothing of the portal is used here."""

import base64
import html
import http.client
import json
import re
import secrets
import threading
import time
import urllib.parse
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from standins.connector import ConnectorStandIn

TOKEN = "0123456789abcdef"
PASSWORD = "Demo#2026"
PARTNER, OTHER_PARTNER, SUSPENDED_PARTNER = "A1B2C3", "D4E5F6", "5C5C5C"
PRODUCT, TP_USER = "GROWTH", "tp-7f3a"
#: Nothing listens there.
REST = "http://127.0.0.1:9"
HEADER = {"productCode": PRODUCT, "productType": "BASKET", "recoId": "R7K2QM", "orderSide": "BUY"}


def line(**changed):
    """PEEPAL at 90 rupees, below the market: stays pending."""
    usual = {
        "mktSegId": 1,
        "scripTkn": 900001,
        "ordType": 1,
        "validity": 1,
        "buyOrSell": 1,
        "orgQty": 10,
        "discQty": 0,
        "ordPrice": 9000,
        "trigPrice": 0,
        "days": "",
        "ordGTD": 0,
    }
    return {**usual, **changed}


#: Pending, partly traded (at the market's price), traded (a market order).
THREE = (
    line(),
    line(scripTkn=900002, ordPrice=25000),
    line(scripTkn=900003, ordType=2, ordPrice=0, orgQty=2),
)


class TinyPublisher:
    """Plays the portal's side: token check, GetOrderDetails with the check of the AuthCode, callbacks, webhook."""

    def __init__(self):
        self.tokens = {}
        self.lines = list(THREE)
        self.header = dict(HEADER)
        self.flat = False
        self.change = lambda envelope: envelope
        self.accepts_twice = False
        self.checked, self.asked, self.callbacks, self.webhooks = [], [], [], []
        self.webhook_status = 200
        #: How many webhooks are refused first, whatever the status.
        self.webhook_refusals = 0
        self.served = {}
        self.standin = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def mint(self, user_ref=TP_USER):
        token = secrets.token_urlsafe(32)
        self.tokens[token] = user_ref
        return token

    def _handler(publisher):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.do_POST()

            def do_POST(self):
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = publisher.answer(self.command, path, query, body)
                page = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                kind = "text/html" if path.startswith("/connector/callback") else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        return Handler

    def answer(self, method, path, query, body):
        if path.startswith("/connector/callback/"):
            text = query if method == "GET" else body.decode()
            self.callbacks.append((path.split("/")[3], method, dict(urllib.parse.parse_qsl(text))))
            return 200, b"<!doctype html><html lang=en><title>Back</title><h1>Back at the publisher</h1>"
        if path.startswith("/connector/webhook/"):
            self.webhooks.append(body)
            if self.webhook_refusals:
                self.webhook_refusals -= 1
                return 503, {}
            return self.webhook_status, {}
        if path == "/favicon.ico":
            return 200, b""
        given = json.loads(body)
        if path == "/connector/token-check/":
            return 200, self.check(given)
        if path == "/connector/order-details/":
            return 200, self.change(self.details(given))
        return 404, {}

    def check(self, given):
        self.checked.append(given)
        known = given["token"] in self.tokens
        user_ref = self.tokens.get(given["token"])
        if not self.accepts_twice:
            self.tokens.pop(given["token"], None)
        good = known and given["applicationToken"] == TOKEN and given.get("userRefId") in (None, user_ref)
        return envelope(good, "Good" if good else "Not good")

    def details(self, given):
        self.asked.append(given)
        if given["PartnerId"] != PARTNER:
            return envelope(False, "No such partner")
        if given["AuthCode"] not in self.served:
            told = {"token": given["AuthCode"], "userRefId": given["ClientCode"], "applicationToken": TOKEN}
            status, answer = call(self.standin, "POST", "/loginservice/vas-auth", told)
            if (status, answer["success"] if status == 200 else None) != (200, True):
                return envelope(False, "The AuthCode is not good")
            header = {**self.header, "clientCode": given["ClientCode"]}
            rows = (
                [{**header, **row} for row in self.lines]
                if self.flat
                else {**header, "basketData": self.lines}
            )
            self.served[given["AuthCode"]] = json.dumps(rows)
        return envelope(True, "Basket", self.served[given["AuthCode"]])


def envelope(success, message, data=None):
    return {"success": success, "statusCode": "200", "data": data, "message": message, "traceId": "t-1"}


def call(standin, method, path, body=None, kind="application/json", **headers):
    """Status and answer of one request; JSON where it is JSON."""
    connection = http.client.HTTPConnection(standin.host, standin.port, timeout=30)
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(method, path, data, {"Content-Type": kind, **headers})
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    try:
        return answer.status, json.loads(raw)
    except ValueError:
        return answer.status, raw


class Browser:
    """A client's browser without scripts: follows redirects, sends forms as they are drawn."""

    def __init__(self, standin):
        self.standin = standin
        self.base = standin.home.rstrip("/")
        self.url = self.text = ""
        self.status = 0

    def open(self, url, method="GET", form=None):
        url = urllib.parse.urljoin(self.url or self.base, url)
        for _ in range(5):
            parts = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection(parts.netloc, timeout=30)
            path = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
            body = urllib.parse.urlencode(form) if form is not None else None
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.url, self.status, self.headers = url, answer.status, answer.headers
            self.text = html.unescape(answer.read().decode())
            connection.close()
            if answer.status != 303:
                return self
            url, method, form = urllib.parse.urljoin(url, answer.headers["Location"]), "GET", None
        raise AssertionError("too many redirects")

    def land(self, kind="1", **changed):
        echo = base64.b64encode(json.dumps({"v": 1, "i": "17", "n": "nonce", "m": "mac"}).encode()).decode()
        usual = {
            "1": {
                "sProductCode": PRODUCT,
                "sTpUserId": TP_USER,
                "sPartnerId": PARTNER,
                "oEchoBackObject": echo,
            },
            "2": {"sPartnerId": PARTNER},
            "3": {"sProductCode": PRODUCT, "sPartnerId": PARTNER, "oEchoBackObject": echo},
        }[kind]
        given = {"sAppToken": TOKEN, "nRequestType": kind, **usual, **changed}
        kept = {name: value for name, value in given.items() if value is not None}
        return self.open(f"{self.base}/landing/redirect?{urllib.parse.urlencode(kept)}")

    @property
    def visit(self):
        """The visit whose page is open."""
        id_ = urllib.parse.urlsplit(self.url).path.split("/")[2]
        return self.standin.visits.find(id_)

    def send(self, action, **fields):
        """Send a form of the visit."""
        return self.open(f"/broker/{self.visit['id']}/{action}", "POST", fields)

    def login(self, user_id="DEMO1", password=PASSWORD, totp=None):
        totp = totp or self.standin.people.keys(user_id).totp
        return self.send("login", user_id=user_id, password=password, totp=totp)

    def links(self):
        return re.findall(r'<a href="(http[^"]*callback[^"]*)"', self.text)


@pytest.fixture
def publisher():
    with TinyPublisher() as running:
        yield running


@pytest.fixture
def clock():
    """Seconds that the stand-in's clock is ahead."""
    return {"ahead": 0}


@pytest.fixture
def standin(publisher, clock):
    # At noon in Kolkata, so that a session of today is live whenever the tests run.
    start = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
    began = time.monotonic()

    def now():
        return start + timedelta(seconds=time.monotonic() - began + clock["ahead"])

    with ConnectorStandIn(
        portal=publisher.url,
        application_token=TOKEN,
        webhook_url=f"{publisher.url}/connector/webhook/desk/secret/",
        rest=REST,
        now=now,
    ) as running:
        running.publishers.change({"application_token": TOKEN, "webhook_pause": 0.01})
        publisher.standin = running
        yield running


@pytest.fixture
def browser(standin):
    return Browser(standin)


@pytest.fixture
def at_basket(browser, publisher):
    """A client of model 1 who sees the basket."""
    browser.land(sTwoWayToken=publisher.mint()).login()
    assert browser.visit["state"] == "basket", browser.text
    return browser


def settled(standin):
    """The deliveries, the oldest first, once none waits any more."""
    for _ in range(3000):
        entries = standin.store.deliveries()[::-1]
        if not any(entry["state"] == "waiting" for entry in entries):
            return entries
        time.sleep(0.02)
    raise AssertionError(entries)


def messages(publisher):
    return [json.loads(body) for body in publisher.webhooks]
