"""Roles: groups hold exactly what the table says, and nobody both makes and approves by role."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError

from backoffice.audit.models import Entry
from backoffice.logins.models import User
from backoffice.logins.roles import ROLES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ROLES)
def test_a_group_has_exactly_the_permissions_of_the_table(role):
    granted = Group.objects.get(name=role).permissions.select_related("content_type")
    assert {f"{p.content_type.app_label}.{p.codename}" for p in granted} == set(ROLES[role])


def test_no_role_both_proposes_and_approves():
    assert not [
        role for role, may in ROLES.items() if {"changes.add_change", "changes.approve_change"} <= set(may)
    ]


def test_compliance_and_admin_decide_nothing():
    for role in ("compliance", "admin"):
        assert not {"changes.add_change", "changes.approve_change", "delivery.resolve_delivery"} & set(
            ROLES[role]
        )


def test_demo_passwords_are_printed_once(settings, capsys):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    call_command("demo_staff")
    first = capsys.readouterr().out
    call_command("demo_staff")
    assert "maker" in first
    assert capsys.readouterr().out == ""
    name, password = next(line.split() for line in first.splitlines() if line.split()[0] == "maker")
    assert User.objects.get(username=name).check_password(password)


def test_demo_staff_are_not_made_outside_a_demonstration(settings):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    with pytest.raises(CommandError):
        call_command("demo_staff")


def test_logins_and_failed_logins_are_audit_entries_without_what_was_typed(client, maker):
    client.post("/staff/login/", {"login": "maker", "password": "wrong-Pass1"})
    maker.set_password("right-Pass1")
    maker.save()
    client.post("/staff/login/", {"login": maker.username, "password": "right-Pass1"})
    assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
        "staff.login_failed",
        "staff.logged_in",
    ]
    assert "wrong-Pass1" not in "".join(Entry.objects.values_list("text", flat=True))
