"""The stand-in of the REST API beside the stand-in Connector: it lets in whoever has the key that `apiKeys` gave."""

import pytest

from standins.connector import ConnectorStandIn
from standins.rest import RestStandIn
from tests.standins.connector.conftest import PARTNER, TOKEN, TinyPublisher, call, messages, settled
from tests.standins.rest.conftest import ORDER, ORDERS, SESSION, Caller

OWN_KEY = "key-of-the-broker"


@pytest.fixture
def both():
    """The caller of the REST stand-in, what `apiKeys` gives for it each time, and the publisher."""
    with (
        TinyPublisher() as publisher,
        RestStandIn(api_key=OWN_KEY, x_api_key=OWN_KEY) as rest,
        ConnectorStandIn(
            portal=publisher.url,
            application_token=TOKEN,
            webhook_url=f"{publisher.url}/connector/webhook/desk/secret/",
            rest=rest.home,
        ) as connector,
    ):
        publisher.standin = connector

        def fetch():
            body = {"sApplicationToken": TOKEN, "sPartnerAppId": PARTNER, "sTwoWayToken": publisher.mint()}
            row = call(connector, "POST", "/loginservice/apiKeys", body)[1]["data"][0]
            assert row["endpoint"] == rest.base
            return row["apikey"]

        yield Caller(rest), fetch, publisher


def log_in(caller, in_header, at_login):
    caller.headers["x-api-key"] = in_header
    return caller.call("POST", SESSION, caller.credentials(api_key=at_login))[0]


def test_the_key_that_was_given_is_the_one_that_is_checked(both):
    caller, fetch, _ = both
    key = fetch()
    assert log_in(caller, key, key) == 200
    assert log_in(caller, f"{key}x", key) == 403
    assert log_in(caller, OWN_KEY, OWN_KEY) == 200


def test_keys_of_two_owners_do_not_mix(both):
    caller, fetch, _ = both
    key = fetch()
    assert log_in(caller, key, OWN_KEY) == 400
    assert log_in(caller, OWN_KEY, key) == 400


def test_a_key_that_was_fetched_again_ends_the_one_before(both):
    caller, fetch, _ = both
    first, second = fetch(), fetch()
    assert log_in(caller, first, first) == 403
    assert log_in(caller, second, second) == 200


def test_orders_of_a_key_that_was_given_are_told_to_its_owner_as_order_messages(both):
    caller, fetch, publisher = both
    caller.headers["x-api-key"] = key = fetch()
    caller.login(api_key=key)
    order_id = caller.call("POST", f"{ORDERS}/regular", ORDER)[1]["data"]["orderId"]
    caller.standin.oms.move(order_id, "fill-one")
    caller.standin.telling.end()
    settled(publisher.standin)
    told = messages(publisher)
    assert {one["UniqueCode"] for one in told} == {order_id}
    assert [(one["MessageType"], one.get("TradedQTY")) for one in told] == [
        ("ORD_NRML", "0"),
        ("TRD_MSG", None),
        ("ORD_NRML", "1"),
    ]
    assert (told[0]["UCC"], told[0]["OrderPrice"], told[0]["sPartnerId"]) == ("DEMO1", "9000", PARTNER)


def test_orders_of_the_operators_own_key_are_told_to_nobody(both):
    caller, fetch, publisher = both
    fetch()
    caller.headers["x-api-key"] = OWN_KEY
    caller.login(api_key=OWN_KEY)
    caller.call("POST", f"{ORDERS}/regular", ORDER)
    caller.standin.telling.end()
    assert publisher.webhooks == []
