"""Model 1 from the link to the return: token checks, GetOrderDetails, callbacks, and strangers (C4 to C27)."""

import html
import json
import re
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry, Refusal
from markets.models import Scrip
from partners import baskets, calls, invitations, limits, sessions, switches
from partners.models import (
    BasketVersion,
    ConnectorFinding,
    Invitation,
    Partner,
    Redirect,
    TwoWayToken,
    UnreadableCall,
)
from partners.models.invitations import InvitationState
from tests.factories import RetailUserFactory
from tests.html_forms import Page
from tests.partners.conftest import TOKEN, Client, approve, ask, check, line

pytestmark = pytest.mark.django_db


def state():
    return Invitation.objects.get().state


def reasons():
    return " ".join(Entry.objects.values_list("text", flat=True))


class TestALink:
    def test_shows_nothing_before_the_client_says_who_they_are(self, visitor, published):
        page = visitor.browser.get(visitor.path).content.decode()
        assert published.reco_id not in page
        assert "PEEPAL" not in page
        assert visitor.browser.get("/connector/visit/").status_code == 404

    @pytest.mark.parametrize("proof", ["234A", "234a", "birth"])
    def test_opens_with_the_end_of_the_pan_or_the_date_of_birth(self, visitor, client_user, proof):
        said = f"{client_user.birth_date:%d-%m-%Y}" if proof == "birth" else proof
        assert visitor.open(said).status_code == 303
        page = visitor.browser.get("/connector/visit/").content.decode()
        assert "PEEPAL" in page
        first = re.search(r"<tbody>(.*?)</tr>", page, re.DOTALL)[1]
        for words in (
            "NSE Equity",
            "<strong>Buy 10</strong>, limit",
            "For the day",
            'data-label="Price ₹"',
            "101.50",
        ):
            assert words in first
        assert "Shares can fall" in page
        assert state() == InvitationState.OPENED

    def test_closes_after_three_wrong_answers(self, visitor):
        assert [visitor.open("0000").status_code for _ in range(3)] == [403] * 3
        for answer in (visitor.open(), visitor.browser.get(visitor.path)):
            words = answer.content.decode()
            assert "three wrong answers" in words
            assert "<form" not in words

    def test_that_is_locked_says_so_to_staff_until_they_make_a_new_one(self, visitor, invited, maker):
        desk, page = Browser(), f"/partners/invitations/{invited[0].pk}/"
        desk.force_login(maker)
        assert "locked" not in desk.get(page).content.decode()
        for _ in range(3):
            visitor.open("0000")
        assert "The link is locked" in desk.get(page).content.decode()
        invitations.new_link(invited[0], by=maker)
        assert "locked" not in desk.get(page).content.decode()

    def test_mints_nothing_before_the_click(self, visitor):
        visitor.open()
        visitor.browser.get("/connector/visit/")
        assert not TwoWayToken.objects.exists()

    def test_answers_a_stranger_in_the_same_words(self, visitor):
        assert visitor.browser.get("/connector/i/" + "x" * 43 + "/").status_code == 404

    def test_ends_its_visit_when_staff_make_a_new_one(self, visitor, invited, maker):
        visitor.open()
        invitations.new_link(invited[0], by=maker)
        assert visitor.browser.get("/connector/visit/").status_code == 404


