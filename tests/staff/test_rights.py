"""Rights of staff: one administrator proposes, another approves, and nobody their own."""

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.changes import operations
from backoffice.changes.errors import AlreadyDecided, HasErrors, NotAllowed
from backoffice.changes.kinds import KINDS
from backoffice.changes.models import Change
from backoffice.changes.visibility import waiting_for
from backoffice.delivery.handlers import apply
from backoffice.logins.models import Session, User
from backoffice.logins.roles import ROLES
from backoffice.staff import links
from backoffice.staff.kinds import password_link, rights, second_factor
from backoffice.staff.models import PasswordLink
from tests.factories import retail_user_values
from tests.html_forms import Page

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


def propose(by, kind=rights.SLUG, **values):
    return operations.submit(kind, values, by=by, reason="Joins on Monday", token=uuid.uuid4())


def approve(change, by):
    return operations.approve(change.pk, by=by, content_hash=change.content_hash)


@pytest.mark.parametrize(
    ("kind", "values"),
    [(rights.SLUG, NEW), (password_link.SLUG, {"username": "maker"})],
)
def test_what_nobody_approved_in_time_gives_no_rights_and_no_link(admin, other_admin, maker, kind, values):
    change = propose(admin, kind, **values)
    Change.objects.filter(pk=change.pk).update(submitted_at=timezone.now() - timedelta(days=30))
    with pytest.raises(AlreadyDecided, match="expired"):
        approve(change, other_admin)
    assert not User.objects.filter(username="asha").exists()
    assert not PasswordLink.objects.exists()


def test_the_roles_of_the_form_are_those_of_the_table():
    assert {role.value for role in rights.Role} == set(ROLES)


def test_somebody_is_added_by_two_administrators(admin, other_admin):
    change = propose(admin, **NEW)
    assert change.subject == "staff:asha"
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
        ({"roles": ["dealer", "maker"]}, "roles"),
        ({"roles": ["dealer", "checker"]}, "roles"),
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
        propose(admin, second_factor.SLUG, username="checker")
    Authenticator.objects.create(user=checker, type="totp", data={"secret": "sealed"})
    Client().force_login(checker)
    approve(propose(admin, second_factor.SLUG, username="checker"), other_admin)
    assert not Authenticator.objects.exists()
    assert not Session.objects.filter(user=checker).exists()
    assert Entry.objects.get(action="staff.session_ended").by == other_admin


def test_the_pages_lead_from_the_list_to_a_proposal(client, admin, maker):
    client.force_login(admin)
    assert "maker" in client.get("/people/").content.decode()
    page = client.get(f"/people/{maker.pk}/").content.decode()
    assert f"/people/{maker.pk}/rights/" in page
    assert client.get(f"/people/{maker.pk}/rights/").status_code == 200
    assert '<option value="Y" selected>' in client.get("/people/new/").content.decode()
    assert client.get("/people/0/").status_code == 404


def test_pages_say_roles_by_their_names_and_who_may_log_in(client, admin, maker):
    User.objects.filter(pk=maker.pk).update(is_active=False)
    client.force_login(admin)
    page = client.get("/people/").content.decode()
    for words in (
        ">Administrator</td>",
        ">Maker</td>",
        '<option value="access">Access check</option>',
        ">No</td>",
    ):
        assert words in page
    assert "Administrator" in client.get(f"/people/{admin.pk}/").content.decode()


def link_in(response):
    """The password link that a page shows, without the host; None if it shows none."""
    found = re.search(r"/staff/choose-password/[^/]+/[^/\s<\"]+/", response.content.decode())
    return found and found[0]


def show(person):
    return f"/people/{person.pk}/password-link/show/"


