"""Approval rules: an admin proposes, another approves, and it holds for what is submitted from then on."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.changes import operations, rules
from backoffice.changes.errors import HasErrors, NotAllowed
from backoffice.changes.models import ApprovalRule, State
from tests.html_forms import Page, flowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_admin(django_user_model):
    person = django_user_model.objects.create_user("admin2", password=None)
    person.groups.add(Group.objects.get(name="admin"))
    return person


def propose(by, kind="cash_deposit", checkers="2", above=""):
    values = {"kind": kind, "checkers": checkers, "above": above}
    return operations.submit("approval_rule", values, by=by, reason="Audit finding 3", token=uuid.uuid4())


def test_a_rule_holds_once_another_admin_approved_it(admin, other_admin, deposit):
    change = propose(admin, above="500")
    assert (change.subject, deposit("600").checkers) == ("rule:cash_deposit", 1)
    with pytest.raises(NotAllowed):
        operations.approve(change.pk, by=admin, content_hash=change.content_hash)
    operations.approve(change.pk, by=other_admin, content_hash=change.content_hash)
    assert deposit("1").checkers == 2
    entry = Entry.objects.get(action="change.approved")
    assert (entry.before["checkers"], entry.before["above"]) == ("1", "1000000.00")
    assert (entry.after["checkers"], entry.after["above"]) == ("2", "500.00")


def test_a_change_that_stays_in_the_portal_is_applied_by_its_approval(client, admin, other_admin):
    change = propose(admin, above="500")
    operations.approve(change.pk, by=other_admin, content_hash=change.content_hash)
    client.force_login(other_admin)
    html = client.get(change.get_absolute_url()).content.decode()
    shown = html[html.index('id="change-status"') :]
    assert "Applied" in shown[: shown.index("</span></span>")]


def test_neither_maker_nor_checker_sets_rules(maker, checker, admin):
    for person in (maker, checker):
        with pytest.raises(NotAllowed):
            propose(person)
    change = propose(admin)
    with pytest.raises(NotAllowed):
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)


def test_without_a_rule_one_checker_decides():
    assert (rules.rule("update_retail_user").checkers, rules.rule("update_retail_user").above) == (1, None)


def test_a_second_rule_proposed_on_the_same_ground_is_stale(admin, other_admin):
    first, second = propose(admin, above="500"), propose(admin, above="700")
    operations.approve(first.pk, by=other_admin, content_hash=first.content_hash)
    with pytest.raises(operations.Stale):
        operations.approve(second.pk, by=other_admin, content_hash=second.content_hash)
    assert ApprovalRule.objects.get().above == 500


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "approval_rule", "checkers": "0"}, "always needs a checker"),
        ({"kind": "no_such_kind"}, "no such kind"),
        ({"kind": "update_retail_user", "checkers": "2", "above": "5"}, "adds no rupees"),
        ({"checkers": "1", "above": "1000000"}, "in force already"),
        ({"checkers": "3"}, "must be"),
        ({"above": "-5"}, "must be"),
    ],
)
def test_what_is_no_rule_is_said(admin, wrong, words):
    with pytest.raises(HasErrors) as error:
        propose(admin, **wrong)
    assert any(words in finding.text for finding in error.value.findings)


def test_no_checker_at_all_stands_out(admin):
    assert propose(admin, checkers="0").risks == ["rule"]


def test_from_the_table_over_the_form_to_the_decision(client, admin, other_admin):
    client.force_login(admin)
    table = client.get(reverse("changes:rules")).content.decode()
    assert "Cash deposit" in table
    assert "10,00,000.00" in table
    address = reverse("changes:rule", args=["cash_deposit"])
    form = Page(client.get(address).content.decode())
    check = client.post(address, form.sent(checkers="2", above="250000", press="check")).url
    client.post(check, Page(client.get(check).content.decode()).sent(reason="Audit finding 3"))
    change = operations.Change.objects.get()
    assert change.state == State.SUBMITTED
    assert f"C-{change.pk} waits" in flowed(client.get(reverse("changes:rules")).content.decode())
    client.force_login(other_admin)
    html = client.get(change.get_absolute_url()).content.decode()
    assert "Two checkers" in html
    client.post(
        reverse("changes:decide", kwargs={"pk": change.pk, "action": "approve"}),
        {"content_hash": change.content_hash},
    )
    assert "2,50,000.00" in client.get(reverse("changes:rules")).content.decode()


def test_the_pages_are_for_those_who_may(client, maker, compliance):
    client.force_login(maker)
    assert client.get(reverse("changes:rules")).status_code == 403
    assert client.get(reverse("changes:rule", args=["cash_deposit"])).status_code == 403
    client.force_login(compliance)
    assert client.get(reverse("changes:rules")).status_code == 200
    assert client.get(reverse("changes:rule", args=["cash_deposit"])).status_code == 403
