"""Single sign-on by OpenID Connect, against a provider of the test's own."""

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.logins.models import User
from backoffice.staff.kinds import rights, second_factor
from tests.logins.oidc_provider import CLIENT, SECRET, Provider

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


def come_back(client, process="login"):
    """Go to the provider and come back from it."""
    away = client.post(f"/staff/sso/login/?process={process}")
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


class TestTakeover:
    """Who is bound stays bound to the very account at the provider, whatever addresses become."""

    @pytest.fixture
    def bound(self, client, provider, asha):
        """Asha has logged in once with her account, which is number 1."""
        provider.claims = {"sub": "1", "email": "asha@example.com", "email_verified": True}
        come_back(client)
        client.post("/staff/logout/")
        return asha

    def logged_in(self, provider, **claims):
        """Who is logged in by an account of the provider, with a browser of its own."""
        provider.claims = claims
        browser = Client()
        come_back(browser)
        number = browser.session.get("_auth_user_id")
        return User.objects.get(pk=number) if number else None

    def test_the_first_login_binds_the_account_and_is_recorded(self, bound):
        account = SocialAccount.objects.get()
        assert (account.user, account.uid) == (bound, "1")
        assert Entry.objects.get(action="staff.sso_bound").by == bound

    def test_an_address_changed_at_the_provider_makes_nobody_somebody_else(self, provider, bound):
        boss = User.objects.create_user("boss", email="boss@example.com")
        claims = {"sub": "1", "email": "boss@example.com", "email_verified": True}
        assert self.logged_in(provider, **claims) == bound
        assert not SocialAccount.objects.filter(user=boss).exists()

    def test_a_second_account_with_the_same_address_is_refused_and_recorded(self, provider, bound):
        claims = {"sub": "2", "email": "asha@example.com", "email_verified": True}
        assert self.logged_in(provider, **claims) is None
        entry = Entry.objects.filter(action="staff.login_failed").get()
        assert entry.subject == "asha"
        assert "another account" in entry.text
        assert SocialAccount.objects.get().uid == "1"

    @pytest.mark.parametrize("process", ["connect", "redirect"])
    def test_an_open_session_binds_no_account_of_who_finds_it(self, client, provider, bound, process):
        come_back(client)
        thief = {"sub": "7", "email": "thief@example.com", "email_verified": True}
        provider.claims = thief
        client.raise_request_exception = False
        assert come_back(client, process).status_code == 403
        assert SocialAccount.objects.get().uid == "1"
        assert Entry.objects.latest("id").action == "staff.login_failed"
        assert self.logged_in(provider, **thief) is None

    def test_an_address_that_is_not_verified_binds_nobody(self, provider, asha):
        claims = {"sub": "1", "email": "asha@example.com", "email_verified": False}
        assert self.logged_in(provider, **claims) is None
        assert not SocialAccount.objects.exists()

    def test_an_address_that_the_portal_forgot_opens_nothing(self, provider, bound):
        """Nor does a verified address that a library keeps beside that of the member of staff."""
        EmailAddress.objects.create(user=bound, email="old@example.com", verified=True, primary=True)
        claims = {"sub": "9", "email": "old@example.com", "email_verified": True}
        SocialAccount.objects.all().delete()
        assert self.logged_in(provider, **claims) is None

    def test_another_address_in_the_portal_unbinds(self, provider, bound, admin, other_admin):
        values = {**rights.values_of(bound), "first_name": "Asha", "email": "asha.rao@example.com"}
        decided(rights.SLUG, admin, other_admin, **values)
        claims = {"sub": "1", "email": "asha@example.com", "email_verified": True}
        assert self.logged_in(provider, **claims) is None
        claims = {"sub": "5", "email": "asha.rao@example.com", "email_verified": True}
        assert self.logged_in(provider, **claims) == bound

    def test_two_administrators_let_a_new_account_be_bound(self, provider, bound, admin, other_admin):
        decided(second_factor.SLUG, admin, other_admin, username="asha")
        claims = {"sub": "2", "email": "asha@example.com", "email_verified": True}
        assert self.logged_in(provider, **claims) == bound
        assert SocialAccount.objects.get().uid == "2"

    def test_a_password_from_before_is_gone_and_a_second_factor_is_still_asked_for(
        self, client, provider, asha
    ):
        asha.set_password("a-Long-enough-1")
        asha.save()
        provider.claims = {"sub": "1", "email": "asha@example.com", "email_verified": True}
        come_back(client)
        assert not User.objects.get(pk=asha.pk).has_usable_password()
        client.post("/staff/logout/")
        TOTP.activate(asha, generate_totp_secret())
        assert come_back(client).url.startswith("/staff/code/")
        assert "_auth_user_id" not in client.session


@pytest.fixture
def other_admin(django_user_model):
    person = django_user_model.objects.create_user("admin2")
    person.groups.add(Group.objects.get(name="admin"))
    return person


def decided(kind, by, checker, **values):
    """A change of staff, proposed by one administrator and approved by another."""
    change = operations.submit(kind, values, by=by, reason="Asked at the desk", token=uuid.uuid4())
    return operations.approve(change.pk, by=checker, content_hash=change.content_hash)
