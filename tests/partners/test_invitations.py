"""Invitations: for one person, to a published version, ended with it (C7, C8)."""

import pytest
from django.contrib.auth.models import Permission

from backoffice.audit.models import Entry
from partners import baskets, invitations, switches
from partners.errors import ConnectorProblem, NotPermitted
from partners.hashing import sha256
from partners.models import Invitation
from partners.models.invitations import InvitationState
from tests.exports.agreeing import assert_agrees
from tests.factories import RetailUserFactory, StaffFactory
from tests.partners.conftest import line

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["", "invitations/", "baskets/", "clients/", "registry/"])
def test_lists_say_in_a_file_what_their_pages_draw(invited, path):
    reader = StaffFactory(username="reader")
    reader.user_permissions.set(Permission.objects.all())
    assert assert_agrees(f"/partners/{path}", reader)


class TestInviting:
    def test_gives_a_link_of_256_bits_of_which_a_hash_is_kept(self, invited):
        invitation, link = invited
        secret = link.removeprefix("https://connect.example/connector/i/").rstrip("/")
        assert len(secret) == 43
        assert invitation.link_hash == sha256(secret)
        assert secret not in str(Invitation.objects.values_list()) + str(
            Entry.objects.values_list("text", "details")
        )

    def test_is_once_while_it_is_open(self, invited, published, client_user, maker):
        with pytest.raises(ConnectorProblem, match="open invitation"):
            invitations.invite(published, client_user, 1, by=maker)

    def test_needs_a_published_version(self, make_version, client_user, maker):
        with pytest.raises(ConnectorProblem, match="not published"):
            invitations.invite(make_version(), client_user, 1, by=maker)

    def test_needs_an_active_client_whom_the_link_can_ask(self, published, maker):
        with pytest.raises(ConnectorProblem, match="not active"):
            invitations.invite(published, RetailUserFactory(status="S"), 1, by=maker)
        with pytest.raises(ConnectorProblem, match="neither PAN"):
            invitations.invite(published, RetailUserFactory(status="A", pan="", birth_date=None), 1, by=maker)

    def test_needs_the_right_and_a_model_that_is_allowed(
        self, published, client_user, maker, checker, settings
    ):
        with pytest.raises(NotPermitted):
            invitations.invite(published, client_user, 1, by=checker)
        settings.CONNECTOR_MODELS = ["1"]
        with pytest.raises(ConnectorProblem, match="Model 2"):
            invitations.invite(published, client_user, 2, by=maker)

    def test_is_refused_while_a_switch_holds(self, published, client_user, maker):
        switches.throw("client", client_user.lane, by=maker, reason="Complaint")
        with pytest.raises(ConnectorProblem, match="kill switch"):
            invitations.invite(published, client_user, 1, by=maker)

    def test_of_a_list_says_of_each_who_cannot_be_invited(self, published, client_user, maker):
        done = invitations.invite_many(published, ["HO/RET001", "HO/NOBODY", "HO/RET001"], 1, by=maker)
        assert [(one.lane, bool(one.link)) for one in done] == [("HO/RET001", True), ("HO/NOBODY", False)]
        assert "not a retail user" in done[1].problem


class TestAnInvitation:
    def test_is_void_once_a_newer_version_is_published(self, invited, published, make_version, publish):
        publish(make_version([line()], basket=published.basket))
        invitation = Invitation.objects.get(pk=invited[0].pk)
        assert (invitation.state, invitation.reason) == (
            InvitationState.REVOKED,
            "A newer version of the basket was published.",
        )

    def test_leads_to_the_newer_one_after_a_new_invitation(
        self, invited, published, make_version, publish, client_user, maker
    ):
        newer = publish(make_version([line()], basket=published.basket))
        again, _ = invitations.invite(newer, client_user, 1, by=maker)
        assert Invitation.objects.get(pk=invited[0].pk).replaced_by == again

    def test_ends_with_a_basket_that_is_withdrawn(self, invited, published, maker):
        baskets.withdraw(published, by=maker, reason="Wrong")
        assert Invitation.objects.get(pk=invited[0].pk).state == InvitationState.REVOKED

    def test_is_closed_by_a_person_with_evidence_only(self, invited, maker):
        with pytest.raises(ConnectorProblem, match="where it can be seen"):
            invitations.close(invited[0], "executed", by=maker, reason="Seen", evidence="")
        invitations.close(invited[0], "executed", by=maker, reason="Seen", evidence="Order 1100000000000001")
        with pytest.raises(ConnectorProblem, match="already"):
            invitations.revoke(invited[0], by=maker, reason="Late")
        assert Invitation.objects.get(pk=invited[0].pk).closed_by == maker

    def test_gets_a_new_link_and_loses_the_old_one(self, invited, maker):
        link = invitations.new_link(invited[0], by=maker)
        assert link != invited[1]
        assert Invitation.objects.get(pk=invited[0].pk).link_hash == sha256(
            link.rstrip("/").rpartition("/")[2]
        )
