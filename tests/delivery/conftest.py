"""A stand-in ODIN for deliveries, reached over real SOAP, and changes that are approved."""

import uuid

import pytest

from backoffice.changes import operations
from backoffice.odin.standin import StandIn
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser


@pytest.fixture
def odin(settings):
    """A stand-in with a memory of its own, to which the portal is pointed."""
    with StandIn(password=settings.ODIN_DEALER_PASSWORD, key=settings.ODIN_PASSWORD_KEY) as standin:
        settings.ODIN_SERVICE_URL = standin.endpoint
        settings.ODIN_WSDL_URL = f"{standin.url}?singleWsdl"
        settings.ODIN_CONNECT_TIMEOUT = settings.ODIN_READ_TIMEOUT = 1.0
        settings.ODIN_TOTAL_TIMEOUT = 2.0
        settings.DELIVERY_HOLD_SECONDS = 0
        yield standin


@pytest.fixture
def approved(maker, checker):
    """Approve the creation of a retail user; gives back the delivery."""

    def approve(**changed):
        values = {**example(CreateRetailUser), "reference": "", **changed}
        change = operations.submit(
            "create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4()
        )
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        return change.deliveries.get()

    return approve