class TestPasswordLink:
    def test_the_administrator_who_asked_sees_it_once_after_another_approved(
        self, client, admin, other_admin, maker
    ):
        client.force_login(admin)
        change = propose(admin, password_link.SLUG, username="maker")
        assert link_in(client.post(show(maker), follow=True)) is None
        approve(change, other_admin)
        page = client.get(f"/people/{maker.pk}/")
        assert show(maker) in page.content.decode()
        assert link_in(page) is None
        assert link_in(client.post(show(maker)))
        again = client.post(show(maker), follow=True)
        assert link_in(again) is None
        assert "Ask for a new one" in again.content.decode()
        entry = Entry.objects.get(action="staff.password_link_shown")
        assert (entry.by, entry.subject, entry.change_id) == (admin, "maker", change.pk)
        assert "choose-password" not in str(Entry.objects.values())

    def test_nobody_else_sees_it(self, client, admin, other_admin, maker):
        approve(propose(admin, password_link.SLUG, username="maker"), other_admin)
        for person in (other_admin, make_admin("admin3")):
            client.force_login(person)
            assert show(maker) not in client.get(f"/people/{maker.pk}/").content.decode()
            assert link_in(client.post(show(maker), follow=True)) is None
        client.force_login(maker)
        assert client.post(show(maker)).status_code == 403
        assert not Entry.objects.filter(action="staff.password_link_shown").exists()

    def test_it_chooses_one_password_within_its_time(self, client, admin, other_admin, maker, settings):
        approve(propose(admin, password_link.SLUG, username="maker"), other_admin)
        client.force_login(admin)
        link = link_in(client.post(show(maker)))
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert "no longer good" in Client().get(link, follow=True).content.decode()
        settings.PASSWORD_RESET_TIMEOUT = 60
        browser = Client()
        chosen = {"new_password1": "a-Long-enough-1", "new_password2": "a-Long-enough-1"}
        form = browser.get(link, follow=True)
        assert browser.post(form.request["PATH_INFO"], chosen).status_code == 302
        assert User.objects.get(pk=maker.pk).check_password("a-Long-enough-1")
        assert Entry.objects.get(action="staff.password_changed").by == maker
        assert "no longer good" in Client().get(link, follow=True).content.decode()

    def test_a_day_after_the_approval_it_is_not_shown_any_more(self, client, admin, other_admin, maker):
        approve(propose(admin, password_link.SLUG, username="maker"), other_admin)
        PasswordLink.objects.update(granted_at=timezone.now() - links.SHOWN_WITHIN)
        client.force_login(admin)
        assert link_in(client.post(show(maker), follow=True)) is None

    def test_somebody_deactivated_since_gets_none(self, client, admin, other_admin, maker):
        approve(propose(admin, password_link.SLUG, username="maker"), other_admin)
        User.objects.filter(pk=maker.pk).update(is_active=False)
        client.force_login(admin)
        assert link_in(client.post(show(maker), follow=True)) is None
        with pytest.raises(HasErrors):
            propose(admin, password_link.SLUG, username="maker")

    def test_nobody_asks_for_their_own_or_approves_it(self, admin, other_admin):
        with pytest.raises(NotAllowed, match="for yourself"):
            approve(propose(admin, password_link.SLUG, username="admin"), other_admin)
        with pytest.raises(NotAllowed, match="about yourself"):
            approve(propose(admin, password_link.SLUG, username="admin2"), other_admin)
        assert not PasswordLink.objects.exists()

    def test_somebody_added_comes_with_one(self, client, admin, other_admin):
        approve(propose(admin, **NEW), other_admin)
        client.force_login(admin)
        assert link_in(client.post(show(User.objects.get(username="asha"))))

    def test_the_page_of_the_person_names_the_change_and_whether_they_may_log_in(
        self, client, admin, other_admin, maker
    ):
        change = propose(admin, password_link.SLUG, username="maker")
        approve(change, other_admin)
        client.force_login(admin)
        html = client.get(f"/people/{maker.pk}/").content.decode()
        assert f'<a href="{change.get_absolute_url()}">C-{change.pk}</a>' in html
        assert "May log in" in html

    def test_the_page_of_the_change_leads_to_the_person(self, client, admin, other_admin, maker):
        change = propose(admin, password_link.SLUG, username="maker")
        client.force_login(admin)
        assert f'href="/people/{maker.pk}/"' in client.get(change.get_absolute_url()).content.decode()


def test_an_administrator_ends_sessions_of_others(client, admin, maker):
    theirs = Client()
    theirs.force_login(maker)
    client.force_login(admin)
    client.post(f"/people/{maker.pk}/end-sessions/")
    assert theirs.get("/").url.startswith("/staff/login/")
    assert client.get("/").status_code == 200
    assert Entry.objects.get(action="staff.session_ended").by == admin


def test_these_changes_wait_for_administrators_alone(checker, admin, other_admin):
    change = propose(admin, **NEW)
    assert change not in waiting_for(checker)
    assert change not in waiting_for(admin)
    assert change in waiting_for(other_admin)


#: None of these may become a user name; whoever has one from before can be switched off all the same.
ODD = ["asha/rao", "..", ".", "asha rao", "आशा", "-asha", "asha?", "asha#1", "asha%2e", "asha\\rao", "a" * 31]
#: What a command line or an older form let in.
LET_IN = [*ODD, "|", "=1+1|x", "#1", " maker", "asha\u202erao", "asha\nrao", "a" * 150, "/" * 150]


