"""What the form and the first message say alike is stored once, and comes back as it was given."""

import uuid

import pytest

from backoffice.changes import operations
from backoffice.changes.models import Change
from backoffice.changes.stored_values import reduced, whole
from backoffice.delivery.content import content_hash
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.secret import SecretText
from backoffice.seal import seal, seal_values, unseal_values
from tests.factories import ChangeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(maker):
    values = {**example(CreateRetailUser), "reference": "", "password": SecretText("Sesame42")}

    def submit(*, typed: bool, **changed: object) -> Change:
        change = operations.submit(
            "create_retail_user",
            {**values, **changed},
            by=maker,
            reason="New client",
            token=uuid.uuid4(),
            typed=typed,
        )
        return Change.objects.get(pk=change.pk)

    return submit


def test_what_the_message_says_as_well_is_stored_in_the_message_alone(submitted):
    change = submitted(typed=False)
    assert (change.own_values, change.message_adds) == ({}, [])
    assert operations.draft_values(change) == operations.messages(change)[0][1]
    assert change.content_hash == content_hash(change.messages)


def test_what_was_typed_otherwise_than_it_goes_out_comes_back_as_it_was_typed(submitted):
    change = submitted(typed=True)
    assert change.messages[0]["values"]["reference"] != ""
    assert (change.own_values, change.message_adds) == ({"reference": ""}, [])
    typed, sent = operations.draft_values(change), operations.messages(change)[0][1]
    assert typed == {**sent, "reference": ""}
    assert typed["password"].reveal() == "Sesame42"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Asha", "city": "Pune"}, {"name": "Asha", "city": "Pune"}),
        ({"name": "Asha", "city": "Pune"}, {"name": "Asha", "city": "Surat"}),
        ({"name": "Asha"}, {"name": "Asha", "reference": "R1"}),
        ({"name": "Asha", "deposits": [{"amount": "1"}]}, {"name": "Asha"}),
        ({"count": 1}, {"count": True}),
        ({"count": None}, {}),
        ({}, {"name": "Asha"}),
        ({"password": SecretText("one")}, {"password": SecretText("other")}),
        ({"password": ""}, {"password": SecretText("one")}),
        ({"password": SecretText("one")}, {"password": SecretText("one")}),
    ],
)
def test_whatever_differs_the_form_comes_back_as_it_was(typed, said):
    messages = [{"type": 301, "values": seal_values(said)}]
    own, adds = reduced(typed, messages)
    found = unseal_values(whole(own, adds, messages))
    assert found == typed
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in typed.items()}


def test_the_values_of_a_change_without_a_message_are_all_there():
    own, adds = reduced({"name": "Asha"}, [])
    assert whole(own, adds, []) == {"name": "Asha"}


def test_a_secret_is_not_stored_a_second_time(submitted):
    change = submitted(typed=True)
    assert "password" not in change.own_values


def test_a_change_that_an_earlier_version_stored_whole_is_read_as_before():
    own = {"name": "Asha", "password": {"sealed": seal(SecretText("Sesame42"))}}
    change = ChangeFactory(
        own_values=own, messages=[{"type": 301, "values": {"name": "Ravi", "city": "Pune"}}]
    )
    change.refresh_from_db()
    assert change.values == own
