"""Baskets: findings, two persons, versions, Reco IDs (C5, C6, C19 to C22)."""

import re
import uuid
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.changes import operations as changes
from backoffice.changes.errors import NotAllowed
from backoffice.changes.models import Change
from markets.models import Scrip, ScripImport
from partners import basket_lines, baskets
from partners.errors import ConnectorProblem, HasFindings, NotPermitted
from partners.models import BasketLine, BasketVersion
from partners.models.baskets import Stage
from tests.partners.conftest import LINES, approve, line
from tests.partners.test_guards import at_once
from tests.racing import meet_at

pytestmark = pytest.mark.django_db


def found(version):
    return [(finding.path, finding.rule) for finding in basket_lines.look(version)]


class TestFindings:
    def test_of_a_good_basket_are_none(self, make_version):
        assert found(make_version()) == []

    @pytest.mark.parametrize(
        ("changed", "path"),
        [
            ({"price": Decimal("101.52")}, "lines.0.price"),  # not on the tick of 5 paise
            ({"price": Decimal("101.505")}, "lines.0.price"),
            ({"price": Decimal(0)}, "lines.0.price"),
            ({"order_type": "RL-MKT"}, "lines.0.price"),
            (
                {"order_type": "SL", "trigger": Decimal("102.00")},
                "lines.0.trigger",
            ),  # above the price of a buy
            ({"order_type": "SL"}, "lines.0.trigger"),
            ({"validity": "GTD"}, "lines.0.days"),
            ({"validity": "DAY", "days": 3}, "lines.0.days"),
            ({"disclosed": 11}, "lines.0.disclosed"),
        ],
    )
    def test_name_the_line_and_the_field(self, make_version, changed, path):
        assert path in [path for path, _ in found(make_version([line(**changed)]))]

    def test_say_when_the_lot_is_not_whole(self, make_version, scrips):
        Scrip.objects.filter(token=900001).update(lot=25)
        assert found(make_version([line(quantity=30)])) == [("lines.0.quantity", "lot")]

    def test_say_that_nobody_knows_the_id_of_an_exchange(self, make_version, settings):
        version = make_version([line(500001, exchange="BSE_EQ")])
        assert found(version) == [("lines.0.exchange", "C20")]
        settings.CONNECTOR_SEGMENT_IDS = "plain"
        assert found(version) == []

    def test_say_that_the_master_is_old(self, make_version):
        version = make_version()
        ScripImport.objects.update(current_since=timezone.now() - timedelta(days=10))
        assert ("lines.0.exchange", "R35") in found(version)

    def test_say_that_a_token_is_another_scrip_now(self, make_version):
        version = make_version()
        Scrip.objects.filter(token=900002).update(symbol="OAK")
        assert found(version) == [("lines.1.symbol", "C22")]

    def test_say_that_the_time_is_over(self, make_version):
        assert found(make_version(valid_until=timezone.now()))[0][0] == "valid_until"

    def test_keep_a_basket_from_being_submitted(self, make_version, maker):
        with pytest.raises(HasFindings):
            baskets.submit(make_version([]), by=maker, reason="x", token=uuid.uuid4())


class TestMaking:
    def test_refuses_a_scrip_twice_on_a_side(self, make_version):
        with pytest.raises(ConnectorProblem, match="same side"):
            make_version([line(), line()])

    def test_refuses_more_than_fifty_lines(self, make_version):
        with pytest.raises(ConnectorProblem, match="at most 50"):
            make_version([line()] * 51)

    def test_takes_both_sides_of_a_scrip(self, make_version):
        assert found(make_version([line(), line(side="SELL")])) == []

    def test_refuses_a_scrip_that_the_master_does_not_offer(self, make_version):
        with pytest.raises(ConnectorProblem, match="Line 1"):
            make_version([line(1)])

    def test_needs_the_right(self, partner, checker):
        with pytest.raises(NotPermitted):
            baskets.make(partner, "Mine", "GROWTH", by=checker)

    def test_needs_a_product_of_the_partner(self, partner, maker):
        with pytest.raises(ConnectorProblem, match="no product"):
            baskets.make(partner, "Mine", "VALUE", by=maker)


