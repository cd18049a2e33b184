"""No input to a callback changes a state unless it is bound to a click of ours (C23 to C25)."""

import json

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.models import ConnectorSession, Invitation, PartnerClient, Redirect

pytestmark = pytest.mark.django_db
NAMES = ["sStatusCode", "sStatusMessage", "oEcoBackObject", "oEchoBackObject", "sSession", "sVasUserId"]
NAMES += ["sTradingUserId", "sRestSession", "sName", "other"]
VALUES = st.sampled_from(["S101", "RET001", "", "e30=", "x"]) | st.text(max_size=40)
SAID = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]


def state():
    tables = (Invitation, Redirect, PartnerClient, ConnectorSession)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.sampled_from(["basket", "login"]),
    said=SAID,
    kind=st.sampled_from(KINDS),
    raw=st.none() | st.binary(max_size=200),
    cookie=st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,43}", fullmatch=True),
)
def test_what_is_not_bound_changes_nothing(visitor, monkeypatch, where, said, kind, raw, cookie):
    monkeypatch.setattr("partners.limits._count", lambda name: 1)
    if not Redirect.objects.exists():
        visitor.click()
    before = state()
    browser = Browser()
    if cookie:
        browser.cookies["connector_login"] = cookie
    body = raw if raw is not None else json.dumps(said).encode()
    for answer in (
        browser.post(f"/connector/callback/{where}/", body, content_type=kind),
        browser.get(f"/connector/callback/{where}/", said),
    ):
        assert answer.status_code in (303, 400)
        if answer.status_code == 303:
            assert answer["Location"] == "/connector/result/neutral/"
    assert state() == before
