"""Rights of staff: one administrator proposes, another approves, and nobody their own."""

import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.errors import HasErrors, NotAllowed
from backoffice.changes.seen import waiting_for
from backoffice.people import rights
from backoffice.staff.models import User
from backoffice.staff.roles import ROLES

pytestmark = pytest.mark.django_db

NEW = {
    "username": "asha",
    "first_name": "Asha",
    "last_name": "Rao",
    "email": "asha@broker.example",
    "roles": ["maker"],
    "active": "Y",
}


@pytest.fixture
def other_admin(django_user_model):
    return make_admin("admin2")


def make_admin(name):
    person = User.objects.create_user(name)
    person.groups.add(Group.objects.get(name="admin"))
    return person


def propose(by, kind=rights.RIGHTS, **values):
    return operations.submit(kind, values, by=by, reason="Joins on Monday", token=uuid.uuid4())


def approve(change, by):
    return operations.approve(change.pk, by=by, content_hash=change.content_hash)


def test_the_roles_of_the_form_are_those_of_the_table():
    assert {role.value for role in rights.Role} == set(ROLES)


def test_somebody_is_added_by_two_administrators(admin, other_admin):
    change = propose(admin, **NEW)
    assert change.lane == "staff:asha"
    assert not User.objects.filter(username="asha").exists()
    approve(change, other_admin)
    person = User.objects.get(username="asha")
    assert (person.get_full_name(), person.email) == ("Asha Rao", "asha@broker.example")
    assert [group.name for group in person.groups.all()] == ["maker"]
    assert not person.has_usable_password()
    entry = Entry.objects.get(action="change.approved")
    assert (entry.by, entry.subject, entry.after["roles"]) == (other_admin, "staff:asha", ["maker"])


def test_one_administrator_is_not_enough(admin):
    with pytest.raises(NotAllowed):
        approve(propose(admin, **NEW), admin)
    assert not User.objects.filter(username="asha").exists()


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_nobody_else_proposes_or_approves(admin, django_user_model, role):
    person = django_user_model.objects.create_user("person")
    person.groups.add(Group.objects.get(name=role))
    with pytest.raises(NotAllowed):
        propose(person, **NEW)
    with pytest.raises(NotAllowed):
        approve(propose(admin, **NEW), person)


def test_nobody_approves_what_is_about_themselves(admin, other_admin):
    values = {**rights.values_of(other_admin), "first_name": "Amar", "email": "amar@broker.example"}
    change = propose(admin, **values)
    with pytest.raises(NotAllowed, match="about yourself"):
        approve(change, other_admin)


def test_a_role_is_taken_away_and_the_next_request_knows_it(client, admin, other_admin, maker):
    client.force_login(maker)
    assert client.get("/users/").status_code == 200
    values = {**rights.values_of(maker), "roles": ["support"], "first_name": "Manu"}
    approve(propose(admin, **values), other_admin)
    assert client.get("/users/new/").status_code == 403
    assert not User.objects.get(pk=maker.pk).has_perm("changes.add_change")


def test_somebody_deactivated_is_out_at_once(client, admin, other_admin, maker):
    client.force_login(maker)
    approve(propose(admin, **{**rights.values_of(maker), "active": "N", "first_name": "Manu"}), other_admin)
    assert client.get("/").url.startswith("/staff/login/")


def test_a_proposal_made_on_older_rights_is_stale(admin, other_admin, maker):
    first = propose(admin, **{**rights.values_of(maker), "roles": ["support"]})
    second = propose(admin, **{**rights.values_of(maker), "roles": ["checker"]})
    approve(first, other_admin)
    with pytest.raises(operations.Stale):
        approve(second, other_admin)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"roles": ["admin", "checker"]}, "roles"),
        ({"roles": ["admin", "maker"]}, "roles"),
        ({"roles": ["owner"]}, "roles"),
        ({"email": "TAKEN@broker.example"}, "email"),
        ({"username": "MAKER"}, "username"),
        ({"username": ""}, "username"),
    ],
    ids=str,
)
def test_what_cannot_be_is_found_before_it_is_proposed(admin, maker, changed, path):
    User.objects.filter(pk=maker.pk).update(email="taken@broker.example")
    with pytest.raises(HasErrors) as refused:
        propose(admin, **{**NEW, **changed})
    assert path in {finding.path for finding in refused.value.findings}


def test_two_administrators_remain(admin, other_admin):
    values = {**rights.values_of(other_admin), "first_name": "Amar", "roles": ["support"]}
    with pytest.raises(HasErrors) as refused:
        propose(admin, **values)
    assert "Two administrators must remain" in refused.value.findings[0].text
    third = make_admin("admin3")
    assert third.is_active
    approve(propose(admin, **values), third)


def test_a_second_factor_is_reset_by_two_administrators(admin, other_admin, checker):
    with pytest.raises(HasErrors):
        propose(admin, rights.RESET, username="checker")
    Authenticator.objects.create(user=checker, type="totp", data={"secret": "sealed"})
    UserSession.objects.create(
        user=checker, ip="192.0.2.1", session_key="key", user_agent="Browser", created_at=timezone.now()
    )
    approve(propose(admin, rights.RESET, username="checker"), other_admin)
    assert not Authenticator.objects.exists()
    assert not UserSession.objects.exists()
    assert Entry.objects.get(action="staff.session_ended").by == other_admin


def test_the_pages_lead_from_the_list_to_a_proposal(client, admin, maker):
    client.force_login(admin)
    assert "maker" in client.get("/people/").content.decode()
    page = client.get("/people/of/maker/").content.decode()
    assert "/people/of/maker/rights/" in page
    assert client.get("/people/of/maker/rights/").status_code == 200
    assert client.get("/people/new/").status_code == 200
    assert client.get("/people/of/nobody/").status_code == 404


def test_a_password_link_is_shown_once_and_recorded_without_the_link(client, admin, maker):
    client.force_login(admin)
    page = client.post("/people/of/maker/password-link/").content.decode()
    assert "/staff/choose-password/" in page
    assert "/staff/choose-password/" not in client.get("/people/of/maker/").content.decode()
    entry = Entry.objects.get(action="staff.password_link_made")
    assert (entry.by, entry.subject) == (admin, "maker")
    assert "choose-password" not in str(Entry.objects.values())


def test_no_link_for_oneself_or_somebody_deactivated(client, admin, maker):
    client.force_login(admin)
    assert client.post("/people/of/admin/password-link/").status_code == 302
    User.objects.filter(pk=maker.pk).update(is_active=False)
    assert client.post("/people/of/maker/password-link/").status_code == 404


def test_an_administrator_ends_sessions_of_others(client, admin, maker):
    UserSession.objects.create(user=maker, ip="192.0.2.1", session_key="key", user_agent="Browser")
    client.force_login(admin)
    client.post("/people/of/maker/end-sessions/")
    assert not UserSession.objects.exists()
    assert Entry.objects.get(action="staff.session_ended").by == admin


def test_these_changes_wait_for_administrators_alone(checker, admin, other_admin):
    change = propose(admin, **NEW)
    assert change not in waiting_for(checker)
    assert change not in waiting_for(admin)
    assert change in waiting_for(other_admin)
