"""Asked again who one is, before what is sensitive: which pages, and that nothing typed is lost."""

import re
import time
import uuid

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.models import State
from backoffice.staff import step_up
from backoffice.staff.models import User
from backoffice.staff.second_factor import DANGEROUS
from tests.factories import retail_user_values
from tests.staff.test_login import PASSWORD, code_of, log_in, set_up
from tests.staff.test_pages_by_role import DOCUMENT, pages

pytestmark = pytest.mark.django_db


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
    part = DOCUMENT.read_text().partition("## Where one is asked again")[2].partition("\n## ")[0]
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
    for action in step_up.ACTIONS.get(name) or ("",):
        samples = {"pk": 0, "token": uuid.uuid4(), "slug": "create_retail_user", "action": action or "again"}
        where = reverse(name, kwargs={part: samples[part] for part in parts})
        wait(client, 59)
        assert not asked(client.post(where))
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
    client.force_login(user)
    again = client.post("/audit/evidence/", headers={"referer": "https://evil.example/"})
    assert again.url == "/staff/login/?next=/"


def test_a_demonstration_asks_nobody(person, settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    client = person("compliance")
    wait(client, 600)
    assert client.get("/audit/evidence/").status_code == 200