class TestAClick:
    def test_leads_to_the_landing_page(self, visitor, client_user, partner):
        found = visitor.click()
        names = partner.clients.get()
        assert (found["nRequestType"], found["sProductCode"], found["sAppToken"]) == ("1", "GROWTH", TOKEN)
        assert found["sTpUserId"] == names.tp_user_id
        assert client_user.user_id not in str(found)
        assert state() == InvitationState.REDIRECTED

    def test_leaves_its_token_in_no_table_and_no_entry(self, visitor):
        found = visitor.click()
        for model in (TwoWayToken, Redirect, Entry, Invitation):
            assert found["sTwoWayToken"] not in str(list(model.objects.values_list()))
            assert found["oEchoBackObject"] not in str(list(model.objects.values_list()))

    def test_is_not_kept_by_browsers(self, visitor):
        visitor.click()
        assert (visitor.page["Cache-Control"], visitor.page["Referrer-Policy"]) == (
            "no-store",
            "strict-origin",
        )

    def test_on_a_page_of_an_earlier_link_leads_to_no_other_basket(
        self, visitor, make_version, publish, partner, client_user, maker
    ):
        another = publish(make_version(basket=baskets.make(partner, "Income two", "GROWTH", by=maker)))
        other, link = invitations.invite(another, client_user, 1, by=maker)
        visitor.open()
        page = Page(visitor.browser.get("/connector/visit/").content.decode())
        visitor.browser.post(link.removeprefix("https://connect.example"), {"proof": "234A"})
        answer = visitor.browser.post("/connector/visit/go/", page.sent())
        assert (answer.status_code, "another link was opened" in answer.content.decode()) == (409, True)
        other.refresh_from_db()
        assert other.state == "opened"
        assert not Redirect.objects.exists()

    def test_ends_the_one_before(self, visitor):
        first, second = visitor.click(), visitor.click()
        assert Redirect.objects.filter(ended_at=None).count() == 1
        assert check(first["sTwoWayToken"]).json()["success"] is False
        assert check(second["sTwoWayToken"]).json()["success"] is True


class TestATokenCheck:
    def test_is_good_once(self, visitor):
        token = visitor.click()["sTwoWayToken"]
        good, again = check(token, applicationToken=TOKEN), check(token)
        assert (good.status_code, good.json()["success"]) == (200, True)
        assert (again.status_code, again.json()["success"]) == (200, False)
        assert state() == InvitationState.CHECKED

    def test_refuses_in_the_same_words_for_every_reason(self, visitor, partner, maker):
        token = visitor.click()["sTwoWayToken"]
        said = [check("x" * 43), check(token, userRefId="another"), check(token, sAppToken="another")]
        TwoWayToken.objects.update(ends_at=timezone.now())
        said.append(check(token))
        TwoWayToken.objects.update(ends_at=timezone.now() + timedelta(minutes=1))
        switches.throw("all", "", by=maker, reason="Stop")
        said.append(check(token))
        answers = [{**one.json(), "traceId": ""} for one in said]
        assert all(answer == answers[0] for answer in answers)
        assert {one.status_code for one in said} == {200}
        for words in ("no such token", "another user", "another application", "too old", "kill switch"):
            assert words in reasons()

    def test_that_is_malformed_is_400_and_shown_to_people_without_values(self, db):
        assert check("").status_code == 400
        Browser().post("/connector/token-check/", {"unheardOf": "secret"}, content_type="application/json")
        assert UnreadableCall.objects.get().shape == ["unheardof: text, 6"]

    def test_raises_an_alarm_after_twenty_refusals(self, partner):
        for _ in range(20):
            check("x" * 43, applicationToken=TOKEN)
        assert ConnectorFinding.objects.get().kind == "token_alarm"


