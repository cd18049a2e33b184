"""The lockout and used codes outlive everything else that is tried, in all processes of the portal."""

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import connection
from django.test import Client

from backoffice.audit.models import Entry
from backoffice.logins import second_factor
from backoffice.logins.models import Throttle, User
from backoffice.logins.passwords import link_path
from tests.logins.test_login import LOGIN, PASSWORD, code_of, log_in, set_up
from tests.partners.test_guards import at_once
from tests.racing import SOON, meet_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha():
    return User.objects.create_user("asha", password=PASSWORD)


def lock_out(settings, name="asha"):
    for _ in range(settings.LOCKOUT_TRIES):
        log_in(Client(), name, "wrong")


def is_locked(name="asha", **headers):
    browser = Client()
    return (
        "too many tries" in log_in(browser, name, **headers).content.decode()
        and "_auth_user_id" not in browser.session
    )


def test_trying_many_other_names_frees_no_locked_name(asha, settings):
    lock_out(settings)
    for number in range(400):
        log_in(Client(), f"zz{number}", "wrong", REMOTE_ADDR=f"198.51.100.{number % 250}")
    assert Throttle.objects.count() > 400
    assert is_locked(REMOTE_ADDR="203.0.113.7")


def test_thousands_of_other_entries_free_no_locked_name(asha, settings):
    lock_out(settings)
    for number in range(3000):
        cache.set(f"zz:{number}", [time.time()], 60)
    assert is_locked()


@pytest.mark.parametrize("host", ["testserver:8001", "127.0.0.1", "localhost:1"])
def test_another_host_or_port_begins_no_count_of_its_own(asha, settings, host):
    lock_out(settings)
    assert is_locked(HTTP_HOST=host)


@pytest.mark.parametrize("name", ["ASHA", "aſha", " asha "])
def test_letters_that_a_database_may_take_for_the_same_begin_no_count_of_their_own(asha, settings, name):
    lock_out(settings)
    assert is_locked(name)


def answers_of(forwarded, tries=31):
    """What the login page answers to each of many tries in a minute, each with another name and forwarded address."""
    return [
        log_in(Client(), f"name{number}", "wrong", HTTP_X_FORWARDED_FOR=forwarded.format(number)).status_code
        for number in range(tries)
    ]


