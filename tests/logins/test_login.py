"""Logging in: password, lockout, second factor, idle time, one's sessions."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client

from backoffice.audit.models import Entry
from backoffice.logins import middleware, sessions
from backoffice.logins.models import User
from backoffice.logins.passwords import link_path
from backoffice.logins.roles import ROLES

pytestmark = pytest.mark.django_db

PASSWORD = "a-Long-enough-1"
LOGIN = "/staff/login/"


@pytest.fixture
def person(django_user_model):
    def make(role, name="person"):
        user = django_user_model.objects.create_user(name, password=PASSWORD)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


def log_in(client, name="person", password=PASSWORD, **headers):
    return client.post(LOGIN, {"login": name, "password": password}, **headers)


def actions():
    return list(Entry.objects.order_by("id").values_list("action", flat=True))


def code_of(secret, later=0):
    """The code of this half minute, or so many later: the earlier one that is still taken may end before it is sent.

    Each is taken once, and none that is earlier than the last: where two are needed, the second is a later one.
    """
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2] + later))


def set_up(client, person):
    """Set up an authenticator app as a person does; gives its secret."""
    assert client.get("/staff/second-factor/app/").url.startswith("/staff/again/")
    client.post("/staff/again/", {"password": PASSWORD})
    page = client.get("/staff/second-factor/app/")
    secret = page.context["form"].secret
    response = client.post("/staff/second-factor/app/", {"code": code_of(secret)})
    assert response.status_code == 302, response.context["form"].errors
    return secret


def test_a_login_leads_to_today_or_to_the_page_asked_for(client, person):
    person("maker")
    assert log_in(client).url == "/"
    client.logout()
    response = client.post(LOGIN, {"login": "person", "password": PASSWORD, "next": "/users/"})
    assert response.url == "/users/"


def test_a_login_leads_to_no_other_site(client, person):
    person("maker")
    response = client.post(LOGIN, {"login": "person", "password": PASSWORD, "next": "https://evil.example/"})
    assert response.url == "/"


@pytest.mark.parametrize(
    "path",
    ["/staff/signup/", "/accounts/signup/", "/staff/email/", "/staff/password/reset/", "/staff/sso/signup/"],
)
def test_nobody_signs_up_and_nobody_resets_a_password_by_mail(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"username": "new", "password1": PASSWORD}).status_code == 404


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(client, person):
    person("maker")
    answers = [
        log_in(client, name, "wrong").content.decode().replace(f'value="{name}"', "")
        for name in ("person", "nobody")
    ]
    said = [answer[answer.index("<h1>") : answer.index("</form>")] for answer in answers]
    strip = [part[: part.index("csrfmiddlewaretoken")] for part in said]
    assert strip[0] == strip[1]
    assert all("Incorrect username" in answer for answer in answers)


@pytest.mark.parametrize("name", ["person", "nobody"])
def test_too_many_failures_lock_a_name_out_even_with_the_right_password(client, person, settings, name):
    person("maker")
    for _ in range(settings.LOCKOUT_TRIES):
        log_in(client, name, "wrong")
    answer = log_in(client, name, PASSWORD)
    assert "too many tries" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert actions() == ["staff.login_failed"] * settings.LOCKOUT_TRIES + ["staff.locked_out"]
    assert set(Entry.objects.values_list("subject", flat=True)) == {"person" if name == "person" else ""}


def test_a_lockout_of_one_name_leaves_others_alone(client, person, settings):
    person("maker")
    person("maker", "other")
    for _ in range(settings.LOCKOUT_TRIES + 1):
        log_in(client, "person", "wrong")
    assert log_in(client, "other").url == "/"


def test_nothing_that_was_typed_is_in_the_trail(client, person):
    person("maker")
    log_in(client, "typed-Password-1", "wrong-Password-1")
    kept = str(list(Entry.objects.values()))
    assert "typed-Password-1" not in kept
    assert "wrong-Password-1" not in kept


def test_somebody_deactivated_does_not_get_in(client, person):
    User.objects.filter(pk=person("maker").pk).update(is_active=False)
    log_in(client)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("password", ["short-1", "1qaz2wsx3edc", "a-person-1"])
def test_weak_passwords_are_refused(client, person, password):
    person("maker")
    log_in(client)
    response = client.post(
        "/staff/password/", {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )
    assert response.status_code == 200
    assert response.context["form"].errors


def test_the_fields_of_a_new_password_are_named_like_all_others(client, person):
    """Sentence case, and no word inside a field, where it vanishes as one types."""
    person("maker")
    log_in(client)
    form = client.get("/staff/password/").context["form"]
    assert [field.label for field in form] == ["Present password", "New password", "New password again"]
    assert not any("placeholder" in field.field.widget.attrs for field in form)
    by_link = Client().get(link_path(User.objects.get()), follow=True).context["form"]
    assert [field.label for field in by_link] == ["New password", "New password again"]


def test_a_new_password_ends_the_other_sessions_and_is_recorded(client, person):
    person("maker")
    other = Client()
    log_in(client)
    log_in(other)
    new = "another-Long-one-2"
    response = client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert response.status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").url.startswith(LOGIN)
    assert "staff.password_changed" in actions()


def test_one_sees_ones_sessions_and_ends_another(client, person):
    me = person("maker")
    other = Client()
    log_in(client)
    log_in(other, HTTP_USER_AGENT="Other browser")
    page = client.get("/staff/sessions/").content.decode()
    assert "Other browser" in page
    session = next(session for session in sessions.of(me) if session.browser == "Other browser")
    client.post("/staff/sessions/", {"session": session.key})
    assert other.get("/").url.startswith(LOGIN)
    assert client.get("/").status_code == 200
    assert Entry.objects.get(action="staff.session_ended").subject == "person"


def test_nobody_ends_the_session_of_another(client, person):
    person("maker")
    victim = person("maker", "victim")
    other = Client()
    log_in(other, "victim")
    log_in(client)
    for key in (sessions.of(victim)[0].key, "\x00", "no-key"):
        client.post("/staff/sessions/", {"session": key})
    assert other.get("/").status_code == 200


def test_an_idle_session_ends_and_says_so(client, person, settings, monkeypatch):
    person("maker")
    log_in(client)
    client.get("/")
    session = client.session
    session[middleware.SEEN] -= settings.SESSION_IDLE_MINUTES * 60 + 1
    session.save()
    response = client.get("/", follow=True)
    assert response.redirect_chain[0][0].startswith(LOGIN)
    assert "nothing was done for" in response.content.decode()
    assert "staff.session_ended" in actions()


def test_what_a_page_asks_by_itself_is_no_activity(client, person):
    person("maker")
    log_in(client)
    client.get("/")
    session = client.session
    session[middleware.SEEN] = before = session[middleware.SEEN] - 100
    session.save()
    client.get("/", headers={middleware.BACKGROUND_HEADER: "yes"})
    assert client.session[middleware.SEEN] == before
    client.get("/")
    assert client.session[middleware.SEEN] > before


def test_a_code_is_asked_for_after_the_password(client, person):
    me = person("maker")
    log_in(client)
    secret = set_up(client, me)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    client.logout()
    assert log_in(client).url == "/staff/code/"
    assert client.get("/").url.startswith(LOGIN)
    client.post("/staff/code/", {"code": "000000"})
    assert client.get("/").url.startswith(LOGIN)
    assert Entry.objects.filter(action="staff.login_failed", subject="person").exists()


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_logs_in_once(client, person):
    me = person("maker")
    log_in(client)
    set_up(client, me)
    codes = client.get("/staff/recovery-codes/").context["unused_codes"]
    again = client.get("/staff/recovery-codes/").content.decode()
    assert "They were shown when they were made" in " ".join(again.split())
    assert "****" not in again
    for expected in ("/", LOGIN):
        client.logout()
        log_in(client)
        client.post("/staff/code/", {"code": codes[0]})
        response = client.get("/")
        assert (response.status_code == 200) is (expected == "/")
    assert {"staff.second_factor_set"} <= set(actions())


def test_the_code_of_the_app_logs_in_once(client, person):
    me = person("maker")
    log_in(client)
    secret = set_up(client, me)
    client.logout()
    log_in(client)
    client.post("/staff/code/", {"code": code_of(secret)})
    assert TOTP(Authenticator.objects.get(type="totp")).instance.user == me


@pytest.mark.parametrize("role", ROLES)
def test_checkers_admins_and_dealers_need_a_second_factor(client, person, settings, role):
    settings.PORTAL_ENVIRONMENT = "UAT"
    me = person(role)
    log_in(client)
    needed = role in ("checker", "admin", "dealer")
    for path in ("/", "/changes/", "/staff/sessions/"):
        response = client.get(path)
        assert (response.status_code == 302 and response.url == "/staff/second-factor/app/") is needed
    if needed:
        set_up(client, me)
    assert client.get("/").status_code == 200


def test_the_set_up_of_a_demanded_factor_says_so_and_is_not_shown_inside_itself(client, person, settings):
    settings.PORTAL_ENVIRONMENT = "UAT"
    person("checker")
    log_in(client)
    client.post("/staff/again/", {"password": PASSWORD})
    page = client.get("/staff/second-factor/app/")
    assert "Your role needs a second factor" in page.content.decode()
    for part in ("/state/", "/"):
        assert client.get(part, headers={"X-Background": "yes", "HX-Request": "true"}).status_code == 204
    answer = client.post("/staff/second-factor/app/", {"code": code_of(page.context["form"].secret)})
    assert answer.url == "/staff/recovery-codes/"


def test_who_waits_for_a_code_logs_in_again_after_a_reset_of_the_second_factor(client, person):
    me = person("maker")
    log_in(client)
    set_up(client, me)
    client.logout()
    assert log_in(client).url == "/staff/code/"
    Authenticator.objects.filter(user=me).delete()
    page = client.get("/staff/code/", follow=True)
    assert page.redirect_chain == [("/staff/login/", 302)]
    assert "Your second factor was reset. Log in again" in page.content.decode()
    assert log_in(client).url == "/"


def test_in_the_demonstration_it_is_offered_and_the_page_says_so(client, person, settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    assert "not demanded" in client.get(LOGIN).content.decode()
    person("checker")
    log_in(client)
    assert client.get("/").status_code == 200
    assert "a second factor is optional" in client.get("/staff/second-factor/").content.decode()


def test_removing_the_app_is_recorded_and_asked_for_again(client, person, settings):
    settings.PORTAL_ENVIRONMENT = "UAT"
    me = person("checker")
    log_in(client)
    set_up(client, me)
    client.post("/staff/second-factor/app/remove/")
    assert "staff.second_factor_removed" in actions()
    assert client.get("/").url == "/staff/second-factor/app/"


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_are_recorded(client, person):
    me = person("maker")
    log_in(client)
    set_up(client, me)
    client.post("/staff/recovery-codes/new/")
    assert "staff.recovery_codes_made" in actions()


def test_there_are_no_superusers(django_user_model):
    with pytest.raises(ValueError, match="first_admin"):
        django_user_model.objects.create_superuser("root", password=PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        django_user_model.objects.create(username="root", is_superuser=True)


def test_two_of_the_staff_cannot_have_one_address(django_user_model):
    django_user_model.objects.create_user("one", email="a@example.com")
    django_user_model.objects.create_user("two")
    django_user_model.objects.create_user("three")
    with pytest.raises(IntegrityError), transaction.atomic():
        django_user_model.objects.create_user("four", email="A@example.com")


def test_a_form_sent_after_the_login_ended_leads_back_to_its_page(client, person):
    page = "http://testserver/changes/?state=submitted"
    answer = client.post("/changes/1/reject/", {"reason": "x"}, headers={"referer": page})
    assert answer.url == "/staff/login/?next=/changes/%3Fstate%3Dsubmitted"
    assert "You had been logged out, and nothing was submitted." in client.get(answer.url).content.decode()
    elsewhere = client.post("/changes/1/reject/", headers={"referer": "https://evil.example/x"})
    assert elsewhere.url == "/staff/login/?next=/"