class TestGetOrderDetails:
    def served(self, visitor, **more):
        return ask(visitor.click()["sTpUserId"], **more)

    def test_serves_the_invited_version_after_the_auth_code_is_checked(self, visitor, vendor, published):
        answer = self.served(visitor).json()
        data = json.loads(answer["data"])
        assert answer["success"] is True
        assert data["recoId"] == published.reco_id
        assert [row["ordPrice"] for row in data["basketData"]] == [10150, 5505, 0]
        ((path, asked),) = vendor.asked
        assert path == "/loginservice/vas-auth"
        assert asked == {"token": "auth-code-1", "userRefId": data["clientCode"], "applicationToken": TOKEN}
        assert state() == InvitationState.SERVED

    @pytest.mark.parametrize("kind", ["ucc", "vas"])
    def test_finds_the_client_by_ucc_and_by_a_bound_id(self, visitor, vendor, partner, kind):
        visitor.click()
        partner.clients.update(vas_user_id="V9", mapping="bound")
        assert ask("RET001" if kind == "ucc" else "V9").json()["success"] is True
        assert Invitation.objects.get().code_kind == kind

    def test_serves_nobody_whose_id_is_only_claimed(self, visitor, vendor, partner):
        visitor.click()
        partner.clients.update(claimed_vas_user_id="V9", mapping="claimed")
        assert ask("V9").json()["success"] is False

    def test_the_link_to_the_broker_names_the_basket_and_who_it_is_from(self, visitor, published):
        visitor.click()
        html = visitor.page.content.decode()
        assert published.basket.name in html
        assert published.basket.partner.name in html

    def test_gives_the_same_bytes_to_the_same_code_without_asking_again(self, visitor, vendor):
        tp = visitor.click()["sTpUserId"]
        first, again = ask(tp), ask(tp)
        assert first.json()["data"] == again.json()["data"]
        assert len(vendor.asked) == 1

    def test_refuses_the_code_of_another_client_and_raises_an_alarm(self, visitor, vendor, published, maker):
        ask(visitor.click()["sTpUserId"])
        other = RetailUserFactory(group_id="HO", user_id="RET002", pan="ZZZPT9999Z", status="A")
        theirs = Client(invitations.invite(published, other, 1, by=maker)[1])
        theirs.open("999Z")
        theirs.post("go/")
        assert ask("RET002").json()["success"] is False
        assert ConnectorFinding.objects.get().kind == "auth_code"
        assert len(vendor.asked) == 1

    def test_refuses_where_vas_says_no_or_nothing_in_time(self, visitor, vendor, settings):
        vendor.good = False
        tp = visitor.click()["sTpUserId"]
        answer = ask(tp).json()
        assert (answer["success"], answer["data"]) == (False, None)
        vendor.good, vendor.delay, settings.CONNECTOR_VAS_TIMEOUT = True, 1, 0.3
        assert ask(tp, "auth-code-2").json()["success"] is False
        assert state() == InvitationState.REDIRECTED

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda: Partner.objects.update(state="suspended"),
            lambda: BasketVersion.objects.update(state="withdrawn"),
            lambda: BasketVersion.objects.update(valid_until=timezone.now()),
            lambda: Redirect.objects.update(ended_at=timezone.now()),
            lambda: Redirect.objects.update(made_at=timezone.now() - timedelta(hours=1)),
            lambda: Invitation.objects.update(state="revoked"),
            lambda: Scrip.objects.filter(token=900002).update(symbol="OAK"),
        ],
    )
    def test_refuses_before_it_asks_vas(self, visitor, vendor, spoil):
        tp = visitor.click()["sTpUserId"]
        spoil()
        answer = ask(tp)
        assert (answer.status_code, answer.json()["success"], answer.json()["data"]) == (200, False, None)
        assert vendor.asked == []

    def test_refuses_the_repeat_after_a_stop_too(self, visitor, vendor, maker):
        tp = visitor.click()["sTpUserId"]
        ask(tp)
        switches.throw("product", "desk/GROWTH", by=maker, reason="Stop")
        assert ask(tp).json()["success"] is False
        assert len(vendor.asked) == 1

    def test_refuses_what_is_not_of_the_partner(self, visitor, vendor):
        tp = visitor.click()["sTpUserId"]
        for more in ({"product": "VALUE"}, {"partner_id": "ZZZZZZ"}):
            assert ask(tp, **more).json()["success"] is False
        assert ask("nobody").json()["success"] is False
        assert Browser().post("/connector/order-details/", {"ClientCode": tp}).status_code == 400
        assert vendor.asked == []

    def test_leaves_no_code_and_no_token_in_the_trail(self, visitor, vendor):
        self.served(visitor)
        assert "auth-code-1" not in str(list(Entry.objects.values_list())) + str(
            list(Redirect.objects.values_list())
        )


