"""The dealer's password: two admins change it, the next logon carries it, and the old one goes when ODIN confirms."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.changes import operations
from backoffice.changes.errors import NotAllowed, Stale
from backoffice.changes.models import Change
from backoffice.odin import dealer_password, logon, session
from backoffice.odin.models import DealerSession
from backoffice.protocol.fields import SecretText
from backoffice.seal import unseal
from tests.html_forms import Page

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Fresh2026"


@pytest.fixture
def other_admin(django_user_model):
    person = django_user_model.objects.create_user(
        "admin2", password=None, first_name="Other", last_name="Admin"
    )
    person.groups.add(Group.objects.get(name="admin"))
    return person


@pytest.fixture
def proposed(admin):
    """A new password that one admin proposes."""

    def propose(password=NEW):
        values = {"new_password": SecretText(password)}
        return operations.submit(
            "dealer_password", values, by=admin, reason="It expires soon", token=uuid.uuid4()
        )

    return propose


@pytest.fixture
def approved(proposed, other_admin):
    """A new password that another admin approved."""

    def approve(password=NEW):
        change = proposed(password)
        return operations.approve(change.pk, by=other_admin, content_hash=change.content_hash)

    return approve


def kept():
    row = DealerSession.objects.get()
    names = ("sealed_password", "sealed_new_password")
    return {name: unseal(text).reveal() if (text := getattr(row, name)) else "" for name in names}


def test_from_the_form_to_odin_with_two_admins(odin, client, admin, other_admin):
    session.current()
    client.force_login(admin)
    address = reverse("dealer:password")
    assert address in client.get("/odin/session/").content.decode()
    answer = client.post(
        address, Page(client.get(address).content.decode()).sent(press="check", new_password=NEW)
    )
    assert answer.status_code == 302, answer.content.decode()
    check = client.get(answer.url).content.decode()
    assert NEW not in check
    client.post(answer.url, Page(check).sent(reason="It expires soon"))
    change = Change.objects.get(kind="dealer_password")
    decide = reverse("changes:decide", args=[change.pk, "approve"])
    assert client.post(decide, {"content_hash": change.content_hash}).status_code == 403
    client.force_login(other_admin)
    assert NEW not in client.get(change.get_absolute_url()).content.decode()
    client.post(decide, {"content_hash": change.content_hash})
    assert kept() == {"sealed_password": "", "sealed_new_password": NEW}
    assert session.current().number == 2
    assert kept() == {"sealed_password": NEW, "sealed_new_password": ""}
    assert Entry.objects.filter(action="session.password_changed").exists()
    session.log_off(admin)
    assert session.current().number == 3  # with the new password alone


def test_a_maker_and_a_checker_have_no_part_in_it(proposed, maker, checker):
    with pytest.raises(NotAllowed):
        operations.submit(
            "dealer_password", {"new_password": SecretText(NEW)}, by=maker, reason="x", token=uuid.uuid4()
        )
    change = proposed()
    with pytest.raises(NotAllowed):
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)


@pytest.mark.parametrize("password", ["short", "NoDigitsHere", "12345678", "With space1"])
def test_u9_a_password_that_odin_would_not_take_is_not_proposed(proposed, password):
    with pytest.raises(operations.HasErrors):
        proposed(password)


@pytest.mark.parametrize("status", ["10009", "10013"])
def test_a_new_password_that_odin_refuses_is_dropped_and_the_old_one_stays(odin, approved, status):
    approved()
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    with pytest.raises(logon.NoSession, match="not taken"):
        session.current()
    assert kept()["sealed_new_password"] == ""
    DealerSession.objects.update(next_try_at=None)
    assert session.current().number == 1


def test_a_logon_without_an_answer_leaves_the_change_in_doubt_and_guesses_nothing(odin, approved, admin):
    approved()
    odin.faults.add("drop_after", match={"type": 101})
    with pytest.raises(logon.NoSession, match="did not say whether it took it"):
        session.current()
    row = DealerSession.objects.get()
    assert (row.state, row.new_password_doubtful) == ("stopped", True)
    with pytest.raises(dealer_password.PasswordInDoubt):
        session.lift_stop(admin, "It is the new one")
    session.lift_stop(admin, "The ODIN administrator looked", took_new=True)
    assert kept() == {"sealed_password": NEW, "sealed_new_password": ""}


def test_the_person_who_lifts_the_stop_says_which_password_is_right(odin, approved, client, admin):
    approved()
    odin.faults.add("drop_before", match={"type": 101})
    with pytest.raises(logon.NoSession):
        session.current()
    client.force_login(admin)
    assert "Which password does ODIN have now?" in client.get("/odin/session/").content.decode()
    client.post(reverse("odin:lift_stop"), {"reason": "Looked"})
    assert DealerSession.objects.get().state == "stopped"
    client.post(reverse("odin:lift_stop"), {"reason": "Looked", "password": "old"})
    assert session.current().number == 1
    assert kept() == {"sealed_password": "", "sealed_new_password": ""}


def test_a_session_that_odin_opens_without_saying_so_does_not_settle_it(odin, approved):
    approved()
    odin.faults.add("logon_status", match={"type": 101}, status="10000")
    assert session.current().number == 1
    session.invalidate(1)
    with pytest.raises(logon.NoSession, match="which password is right"):
        session.current()


def test_an_expired_password_is_changed_without_lifting_the_stop_by_hand(odin, approved):
    odin.faults.add("logon_status", match={"type": 101}, status="10007")
    with pytest.raises(logon.NoSession):
        session.current()
    assert DealerSession.objects.get().state == "stopped"
    approved()
    assert session.current().number == 1
    assert kept()["sealed_password"] == NEW


def test_a_second_change_waits_until_the_first_is_settled(odin, proposed, approved, other_admin):
    second = proposed("Other2026")
    approved()
    odin.faults.add("drop_after", match={"type": 101})
    with pytest.raises(logon.NoSession):
        session.current()
    with pytest.raises(Stale, match="in doubt"):
        operations.approve(second.pk, by=other_admin, content_hash=second.content_hash)
    assert "portal.pending" in {
        finding.rule
        for finding in operations.examine(
            "dealer_password", {"new_password": SecretText("Third2026")}
        ).findings
    }


def test_no_password_is_in_the_audit_trail_or_the_stored_rows(approved):
    approved()
    stored = [str(row) for model in (Entry, Change, DealerSession) for row in model.objects.values()]
    assert not [row for row in stored if NEW in row]