class TestApproval:
    def test_gives_a_reco_id_and_binds_the_content(self, published):
        assert published.stage == Stage.PUBLISHED
        assert re.fullmatch("[2-9A-HJKMNP-Z]{6}", published.reco_id)
        assert published.content_hash == baskets.current_hash(published)

    def test_is_by_another_person(self, make_version, maker):
        change = baskets.submit(make_version(), by=maker, reason="x", token=uuid.uuid4())
        with pytest.raises(NotAllowed):
            approve(change, maker)

    def test_is_refused_where_a_line_changed_since(self, make_version, maker, checker):
        version = make_version()
        change = baskets.submit(version, by=maker, reason="x", token=uuid.uuid4())
        BasketLine.objects.filter(version=version, number=1).update(quantity=99)
        with pytest.raises(NotAllowed, match="not the one"):
            approve(change, checker)
        version.refresh_from_db()
        assert version.state == Stage.DRAFT

    def test_of_a_new_version_supersedes_the_old_one_with_another_reco_id(
        self, published, make_version, publish
    ):
        newer = publish(make_version([line(quantity=20)], basket=published.basket))
        published.refresh_from_db()
        assert (published.stage, newer.number) == (Stage.SUPERSEDED, 2)
        assert newer.reco_id != published.reco_id
        assert len([one for one in basket_lines.difference(published, newer) if one.changed]) == 3

    def test_that_is_refused_leaves_a_version_that_can_be_mended(self, make_version, maker, checker):
        version = make_version()
        change = baskets.submit(version, by=maker, reason="x", token=uuid.uuid4())
        with pytest.raises(ConnectorProblem, match="submitted"):
            make_version(basket=version.basket, version=version)
        changes.reject(change.pk, by=checker, reason="Too risky")
        version.refresh_from_db()
        assert version.stage == Stage.REJECTED
        assert make_version([line()], basket=version.basket, version=version).lines.count() == 1

    def test_of_a_reco_id_is_for_one_version_in_the_database(self, published, make_version):
        other = make_version(basket=published.basket)
        with pytest.raises(IntegrityError), transaction.atomic():
            BasketVersion.objects.filter(pk=other.pk).update(reco_id=published.reco_id)


class TestTheEnd:
    def test_comes_by_time(self, published):
        assert baskets.expire_due() == 0
        BasketVersion.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
        assert baskets.expire_due() == 1
        published.refresh_from_db()
        assert published.stage == Stage.EXPIRED

    def test_comes_by_withdrawing(self, published, maker):
        with pytest.raises(ConnectorProblem, match="Say why"):
            baskets.withdraw(published, by=maker, reason=" ")
        baskets.withdraw(published, by=maker, reason="Wrong price")
        published.refresh_from_db()
        assert (published.stage, published.reco_id is not None) == (Stage.WITHDRAWN, True)

    def test_leaves_the_lines_as_they_were(self, published):
        assert [found.quantity for found in published.lines.all()] == [one.quantity for one in LINES]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def ends(self, published, maker, monkeypatch):
        """Two ways to end a version; both look at it before either ends it, unless one waits for the other."""
        meet_at(monkeypatch, baskets, "_own")

        def withdraw():
            with suppress(ConnectorProblem):
                baskets.withdraw(published, by=maker, reason="Wrong price")

        return withdraw, baskets.expire_due

    def test_two_who_withdraw_a_version_withdraw_it_once(self, ends):
        withdraw, _ = ends
        at_once(withdraw, withdraw)
        assert BasketVersion.objects.get().stage == Stage.WITHDRAWN
        assert Entry.objects.filter(action="connector.basket_withdrawn").count() == 1

    def test_a_version_that_is_withdrawn_as_its_time_comes_has_one_end(self, ends):
        BasketVersion.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
        at_once(*ends)
        ended = ("connector.basket_withdrawn", "connector.basket_expired")
        assert Entry.objects.filter(action__in=ended).count() == 1

    def test_a_version_that_is_withdrawn_as_it_is_submitted_waits_for_no_checker(
        self, make_version, maker, monkeypatch
    ):
        version = make_version()
        meet_at(monkeypatch, baskets, "_own")

        def submit():
            with suppress(ConnectorProblem):
                baskets.submit(version, by=maker, reason="For clients", token=uuid.uuid4())

        def withdraw():
            with suppress(ConnectorProblem):
                baskets.withdraw(version, by=maker, reason="Wrong price")

        at_once(submit, withdraw)
        version.refresh_from_db()
        assert (version.stage == Stage.SUBMITTED) == Change.objects.filter(kind=baskets.BASKET).exists()

    def test_two_makers_who_submit_a_version_submit_it_once(self, make_version, maker, monkeypatch):
        version = make_version()
        meet_at(monkeypatch, baskets, "_own")

        def submit():
            with suppress(ConnectorProblem):
                baskets.submit(version, by=maker, reason="For clients", token=uuid.uuid4())

        at_once(submit, submit)
        assert Change.objects.filter(kind=baskets.BASKET).count() == 1
