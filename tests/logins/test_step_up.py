"""Asked again who one is, before what is sensitive: which pages, and that nothing typed is lost."""

import re
import time
import uuid
from html import unescape
from pathlib import Path

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from backoffice.audit.models import Entry, LegalHold
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery import gate
from backoffice.logins import step_up
from backoffice.logins.models import User
from backoffice.logins.second_factor import DANGEROUS
from tests.factories import retail_user_values
from tests.logins.test_login import PASSWORD, code_of, log_in, set_up
from tests.logins.test_pages_by_role import DOCUMENT, pages
from tests.logins.test_sessions import everything

pytestmark = pytest.mark.django_db

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def person():
    """Make somebody with a password; where the role demands it, with an app. Gives a browser, logged in."""

    def make(role, name="person"):
        user = User.objects.create_user(name, password=PASSWORD)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        log_in(client, name)
        if any(user.has_perm(permission) for permission in DANGEROUS):
            client.secret = set_up(client, user)
        return client

    return make


@pytest.fixture(autouse=True)
def elsewhere(settings):
    settings.PORTAL_ENVIRONMENT = "UAT"


def wait(client, minutes):
    """Let so much time pass for this browser since it last said who it is."""
    session = client.session
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": time.time() - 60 * minutes} for record in records
    ]
    session.save()


def asked(response):
    return response.status_code == 302 and response.url.startswith("/staff/again/")