def test_without_a_proxy_a_forwarded_address_is_not_believed(asha):
    assert answers_of("198.51.100.{}")[-1] == 429
    assert log_in(Client(), "asha", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429
    assert log_in(Client(), "asha", REMOTE_ADDR="203.0.113.9").url == "/"


def test_behind_the_proxy_only_the_address_that_it_added_counts(asha, settings):
    settings.BEHIND_PROXY, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 1
    assert answers_of("198.51.100.{}, 203.0.113.9")[-1] == 429
    assert log_in(Client(), "asha", HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.9").status_code == 429
    assert log_in(Client(), "asha", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.1").url == "/"


def test_a_lockout_ends_after_its_time_and_its_rows_go(asha, settings, monkeypatch):
    lock_out(settings)
    assert is_locked()
    later = time.time() + 60 * settings.LOCKOUT_MINUTES + 1
    monkeypatch.setattr("time.time", lambda: later)
    Throttle.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert not is_locked()
    assert not Throttle.objects.filter(expires_at__year=2020).exists()


def test_a_password_chosen_by_a_link_ends_the_lockout(asha, settings, client, admin):
    lock_out(settings)
    assert is_locked()
    client.force_login(admin)
    page = f"/people/{asha.pk}/"
    assert "after too many failed tries" in client.get(page).content.decode()
    browser, chosen = Client(), "a-Long-enough-9"
    form = browser.get(link_path(asha), follow=True).request["PATH_INFO"]
    answer = browser.post(form, {"new_password1": chosen, "new_password2": chosen}, follow=True)
    assert "Password saved. Log in with it." in answer.content.decode()
    log_in(browser, "asha", chosen)
    assert "_auth_user_id" in browser.session
    assert "after too many failed tries" not in client.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_adds():
    wins = []

    def add():
        wins.append(cache.add("taken", "y", 60))
        connection.close()

    for expired in (False, True):
        wins.clear()
        if expired:
            Throttle.objects.update(expires_at="2020-01-01T00:00:00Z")
        threads = [threading.Thread(target=add) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(wins) == [False] * 5 + [True]


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_count_like_tries_one_after_another(settings):
    """Each thread is a web process of its own: they share the database alone."""
    User.objects.create_user("asha", password=PASSWORD)

    def guess(number):
        log_in(Client(), "asha", f"wrong-{number}")
        connection.close()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_locked()
    assert Entry.objects.filter(action="staff.login_failed").count() <= settings.LOCKOUT_TRIES


class TestCodes:
    """A code of an authenticator app counts once, as long as its half minute would be taken."""

    @pytest.fixture
    def at(self, monkeypatch):
        """Set the clock to so many seconds after the beginning of a half minute."""
        begin = int(time.time()) // 30 * 30

        def move(seconds):
            monkeypatch.setattr("time.time", lambda: begin + seconds)

        move(0)
        return move

    def enters(self, code):
        browser = Client()
        assert log_in(browser, "asha").url == "/staff/code/"
        browser.post("/staff/code/", {"code": code})
        return "_auth_user_id" in browser.session

    @pytest.fixture
    def secret(self, asha, at):
        browser = Client()
        log_in(browser, "asha")
        at(-90)
        secret = set_up(browser, asha)
        at(0)
        return secret

    def test_a_code_logs_in_once_within_its_whole_window(self, secret, at):
        code = code_of(secret)
        at(-29)  # it is taken a half minute early
        assert self.enters(code)
        for seconds in (-28, 2, 4, 33, 59):
            at(seconds)
            assert not self.enters(code)

    def test_it_stays_used_after_thousands_of_other_entries_and_with_none_left(self, secret, at):
        code = code_of(secret)
        assert self.enters(code)
        for number in range(1000):
            cache.set(f"zz:{number}", "y", 90)
        assert not self.enters(code)
        cache.clear()
        assert not self.enters(code)

    def test_an_earlier_code_than_the_last_does_not_count(self, secret, at):
        earlier, code = code_of(secret), code_of(secret, later=1)
        assert self.enters(code)
        assert not self.enters(earlier)
        at(31)
        assert self.enters(code_of(secret, later=1))

    def test_the_code_that_set_the_app_up_logs_nobody_in(self, asha, at):
        browser = Client()
        log_in(browser, "asha")
        secret = set_up(browser, asha)
        assert not self.enters(code_of(secret))
        assert self.enters(code_of(secret, later=1))

    def test_the_code_of_a_login_does_not_confirm_who_one_is(self, asha, secret, at):
        code = code_of(secret)
        browser = Client()
        log_in(browser, "asha")
        browser.post("/staff/code/", {"code": code})
        at(33)
        answer = browser.post("/staff/code/again/", {"code": code})
        assert answer.status_code == 200
        assert answer.context["form"].errors

    def test_a_used_code_is_a_failure_in_the_trail_and_frees_no_count(self, secret, at, settings):
        code = code_of(secret)
        assert self.enters(code)
        for _ in range(settings.LOCKOUT_TRIES):
            assert not self.enters(code)
        assert Entry.objects.filter(action="staff.login_failed").count() == settings.LOCKOUT_TRIES
        assert not self.enters(code_of(secret, later=1))

    @pytest.mark.django_db(transaction=True)
    def test_of_four_logins_at_once_with_one_code_one_gets_in(self, secret):
        code, came = code_of(secret), []

        def enter():
            came.append(self.enters(code))
            connection.close()

        threads = [threading.Thread(target=enter) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(came) == [False, False, False, True]
        assert Authenticator.objects.filter(type="totp").exists()

    def test_after_too_many_codes_the_page_says_how_long_to_wait_and_what_to_do_without_the_telephone(
        self, secret, settings
    ):
        browser = Client()
        log_in(browser, "asha")
        pages = [
            browser.post("/staff/code/", {"code": f"00000{number}"}).content.decode()
            for number in range(settings.LOCKOUT_TRIES + 1)
        ]
        assert "Enter the one that the app shows now." in pages[0]
        assert f"Wait {settings.LOCKOUT_MINUTES:.0f} minutes and try again." in pages[-1]
        assert "ask an administrator to reset your second factor" in pages[-1]


def test_a_locked_name_is_locked_for_who_is_asked_again_as_well(asha, settings):
    browser = Client()
    log_in(browser, "asha")
    lock_out(settings)
    answer = browser.post("/staff/again/", {"password": PASSWORD})
    assert "too many tries" in answer.content.decode()
    assert browser.get(LOGIN).status_code == 302


@pytest.mark.django_db(transaction=True)
class TestCodesAtOnce:
    """Two requests with one code at the same moment: one of them logs in."""

    @pytest.fixture
    def factors(self):
        person = User.objects.create_user("asha", password=PASSWORD)
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(person)
        return {factor.type: factor for factor in Authenticator.objects.filter(user=person)}

    @staticmethod
    def use(factor, code):
        return second_factor.takes(Authenticator.objects.get(pk=factor.pk), code)

    def test_of_recovery_counts_once(self, factors, monkeypatch):
        factor = factors["recovery_codes"]
        code = factor.wrap().get_unused_codes()[0]
        meet_at(monkeypatch, RecoveryCodes, "generate_codes")
        assert sorted(at_once(*[lambda: self.use(factor, code)] * 2)) == [False, True]

    def test_of_an_app_counts_once(self, factors, monkeypatch):
        code = code_of("JBSWY3DPEHPK3PXP")
        meet_at(monkeypatch, second_factor, "decrypt")
        assert sorted(at_once(*[lambda: self.use(factors["totp"], code)] * 2)) == [False, True]

    @pytest.mark.only_on("postgresql")  # on SQLite the request and the thread would wait for one another
    def test_of_recovery_stays_used_while_another_request_shows_the_codes(self, factors, monkeypatch, client):
        factor = factors["recovery_codes"]
        code = factor.wrap().get_unused_codes()[0]
        used = []

        def act():
            used.append(self.use(factor, code))
            connection.close()

        thread, real = threading.Thread(target=act), RecoveryCodes.mark_as_viewed

        def mark(codes):
            thread.start()
            thread.join(SOON)
            real(codes)

        monkeypatch.setattr(RecoveryCodes, "mark_as_viewed", mark)
        client.force_login(factor.user)
        again = "allauth.mfa.recovery_codes.internal.flows.raise_if_reauthentication_required"
        monkeypatch.setattr(again, lambda request, app: None)
        assert code in client.get("/staff/recovery-codes/").content.decode()
        thread.join(20)
        assert used == [True]
        assert not self.use(factor, code)