class TestABasketCallback:
    def back(self, echo, code="S101", **more):
        return Browser().get(
            "/connector/callback/basket/",
            {"sStatusCode": code, "sStatusMessage": "Done", "oEcoBackObject": echo, **more},
        )

    def test_leads_to_a_clean_address_and_is_no_execution(self, visitor, vendor):
        found = visitor.click()
        ask(found["sTpUserId"])
        answer = self.back(found["oEchoBackObject"])
        assert (answer.status_code, answer["Location"]) == (303, "/connector/result/ok/")
        assert state() == InvitationState.RETURNED_OK
        assert "order book" in Browser().get(answer["Location"]).content.decode()

    def test_of_a_client_who_was_blocked_since_leaves_the_order_book_to_ask(self, visitor):
        self.back(visitor.click()["oEchoBackObject"])
        RetailUser.objects.update(status="S")
        words = html.unescape(visitor.open().content.decode())
        assert "Your broker's order book says what happened" in words
        assert "Ask your broker for a new one" not in words

    def test_comes_by_post_and_json_as_well(self, visitor):
        found = visitor.click()
        body = {"sStatusCode": "F101", "sStatusMessage": "No", "oEchoBackObject": found["oEchoBackObject"]}
        answer = Browser().post("/connector/callback/basket/", body, content_type="application/json")
        assert answer["Location"] == "/connector/result/failed/"
        assert state() == InvitationState.RETURNED_FAILED

    def test_with_an_unknown_code_is_unclear(self, visitor):
        self.back(visitor.click()["oEchoBackObject"], "X999")
        assert state() == InvitationState.RETURNED_UNCLEAR

    def test_counts_once_and_a_contradiction_is_a_finding(self, visitor):
        echo = visitor.click()["oEchoBackObject"]
        self.back(echo)
        assert self.back(echo)["Location"] == "/connector/result/ok/"
        assert not ConnectorFinding.objects.exists()
        assert self.back(echo, "F101")["Location"] == "/connector/result/ok/"
        assert state() == InvitationState.RETURNED_OK
        assert ConnectorFinding.objects.get().kind == "contradiction"

    @pytest.mark.parametrize(
        "forge", [lambda echo: "", lambda echo: echo[:-6] + "AAAA==", lambda echo: "e30="]
    )
    def test_that_is_not_bound_changes_nothing(self, visitor, forge):
        echo = visitor.click()["oEchoBackObject"]
        answer = self.back(forge(echo))
        assert answer["Location"] == "/connector/result/neutral/"
        assert Browser().get(answer["Location"]).status_code == 200
        assert state() == InvitationState.REDIRECTED
        assert ConnectorFinding.objects.get().kind == "callback"


