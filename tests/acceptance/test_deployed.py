"""The portal as it is deployed: nginx with TLS, gunicorn, two workers, beat, PostgreSQL with two roles, RabbitMQ, LIVE.

Two administrators are made at the terminal; everything else is done by people in a browser, with second factors, until
a retail user is in ODIN.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from urllib.parse import urljoin

import psycopg
import pytest
import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.deploy.test_configuration import ROOT, certificate, nginx_configuration
from tests.faults.installation import wait_until
from tests.faults.servers import Postgres, free_port
from tests.html_forms import Page
from tests.portals import Portal, wait_for

AMQP_URL = os.environ.get("TEST_AMQP_URL", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (AMQP_URL and Postgres.programs() and shutil.which("nginx") and shutil.which("psql")),
        reason="needs PostgreSQL's programs, nginx, and RabbitMQ at TEST_AMQP_URL",
    ),
]

PASSWORD = "a-Long-enough-1"


class Person:
    """Somebody at a browser of their own, without scripts."""

    def __init__(self, portal, name):
        self.portal, self.name = portal, name
        self.browser = requests.Session()
        self.browser.verify = str(portal.trusted)
        self.browser.trust_env = False  # or the machine's own certificates would count instead
        self.secret, self.used = "", 0

    def get(self, path):
        """Open a page."""
        return self._seen(self.browser.get(urljoin(self.portal.site, path)))

    def post(self, page, path="", **fields):
        """Send the form of a page, with these fields changed. Asked who one is, answer: what was sent is kept."""
        answer = self._send(urljoin(page.url, path), Page(page.text).sent(**fields), page.url)
        return self._prove(answer) if "/again/" in answer.url else answer

    def choose_password(self, link):
        """Follow the link, and choose."""
        form = self.get(link)
        assert "Choose" in form.text
        self.post(form, new_password1=PASSWORD, new_password2=PASSWORD)

    def log_in(self):
        """With the password; where the role demands a second factor, set it up as the portal asks."""
        page = self.get("/staff/login/")
        answer = self._send(page.url, Page(page.text).sent(login=self.name, password=PASSWORD), page.url)
        if "second-factor" not in answer.url:  # the role demands none
            return
        page = self.get("/staff/second-factor/app/")
        if "/again/" in page.url:
            self._prove(page)
            page = self.get("/staff/second-factor/app/")
        self.secret = re.search(r'data-copy="([A-Z2-7]{16,})"', page.text)[1]
        codes = self.post(page, code=self._code())
        assert "recovery" in codes.text.lower()

    def _prove(self, page):
        if self.secret and "/code/" not in page.url:
            page = self.get(page.url.replace("/staff/again/", "/staff/code/again/"))
        field = {"code": self._code()} if self.secret else {"password": PASSWORD}
        answer = self._send(page.url, Page(page.text).sent(**field), page.url)
        assert "/again/" not in answer.url, answer.text
        return answer

    def _code(self):
        """The next code of the authenticator app: each is taken once."""
        now = int(time.time()) // 30
        self.used = max(self.used + 1, now)
        while int(time.time()) // 30 < self.used - 1:  # clocks may be half a minute off, and no more
            time.sleep(0.5)
        return format_hotp_value(hotp_value(self.secret, self.used))

    def _send(self, address, data, referer):
        return self._seen(self.browser.post(address, data, headers={"Referer": referer}))

    def _seen(self, answer):
        assert answer.status_code < 400, f"{self.name}: {answer.status_code} at {answer.url}\n{answer.text}"
        assert answer.url.startswith(self.portal.site), answer.url
        return answer


class Deployed(Portal):
    """The processes of a real installation."""

    def __init__(self, folder, postgres):
        owner = f"postgres://portal_owner:owner-secret@127.0.0.1:{postgres.port}/portal"
        app = f"postgres://portal:portal-secret@127.0.0.1:{postgres.port}/portal"
        super().__init__(folder, app, AMQP_URL)
        self.plain_port, self.tls_port = free_port(), free_port()
        self.site = f"https://localhost:{self.tls_port}"
        self.environment |= {
            "PORTAL_ENVIRONMENT": "LIVE",
            "ALLOWED_HOSTS": "localhost",
            "CSRF_TRUSTED_ORIGINS": self.site,
            "BEHIND_PROXY": "true",
        }
        self.trusted = certificate(folder)
        self._owner = {**self.environment, "DATABASE_URL": owner}

    def prepare(self):
        """As docs/deployment.md says."""
        for name in ("log", "tls"):
            (self.var / name).mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=self._owner,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        self.manage("collectstatic", "--noinput", "--verbosity", "0")

    def start_all(self):
        """Stand-in, two workers, beat, gunicorn; nginx in front."""
        for name in ("stand-in", "worker", "beat", "web"):
            self.start(name)
        first = self.processes["worker"]
        self.start("worker")
        self.processes["worker-1"] = first
        configuration = nginx_configuration(self.var, self.plain_port, self.tls_port, self.port)
        self.processes["nginx"] = subprocess.Popen(
            ["nginx", "-c", str(configuration)], start_new_session=True
        )
        wait_for(f"{self.odin_url}/")
        wait_until(self._serves, "the site answers through nginx")

    def _serves(self):
        with suppress(requests.RequestException):
            return requests.get(f"{self.site}/health/live", verify=str(self.trusted), timeout=5).ok


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployed")
    with Postgres() as postgres:
        roles = [
            "-v",
            "ON_ERROR_STOP=1",
            "-v",
            "owner_password=owner-secret",
            "-v",
            "portal_password=portal-secret",
        ]
        made = subprocess.run(
            ["psql", "-q", *roles, "-f", str(ROOT / "deploy/postgres/roles.sql"), postgres.url],
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr
        deployed = Deployed(folder, postgres)
        try:
            deployed.prepare()
            deployed.start_all()
            yield deployed
        finally:
            deployed.stop()


def link_in(text):
    return re.search(r"/staff/choose-password/[^/]+/[^/\s<\"]+/", text)[0]


def decided(change, by):
    """Another administrator or checker approves the change on its page."""
    page = by.get(change)
    by.post(page, f"{change}approve/")


def add(first, second, name, role):
    """Two administrators add somebody to the staff, and hand over a link for the password."""
    form = first.get("/people/new/")
    fields = {
        "username": name,
        "first_name": name.title(),
        "last_name": "Example",
        "email": f"{name}@broker.example",
    }
    check = first.post(form, roles=[role], active="Y", press="check", **fields)
    decided(path_of(first.post(check, reason="Joins on Monday")), by=second)
    own = re.search(r"/people/[0-9]+/", first.get(f"/people/?q={name}").text)[0]
    check = first.post(first.get(f"{own}password-link/"), press="check")
    decided(path_of(first.post(check, reason="Joins on Monday")), by=second)
    shown = first.post(first.get(own), f"{own}password-link/show/")
    person = Person(first.portal, name)
    person.choose_password(link_in(shown.text))
    person.log_in()
    return person


def path_of(answer):
    found = re.search(r"(/changes/[0-9]+/)", answer.url)
    assert found, answer.text
    return found[1]


def onboarding(maker):
    """The form of a new retail user, filled and submitted. The change's address."""
    form = maker.get("/users/new/")
    values = {**example(CreateRetailUser), "user_id": "LIVE01", "reference": ""}
    fields = {name: value for name, value in values.items() if isinstance(value, str)}
    fields |= {
        name: value
        for name, value in values.items()
        if isinstance(value, list) and name not in ("banks", "demats")
    }
    for group in ("banks", "demats"):
        for number, record in enumerate(values[group]):
            fields |= {f"{group}-{number}-{part}": value for part, value in record.items()}
    fields |= {f"mf_ucc-{part}": value for part, value in values["mf_ucc"].items()}
    check = maker.post(form, press="check", token=str(uuid.uuid4()), **{**fields, "password": "Sesame42"})
    assert "/check/" in check.url, Page(check.text).links
    return path_of(maker.post(check, reason="New client, form 4711"))


