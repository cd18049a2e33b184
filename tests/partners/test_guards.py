"""What the database refuses, whoever asks; and what happens when two ask at once."""

import threading

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from backoffice.protocol.fields import SecretText
from partners import sessions, visits
from partners.models import (
    AuthCodeUse,
    BasketLine,
    BasketVersion,
    ConnectorSession,
    Invitation,
    KillSwitch,
    PartnerVersion,
    Redirect,
    TwoWayToken,
)
from tests.partners.conftest import ask, check


def refused(act):
    with pytest.raises(IntegrityError), transaction.atomic():
        act()


@pytest.mark.django_db
class TestTheDatabase:
    def test_keeps_a_published_basket_as_it_is(self, published, make_version):
        lines = BasketLine.objects.filter(version=published)
        refused(lambda: lines.update(quantity=1))
        refused(lambda: lines.all()._raw_delete(connection.alias))
        for changed in (
            {"reco_id": "ABCDEF"},
            {"content_hash": "0" * 64},
            {"risk_text": "None."},
            {"state": "draft"},
        ):
            refused(lambda changed=changed: BasketVersion.objects.filter(pk=published.pk).update(**changed))

    def test_publishes_only_what_two_people_approved(self, published, make_version):
        draft = make_version(basket=published.basket)
        BasketVersion.objects.filter(pk=published.pk).update(state="superseded")
        forged = {
            "state": "published",
            "reco_id": "ABCDEF",
            "published_at": timezone.now(),
            "change": published.change,
        }
        refused(lambda: BasketVersion.objects.filter(pk=draft.pk).update(**forged))

    def test_releases_a_switch_only_by_two_people(self, published, maker):
        switch = KillSwitch.objects.create(scope="all", reason="x", thrown_by=maker)
        forged = {"released_at": timezone.now(), "released_by": published.change}
        refused(lambda: KillSwitch.objects.filter(pk=switch.pk).update(**forged))

    def test_keeps_the_versions_of_the_registry(self, partner):
        refused(lambda: PartnerVersion.objects.update(values={}))
        refused(lambda: PartnerVersion.objects.all()._raw_delete(connection.alias))


def at_once(*acts):
    """Run these at the same moment, each in a thread with a connection of its own."""
    start, done = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        start.wait()
        try:
            done[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    close_old_connections()
    return done


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_token_is_good_once(self, visitor):
        token = visitor.click()["sTwoWayToken"]
        answers = at_once(*[lambda: check(token).json()["success"]] * 6)
        assert sorted(answers) == [False] * 5 + [True]
        assert TwoWayToken.objects.get().uses_left == 0

    def test_a_code_serves_one_click_with_the_same_bytes(self, visitor, vendor):
        tp = visitor.click()["sTpUserId"]
        answers = at_once(*[lambda: ask(tp).json()] * 4)
        assert {answer["success"] for answer in answers} == {True}
        assert len({answer["data"] for answer in answers}) == 1
        assert AuthCodeUse.objects.count() == 1

    def test_of_two_clicks_one_stays(self, visitor, invited):
        visitor.open()
        at_once(*[lambda: visits.go(Invitation.objects.get())] * 3)
        assert Redirect.objects.filter(ended_at=None).count() == 1

    def test_of_two_sessions_one_lives(self, partner, client_user):
        secret, nothing = SecretText("s"), SecretText("")
        at_once(*[lambda: sessions.keep(partner, client_user, secret, nothing)] * 3)
        assert ConnectorSession.objects.filter(ended_at=None).count() == 1

    def test_three_wrong_answers_are_three(self, visitor):
        at_once(*[lambda: Browser().post(visitor.path, {"proof": "0000"})] * 6)
        assert Invitation.objects.get().tries_left == 0
