"""The access check against the stand-in over HTTP: what is compared, every way it can end, and when it stops."""

import uuid
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.delivery.handlers import apply
from backoffice.kit.formats import INDIA
from tests.rest.conftest import TOKEN
from tests.trading.conftest import by_call, by_label
from trading import operations
from trading.models import AccessCheck, AccessResult, AccessStep, AppendOnly, Verdict
from trading.operations import CheckProblem

pytestmark = pytest.mark.django_db


def test_a_client_whom_odin_has_as_confirmed_is_equal(standin, check):
    made = check(standin)
    rows = by_label(made)
    assert made.result.verdict == Verdict.EQUAL
    assert {call: step.outcome for call, step in by_call(made).items()} == dict.fromkeys(
        ("login", "validate", "balance", "profile", "logout"), "success"
    )
    sights = {label: row["sight"] for label, row in rows.items()}
    assert {label for label, sight in sights.items() if sight == "equal"} == {
        "User id",
        "Group id",
        "Name",
        "User status",
        "Trading allowed",
        "Market data allowed",
        "GTD days allowed",
        "Cash after deposits",
    }
    assert sights["Power of attorney"] == sights["After-market orders"] == "not_judged"
    assert rows["Cash after deposits"]["said"] == "₹\u00a010,00,000.00"
    assert [one["ended"] for one in standin.store.sessions()] == ["logged out"]


def test_what_differs_is_named_and_is_what_an_update_sends_again(standin, check, client_user):
    client_user.trading_segments = ["1", "3"]
    client_user.name = "Asha Other"
    client_user.save()
    made = check(standin)
    row = by_label(made)["Trading allowed"]
    assert made.result.verdict == Verdict.DIFFERENT
    assert (row["sight"], row["confirmed"]) == ("different", "NSE Equity, BSE Equity")
    assert row["note"].startswith("Allowed by the API only: NSE F&O, BSE F&O")
    assert operations.to_repeat(made) == ["name", "trading_segments"]


def test_a_segment_that_the_api_cannot_show_is_said_to_be_so(standin, check, client_user):
    client_user.trading_segments = [*client_user.trading_segments, "9"]
    client_user.save()
    made = check(standin)
    assert by_label(made)["Trading allowed"]["sight"] == "equal"
    assert by_label(made)["Trading allowed, others"]["sight"] == "not_visible"


def test_what_nobody_declared_is_not_judged(standin, check, client_user):
    client_user.unknown_fields = ["name", "trading_segments"]
    client_user.save()
    rows = by_label(check(standin))
    assert rows["Name"]["sight"] == rows["Trading allowed"]["sight"] == "not_visible"


@pytest.mark.parametrize(
    ("given", "fault", "words"),
    [
        ({"password": "Wrong#2026"}, None, "Invalid user id or password"),
        ({"code": "000000"}, None, "Invalid TOTP"),
        ({}, "silence_before", " answer came "),
        ({}, "slow_drip", " answer came "),
        ({}, "truncated", "The connection broke before a complete answer came."),
        ({}, "html", "not JSON"),
        ({}, "error_500_before", "HTTP status 500"),
    ],
)
def test_a_failed_login_is_said_in_words_counts_and_is_not_repeated(
    standin, check, settings, given, fault, words
):
    settings.REST_TOTAL_TIMEOUT = 1.0
    if fault:
        standin.faults.add(fault, call="login", seconds=3)
    made = check(standin, **given)
    steps = by_call(made)
    assert (made.state, list(steps)) == (Verdict.NO_LOGIN, ["login"])
    assert words in steps["login"].words
    assert steps["login"].counts
    assert len(standin.store.received()) <= 1
    assert operations.failures("HO/DEMO1") == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "words"),
    [
        ("gateway_403", "wrong setting", "The password is not in question"),
        ("too_many", "refused", "wait a minute"),
        ("html_400", "refused", "The gateway refused"),
    ],
)
def test_what_no_password_is_the_reason_of_does_not_count(standin, check, fault, outcome, words):
    standin.faults.add(fault, call="login")
    step = by_call(check(standin))["login"]
    assert (step.outcome, step.counts) == (outcome, False)
    assert words in step.words


def test_a_service_that_is_not_there_counts_nothing(check, configured):
    configured("http://127.0.0.1:9/interactive")
    step = by_call(check())["login"]
    assert (step.outcome, step.counts) == ("not sent", False)