def documented():
    """The table of the document: pattern -> the actions of it, none for all."""
    part = DOCUMENT.read_text().partition("## Re-authentication")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(/[^`]*)` \| ([^|]+) \|$", part, flags=re.M)
    return {route: () if when == "always" else tuple(when.split(", ")) for route, when in rows}


def test_the_declaration_is_what_the_document_says():
    routes = {name: route for route, name, _ in pages()}
    declared = {routes[name]: () for name in step_up.PAGES}
    declared |= {routes[name]: actions for name, actions in step_up.ACTIONS.items()}
    assert declared == documented()


@pytest.mark.parametrize("name", sorted({*step_up.PAGES, *step_up.ACTIONS}))
def test_each_of_them_asks_after_a_while_and_not_before(person, name):
    client = person("compliance")
    parts = next(parts for _, known, parts in pages() if known == name)
    asks_anyway = name == "mfa_activate_totp"  # whoever has a password, each time (django-allauth)
    for action in step_up.ACTIONS.get(name) or ("",):
        samples = {"pk": 0, "token": uuid.uuid4(), "slug": "create_retail_user", "action": action or "again"}
        samples |= {"group_id": "HO", "user_id": "RET001"}
        where = reverse(name, kwargs={part: samples[part] for part in parts})
        wait(client, 59)
        assert asks_anyway or not asked(client.post(where))
        wait(client, 61)
        assert asked(client.post(where))
        if name in step_up.PAGES:
            assert asked(client.get(where))


def test_reading_and_other_actions_ask_nobody(person, submitted_change):
    client = person("checker")
    wait(client, 600)
    page = client.get(submitted_change.get_absolute_url())
    assert page.status_code == 200
    assert "You will be asked first whether it is still you" in page.content.decode()
    comment = f"{submitted_change.get_absolute_url()}comment/"
    assert not asked(client.post(comment, {"reason": "Seen"}))


@pytest.fixture
def submitted_change(maker):
    values = {**retail_user_values(), "reference": ""}
    return operations.submit("create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4())


def test_an_approval_waits_for_the_answer_and_is_then_carried_out_with_what_was_typed(
    person, submitted_change
):
    client = person("checker")
    wait(client, 61)
    decision = {"content_hash": submitted_change.content_hash, "reason": "Compared with form 12"}
    question = client.post(f"{submitted_change.get_absolute_url()}approve/", decision)
    assert asked(question)
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.SUBMITTED
    assert client.get(question.url).status_code == 200
    wrong = client.post(question.url, {"password": "a-wrong-Password-1"})
    assert wrong.status_code == 200
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.SUBMITTED
    answer = client.post(question.url, {"password": PASSWORD})
    assert answer.url == submitted_change.get_absolute_url()
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.APPROVED
    assert submitted_change.decision_reason == "Compared with form 12"
    said = list(Entry.objects.filter(action__in=("staff.confirmed", "change.approved")).order_by("id"))
    assert [entry.action for entry in said][-2:] == ["staff.confirmed", "change.approved"]
    assert not asked(client.post(f"{submitted_change.get_absolute_url()}approve/", decision))


def test_several_decided_at_once_go_on_too(person, submitted_change):
    client = person("checker")
    page = client.get("/changes/inbox/review/", {"change": submitted_change.pk})
    assert 'action="/changes/inbox/review/"' in page.content.decode()
    wait(client, 61)
    seen = f"{submitted_change.pk}:{submitted_change.content_hash}"
    decision = {"seen": seen, "shown": submitted_change.pk, "press": "reject", "reason": "No form 12"}
    question = client.post("/changes/inbox/review/", decision)
    assert asked(question)
    told = client.post(question.url, {"password": PASSWORD})
    assert "1 of 1 rejected" in told.content.decode()
    submitted_change.refresh_from_db()
    assert submitted_change.decision_reason == "No form 12"


def test_a_code_answers_as_well(person, submitted_change):
    client = person("checker")
    wait(client, 61)
    decision = {"content_hash": submitted_change.content_hash}
    question = client.post(f"{submitted_change.get_absolute_url()}approve/", decision)
    other = question.url.replace("/staff/again/", "/staff/code/again/")
    assert other.replace("&", "&amp;") in client.get(question.url).content.decode()
    client.post(other, {"code": code_of(client.secret, later=1)})
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.APPROVED


def test_somebody_else_who_logs_in_does_not_carry_it_out(person, submitted_change):
    client = person("checker")
    wait(client, 61)
    client.post(
        f"{submitted_change.get_absolute_url()}approve/", {"content_hash": submitted_change.content_hash}
    )
    client.post("/staff/logout/")
    person("compliance", "other")
    log_in(client, "other")
    client.post(f"/staff/again/?next={submitted_change.get_absolute_url()}approve/", {"password": PASSWORD})
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.SUBMITTED


def test_who_has_neither_password_nor_app_logs_in_again(person):
    client = person("compliance")
    User.objects.update(password="!")
    user = User.objects.get()
    client.force_login(user)
    answer = client.get("/audit/csv/?q=x")
    assert answer.url == "/staff/login/?next=/audit/csv/%3Fq%3Dx"
    assert "_auth_user_id" not in client.session


class TestWhoHasNeitherPasswordNorApp:
    """They log in by single sign-on, and then send what was kept."""

    ASKED = "/audit/csv/?code=30&q=HO"

    @pytest.fixture
    def client(self, person):
        client = person("compliance")
        User.objects.update(password="!")
        self.log_in(client, "person")
        return client

    def log_in(self, client, name):
        client.force_login(User.objects.get(username=name))

    def test_nothing_that_was_typed_is_lost(self, client):
        answer = client.post(self.ASKED, {"reason": "Inspection 7"}, headers={"referer": FILTERED})
        assert answer.url == "/staff/login/?next=/staff/again/kept/"
        assert "_auth_user_id" not in client.session
        self.log_in(client, "person")
        page = client.get("/staff/again/kept/")
        address, fields, back = form_of(page)
        assert (address, fields, back) == (self.ASKED, {"reason": "Inspection 7"}, "/audit/?code=30&q=HO")
        assert "waits to be sent" in client.get("/staff/again/kept/", follow=True).content.decode()

    def test_a_stolen_session_does_not_set_up_an_app_that_answers_for_it(self, client):
        assert client.get("/staff/second-factor/app/").url == "/staff/login/?next=/staff/second-factor/app/"
        assert "_auth_user_id" not in client.session

    def test_somebody_else_does_not_get_it(self, client, person):
        client.post(self.ASKED, {"reason": "Inspection 7"})
        person("compliance", "other")
        self.log_in(client, "other")
        assert client.get("/staff/again/kept/").url == "/"

    @pytest.mark.parametrize("referer", ["https://evil.example/", "http://testserver//evil.example/", ""])
    def test_the_way_back_leads_to_no_other_site(self, client, referer):
        client.post(self.ASKED, headers={"referer": referer})
        self.log_in(client, "person")
        assert form_of(client.get("/staff/again/kept/"))[2] == "/"


def form_of(page):
    """The address to which a page's own form sends, its hidden fields without the token, and the way back."""
    card = page.content.decode().partition('class="alone-card"')[2]
    address = unescape(re.search(r'<form method="post" action="([^"]*)"', card)[1])
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', card))
    fields.pop("csrfmiddlewaretoken")
    return address, {name: unescape(value) for name, value in fields.items()}, unescape(back_of(card))


def back_of(card):
    return re.search(r'href="([^"]*)">Back<', card)[1]


FILTERED = "http://testserver/audit/?code=30&q=HO"


def test_a_filtered_export_comes_with_its_filters_and_its_reason(person):
    client = person("compliance")
    wait(client, 61)
    question = client.post("/audit/csv/?q=staff.logged_in", {"reason": 'A "reason" & more'})
    assert asked(question)
    address, fields, back = form_of(client.post(question.url, {"password": PASSWORD}))
    assert (address, back) == ("/audit/csv/?q=staff.logged_in", "/")
    assert fields == {"reason": 'A "reason" & more'}
    file = client.post(address, fields)
    assert file["Content-Disposition"].startswith("attachment")
    exported = Entry.objects.latest("id")
    assert "staff.logged_in" in f"{exported.details} {exported.text}"


def test_a_file_that_is_just_fetched_gets_a_button_too(person):
    client = person("checker")
    wait(client, 61)
    question = client.get("/batches/7/result.csv", headers={"referer": "http://testserver/batches/7/"})
    page = client.post(question.url, {"password": PASSWORD}).content.decode()
    assert 'href="/batches/7/result.csv" download' in page
    assert back_of(page) == "/batches/7/"


def test_a_pause_waits_for_the_answer_with_its_reason(person):
    client = person("admin")
    wait(client, 61)
    question = client.post("/deliveries/pause/", {"reason": "ODIN is down"})
    assert asked(question)
    assert gate.state().paused_at is None
    assert client.post(question.url, {"password": PASSWORD}).url == "/deliveries/"
    assert gate.state().pause_reason == "ODIN is down"


def test_a_hold_waits_for_the_answer_with_its_reason(person, submitted_change):
    client = person("compliance")
    wait(client, 61)
    question = client.post("/audit/holds/place/", {"subject": "HO/RET001", "reason": "Case 12"})
    assert not LegalHold.objects.exists()
    client.post(question.url, {"password": PASSWORD})
    assert LegalHold.objects.get().reason == "Case 12"


def test_a_form_that_comes_back_sends_to_its_own_address(person):
    """It is shown as the answer to the password, where a form without an address would send to the question."""
    client = person("compliance")
    wait(client, 61)
    assert asked(client.get("/audit/evidence/"))
    for name in (
        "changes/entry",
        "changes/entry_check",
        "changes/review",
        "delivery/several",
        "compliance/evidence_form",
    ):
        text = (TEMPLATES / f"{name}.html").read_text()
        forms = re.findall(r'<form[^>]*method="post"[^>]*>', text)
        assert forms, name
        assert all("action=" in form for form in forms), name


def test_the_new_password_of_the_dealer_is_kept_sealed(person):
    client = person("admin")
    client.get("/dealer/password/")
    wait(client, 61)
    typed = {"token": str(uuid.uuid4()), "press": "check", "new_password": "Dealer4711"}
    question = client.post("/dealer/password/", typed)
    assert asked(question)
    assert "Dealer4711" not in everything()
    answer = client.post(question.url, {"password": PASSWORD})
    assert answer.url.startswith(f"/dealer/password/{typed['token']}/check/")
    assert Change.objects.get(token=typed["token"]).made_by.username == "person"


def test_an_answer_in_one_tab_leaves_what_waits_in_another(person, submitted_change):
    client = person("checker")
    wait(client, 61)
    approval = f"{submitted_change.get_absolute_url()}approve/"
    first = client.post(
        approval, {"content_hash": submitted_change.content_hash}, headers={"referer": FILTERED}
    )
    second = client.get("/changes/inbox/review/?change=1")
    assert client.post(second.url, {"password": PASSWORD}).url == "/changes/inbox/review/?change=1"
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.SUBMITTED
    client.post(first.url, {"password": PASSWORD})
    submitted_change.refresh_from_db()
    assert submitted_change.state == State.APPROVED


def test_a_demonstration_asks_nobody(person, settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    client = person("compliance")
    wait(client, 600)
    assert client.get("/audit/evidence/").status_code == 200
