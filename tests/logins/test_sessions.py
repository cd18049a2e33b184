"""Sessions: what the table gives away (nothing), how long one lasts, and the list of one's own."""

import base64
import threading
import zlib

import pytest
from django.conf import settings as portal
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.db import connection
from django.test import Client

from backoffice.audit.models import Entry
from backoffice.logins import sessions
from backoffice.logins.models import Session, User
from backoffice.logins.passwords import link_path
from tests.logins.test_login import LOGIN, PASSWORD, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha():
    person = User.objects.create_user("asha", password=PASSWORD)
    person.groups.add(Group.objects.get(name="maker"))
    return person


def key_of(browser):
    return browser.cookies[portal.SESSION_COOKIE_NAME].value


def everything():
    """All that the table of sessions holds, also unpacked as Django packs a session."""
    text = str(list(Session.objects.values()))
    for packed in Session.objects.values_list("session_data", flat=True):
        body = packed.lstrip(".").partition(":")[0]
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        try:
            text += zlib.decompress(data).decode()
        except zlib.error:
            text += data.decode("latin-1")
    return text


def test_the_table_does_not_have_the_key_and_what_it_has_is_no_key(client, asha):
    log_in(client, "asha")
    assert key_of(client) not in everything()
    thief = Client()
    for stolen in Session.objects.values_list("session_key", flat=True):
        thief.cookies[portal.SESSION_COOKIE_NAME] = stolen
        assert thief.get("/").url.startswith(LOGIN)
    assert client.get("/").status_code == 200


def test_no_other_table_has_the_key(client, asha):
    log_in(client, "asha")
    client.get("/")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert key_of(client) not in str(cursor.fetchall()), table


def test_the_key_of_an_authenticator_app_cannot_be_read_while_it_is_set_up(client, asha):
    log_in(client, "asha")
    client.post("/staff/again/", {"password": PASSWORD})
    secret = client.get("/staff/second-factor/app/").context["form"].secret
    assert client.session["mfa.totp.secret"] == secret
    assert secret not in everything()
    row = Session.objects.get(user=asha)
    assert PlainStore().decode(row.session_data) == {}


def test_a_link_that_was_opened_cannot_be_read(client, asha):
    client.get(link_path(asha), follow=True)
    token = client.session["_password_reset_token"]
    assert default_token_generator.check_token(asha, token)
    assert token not in everything()


def test_a_session_ends_twelve_hours_after_the_login_however_it_is_used(client, asha, monkeypatch):
    log_in(client, "asha")
    client.get("/")
    session = client.session
    session[sessions.LOGIN] = {
        **session[sessions.LOGIN],
        "at": session[sessions.LOGIN]["at"] - 12 * 3600 + 60,
    }
    session.save()
    assert client.get("/").status_code == 200
    session[sessions.LOGIN] = {**session[sessions.LOGIN], "at": session[sessions.LOGIN]["at"] - 61}
    session.save()
    assert client.get("/").url.startswith(LOGIN)


def test_ended_sessions_leave_the_table_with_the_next_login(client, asha):
    log_in(Client(), "asha")
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    log_in(client, "asha")
    assert not Session.objects.filter(expire_date__year=2020).exists()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Odd/1.0 <b>", "Odd/1.0 &lt;b&gt;"),
    ],
)
def test_a_session_names_its_browser_as_people_know_it(client, asha, sent, words):
    log_in(client, "asha", HTTP_USER_AGENT=sent)
    assert f">{words}</td>" in client.get("/staff/sessions/").content.decode()


def test_ones_sessions_are_listed_and_all_others_ended_at_once(client, asha):
    others = [Client(), Client()]
    log_in(client, "asha", HTTP_USER_AGENT="Mine")
    for other in others:
        log_in(other, "asha", HTTP_USER_AGENT="Elsewhere", REMOTE_ADDR="192.0.2.44")
    page = client.get("/staff/sessions/").content.decode()
    assert page.count("Elsewhere") == page.count("192.0.2.44") == 2
    assert key_of(client) not in page
    client.post("/staff/sessions/")
    assert [session.browser for session in sessions.of(asha)] == ["Mine"]
    assert all(other.get("/").url.startswith(LOGIN) for other in others)
    assert Entry.objects.get(action="staff.session_ended").text == "2 sessions of asha were ended."


def test_a_session_that_is_ended_meanwhile_does_not_come_back(client, asha):
    log_in(client, "asha")
    store = client.session
    sessions.end(asha)
    client.cookies[portal.SESSION_COOKIE_NAME] = store.session_key
    assert client.get("/").url.startswith(LOGIN)
    assert not Session.objects.filter(user=asha).exists()


def test_nobody_is_logged_in_where_the_seal_keys_are_others(client, asha, settings):
    log_in(client, "asha")
    settings.PORTAL_SEAL_KEYS = ["b3RoZXIga2V5IHRoYXQgaXMgb25seSB1c2VkIGhlcmU="]
    assert client.get("/").url.startswith(LOGIN)


@pytest.mark.django_db(transaction=True)
def test_a_link_is_used_once_even_four_times_at_once():
    asha = User.objects.create_user("asha")
    link, answers = link_path(asha), []
    barrier = threading.Barrier(4)

    def use(number):
        browser, password = Client(), f"a-Long-enough-{number}"
        page = browser.get(link, follow=True).request["PATH_INFO"]
        barrier.wait()
        answer = browser.post(page, {"new_password1": password, "new_password2": password})
        answers.append((answer.status_code, password, answer.content.decode()))
        connection.close()

    threads = [threading.Thread(target=use, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chosen = [password for code, password, _ in answers if code == 302]
    assert len(chosen) == 1
    assert sum("no longer good" in words for _, _, words in answers) == 3
    asha.refresh_from_db()
    assert asha.check_password(chosen[0])
    assert Entry.objects.filter(action="staff.password_changed").count() == 1


def test_a_password_chosen_by_a_link_ends_the_sessions_and_brings_nobody_back(client, asha):
    log_in(client, "asha")
    asha.refresh_from_db()
    link, browser = link_path(asha), Client()
    page = browser.get(link, follow=True).request["PATH_INFO"]
    User.objects.filter(pk=asha.pk).update(is_active=False, rights_version=7)
    browser.post(page, {"new_password1": "a-Long-enough-9", "new_password2": "a-Long-enough-9"})
    asha.refresh_from_db()
    assert (asha.is_active, asha.rights_version) == (False, 7)
    assert not Session.objects.filter(user=asha).exists()
