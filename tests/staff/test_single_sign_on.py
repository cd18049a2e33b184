"""Single sign-on by OpenID Connect, against a provider of the test's own."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group

from backoffice.audit.models import Entry
from backoffice.staff.models import User
from tests.staff.oidc_provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    provider = Provider()
    app = {
        "provider_id": "sso",
        "name": "Broker login",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": provider.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield provider
    provider.stop()


@pytest.fixture
def asha(django_user_model):
    person = django_user_model.objects.create_user("asha", email="asha@example.com", password=None)
    person.groups.add(Group.objects.get(name="maker"))
    return person


def come_back(client, **claims):
    """Go to the provider and come back from it."""
    away = client.post("/staff/sso/login/")
    assert away.status_code == 302
    asked = parse_qs(urlsplit(away.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get("/staff/sso/callback/", {"code": "1", "state": asked["state"][0]})


def test_the_login_page_offers_it(client, provider):
    assert "Log in with Broker login" in client.get("/staff/login/").content.decode()


def test_without_a_provider_there_is_none(client):
    assert "Log in with" not in client.get("/staff/login/").content.decode()
    assert client.get("/staff/sso/login/").status_code == 404


def test_staff_are_known_by_their_verified_address(client, provider, asha):
    provider.claims = {"sub": "1", "email": "Asha@example.com", "email_verified": True}
    assert come_back(client).url == "/"
    assert client.get("/").context["user"] == asha
    assert Entry.objects.get(action="staff.logged_in").by == asha


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.com", "email_verified": True},
        {"email": "asha@example.com", "email_verified": False},
        {"email": "asha@example.com"},
        {"preferred_username": "asha"},
    ],
    ids=["stranger", "not verified", "not said", "by name alone"],
)
def test_nobody_else_gets_in_and_nobody_is_added(client, provider, asha, claims):
    provider.claims = {"sub": "2", **claims}
    response = come_back(client)
    assert "not on the staff" in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert list(User.objects.all()) == [asha]
    assert Entry.objects.get().action == "staff.login_failed"


def test_somebody_deactivated_does_not_get_in(client, provider, asha):
    User.objects.filter(pk=asha.pk).update(is_active=False)
    provider.claims = {"sub": "1", "email": "asha@example.com", "email_verified": True}
    come_back(client)
    assert "_auth_user_id" not in client.session


def test_an_answer_that_nobody_asked_for_is_refused(client, provider, asha):
    provider.claims = {"sub": "1", "email": "asha@example.com", "email_verified": True}
    response = client.get("/staff/sso/callback/", {"code": "1", "state": "made-up"})
    assert "_auth_user_id" not in client.session
    assert response.status_code in (200, 401, 403)
