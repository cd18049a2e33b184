"""U15: two people declare a user that ODIN has already; nothing is sent, and undeclared values are unknown."""

import uuid

import pytest
from django.urls import reverse

from accounts.models import RetailUser, Source
from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.errors import NotAllowed, Stale
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from tests.factories import RetailUserFactory
from tests.html_forms import Page, flowed

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = reverse("accounts:register")
TYPED = {
    "declared_from": "Export of 1 November",
    "group_id": "HO",
    "user_id": "OLD001",
    "manager_id": "10.0.10.0",
    "name": "Asha Example",
    "odin_user_type": "1",
    "gender": "F",
    "status": "A",
    "city": "Mumbai",
    "mobile": "9876543210",
}
BANK = {"bank_id": "HDFC", "account_no": "0011001100", "account_type": "SB", "is_default": "1"}


def declared(**changed):
    return {**TYPED, "banks": [BANK], **changed}


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


@pytest.fixture
def register(maker, checker):
    def approve(**changed):
        change = operations.submit(
            "register_retail_user",
            declared(**changed),
            by=maker,
            reason="Was here before",
            token=uuid.uuid4(),
        )
        return operations.approve(change.pk, by=checker, content_hash=change.content_hash)

    return approve


def test_from_the_form_to_the_record_with_a_second_person_and_no_message(as_maker, maker, checker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    answer = as_maker.post(ADDRESS, page.sent(press="check", **TYPED))
    assert answer.status_code == 302, answer.content.decode()
    check = as_maker.get(answer.url).content.decode()
    assert "Asha Example" in check
    assert "Nothing goes to ODIN" in check
    as_maker.post(answer.url, Page(check).sent(reason="Was here before"))
    change = Change.objects.get(state=State.SUBMITTED)
    assert change.subject == "HO/OLD001"
    assert not RetailUser.objects.exists()
    as_maker.force_login(checker)
    shown = as_maker.get(change.get_absolute_url()).content.decode()
    assert "Asha Example" in shown
    assert "Within the portal" in flowed(shown)
    as_maker.post(
        reverse("changes:decide", args=[change.pk, "approve"]), {"content_hash": change.content_hash}
    )
    user = RetailUser.objects.get()
    assert (user.source, user.declared_by, user.declared_from) == (
        Source.DECLARED,
        maker,
        "Export of 1 November",
    )
    assert (user.version, user.confirmed_at) == (1, None)
    assert not Delivery.objects.exists()
    entry = Entry.objects.get(action="change.approved")
    assert entry.by == checker
    assert entry.after["city"] == "Mumbai"


def test_the_form_claims_nothing_of_the_user(as_maker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    own = [name for control in page.controls if (name := control.attributes["name"]) in TYPED]
    assert all(page.named(name).sent == [""] for name in own)


def test_what_nobody_declared_is_unknown_and_shown_as_such(register, as_maker):
    register()
    user = RetailUser.objects.get()
    assert {"pan", "max_gtd", "poa", "demats", "mf_ucc"} <= set(user.unknown_fields)
    assert not {"city", "banks", "name"} & set(user.unknown_fields)
    assert user.banks.get().account_no == "0011001100"
    page = as_maker.get(user.get_absolute_url()).content.decode()
    assert "Declared here by Maker Test from “Export of 1 November”" in flowed(page)
    assert "unknown" in page.lower()


def test_u1_the_first_update_asks_for_what_it_must_repeat_and_nobody_knows(register, as_maker):
    register()
    address = reverse("accounts:change", args=["HO", "OLD001", "update_retail_user"])
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", city="Pune")).content.decode()
    for name in ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd"):
        assert f'id="id_{name}-finding-0"' in answer, name
    page = Page(answer)
    chosen = {"global_flag": "0", "orders_per_second": "-1", "max_broadcast_scrips": "-1", "max_gtd": "0"}
    answer = as_maker.post(address, page.sent(press="check", city="Pune", **chosen))
    assert answer.status_code == 302


def test_a_user_that_is_here_or_on_its_way_is_not_registered_again(register, maker):
    register()
    found = operations.examine("register_retail_user", declared()).findings
    assert "portal.exists" in {finding.rule for finding in found}
    operations.submit(
        "register_retail_user", declared(user_id="OLD002"), by=maker, reason="x", token=uuid.uuid4()
    )
    found = operations.examine("register_retail_user", declared(user_id="OLD002")).findings
    assert "portal.pending" in {finding.rule for finding in found}


def test_a_user_that_came_meanwhile_makes_the_declaration_stale(maker, checker):
    change = operations.submit(
        "register_retail_user", declared(), by=maker, reason="Was here before", token=uuid.uuid4()
    )
    RetailUserFactory(group_id="HO", user_id="OLD001")
    with pytest.raises(Stale):
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    assert RetailUser.objects.get().source == Source.CREATED


def test_nobody_approves_a_declaration_of_their_own(maker, checker):
    change = operations.submit(
        "register_retail_user", declared(), by=maker, reason="Was here before", token=uuid.uuid4()
    )
    with pytest.raises(NotAllowed):
        operations.approve(change.pk, by=maker, content_hash=change.content_hash)
