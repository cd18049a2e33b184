"""The stand-in of the REST API beside the stand-in Connector: it lets in whoever has the key that `apiKeys` gave."""

import pytest

from standins.connector import ConnectorStandIn
from standins.rest import RestStandIn
from tests.standins.connector.conftest import PARTNER, TOKEN, TinyPublisher, call
from tests.standins.rest.conftest import SESSION, Caller

KEY = "key-of-both-stand-ins"


@pytest.mark.parametrize(("spoilt", "status"), [("", 200), ("x", 403)])
def test_the_key_that_was_given_is_the_one_that_is_checked(spoilt, status):
    with (
        TinyPublisher() as publisher,
        RestStandIn(api_key=KEY, x_api_key=KEY) as rest,
        ConnectorStandIn(
            portal=publisher.url, application_token=TOKEN, rest=rest.home, rest_key=KEY
        ) as connector,
    ):
        body = {"sApplicationToken": TOKEN, "sPartnerAppId": PARTNER, "sTwoWayToken": publisher.mint()}
        row = call(connector, "POST", "/loginservice/apiKeys", body)[1]["data"][0]
        assert row["endpoint"] == rest.base
        caller = Caller(rest)
        caller.headers["x-api-key"] = row["apikey"] + spoilt
        assert caller.call("POST", SESSION, caller.credentials(api_key=row["apikey"]))[0] == status