def test_an_expired_password_is_said_as_odin_says_it(raw, check):
    raw.says(400, {"status": "error", "code": "e-104", "message": "Password expired", "errors": "e-19"})
    step = by_call(check())["login"]
    assert (step.outcome, step.words) == ("refused", "e-104 Password expired e-19")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("html", "unknown"), ("truncated", "unknown"), ("silence_before", "unknown"), ("too_many", "refused")],
)
def test_a_balance_that_cannot_be_read_leaves_what_is_known(standin, check, settings, fault, outcome):
    settings.REST_TOTAL_TIMEOUT = 1.0
    standin.faults.add(fault, call="balance", seconds=3)
    made = check(standin)
    assert made.result.verdict == Verdict.INCOMPLETE
    assert by_call(made)["balance"].outcome == outcome
    rows = by_label(made)
    assert rows["Trading allowed"]["sight"] == "equal"
    assert rows["Cash after deposits"]["note"] == "The balance could not be read."
    assert by_call(made)["logout"].outcome == "success"


def test_slow_answers_use_up_the_time_and_the_session_is_logged_out(standin, check, settings, monkeypatch):
    settings.REST_TOTAL_TIMEOUT = 1.0
    monkeypatch.setattr(operations, "READS_BEGIN_WITHIN", 0.5)
    standin.faults.add("silence_before", call="validate", seconds=3)
    made = check(standin)
    outcomes = {call: step.outcome for call, step in by_call(made).items()}
    assert outcomes == {
        "login": "success",
        "validate": "unknown",
        "balance": "not asked",
        "profile": "not asked",
        "logout": "success",
    }
    assert made.result.verdict == Verdict.INCOMPLETE


def test_a_session_that_ends_meanwhile_is_said(standin, check):
    standin.faults.add("session_ends", call="balance")
    made = check(standin)
    assert by_call(made)["balance"].outcome == "session ended"
    assert made.result.verdict == Verdict.INCOMPLETE


def test_a_logout_that_fails_changes_nothing_of_what_is_known(standin, check):
    standin.faults.add("error_500_before", call="logout")
    made = check(standin)
    assert by_call(made)["logout"].outcome == "unknown"
    assert made.result.verdict == Verdict.EQUAL


def test_an_answer_of_an_unknown_shape_is_kept_raw_and_masked(raw, check):
    raw.says(200, f'{{"token": "{TOKEN}", "odd": [1, 2')
    step = by_call(check(password="Client#2026"))["login"]
    assert "odd" in step.received
    assert TOKEN not in step.received


