"""The pages of the access check: who gets which, what is asked first, and that no secret comes back on any of them."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.changes.models import Change
from backoffice.logins import step_up
from tests.rest.conftest import PASSWORD
from trading import operations
from trading.models import AccessCheck

pytestmark = pytest.mark.django_db

ACCESS = "/trading/access/HO/DEMO1/"
CHECK = f"{ACCESS}check/"


@pytest.fixture
def page(client, clerk):
    client.force_login(clerk)
    return client


def form(standin, **changed):
    return {
        "token": str(uuid.uuid4()),
        "reason": "Onboarding",
        "identified": "document",
        "factor": "TOTP",
        "client_password": PASSWORD,
        "client_code": standin.people.keys("DEMO1").totp,
        **changed,
    }


def test_a_check_leads_to_its_result_with_every_row_in_words(page, standin, client_user):
    assert "Check access" in page.get(ACCESS).content.decode()
    answer = page.post(CHECK, form(standin), follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == AccessCheck.objects.get().get_absolute_url()
    for words in (
        "Equal",
        "Not visible here",
        "Shown, not judged",
        "Onboarding",
        "with an identity document",
    ):
        assert words in text
    assert "Propose an update" not in text
    assert "A-" in page.get(ACCESS).content.decode()


def test_the_tab_is_on_the_page_of_the_retail_user_for_those_who_may_see_checks(
    client, maker, support, client_user
):
    for person, shown in ((maker, True), (support, False)):
        client.force_login(person)
        assert (ACCESS in client.get(client_user.get_absolute_url()).content.decode()) is shown


@pytest.mark.parametrize(
    "changed", [{"reason": ""}, {"client_password": ""}, {"factor": "X"}, {"token": "1"}]
)
def test_a_form_that_is_shown_again_holds_no_secret_and_nothing_was_sent(page, standin, client_user, changed):
    sent = form(standin, **changed)
    text = page.post(CHECK, sent).content.decode()
    assert 'id="check-form"' in text
    assert sent["client_code"] not in text
    assert PASSWORD not in text
    assert standin.store.received() == []


def test_tag_223_is_said_with_the_way_on_before_a_form_is_shown(client, maker, clerk, standin, client_user):
    RetailUser.objects.update(login_types=["18"])
    client.force_login(clerk)
    assert client.get(CHECK).url == ACCESS
    assert client.post(CHECK, form(standin)).url == ACCESS
    assert "login types lack API Web" in client.get(ACCESS).content.decode()
    client.force_login(maker)
    assert "/users/HO/DEMO1/change/update_retail_user/" in client.get(ACCESS).content.decode()
    assert standin.store.received() == []


def test_after_two_failures_a_checker_lets_checks_go_on(client, clerk, checker, maker, standin, client_user):
    client.force_login(clerk)
    for _ in range(2):
        client.post(CHECK, form(standin, client_password="Wrong#2026"))
    assert client.get(CHECK).url == ACCESS
    text = client.get(ACCESS).content.decode()
    assert "2 logins of this client failed today" in text
    assert "Let checks continue" not in text
    go_on = f"{ACCESS}go-on/"
    client.force_login(maker)
    assert client.post(go_on, {"reason": "Please"}).status_code == 403
    client.force_login(checker)
    assert "Let checks continue" in client.get(ACCESS).content.decode()
    client.post(go_on, {"reason": "The client found the password"})
    assert Entry.objects.get(action="access.go_on").by == checker
    client.force_login(clerk)
    assert client.get(CHECK).status_code == 200


def test_who_has_not_said_again_who_they_are_is_asked_and_nothing_typed_is_kept(
    page, standin, client_user, settings
):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    sent = form(standin)
    answer = page.post(CHECK, sent)
    assert answer.status_code == 302
    assert not answer.url.startswith(CHECK)
    session = str(dict(page.session))
    assert step_up.KEPT not in session
    assert "Fill in the form again" in next(str(one) for one in get_messages(answer.wsgi_request))
    assert PASSWORD not in session
    assert sent["client_code"] not in session
    assert standin.store.received() == []


def test_progress_names_the_calls_and_leads_to_the_result(page, standin, client_user, check):
    token = uuid.uuid4()
    address = reverse("trading:progress", args=[token])
    assert "The check is running" in page.get(address).content.decode()
    made = check(standin, token=token)
    assert page.get(address)["HX-Redirect"] == made.get_absolute_url()


def test_a_difference_tells_whoever_may_not_propose_whom_to_ask(page, standin, client_user, check):
    RetailUser.objects.update(trading_segments=["1", "3"])
    made = check(standin)
    assert f"Ask a maker to open A-{made.pk}" in page.get(made.get_absolute_url()).content.decode()


def test_a_difference_offers_an_update_that_sends_the_confirmed_value_again(
    client, maker, standin, client_user, check
):
    RetailUser.objects.update(trading_segments=["1", "3"])
    made = check(standin)
    client.force_login(maker)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Propose an update" in page
    assert "Ask a maker" not in page
    answer = client.post(reverse("trading:propose", args=[made.pk]))
    change = Change.objects.get()
    assert change.subject == "HO/DEMO1"
    text = client.get(answer.url).content.decode()
    assert "Send again" in text
    check_page = reverse("accounts:change_check", args=["HO", "DEMO1", "update_retail_user", change.token])
    shown = client.get(check_page).content.decode()
    assert "Trading allowed" in shown
    assert "No changes made" not in shown


def test_gtd_days_that_differ_alone_can_be_sent_again_too(client, maker, standin, client_user, check):
    RetailUser.objects.update(max_gtd=10)
    made = check(standin)
    assert operations.to_repeat(made) == ["max_gtd"]
    client.force_login(maker)
    client.post(reverse("trading:propose", args=[made.pk]))
    change = Change.objects.get()
    check_page = reverse("accounts:change_check", args=["HO", "DEMO1", "update_retail_user", change.token])
    shown = client.get(check_page).content.decode()
    assert "GTD days allowed" in shown
    assert "No changes made" not in shown


def test_where_nothing_differs_nothing_is_proposed(client, maker, clerk, standin, client_user, check):
    made = check(standin)
    propose = reverse("trading:propose", args=[made.pk])
    client.force_login(clerk)
    assert client.post(propose).status_code == 403
    client.force_login(maker)
    assert client.post(propose).url == made.get_absolute_url()
    assert not Change.objects.exists()


def test_personal_data_is_hidden_from_those_who_may_not_see_it(
    client, clerk, compliance, standin, client_user, check
):
    RetailUser.objects.update(mobile="9800000001")
    made = check(standin)
    client.force_login(compliance)
    text = client.get(made.get_absolute_url()).content.decode()
    assert "9800000001" not in text
    assert "Show personal data" in text


def test_a_logout_that_was_not_confirmed_is_said(page, standin, client_user, check):
    standin.faults.add("error_500_before", call="logout")
    made = check(standin)
    assert "The logout was not confirmed" in page.get(made.get_absolute_url()).content.decode()


@pytest.mark.parametrize("address", ["/trading/checks/99/", "/trading/access/HO/NOBODY/", f"{ACCESS}x/"])
def test_what_is_not_there_is_not_found(page, client_user, configured, address):
    configured("http://127.0.0.1:9/interactive")
    assert page.get(address).status_code == 404


def test_a_page_of_a_user_with_many_checks_costs_no_more_queries(
    page, standin, client_user, check, django_assert_max_num_queries
):
    for _ in range(3):
        check(standin)
    with django_assert_max_num_queries(20):
        page.get(ACCESS)


@pytest.mark.parametrize("debug", [True, False])
def test_a_crash_shows_and_logs_nothing_that_the_client_typed(
    page, standin, client_user, settings, monkeypatch, caplog, debug
):
    def crash(values):
        raise RuntimeError(f"unforeseen {values}")

    settings.DEBUG = debug
    page.raise_request_exception = False
    monkeypatch.setattr("trading.operations.client.login", crash)
    sent = form(standin)
    answer = page.post(CHECK, sent)
    assert answer.status_code == 500
    reported = ExceptionReporter(answer.wsgi_request, *answer.exc_info).get_traceback_text()
    for secret in (PASSWORD, sent["client_code"]):
        assert secret not in answer.content.decode()
        assert secret not in caplog.text
        assert secret not in reported
    assert AccessCheck.objects.get().state == "running"
