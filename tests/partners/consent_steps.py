"""What the tests of consents share: terms, and a client's browser with the link of a consent."""

import re
from datetime import timedelta
from decimal import Decimal

from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from partners.consents import Terms


def terms(**changed):
    usual = {"cap_run": Decimal("100000"), "cap_day": Decimal("250000"), "valid_until": in_days(30)}
    return Terms(**{**usual, **changed})


def in_days(days):
    return timezone.now() + timedelta(days=days)


class Visitor:
    """A client's browser with the link of a consent."""

    def __init__(self, link):
        self.browser = Browser()
        self.path = link.removeprefix("https://connect.example")
        self.page = ""

    def _show(self, response):
        self.status, self.page = response.status_code, response.content.decode()
        return self

    def open(self, proof="234A"):
        return self._show(self.browser.post(self.path, {"proof": proof}, follow=True))

    def ask_for_code(self):
        return self._show(self.browser.post("/connector/consent/code/"))

    def confirm(self, code=None):
        text = re.search(r'name="text" value="([0-9a-f]{64})"', self.page)[1]
        given = {"code": code or code_of(mail.outbox[-1]), "text": text}
        return self._show(self.browser.post("/connector/consent/confirm/", given, follow=True))

    def revoke(self):
        return self._show(self.browser.post("/connector/consent/revoke/"))

    def give(self):
        return self.open().ask_for_code().confirm()


def code_of(message):
    return re.search(r"\b([0-9]{6})\b", message.body)[1]