class TestTheWall:
    def test_answers_nothing_while_the_connector_is_off(self, visitor, settings):
        settings.CONNECTOR = False
        for path in (
            "/connector/token-check/",
            visitor.path,
            "/connector/callback/basket/",
            "/connector/result/ok/",
        ):
            assert Browser().get(path).status_code == 404

    def test_keeps_staff_pages_and_connector_on_hosts_of_their_own(self, db, settings):
        settings.CONNECTOR_HOST, settings.ALLOWED_HOSTS = "connect.example", ["*"]
        there, here = {"HTTP_HOST": "connect.example"}, {"HTTP_HOST": "portal.example"}
        assert Browser().get("/connector/result/ok/", **there).status_code == 200
        assert Browser().get("/connector/result/ok/", **here).status_code == 404
        for spelled in ("connect.example", "connect.example.", "CONNECT.example:8443"):
            assert Browser().get("/staff/login/", HTTP_HOST=spelled).status_code == 404, spelled
        assert Browser().get("/staff/login/", **here).status_code == 200

    def test_refuses_a_body_that_is_too_large_unread(self, db):
        body = b'{"token": "' + b"x" * 70_000 + b'"}'
        assert (
            Browser().post("/connector/token-check/", body, content_type="application/json").status_code
            == 413
        )

    def test_looks_up_no_staff_session(self, maker, django_assert_max_num_queries, visitor):
        browser = Browser()
        browser.force_login(maker)
        with django_assert_max_num_queries(0):
            browser.get("/connector/result/ok/")

    def test_limits_how_often_one_address_calls(self, db, monkeypatch):
        monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 0.0))  # all within one minute
        answers = [Browser().get("/connector/result/ok/") for _ in range(121)]
        assert (answers[119].status_code, answers[120].status_code) == (200, 429)
        assert "Wait a minute, then reload it." in answers[120].content.decode()

    def test_answers_a_client_with_a_page_and_the_vendor_with_json_while_the_database_is_away(self, visitor):
        def away(*args):
            raise OperationalError("the connection is lost")

        visitor.open()
        visitor.browser.raise_request_exception = False
        with connection.execute_wrapper(away):
            pages = [visitor.browser.get(path) for path in (visitor.path, "/connector/visit/")]
            calls_of_the_vendor = [ask("ABCDEF"), check("any")]
        for page in pages:
            assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
            assert "Open the link that your broker sent you" in page.content.decode()
        for answer in calls_of_the_vendor:
            assert (answer.status_code, answer.json()["success"]) == (503, False)

    def test_counts_each_kind_of_link_on_its_own(self, db, monkeypatch):
        monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 120.0))
        stranger = Browser()
        for _ in range(121):
            answer = stranger.get("/connector/i/" + "x" * 43 + "/")
        assert answer.status_code == 429
        assert stranger.get("/connector/c/" + "x" * 43 + "/").status_code == 404

    def test_counts_the_addresses_of_one_network_as_one_caller(self, db, monkeypatch):
        monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 60.0))
        callers = [f"2001:db8::{last:x}" for last in range(1, 122)]
        answers = [Browser(REMOTE_ADDR=one).get("/connector/result/ok/").status_code for one in callers]
        assert (answers[119], answers[120]) == (200, 429)
        assert Browser(REMOTE_ADDR="2001:db8:0:1::1").get("/connector/result/ok/").status_code == 200

    def test_demands_no_csrf_token_of_the_vendor_but_of_clients(self, visitor):
        strict = Browser(enforce_csrf_checks=True)
        form = "application/x-www-form-urlencoded"
        assert strict.post("/connector/token-check/", "token=xyz", content_type=form).status_code == 200
        assert (
            strict.post("/connector/callback/basket/", "sStatusCode=x", content_type=form).status_code == 303
        )
        assert strict.post(visitor.path, {"proof": "234A"}).status_code == 403


class TestASwitch:
    def test_closes_links_and_is_released_by_two_people(self, visitor, maker, checker, invited):
        switch = switches.throw("partner", "desk", by=maker, reason="Complaint")
        assert switches.throw("partner", "desk", by=maker, reason="Again") == switch
        assert "stopped for the moment" in visitor.browser.get(visitor.path).content.decode()
        approve(switches.propose_release(switch, by=maker, reason="Settled", token=uuid.uuid4()), checker)
        assert visitor.open().status_code == 303


def test_a_newer_version_refuses_the_old_click(visitor, vendor, published, make_version, publish):
    tp = visitor.click()["sTpUserId"]
    publish(make_version([line()], basket=published.basket))
    assert ask(tp).json()["success"] is False
    assert state() == InvitationState.REVOKED
    assert sessions.live().count() == 0


class TestAFloodOfRefusedCalls:
    """Whoever can reach the addresses can have calls refused: the trail has one entry a minute for each reason."""

    def test_of_token_checks_is_one_entry_and_still_an_alarm(self, partner):
        times = calls.ALARM_REFUSALS * 2
        assert not any(check("wrong").json()["success"] for _ in range(times))
        entries = Entry.objects.filter(action="connector.token_refused")
        assert entries.count() <= 2  # a minute may end meanwhile
        assert sum(Refusal.objects.values_list("times", flat=True)) == times
        assert ConnectorFinding.objects.filter(kind="token_alarm").exists()

    def test_of_requests_for_baskets_is_one_entry_whatever_they_ask_for(self, partner):
        for number in range(30):
            assert not ask("RET001", product=f"P{number}").json()["success"]
        assert Entry.objects.filter(action="connector.basket_refused").count() <= 2

    def test_of_wrong_codes_is_one_entry(self, visitor, client_user, settings):
        visitor.click()
        settings.CONNECTOR_VAS_URL = "http://127.0.0.1:9"
        for number in range(30):
            assert not ask(client_user.user_id, code=f"guess-{number}").json()["success"]
        assert 1 <= Entry.objects.filter(action="connector.auth_code_checked").count() <= 2
