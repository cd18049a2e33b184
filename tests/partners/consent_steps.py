"""What the tests of consents share: terms, and a client's browser with the link of a consent."""

import re
from datetime import timedelta
from decimal import Decimal

from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from partners.consents import Terms
from tests.html_forms import Page


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
        self.fields = {}

    def _show(self, response):
        self.status, self.page = response.status_code, response.content.decode()
        self.fields |= Page(self.page).sent()
        return self

    def open(self, proof="234A"):
        return self._show(self.browser.post(self.path, {"proof": proof}, follow=True))

    def _post(self, button, **typed):
        sent = {**self.fields, **typed}
        return self.browser.post(f"/connector/consent/{button}/", sent, follow=True)

    def ask_for_code(self):
        return self._show(self._post("code"))

    def confirm(self, code=None):
        return self._show(self._post("confirm", code=code or code_of(mail.outbox[-1])))

    def revoke(self):
        return self._show(self._post("revoke"))

    def give(self):
        return self.open().ask_for_code().confirm()


def code_of(message):
    return re.search(r"\b([0-9]{6})\b", message.body)[1]
