"""A mail server that speaks SMTP, and what a test lets it answer."""

import socket
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller

from backoffice.notices import operations
from backoffice.notices.models import Mode
from tests.batches.conftest import checked, submitted
from tests.changes.conftest import deposit, propose

__all__ = ["checked", "deposit", "propose", "submitted"]


class MailServer:
    """Keeps what it accepted. `answers` are given in turn, to `MAIL`, `RCPT` or `DATA`, instead of accepting."""

    def __init__(self):
        self.mails = []
        self.answers = {"MAIL": [], "RCPT": [], "DATA": []}

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.answers["MAIL"]:
            return self.answers["MAIL"].pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers["RCPT"]:
            return self.answers["RCPT"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers["DATA"]:
            return self.answers["DATA"].pop(0)
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 accepted"

    @property
    def ids(self):
        return [mail["Message-ID"] for _, mail in self.mails]

    @property
    def texts(self):
        return [mail.get_payload() for _, mail in self.mails]


@pytest.fixture
def server(settings):
    """A mail server of this test, to which the portal is pointed."""
    handler = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    mail_to(settings, port)
    yield handler
    controller.stop()


def mail_to(settings, port):
    """Point the portal to a mail server at this port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.PORTAL_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "portal@broker.example"


@pytest.fixture
def at_once(maker, checker):
    """Maker and checker have addresses and want to be notified at once."""
    for person in (maker, checker):
        person.email = f"{person.username}@broker.example"
        person.save()
        operations.choose(Mode.AT_ONCE, by=person)
