"""The stand-in of the REST API beside the stand-in Connector: it lets in whoever has the key that `apiKeys` gave."""

import pytest

from standins.connector import ConnectorStandIn
from standins.rest import RestStandIn
from tests.standins.connector.conftest import PARTNER, TOKEN, TinyPublisher, call
from tests.standins.rest.conftest import SESSION, Caller

OWN_KEY = "key-of-the-broker"


@pytest.fixture
def both():
    """The caller of the REST stand-in, and what `apiKeys` gives for it each time."""
    with (
        TinyPublisher() as publisher,
        RestStandIn(api_key=OWN_KEY, x_api_key=OWN_KEY) as rest,
        ConnectorStandIn(portal=publisher.url, application_token=TOKEN, rest=rest.home) as connector,
    ):

        def fetch():
            body = {"sApplicationToken": TOKEN, "sPartnerAppId": PARTNER, "sTwoWayToken": publisher.mint()}
            row = call(connector, "POST", "/loginservice/apiKeys", body)[1]["data"][0]
            assert row["endpoint"] == rest.base
            return row["apikey"]

        yield Caller(rest), fetch


def log_in(caller, in_header, at_login):
    caller.headers["x-api-key"] = in_header
    return caller.call("POST", SESSION, caller.credentials(api_key=at_login))[0]


def test_the_key_that_was_given_is_the_one_that_is_checked(both):
    caller, fetch = both
    key = fetch()
    assert log_in(caller, key, key) == 200
    assert log_in(caller, f"{key}x", key) == 403
    assert log_in(caller, OWN_KEY, OWN_KEY) == 200


def test_keys_of_two_owners_do_not_mix(both):
    caller, fetch = both
    key = fetch()
    assert log_in(caller, key, OWN_KEY) == 400
    assert log_in(caller, OWN_KEY, key) == 400


def test_a_key_that_was_fetched_again_ends_the_one_before(both):
    caller, fetch = both
    first, second = fetch(), fetch()
    assert log_in(caller, first, first) == 403
    assert log_in(caller, second, second) == 200