def test_an_unforeseen_error_leaves_the_session_logged_out(standin, check, monkeypatch):
    monkeypatch.setattr(operations.client, "balance", lambda session: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check(standin)
    made = AccessCheck.objects.get()
    assert made.state == "running"
    assert by_call(made)["logout"].outcome == "success"


# --- when no check is made ----------------------------------------------------------------------------------------


def test_two_failures_stop_until_somebody_says_go_on(standin, check, client_user, checker):
    for _ in range(2):
        check(standin, password="Wrong#2026")
    with pytest.raises(CheckProblem, match="2 logins of this client failed today"):
        check(standin)
    assert len(standin.store.received()) == 2
    operations.go_on(client_user, reason="The client found the right password", by=checker)
    assert check(standin).result.verdict == Verdict.EQUAL
    entry = Entry.objects.get(action="access.go_on")
    assert (entry.by, entry.subject, entry.reason) == (
        checker,
        "HO/DEMO1",
        "The client found the right password",
    )


def test_failures_count_for_a_day_in_india_and_a_client(standin, check):
    for _ in range(2):
        check(standin, password="Wrong#2026")
    assert operations.failures("HO/OTHER") == 0
    tomorrow = timezone.now() + timedelta(days=1)
    with patch("django.utils.timezone.now", lambda: tomorrow):
        assert operations.failures("HO/DEMO1") == 0


def test_nobody_lets_go_on_what_is_not_stopped_or_without_a_reason(client_user, checker, configured):
    configured("http://127.0.0.1:9/interactive")
    for reason, words in (("", "reason"), ("Please", "not stopped")):
        with pytest.raises(CheckProblem, match=words):
            operations.go_on(client_user, reason=reason, by=checker)


def test_a_check_that_broke_off_before_its_login_ended_counts(client_user, clerk, configured):
    configured("http://127.0.0.1:9/interactive")
    begun = {
        "lane": "HO/DEMO1",
        "by": clerk,
        "reason": "Onboarding",
        "identified": "document",
        "record_version": 1,
    }
    noon = datetime(2026, 7, 1, 12, tzinfo=INDIA)
    with patch("django.utils.timezone.now", lambda: noon):
        lost = AccessCheck.objects.create(token=uuid.uuid4(), factor="TOTP", **begun)
        assert operations.obstacle(client_user).words.startswith("A check of this retail user is running")
        assert (lost.state, operations.failures("HO/DEMO1")) == ("running", 0)
    with patch("django.utils.timezone.now", lambda: noon + timedelta(minutes=10)):
        assert (lost.state, operations.failures("HO/DEMO1")) == ("interrupted", 1)
        assert operations.obstacle(client_user) is None


@pytest.mark.parametrize("source", ["WEBAPI", "MOBILEAPI"])
def test_tag_223_is_looked_at_before_anybody_types(standin, check, client_user, settings, source):
    settings.REST_SOURCE = source
    client_user.login_types = ["1", "18"]
    client_user.save()
    found = operations.obstacle(client_user)
    assert found.login_types
    assert f"the login types lack API {'Web' if source == 'WEBAPI' else 'Mobile'}" in found.words
    with pytest.raises(CheckProblem, match="login types"):
        check(standin)
    assert standin.store.received() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reason": " "}, "Give a reason"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"identified": "guessed"}, "identified"),
        ({"factor": "FINGERPRINT2"}, "second factor that is offered"),
        ({"password": ""}, "types the password"),
        ({"password": "a\0b"}, "Nothing was sent"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_sent(standin, check, changed, words):
    with pytest.raises(CheckProblem, match=words):
        check(standin, **changed)
    assert standin.store.received() == []
    assert not AccessCheck.objects.exists()


def test_a_form_that_comes_twice_logs_in_once(standin, check):
    token = uuid.uuid4()
    assert check(standin, token=token) == check(standin, token=token)
    assert [one["call"] for one in standin.store.received()].count("login") == 1


def test_without_the_rest_api_the_page_says_so(client_user, settings):
    settings.REST_BASE_URL = ""
    assert "not set up" in operations.obstacle(client_user).words


def test_each_check_is_two_audit_entries(standin, check, clerk):
    made = check(standin)
    begun, ended = Entry.objects.filter(action__startswith="access.").order_by("id")
    assert (begun.action, begun.by, begun.reason) == ("access.begun", clerk, "Onboarding")
    assert begun.details == {"check": made.pk, "identified": "document", "factor": "TOTP"}
    assert (ended.action, ended.details["verdict"]) == ("access.checked", "equal")


def test_a_deposit_that_odin_confirmed_shows(standin, check):
    apply(303, "HO/DEMO1", {"user_id": "DEMO1", "group_id": "HO", "amount": "5", "reference": "T2"})
    row = by_label(check(standin))["Cash after deposits"]
    assert (row["sight"], row["confirmed"], row["said"]) == (
        "different",
        "₹\u00a010,00,005.00",
        "₹\u00a010,00,000.00",
    )


def test_the_profile_is_compared_where_its_key_is_set(standin, check, client_user, settings):
    client_user.email = "asha@example.com"
    client_user.save()
    row = by_label(check(standin))["E-mail"]
    assert (row["confirmed"], row["personal"]) == ("asha@example.com", "email")
    settings.REST_PROFILE_KEY = ""
    made = check(standin)
    assert "E-mail" not in by_label(made)
    assert "profile" not in by_call(made)


def test_an_unclear_answer_to_validate_is_said_and_the_balance_counts(standin, check):
    standin.faults.add("validate_sample", call="validate")
    made = check(standin)
    assert by_call(made)["validate"].words.startswith("No clear answer:")
    assert made.result.verdict == Verdict.EQUAL


@pytest.mark.parametrize("rows", [AccessCheck, AccessStep, AccessResult])
def test_what_is_kept_is_never_changed_or_deleted(standin, check, rows):
    check(standin)
    kept = rows.objects.first()
    for change in (kept.save, kept.delete):
        with pytest.raises(AppendOnly):
            change()
    for change in (rows.objects.all().delete, lambda: rows.objects.update(id=kept.pk + 1000)):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert rows.objects.filter(pk=kept.pk).exists()
