"""Values that somebody saw at ODIN: declared by two people, marked until ODIN confirms them, sent by an update."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.kinds.declare_values import apply_here_many
from accounts.models import RetailUser
from accounts.records import apply_profile
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from tests.factories import BankAccountFactory, RetailUserFactory, bank_values
from tests.html_forms import Page
from tests.uploads import uploaded

pytestmark = pytest.mark.django_db

ASHA = {"group_id": "HO", "user_id": "WEBRET1"}
ADDRESS = reverse("accounts:change", args=["HO", "WEBRET1", "declare_values"])


@pytest.fixture
def as_maker(client, maker, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return client


@pytest.fixture
def asha(db):
    return RetailUserFactory(
        **ASHA, name="Asha Testwala", email="asha@example.com", city="Mumbai", odin_user_type="1"
    )


@pytest.fixture
def declare(asha, maker, checker):
    """Declare values and approve them; gives back the record."""

    def act(**values):
        values = {**ASHA, "declared_from": "WebAdmin", **values}
        change = operations.submit(
            "declare_values", values, by=maker, reason="Seen there", token=uuid.uuid4()
        )
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        asha.refresh_from_db()
        return asha

    return act


def test_from_the_form_to_the_record_and_nothing_is_sent(as_maker, asha, checker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    sent = page.sent(press="check", email="new@example.com", declared_from="WebAdmin")
    answer = as_maker.post(ADDRESS, sent)
    assert answer.status_code == 302, answer.content.decode()
    as_maker.post(answer.url, Page(as_maker.get(answer.url).content.decode()).sent(reason="Seen there"))
    change = Change.objects.get(state=State.SUBMITTED)
    [message] = change.messages
    assert message["values"] == {**ASHA, "email": "new@example.com", "declared_from": "WebAdmin"}
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    user = RetailUser.objects.get()
    assert (user.email, user.declared_fields, user.version) == (
        "new@example.com",
        ["email"],
        asha.version + 1,
    )
    assert not Delivery.objects.exists()
    shown = as_maker.get(user.get_absolute_url()).content.decode()
    assert shown.count(">Declared<") == 2, "beside the name and beside the value"


def test_what_odin_confirms_is_declared_no_more(declare):
    user = declare(email="new@example.com", city="Pune")
    apply_profile(user, {**ASHA, "email": "new@example.com"})
    user.refresh_from_db()
    assert user.declared_fields == ["city"]


def test_an_update_sends_a_declared_value_and_not_a_confirmed_one(as_maker, declare):
    declare(city="Pune")
    (row,) = uploaded(as_maker, "update_retail_user", {**ASHA, "city": "Pune", "email": "asha@example.com"})
    values = row.messages[0]["values"]
    assert values["city"] == "Pune"
    assert "email" not in values


def test_accounts_are_inserted_or_modified_and_others_stay(declare, asha):
    BankAccountFactory(retail_user=asha, bank_id="OTHERBANK", account_no="1", is_default="0")
    declare(
        banks=[bank_values(account_no="1", bank_id="OTHERBANK", is_default="0"), bank_values(is_default="1")]
    )
    assert asha.banks.count() == 2


def test_a_form_does_not_take_an_account_away(asha):
    BankAccountFactory(retail_user=asha, bank_id="OTHERBANK", account_no="1")
    values = {**ASHA, "declared_from": "WebAdmin", "email": "new@example.com", "banks": []}
    found = operations.examine("declare_values", values, typed=True).findings
    assert "portal.declare" in {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"name": ""}, "portal.declare"),
        ({"email": "asha@example.com"}, "portal.nothing"),
        ({"user_id": "NOBODY", "email": "a@example.com"}, "portal.exists"),
        ({"email": "no address"}, "U16"),
    ],
)
def test_what_cannot_be_declared_says_why(asha, values, rule):
    values = {**ASHA, "declared_from": "WebAdmin", **values}
    found = operations.examine("declare_values", values, typed=True).findings
    assert rule in {finding.rule for finding in found}


def test_values_are_sent_again_though_odin_confirmed_them(as_maker, asha):
    (row,) = uploaded(as_maker, "send_again", {**ASHA, "email": "asha@example.com"})
    assert row.messages[0]["values"]["email"] == "asha@example.com"


def test_the_declarations_of_a_file_are_taken_in_as_many_statements_as_one(maker):
    def taken(*cities):
        users = RetailUserFactory.create_batch(len(cities), city="Mumbai")
        changes = []
        for user, city in zip(users, cities, strict=True):
            named = {"group_id": user.group_id, "user_id": user.user_id, "declared_from": "WebAdmin"}
            changes.append(
                operations.submit(
                    "declare_values",
                    {**named, "city": city},
                    by=maker,
                    reason="Seen there",
                    token=uuid.uuid4(),
                )
            )
        with CaptureQueriesContext(connection) as captured:
            apply_here_many(changes)
        for user, city in zip(users, cities, strict=True):
            version = user.version
            user.refresh_from_db()
            assert (user.city, user.version) == (city, version + 1)
            assert (user.declared_by, user.declared_from) == (maker, "WebAdmin")
            assert "city" in user.declared_fields
        return len(captured)

    assert taken("Pune", "Nagpur", "Nashik", "Thane") == taken("Pune")