class TestOddNames:
    @pytest.mark.parametrize("name", ODD)
    def test_nobody_new_gets_one(self, admin, client, name):
        with pytest.raises(HasErrors):
            propose(admin, **{**NEW, "username": name})
        with pytest.raises(CommandError, match="cannot be a user name"):
            call_command("first_admin", "--", name)

    @pytest.mark.parametrize("name", ["asha.rao", "a1", "asha@broker.example", "Asha_Rao-2"])
    def test_others_do(self, admin, other_admin, name):
        approve(propose(admin, **{**NEW, "username": name}), other_admin)
        assert User.objects.get(username=name).is_active

    @pytest.mark.parametrize("name", LET_IN)
    def test_who_has_one_from_before_is_reached_by_number_and_switched_off(
        self, client, admin, other_admin, maker, name
    ):
        person = User.objects.create_user(name, first_name="Asha", last_name="Rao")
        client.force_login(admin)
        assert f'href="/people/{person.pk}/"' in client.get("/people/").content.decode()
        form = client.get(f"/people/{person.pk}/rights/")
        assert form.status_code == 200
        token = re.search(r'name="token" value="([^"]+)"', form.content.decode())[1]
        typed = {"first_name": "Asha", "last_name": "Rao", "active": "N", "token": token, "press": "check"}
        check = client.post(f"/people/{person.pk}/rights/", typed)
        assert check.status_code == 302, check.content.decode()
        seen = re.search(r'name="seen" value="([^"]+)"', client.get(check.url).content.decode())[1]
        change_page = client.post(check.url, {"seen": seen, "reason": "Left"}).url
        assert client.get(f"/people/{person.pk}/").status_code == 200
        client.force_login(other_admin)
        assert client.get(change_page).status_code == 200
        change = Change.objects.get(subject=f"staff:#{person.pk}")
        Client().force_login(person)
        client.post(f"{change_page}approve/", {"content_hash": change.content_hash})
        person.refresh_from_db()
        assert not person.is_active
        assert User.objects.get(pk=maker.pk).is_active
        entry = Entry.objects.get(action="change.approved")
        assert (entry.subject, entry.before["username"], entry.after["active"]) == (change.subject, name, "N")
        assert name.startswith(Entry.objects.get(action="staff.session_ended").subject)
        for page in ("/changes/", "/changes/inbox/", "/", change_page, "/people/", f"/people/{person.pk}/"):
            assert client.get(page).status_code == 200

    def test_whoever_has_one_gets_a_link_and_loses_a_second_factor(self, admin, other_admin):
        person = User.objects.create_user("आशा|राव/", first_name="Asha")
        Authenticator.objects.create(user=person, type="totp", data={"secret": "sealed"})
        approve(propose(admin, second_factor.SLUG, username=person.username), other_admin)
        assert not Authenticator.objects.exists()
        approve(propose(admin, password_link.SLUG, username=person.username), other_admin)
        assert PasswordLink.objects.get().person == person

    def test_nobody_with_one_approves_what_is_about_themselves(self, admin):
        odd = make_admin("|")
        values = {**rights.values_of(odd), "first_name": "Amar", "email": "amar@broker.example"}
        with pytest.raises(NotAllowed, match="about yourself"):
            approve(propose(admin, **values), odd)

    def test_a_new_name_that_looks_like_a_number_of_somebody_is_not_that_person(self, admin, maker):
        with pytest.raises(HasErrors):
            propose(admin, **{**rights.values_of(maker), "username": f"#{maker.pk}", "active": "N"})
        assert rights.subject({"username": f"#{maker.pk}"}) == ""

    def test_the_trail_of_one_can_be_exported(self, client, admin, compliance):
        odd = User.objects.create_user("=1+1|\n=2\u202e")
        record("staff.added", by=odd, subject=odd.username, text="Made.")
        client.force_login(compliance)
        answer = client.post("/audit/csv/", {"reason": "Inspection"})
        rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
        assert len({len(row) for row in rows}) == 1
        cells = [cell for row in rows for cell in row]
        assert any(cell.startswith("'=1+1|") for cell in cells)
        assert not any(cell[:1] in ("=", "+", "@") for cell in cells)


def test_without_a_login_a_form_says_nothing_of_whom_it_is_about(client, maker):
    """It comes back with what was typed, and with that alone, be there such a retail user or not."""
    answer = Client().post(f"/people/{maker.pk}/rights/", {"first_name": "Typed"})
    assert answer.url.startswith("/staff/login/")
    assert client.get("/people/0/rights/").url.startswith("/staff/login/")
    apply(301, "HO/RET001", retail_user_values())
    RetailUser.objects.update(inactive_segments=["1"], odin_user_type="1")
    for kind in [slug for slug, kind in KINDS.items() if kind.menu]:
        asked = f"/users/HO/{{}}/change/{kind}/"
        typed = {"city": "Typed", "reactivate_segments": ["2"], "token": str(uuid.uuid4())}
        here, elsewhere = (client.post(asked.format(name), typed) for name in ("RET001", "RET002"))
        assert (here.status_code, elsewhere.status_code) == (401, 401), kind
        page, other = (
            re.sub(r'"[A-Za-z0-9]{64}"', "", found.content.decode()) for found in (here, elsewhere)
        )
        assert page.replace("RET001", "RET002") == other
        assert "Testwala" not in page
        for step, code in (("keep", 401), ("check", 302)):
            for name in ("RET001", "RET002"):
                address = f"{asked.format(name)}{uuid.uuid4()}/{step}/"
                assert client.post(address).status_code == code
        assert client.post("/users/HO/RET001/change/no_such_kind/").status_code == 404
    form = client.post("/users/HO/RET001/change/update_retail_user/", typed).content.decode()
    assert 'value="Typed"' in form
    assert Page(form).sent()["reactivate_segments"] == ["2"]