def test_a_retail_user_comes_from_the_form_to_odin_through_the_whole_installation(portal):
    admins = []
    for name in ("asha", "vikram"):
        admin = Person(portal, name)
        admin.choose_password(link_in(portal.manage("first_admin", name)))
        admin.log_in()
        assert admin.secret, "an administrator sets up a second factor first"
        admins.append(admin)
    maker = add(*admins, "meera", "maker")
    checker = add(*admins, "ravi", "checker")
    change = onboarding(maker)
    decided(change, by=checker)
    wait_until(lambda: "User created successfully" in checker.get(change).text, "ODIN has confirmed it")
    assert "LIVE01" in requests.get(f"{portal.odin_url}/users/HO/LIVE01").text


def test_plain_http_leads_to_tls_and_the_cookie_goes_nowhere_else(portal):
    answer = requests.get(f"http://localhost:{portal.plain_port}/staff/login/", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"][:18]) == (301, "https://localhost/")
    page = requests.get(f"{portal.site}/staff/login/", verify=str(portal.trusted))
    assert "max-age" in page.headers["Strict-Transport-Security"]
    assert page.cookies
    assert all(cookie.secure and cookie.name.startswith("__Host-") for cookie in page.cookies)
    assert "nginx/" not in page.headers["Server"]


def test_nobody_claims_another_address_through_the_proxy(portal):
    told = {"X-Forwarded-For": "203.0.113.9"}
    with requests.Session() as browser:
        browser.verify, browser.trust_env = str(portal.trusted), False
        page = browser.get(f"{portal.site}/staff/login/", headers=told)
        sent = Page(page.text).sent(login="nobody", password="wrong")
        browser.post(page.url, sent, headers={**told, "Referer": page.url})
    with psycopg.connect(portal.environment["DATABASE_URL"]) as database:
        [address] = database.execute(
            "SELECT address FROM audit_entry WHERE action = 'staff.login_failed' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert str(address) == "127.0.0.1"


def test_the_role_that_runs_the_portal_cannot_take_the_guards_away(portal):
    for statement in (
        "UPDATE audit_entry SET text = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_kept ON audit_entry",
    ):
        with psycopg.connect(portal.environment["DATABASE_URL"]) as database, pytest.raises(psycopg.Error):
            database.execute(statement)
