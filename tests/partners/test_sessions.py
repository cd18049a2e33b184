"""Model 2: a login is bound to its click, kept sealed, used, and revoked (C25, C28 to C32)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.protocol.fields import SecretText
from partners import invitations, registry, sessions, switches
from partners.models import (
    BasketVersion,
    ConnectorFinding,
    ConnectorSession,
    Invitation,
    Partner,
    PartnerClient,
)
from tests.factories import RetailUserFactory
from tests.partners.conftest import Client, approve, ask, entry

pytestmark = pytest.mark.django_db
SAID = {
    "sStatusCode": "S101",
    "sStatusMessage": "Done",
    "sSession": "session-of-the-connector",
    "sVasUserId": "V9",
    "sTradingUserId": "RET001",
    "sName": "Somebody Else",
    "sEmail": "other@example.com",
}


@pytest.fixture
def visitor(published, client_user, maker):
    """A client invited by model 2."""
    return Client(invitations.invite(published, client_user, 2, by=maker)[1])


def back(browser, **changed):
    said = {name: value for name, value in {**SAID, **changed}.items() if value is not None}
    return browser.get("/connector/callback/login/", said)["Location"]


@pytest.fixture
def logged_in(visitor):
    visitor.click()
    assert back(visitor.browser) == "/connector/result/login/"
    return visitor


class TestALogin:
    def test_is_asked_for_with_a_cookie_and_keeps_the_session_sealed(self, visitor, partner):
        assert visitor.click()["nRequestType"] == "2"
        assert back(visitor.browser) == "/connector/result/login/"
        kept = ConnectorSession.objects.get()
        everything = str(list(ConnectorSession.objects.values_list())) + str(
            list(Entry.objects.values_list())
        )
        assert SAID["sSession"] not in everything
        assert (kept.ended_at, kept.until.date() <= timezone.localdate() + timedelta(days=1)) == (None, True)
        names = PartnerClient.objects.get()
        assert (names.vas_user_id, names.mapping, names.callback_differs) == (
            "V9",
            "bound",
            {"name": "Somebody Else", "email": "other@example.com"},
        )

    def test_is_shown_with_its_click(self, logged_in, maker):
        desk = Browser()
        desk.force_login(maker)
        clicks = (
            desk.get(f"/partners/invitations/{Invitation.objects.get().pk}/")
            .content.decode()
            .partition("Clicks")[2]
        )
        assert '<span class="mono">S101</span> Done' in clicks
        assert "nothing" not in clicks

    def test_offers_the_way_on_to_the_basket(self, logged_in):
        page = logged_in.browser.get("/connector/result/login/").content.decode()
        assert "/connector/visit/" in page

    def test_of_a_browser_that_clicked_nothing_stores_nothing(self, visitor):
        visitor.click()
        assert back(Browser()) == "/connector/result/neutral/"
        assert not ConnectorSession.objects.exists()
        assert ConnectorFinding.objects.get().kind == "callback"

    def test_counts_once(self, logged_in):
        cookie = logged_in.browser.cookies["connector_login"]
        assert cookie.value == ""
        assert back(logged_in.browser, sSession="another") == "/connector/result/neutral/"
        assert ConnectorSession.objects.count() == 1

    def test_with_a_cookie_that_was_used_or_is_old_stores_nothing(self, visitor):
        visitor.click()
        value = visitor.browser.cookies["connector_login"].value
        back(visitor.browser)
        visitor.browser.cookies["connector_login"] = value
        assert back(visitor.browser, sSession="another") == "/connector/result/neutral/"
        assert ConnectorSession.objects.count() == 1

    def test_of_another_client_stores_nothing_and_is_a_finding(self, visitor):
        visitor.click()
        assert back(visitor.browser, sTradingUserId="RET777") == "/connector/result/neutral/"
        assert not ConnectorSession.objects.exists()
        assert ConnectorFinding.objects.get().kind == "foreign_session"

    def test_without_a_ucc_waits_for_two_people(self, visitor, partner, client_user, maker, checker):
        visitor.click()
        assert back(visitor.browser, sTradingUserId=None) == "/connector/result/waiting/"
        names = PartnerClient.objects.get()
        assert (names.mapping, names.vas_user_id, names.claimed_vas_user_id) == ("claimed", "", "V9")
        assert sessions.usable(partner, client_user) is None
        approve(sessions.propose_mapping(names, by=maker, reason="Seen", token=uuid.uuid4()), checker)
        names.refresh_from_db()
        assert (names.mapping, names.vas_user_id) == ("bound", "V9")
        assert sessions.usable(partner, client_user) is not None

    def test_with_another_id_than_before_is_a_finding_and_changes_nothing(self, logged_in):
        sessions.revoke_by_client(Partner.objects.get(), RetailUser.objects.get())
        logged_in.click()
        assert back(logged_in.browser, sVasUserId="V10") == "/connector/result/waiting/"
        names = PartnerClient.objects.get()
        assert (names.vas_user_id, names.claimed_vas_user_id, names.mapping) == ("V9", "V10", "claimed")
        assert ConnectorFinding.objects.get().kind == "mapping"

    def test_with_the_id_of_another_client_is_a_finding(self, visitor, partner):
        other = registry.client_of(partner, RetailUserFactory())
        PartnerClient.objects.filter(pk=other.pk).update(vas_user_id="V9", mapping="bound")
        visitor.click()
        assert back(visitor.browser) == "/connector/result/waiting/"
        assert ConnectorFinding.objects.get().kind == "mapping"

    def test_after_a_stop_keeps_nothing(self, visitor, maker):
        visitor.click()
        switches.throw("model", "2", by=maker, reason="Stop")
        assert back(visitor.browser) == "/connector/result/neutral/"
        assert not ConnectorSession.objects.exists()

    def test_cookie_is_for_other_sites_over_https_only(self, visitor):
        visitor.open()
        secure = visitor.post("go/", secure=True).cookies["connector_login"]
        plain = visitor.post("go/").cookies["connector_login"]
        assert (secure["samesite"], secure["secure"], secure["httponly"]) == ("None", True, True)
        assert (plain["samesite"], plain["secure"]) == ("Lax", "")


class TestAKeptSession:
    def test_goes_straight_to_the_basket(self, logged_in, vendor):
        found = logged_in.click()
        assert (found["nRequestType"], found["sSession"]) == ("3", SAID["sSession"])
        assert ConnectorSession.objects.get().last_use == "no answer"
        assert ask("V9").json()["success"] is True
        assert ConnectorSession.objects.get().last_use == "answered"

    def test_that_the_connector_calls_invalid_ends_and_the_next_click_logs_in(self, logged_in):
        echo = logged_in.click()["oEchoBackObject"]
        answer = logged_in.browser.get(
            "/connector/callback/basket/", {"sStatusCode": "I401", "oEcoBackObject": echo}
        )
        assert answer["Location"] == "/connector/result/invalid/"
        assert ConnectorSession.objects.get().end == "invalid"
        assert logged_in.click()["nRequestType"] == "2"

    def test_is_revoked_by_the_client(self, logged_in):
        page = logged_in.post("session/").content.decode()
        assert "cannot be seen here" in page
        kept = ConnectorSession.objects.get()
        assert (kept.end, kept.sealed) == ("client", "")
        assert logged_in.click()["nRequestType"] == "2"

    def test_is_revoked_by_staff_and_with_its_client_partner_and_switch(
        self, partner, client_user, maker, checker
    ):
        def kept():
            return sessions.keep(partner, client_user, SecretText("s"), SecretText(""))

        sessions.revoke(kept(), by=maker, reason="Asked")
        kept()
        RetailUser.objects.update(status="S")
        assert sessions.end_due() == 1
        kept()
        ConnectorSession.objects.filter(ended_at=None).update(until=timezone.now())
        sessions.end_due()
        kept()
        switches.throw("client", client_user.lane, by=maker, reason="Stop")
        kept()
        change = registry.propose(
            entry(state="suspended", application_token=""), by=maker, reason="x", token=uuid.uuid4()
        )
        approve(change, checker)
        ends = list(ConnectorSession.objects.order_by("id").values_list("end", flat=True))
        assert ends == ["staff", "user", "day", "switch", "partner"]

    def test_is_one_a_client_and_partner(self, partner, client_user):
        for _ in range(2):
            sessions.keep(partner, client_user, SecretText("s"), SecretText(""))
        assert sessions.live().count() == 1


class TestAClosedBasket:
    """The client of a basket that is over: what the link says, and a login that is still kept."""

    def test_leaves_the_kept_login_to_be_revoked_and_nothing_else(self, logged_in, checker, maker):
        own = Invitation.objects.get()
        invitations.close(own, "executed", by=checker, reason="Seen in the book", evidence="Order 12")
        assert logged_in.open().status_code == 303
        page = logged_in.browser.get("/connector/visit/")
        words = page.content.decode()
        assert page.status_code == 404
        assert "PEEPAL" not in words
        assert logged_in.browser.post("/connector/visit/go/", {"link": own.link_hash}).status_code == 404
        path = re.search(r'href="(/connector/visit/session/)"', words)[1]
        assert "revoked" in logged_in.post("session/").content.decode()
        assert ConnectorSession.objects.get().end == "client"
        assert logged_in.browser.get(path).status_code == 404

    def test_after_its_time_is_treated_likewise(self, logged_in):
        BasketVersion.objects.update(valid_until=timezone.now())
        assert "/connector/visit/session/" in logged_in.browser.get("/connector/visit/").content.decode()
        of_its_page = {"link": Invitation.objects.get().link_hash}
        assert logged_in.browser.post("/connector/visit/go/", of_its_page).status_code == 404

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("executed", "order book says what happened"),
            ("part", "order book says what happened"),
            ("revoked", "Ask your broker for a new link"),
        ],
    )
    def test_that_was_sent_asks_for_no_new_link(self, visitor, checker, maker, state, words):
        visitor.open()
        own = Invitation.objects.get()
        if state == "revoked":
            invitations.revoke(own, by=maker, reason="Not wanted")
        else:
            invitations.close(own, state, by=checker, reason="Seen in the book", evidence="Order 12")
        assert words in visitor.browser.get("/connector/visit/").content.decode().replace("&#x27;", "'")
