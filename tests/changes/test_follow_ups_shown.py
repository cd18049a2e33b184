"""What pages say of a change with several messages, of its drafts, and of the deposits among them."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.changes import operations
from backoffice.changes.effects import effect
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.changes.presentation import shown_messages
from backoffice.delivery import moving, queue
from backoffice.delivery.holding import hold_back
from backoffice.delivery.states import Move
from backoffice.protocol.examples import example
from backoffice.protocol.fields import Flags, Record, Records
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import RetailUserFactory
from tests.html_forms import Page

pytestmark = pytest.mark.django_db

SAID = queue.Said("delivery.tested", "A test moved it.")
KEY = {"group_id": "HO", "user_id": "NEW001"}
DEPOSIT = {"amount": "1000", "notional_deposit": "250", "product_id": "1"}
BEHIND = {"deposits": [DEPOSIT], "templates": [{"type": "11", "name": "CRP1", "level": "0"}]}


def values(**changed):
    return {**example(CreateRetailUser), **KEY, "reference": "", "password": "", **changed}


def propose(maker, kind="create_retail_user", **changed):
    given = values(**changed) if kind == "create_retail_user" else changed
    return operations.submit(kind, given, by=maker, reason="Asked", token=uuid.uuid4(), typed=True)


def words(client, address):
    return " ".join(client.get(address).content.decode().split())


def approve(change, checker):
    return operations.approve(change.pk, by=checker, content_hash=change.content_hash)


def test_a_draft_says_what_it_would_do_and_its_check_page_invents_no_reference(client, maker):
    token = uuid.uuid4()
    draft = operations.save_draft(
        "create_retail_user", values(deposits=[DEPOSIT], banks=[], demats=[]), by=maker, token=token
    )
    client.force_login(maker)
    assert "₹ 1,000.00 cash deposit" in words(client, reverse("changes:mine"))
    page = words(client, draft.get_absolute_url())
    assert "(2 of 2)" in page
    assert "₹ 250.00 notional deposit" in page
    assert Change.objects.get().messages[1]["values"]["reference"] == ""
    operations.save_draft("create_retail_user", values(deposits=[DEPOSIT]), by=maker, token=token)
    check = client.get(reverse("accounts:new_check", args=[token]))
    lines = [
        line for one in check.context["shown_messages"] for line in one.lines if line.name == "reference"
    ]
    assert [line.value for line in lines] == ["Allotted on submission"] * 2


def test_the_draft_of_an_update_says_what_changes_alone(client, maker):
    user = RetailUserFactory(city="Mumbai")
    client.force_login(maker)
    form = reverse("accounts:change", args=[user.group_id, user.user_id, "update_retail_user"])
    typed = Page(client.get(form).content.decode()).sent()
    client.post(form, {**typed, "city": "Pune", "press": "save"})
    assert "City: Mumbai → Pune</td>" in words(client, reverse("changes:mine"))


def test_the_deposits_of_the_day_are_those_of_all_changes_but_the_one_that_is_looked_at(
    client, maker, checker, deposit
):
    create = propose(maker, **BEHIND)
    client.force_login(checker)
    page = words(client, create.get_absolute_url())
    assert "Deposits approved today</dt> <dd>None" in page
    assert "Last known balance" not in page  # there is no such user yet
    approve(create, checker)
    assert "Deposits approved today</dt> <dd>None" in words(client, create.get_absolute_url())
    queue.move(queue.claim().delivery, Move.APPLY, SAID)
    user = RetailUserFactory(**KEY)
    package = propose(maker, "package", **KEY, manager_id="10.0.10.0", category="4", deposits=[DEPOSIT])
    assert any(found["rule"] == "portal.same_day" for found in package.findings)
    other = deposit("7000", user=user)
    for change in (package, other):
        page = words(client, change.get_absolute_url())
        assert "Deposits approved today</dt> <dd>1, ₹ 1,250.00" in page
        assert "Last known balance" in page
    approve(package, checker)
    assert "Deposits approved today</dt> <dd>2, ₹ 2,500.00" in words(client, other.get_absolute_url())
    queue.move(create.deliveries.get(message_type=303), Move.CANCEL, SAID)
    assert "Deposits approved today</dt> <dd>1, ₹ 1,250.00" in words(client, other.get_absolute_url())


def test_the_history_names_people(client, maker, checker):
    change = propose(maker)
    approve(change, checker)
    queue.move(queue.claim().delivery, Move.APPLY, SAID)
    client.force_login(checker)
    whom = [event.who for event in client.get(change.get_absolute_url()).context["events"]]
    assert whom == ["the portal", "Checker Test", "Maker Test"]


def test_an_approval_that_replaces_what_is_held_lets_changes_follow_once_at_its_end(
    maker, checker, monkeypatch
):
    first = approve(propose(maker, **BEHIND), checker)
    queue.move(queue.claim().delivery, Move.REFUSE, SAID)
    with moving.moving():
        hold_back(first.deliveries.get(message_type=301), "was refused")
    followed = []
    monkeypatch.setattr(moving, "_followers", [lambda changes: followed.append(set(changes))])
    approve(propose(maker, **BEHIND), checker)
    assert followed == [{first.pk}]
    assert list(first.deliveries.order_by("pk").values_list("state", flat=True)) == [
        "refused",
        "cancelled",
        "cancelled",
    ]


def test_reasons_are_masked_where_people_see_no_personal_data(client, maker, checker):
    change = operations.submit(
        "create_retail_user", values(), by=maker, reason="PAN ABCPT1234A", token=uuid.uuid4(), typed=True
    )
    review = f"{reverse('changes:review')}?change={change.pk}"
    client.force_login(checker)
    for page in (review, reverse("desk:today")):
        assert "ABCPT1234A" in words(client, page)
    permission = Permission.objects.get(codename="work_with_personal_data")
    checker.groups.get().permissions.remove(permission)
    for page in (review, reverse("desk:today")):
        shown = words(client, page)
        assert f"C-{change.pk}" in shown or change.subject in shown
        assert "ABCPT1234A" not in shown


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_a_draft_holds_and_shows_anything_typed(slug, maker):
    kind = KINDS[slug]
    RetailUserFactory(**KEY)
    maker.is_superuser = True  # some kinds are proposed by others than makers
    for odd in ("", "x", "9" * 60):
        typed = {}
        for name, declared in (kind.asks or kind.message).fields.items():
            if isinstance(declared, Record):
                typed[name] = dict.fromkeys(declared.record.fields, odd)
            elif isinstance(declared, Records):
                typed[name] = [dict.fromkeys(declared.record.fields, odd)] * 3
            else:
                typed[name] = [odd] if isinstance(declared, Flags) else KEY.get(name, odd)
        draft = operations.save_draft(slug, typed, by=maker, token=uuid.uuid4())
        assert effect(draft, reveal=True) is not None
        assert shown_messages(draft, reveal=False) is not None
