"""What ODIN refused is corrected once, and what it took never goes out a second time."""

import uuid

import pytest
from django.urls import reverse

from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery import queue
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import Move
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import RetailUserFactory
from tests.html_forms import Page

pytestmark = pytest.mark.django_db

SAID = queue.Said("delivery.tested", "A test moved it.")
DEPOSIT = {"amount": "1000", "notional_deposit": "", "product_id": "1"}
TEMPLATE = {"type": "11", "name": "CRP1", "level": "0"}


@pytest.fixture
def user():
    return RetailUserFactory()


@pytest.fixture
def package(maker, checker, user):
    """An approved package of a template (part 0) and a deposit (part 1), whose messages end by these moves."""

    def approve(*moves):
        values = {
            **{name: getattr(user, name) for name in ("group_id", "user_id", "manager_id", "category")},
            "templates": [TEMPLATE],
            "deposits": [DEPOSIT],
        }
        change = operations.submit(
            "package", values, by=maker, reason="As asked", token=uuid.uuid4(), typed=True
        )
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        for move in moves:
            queue.move(queue.claim().delivery, move, SAID)
        return Change.objects.get(pk=change.pk)

    return approve


def address(user, slug):
    return reverse("accounts:change", args=[user.group_id, user.user_id, slug])


def test_a_change_of_which_odin_took_a_part_does_not_start_again_as_a_whole(client, maker, user, package):
    change = package(Move.REFUSE, Move.APPLY)
    client.force_login(maker)
    page = client.get(change.get_absolute_url())
    assert page.context["next_step"] is None
    assert "Correct and resubmit" not in page.content.decode()
    whole = {"again": change.pk}
    assert client.get(address(user, "package"), whole).status_code == 404
    typed = Page(client.get(address(user, "package")).content.decode()).sent()
    answer = client.post(address(user, "package"), {**typed, **whole, "press": "save"})
    assert answer.status_code == 409
    assert "Correct the refused messages" in answer.content.decode()
    assert (
        client.post(f"{address(user, 'package')}{uuid.uuid4()}/keep/", {**typed, **whole}).status_code == 409
    )
    today = client.get(reverse("desk:today")).content.decode()
    assert f"{address(user, 'user_template')}?again={change.pk}&amp;part=0" in today
    assert f"?again={change.pk}&quot;" not in today
    assert not Change.objects.exclude(pk=change.pk).exists()


def test_the_page_of_a_refused_delivery_leads_its_maker_to_the_correction(
    client, maker, checker, user, package
):
    change = package(Move.APPLY, Move.REFUSE)
    applied, refused = (delivery.get_absolute_url() for delivery in change.deliveries.order_by("part"))
    button = f"Correct it in C-{change.pk}"
    client.force_login(maker)
    assert button in client.get(refused).content.decode()
    assert button not in client.get(applied).content.decode()
    client.force_login(checker)
    assert button not in client.get(refused).content.decode()


def test_a_refused_message_is_corrected_once(client, maker, user, package):
    change = package(Move.APPLY, Move.REFUSE)
    client.force_login(maker)
    part = {"again": change.pk, "part": 1}
    form = address(user, "cash_deposit")
    link = f"{form}?again={change.pk}&amp;part=1"
    assert link in client.get(change.get_absolute_url()).content.decode()
    first, second = (Page(client.get(form, part).content.decode()).sent() for _ in range(2))
    assert first["amount"] == ["1,000"]
    assert first["reference"] != [change.messages[1]["values"]["reference"]]
    client.post(form, {**first, "press": "save"})
    draft = Change.objects.get(state=State.DRAFT)
    assert (draft.corrects, draft.corrects_part) == (change, 1)
    answer = client.post(form, {**second, "press": "save"})
    assert answer.status_code == 409
    assert f"C-{draft.pk} corrects this already" in answer.content.decode()
    page = client.get(change.get_absolute_url()).content.decode()
    assert link not in page
    assert f"{form}?draft={draft.token}" in page
    operations.submit(
        "cash_deposit",
        operations.draft_values(draft),
        by=maker,
        reason="Other product",
        token=draft.token,
        typed=True,
    )
    page = client.get(change.get_absolute_url()).content.decode()
    assert f"{form}?" not in page
    assert "Message 2 corrected and resubmitted" in " ".join(page.split())
    assert client.get(form, part).status_code == 404
    page = " ".join(client.get(draft.get_absolute_url()).content.decode().split())
    assert f'message 2 of <a href="{change.get_absolute_url()}"' in page


def test_a_whole_that_was_refused_and_its_parts_are_not_both_corrected(client, maker, user, package):
    change = package(Move.REFUSE, Move.REFUSE)
    client.force_login(maker)
    whole = {"again": change.pk}
    assert client.get(change.get_absolute_url()).context["next_step"].label == "Correct and resubmit"
    typed = Page(client.get(address(user, "package"), whole).content.decode()).sent()
    assert typed["deposits-0-amount"] == ["1,000"]
    part = Page(client.get(address(user, "user_template"), {**whole, "part": 0}).content.decode()).sent()
    client.post(address(user, "user_template"), {**part, "press": "save"})
    assert client.post(address(user, "package"), {**typed, "press": "save"}).status_code == 409
    assert client.get(address(user, "package"), whole).status_code == 404
    assert Change.objects.filter(corrects=change).count() == 1


def test_a_refused_create_is_corrected_alone_while_what_is_behind_it_waits(client, maker, checker):
    """A held deposit follows the next create: it is made once, under its own reference."""
    values = {**example(CreateRetailUser), "reference": "", "password": "", "deposits": [DEPOSIT]}
    change = operations.submit(
        "create_retail_user", values, by=maker, reason="New client", token=uuid.uuid4(), typed=True
    )
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    create = queue.claim().delivery
    queue.move(create, Move.REFUSE, SAID)
    client.force_login(maker)
    assert client.get(reverse("accounts:new"), {"again": change.pk}).status_code == 404
    form = Page(client.get(reverse("accounts:new"), {"again": change.pk, "part": 0}).content.decode()).sent()
    assert form["name"] == [values["name"]]
    assert not [name for name in form if name.startswith("deposits-0")]
    today = client.get(reverse("desk:today")).content.decode()
    assert f"{reverse('accounts:new')}?again={change.pk}&amp;part=0" in today


def test_nothing_of_another_user_is_taken_for_a_correction(client, maker, package):
    change = package(Move.APPLY, Move.REFUSE)
    other = RetailUserFactory(user_id="OTHER1")
    client.force_login(maker)
    part = {"again": change.pk, "part": 1}
    assert client.get(address(other, "cash_deposit"), part).status_code == 404
    assert client.get(address(other, "manual_collateral"), part).status_code == 404
    assert Delivery.objects.count() == 2
