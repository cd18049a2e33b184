"""What R13 lists is in no error, repr, log line, traceback or text that is kept; not even where ODIN repeats it."""

import json
import logging
import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.protocol.findings import EncodeError
from backoffice.protocol.secret import SecretText
from backoffice.rest import client, http
from backoffice.rest.api.calls import Login
from backoffice.rest.api.masking import Mask, is_secret_key
from tests.rest.conftest import API_KEY, PROFILE_KEY, TOKEN, X_API_KEY, order

PASSWORD, CODE, UDID = 'pa"ss wörd/1&', "739162", "udid-a1b23cd4e5f6"
SECRETS = [PASSWORD, CODE, UDID, API_KEY, X_API_KEY, PROFILE_KEY, TOKEN]
LOGIN = {
    "user_id": "DEMO1",
    "password": SecretText(PASSWORD),
    "second_auth_type": "TOTP",
    "second_auth": SecretText(CODE),
}
#: What is listed there, as a service could repeat it.
LISTED = {
    "password": "p-value-1",
    "second_auth": "s-value-2",
    "api_key": "a-value-3",
    "x-api-key": "x-value-4",
    "access_token": "t-value-5",
    "broadcast_access_token": "b-value-6",
    "session_token": "e-value-7",
    "register_token": "r-value-8",
    "ocToken": "o-value-9",
    "userCode": "u-value-10",
    "MPIN": "m-value-11",
    "UDID": "d-value-12",
}


def forms(secret):
    return {secret, json.dumps(secret)[1:-1], secret.encode("unicode_escape").decode()}


def assert_clean(text, secrets=SECRETS):
    for secret in secrets:
        for form in forms(secret):
            assert form not in text


def echoes():
    """Answers that repeat the request, in every way that an answer may have."""
    said = f"wrong password {PASSWORD} code {CODE} key {API_KEY} or {X_API_KEY} with {TOKEN}"
    listed = json.dumps(LISTED)
    return [
        (400, {"status": "error", "code": CODE, "message": said, "errors": {PASSWORD: [said, LISTED]}}),
        (400, {"status": "error", "message": "No", "errors": listed}),
        (400, {"status": "error", "message": listed, "errors": [listed]}),
        (200, {"status": "success", "message": said, "data": listed}),
        (200, {"status": said, "data": {}}),
        (403, {"message": said}),
        (500, f"<html>{said} {listed} {json.dumps(listed)}</html>".encode()),
        (200, f'{{"data": {listed}'.encode()),
        (200, b"x" * 3990 + PASSWORD.encode()),
    ]


@pytest.mark.parametrize("answer", echoes(), ids=range(len(echoes())))
def test_an_answer_that_repeats_the_secrets_is_masked_and_nothing_is_logged(raw, session, caplog, answer):
    caplog.set_level(logging.DEBUG)
    raw.says(*answer)
    tried = client.login(LOGIN)
    assert_clean(shown(tried) + caplog.text)
    # Later calls carry the keys and the token, and know the password no more.
    for found in (client.place(session, order()), client.balance(session), client.order_book(session)):
        assert_clean(shown(found) + caplog.text, [API_KEY, X_API_KEY, TOKEN, *LISTED.values()])


def shown(found):
    """All that a page or a table could get of a call."""
    outcome = found.outcome
    return f"{found!r} {outcome!r} {outcome.words} {outcome.received} {outcome.errors} {vars(outcome)}"


def test_a_session_and_a_login_do_not_print_or_pickle_their_tokens(raw):
    token = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.sig-part-secret"
    data = {
        "access_token": token,
        "broadcast_access_token": token,
        "others": {**LISTED},
        "MPIN": "m-value-11",
    }
    raw.says(200, {"status": "success", "data": data})
    result = client.login(LOGIN)
    row = result.session.login
    text = (
        f"{result!r} {result.session!r} {row!r} {row.others} {row.raw} {row.present()} {row.details.others}"
    )
    assert_clean(text, [token, *LISTED.values()])
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(result.session)


def test_values_that_are_refused_are_not_in_the_error(configured):
    configured("http://127.0.0.1:9/interactive")
    for wrong in (
        {"second_auth_type": PASSWORD},
        {"password": PASSWORD + "\0"},
        {"user_id": PASSWORD},
        {"zz": PASSWORD},
    ):
        try:
            client.login({**LOGIN, **wrong})
        except EncodeError as error:
            assert_clean("".join(traceback.format_exception(error)))
            assert_clean(repr(error))
        else:
            raise AssertionError(wrong)
    findings = client.invalid(
        Login, {**LOGIN, "password": SecretText(PASSWORD + "\0"), "second_auth": SecretText("")}
    )
    assert findings
    assert_clean(str(findings))


def test_an_unforeseen_failure_is_logged_without_what_was_sent(raw, session, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError(f"{PASSWORD} {TOKEN} {args} {kwargs}")

    monkeypatch.setattr(http, "_exchange", fail)
    found = client.balance(session)
    assert found.outcome.kind.value == "not sent"
    assert "unforeseen" in caplog.text
    assert_clean(caplog.text + repr(found.outcome))


def test_a_key_with_a_line_break_is_not_sent_and_not_shown(raw, session, settings):
    settings.REST_X_API_KEY = "key\r\nX-Injected: 1"
    outcome = client.balance(session).outcome
    assert (outcome.kind.value, outcome.detail, raw.requests) == ("not sent", "header", [])
    assert "Injected" not in repr(outcome)


def test_no_secret_is_in_an_address(raw, session):
    raw.says(400, {"status": "error"})
    client.login(LOGIN)
    client.logout(session)
    for request in raw.requests:
        assert_clean(request.split(b"\r\n")[0].decode())


@settings(deadline=None)
@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_of_the_call_is_masked_wherever_it_stands(secret, before, after):
    mask = Mask([SecretText(secret)])
    text = f"{before}{secret}{after}"
    # The dots themselves may hold the secret, where that is made of dots.
    if secret not in "••••••••••••" and secret not in before + after:
        assert secret not in mask.text(text).replace("••••", "\x00") or secret in before + "\x00" + after
        assert mask.value({"a": [text]}) == {"a": [mask.text(text)]}


@pytest.mark.parametrize("key", [*LISTED, "Authorization", "accessToken", "API-KEY", "otp"])
def test_keys_of_secrets_in_any_spelling(key):
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key", ["scrip_token", "totp_enabled", "order_id", "passExpDays", "user_id", "exchange"]
)
def test_other_keys_are_shown(key):
    assert not is_secret_key(key)
