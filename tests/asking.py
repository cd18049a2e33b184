"""Questions to ODIN about one retail user: the address that asks, and an answer put in ODIN's mouth."""

from django.urls import reverse

from backoffice.odin import questions
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.wire import decode_reply

#: The page of HO/HAS001's readings, and what else asks for stocks.
PAGE = reverse("limits:readings", args=["HO", "HAS001"])
COMBINED = {"periodicity": "15"}


def ask(client, kind, **data):
    """Press the button that reads this kind."""
    return client.post(reverse("limits:ask", args=["HO", "HAS001", kind]), data)


def given(monkeypatch, type_, text):
    """Let ODIN answer this text."""
    monkeypatch.setattr(questions, "ask", lambda message, values: decode_reply(REQUESTS[type_], text))
