"""The portal as it runs: stand-ins, worker, beat and web server as processes of their own, and a real browser."""

import base64
import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests import migrated
from tests.faults.servers import Postgres
from tools.prepare import connector_environment

ROOT = Path(__file__).resolve().parents[1]
#: The folder for pictures of what tests look at; without it they take none.
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


PREPARE = """
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
call_command("demo_masters")
call_command("demo_staff")
"""


#: Portals that end with a run that hangs: nothing else ends them then.
running: "list[Portal]" = []


class Portal:
    """The processes of one portal, with everything they write in `var`."""

    def __init__(self, var: Path, database: str, broker: str) -> None:
        self.var = var
        self.port, self.odin_port = _free_port(), _free_port()
        self.rest_port, self.connector_port = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.odin_url = f"http://127.0.0.1:{self.odin_port}"
        self.rest_url = f"http://127.0.0.1:{self.rest_port}"
        self.connector_url = f"http://127.0.0.1:{self.connector_port}"
        odin = f"{self.odin_url}/UserCreation.svc"
        self.environment = {
            **os.environ,
            "PORTAL_VAR": str(var),
            "SECRET_KEY": "only-for-tests-" + "x" * 40,
            "DEBUG": "false",
            "PORTAL_ENVIRONMENT": "DEMO",
            "LOG_FORMAT": "json",
            "PORTAL_SEAL_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DATABASE_URL": database or f"sqlite:///{var / 'portal.sqlite3'}",
            "CELERY_BROKER_URL": broker or "filesystem://localhost",
            "ODIN_SERVICE_URL": f"{odin}/soap",
            "ODIN_WSDL_URL": f"{odin}?singleWsdl",
            "ODIN_DEALER_ID": "RESERVEDPG",
            "ODIN_DEALER_PASSWORD": "Dealer42",
            "ODIN_PASSWORD_KEY": "0123456789abcdef",
            "ODIN_PASSWORD_MODE": "CBC",
            "DELIVERY_HOLD_SECONDS": "1",
            "REST_BASE_URL": f"{self.rest_url}/interactive",
            "REST_API_KEY": "portal-api-key-1",
            "REST_X_API_KEY": "portal-x-key-2",
            "REST_PROFILE_KEY": "0123456789abcdef",
            "REST_TOTAL_TIMEOUT": "5",
            **connector_environment(self.url, self.connector_url),
            "CONNECTOR_APPLICATION_TOKEN": "application-token-of-the-desk",
            "PORTAL_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }
        self.processes: dict[str, subprocess.Popen] = {}
        self.passwords: dict[str, str] = {}

    def prepare(self) -> None:
        """Folders, tables, static files and staff."""
        for name in ("log", "broker/queue", "broker/control", "broker/processed"):
            (self.var / name).mkdir(parents=True, exist_ok=True)
        if self.environment["DATABASE_URL"].startswith("sqlite"):
            migrated.copy_to(self.var / "portal.sqlite3")
        else:
            migrated.restore_to(self.environment["DATABASE_URL"], Postgres.programs())
        # In one process: starting Django costs more than the commands do.
        printed = self.manage("shell", "--verbosity", "0", "--command", PREPARE)
        self.passwords = dict(re.findall(r"^\s+(\w+)\s+(\S+)$", printed, re.MULTILINE))

    def manage(self, *arguments: str, **settings: str) -> str:
        """Run a management command with these settings besides, and give back what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start one of stand-in, rest-stand-in, connector-stand-in, worker, beat, web, unless it runs."""
        if name in self.processes and self.processes[name].poll() is None:
            return
        celery = [sys.executable, "-m", "celery", "-q", "-A", "backoffice.celery"]
        command = {
            "stand-in": [
                sys.executable, "-m", "standins.odin",
                "--port", str(self.odin_port), "--database", str(self.var / "standin.sqlite3"),
            ],
            "rest-stand-in": [
                sys.executable, "-m", "standins.rest", "--port", str(self.rest_port),
                "--odin", f"{self.odin_url}/", "--database", str(self.var / "standin-rest.sqlite3"),
            ],
            "connector-stand-in": [
                sys.executable, "-m", "standins.connector", "--port", str(self.connector_port),
                "--portal", self.url, "--odin", f"{self.odin_url}/", "--rest", f"{self.rest_url}/",
                "--database", str(self.var / "standin-connector.sqlite3"),
            ],
            "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "4"],
            "beat": [*celery, "beat"],
            "web": [
                sys.executable, "-m", "gunicorn", "backoffice.wsgi",
                "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "8",
            ],
        }[name]  # fmt: skip
        with (self.var / "log" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_all(self) -> None:
        """Start everything and wait until pages are served."""
        for name in ("stand-in", "worker", "beat", "web"):
            self.start(name)
        wait_for(f"{self.odin_url}/")
        wait_for(f"{self.url}/staff/login/")

    def start_ended(self) -> None:
        """Start again whatever has ended, as systemd would."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(name)

    def log(self, name: str) -> str:
        """What a process has logged so far."""
        return (self.var / "log" / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + 10
        for process in self.processes.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def wait_for(url: str, seconds: float = 60) -> None:
    """Wait until an address answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """A running portal with its demonstration staff."""
    portal = Portal(tmp_path_factory.mktemp("portal"), "", "")
    running.append(portal)
    try:
        portal.prepare()
        portal.start_all()
        yield portal
    finally:
        portal.stop()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        # Or colours are looked at while they still change.
        browser.new_context = functools.partial(browser.new_context, reduced_motion="reduce")
        yield browser
        browser.close()


def picture(page, name):
    """Take a picture of what the page shows, where pictures are wanted."""
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def log_in_as(page, portal, name):
    """Log in on a fresh page as one of the demonstration's staff."""
    from playwright.sync_api import expect

    page.goto("/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(portal.passwords[name])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    expect(page.get_by_role("main")).to_be_visible()


@pytest.fixture
def log_in(portal, chromium):
    """Open a page as one of the demonstration's staff, each in a browser context of its own."""
    contexts = []

    def page_of(name, width=1280, **options):
        viewport = {"width": width, "height": 800}
        context = chromium.new_context(viewport=viewport, base_url=portal.url, **options)
        contexts.append(context)
        page = context.new_page()
        log_in_as(page, portal, name)
        return page

    yield page_of
    for context in contexts:
        context.close()
