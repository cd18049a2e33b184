"""The checker's inbox: what waits, flags, and deciding many at once."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.kinds.update_retail_user import UPDATE_RETAIL_USER
from accounts.updates import compose
from accounts.values import to_values
from backoffice.changes import many, operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from tests.factories import BankAccountFactory, ChangeFactory, RetailUserFactory, StaffFactory, bank_values
from tests.html_forms import Page

pytestmark = pytest.mark.django_db

INBOX = "changes:inbox"


def listed(client, page=INBOX, **query):
    answer = client.get(reverse(page), query)
    assert answer.status_code == 200
    return [row.record.pk for row in answer.context["table"].rows]


@pytest.fixture
def inbox(client, checker):
    client.force_login(checker)
    return client


class TestList:
    def test_what_others_submitted_waits_the_oldest_first(self, inbox, propose, checker):
        first, second = propose(user_id="ONE"), propose(user_id="TWO")
        draft = propose(user_id="THREE")
        operations.withdraw(draft.pk, by=draft.made_by)
        assert listed(inbox) == [first.pk, second.pk]

    def test_what_one_approved_already_waits_for_somebody_else(self, inbox, deposit, checker, other_checker):
        change = deposit("2000000")
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        assert listed(inbox) == []
        inbox.force_login(other_checker)
        assert listed(inbox) == [change.pk]
        assert "1 of 2 approved" in inbox.get(reverse(INBOX)).content.decode()

    def test_what_came_in_a_file_is_not_in_it(self, inbox, maker):
        from backoffice.batches.models import Batch

        batch = Batch.objects.create(
            kind="create_retail_user", made_by=maker, sha256="", size=1, state="submitted"
        )
        ChangeFactory(made_by=maker, batch=batch, row_number=2)
        assert listed(inbox) == []

    def test_filters(self, inbox, propose, deposit, other_maker):
        old = propose(user_id="OLD1")
        Change.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(hours=5))
        theirs = propose(by=other_maker, user_id="THEIRS", poa="0")
        money = deposit("2500000")
        for query, found in (
            ({"q": "OLD1"}, [old]),
            ({"kind": "cash_deposit"}, [money]),
            ({"made_by": other_maker.pk}, [theirs]),
            ({"risk": "poa"}, [theirs]),
            ({"risk": "limit"}, [money]),
            ({"age": "4"}, [old]),
            ({"age": "24"}, []),
            ({"amount_from": "2500000"}, [money]),
            ({"amount_to": "2499999.99"}, []),
        ):
            assert listed(inbox, **query) == [change.pk for change in found], query

    def test_every_column_sorts(self, inbox, propose):
        change = propose()
        for column in ("id", "kind", "subject", "amount", "made_by", "submitted_at"):
            assert listed(inbox, sort=f"-{column}") == [change.pk]

    def test_it_is_for_those_who_decide(self, client, maker, compliance):
        for person in (maker, compliance):
            client.force_login(person)
            assert client.get(reverse(INBOX)).status_code == 403

    def test_the_list_costs_the_same_however_long_it_is(self, inbox, propose):
        def queries():
            with CaptureQueriesContext(
                connection,
            ) as caught:
                inbox.get(reverse(INBOX))
            return len(caught)

        propose(user_id="U0")
        few = queries()
        for number in range(1, 8):
            propose(user_id=f"U{number}")
        assert queries() == few <= 19

    def test_what_cannot_be_approved_any_more_says_so(self, inbox, propose, deposit, admin, other_maker):
        moved, fresh = propose(user_id="MOVED", group_id="HO"), propose(user_id="FRESH", group_id="HO")
        money = deposit("500")
        RetailUserFactory(group_id="HO", user_id="MOVED")
        table = inbox.get(reverse(INBOX)).context["table"]
        assert table.moved_on == {moved.pk}
        said = {row.record.pk: str(row.get_cell("risks")) for row in table.rows}
        assert "Record changed since" in said[moved.pk]
        assert not any("Record changed since" in said[change.pk] for change in (fresh, money))


class TestRisks:
    """Flags are worked out at submission and kept."""

    def test_a_power_of_attorney(self, propose):
        assert propose(poa="0").risks == ["poa"]

    def test_a_large_amount(self, deposit):
        assert (deposit("1000000.01").risks, deposit("999.00").risks) == (["limit"], [])

    def test_the_pan_of_another_user(self, propose):
        other = RetailUserFactory(pan="ABCPT1234A")
        assert propose(pan=other.pan, name="Tara").risks == ["shared"]

    @pytest.mark.parametrize(
        ("changed", "flags"),
        [
            ({"status": "S"}, ["status"]),
            ({"poa": "0"}, ["poa"]),
            ({"banks": []}, ["bank"]),
            ({"banks": [bank_values(account_no="00555")]}, ["bank"]),
            ({"city": "Pune"}, []),
        ],
    )
    def test_an_update_by_what_it_changes(self, maker, changed, flags):
        user = RetailUserFactory(city="Mumbai")
        BankAccountFactory(retail_user=user, account_no="00123")
        known = to_values(user)
        update = operations.submit(
            UPDATE_RETAIL_USER,
            compose(known, {**known, **changed}),
            by=maker,
            reason="Client's letter",
            token=uuid.uuid4(),
        )
        assert update.risks == flags

    def test_the_same_deposit_again_today(self, deposit, checker):
        first = deposit("999.00")
        operations.approve(first.pk, by=checker, content_hash=first.content_hash)
        assert deposit("999.00").risks == ["twice"]

    def test_they_stand_on_the_page_of_the_change(self, inbox, propose):
        html = inbox.get(propose(poa="0").get_absolute_url()).content.decode()
        assert "Power of attorney" in html


class TestMany:
    def seen(self, *changes):
        return [(change.pk, change.content_hash) for change in changes]

    def test_each_is_decided_for_itself_and_told(self, propose, checker, other_checker, maker):
        good, gone, changed = propose(user_id="A1"), propose(user_id="A2"), propose(user_id="A3")
        operations.withdraw(gone.pk, by=maker)
        seen = [*self.seen(good, gone), (changed.pk, "0" * 64), (987654, "")]
        told = many.approve(seen, by=checker, reason="")
        assert [line.done for line in told] == [True, False, False, False]
        assert "withdrawn" in told[1].words
        assert "altered after you opened it" in told[2].words
        assert Delivery.objects.get().change == good

    def test_nobody_approves_their_own_among_many(self, propose, maker, checker):
        maker.user_permissions.set(checker.groups.get().permissions.all())
        own = propose()
        told = many.approve(self.seen(own), by=type(maker).objects.get(pk=maker.pk), reason="")
        assert (told[0].done, Delivery.objects.exists()) == (False, False)
        assert "another person" in told[0].words

    def test_a_rejection_is_bound_to_what_was_seen(self, propose, checker):
        change = propose()
        assert not many.reject([(change.pk, "0" * 64)], by=checker, reason="Wrong")[0].done
        assert many.reject(self.seen(change), by=checker, reason="Wrong")[0].done
        change.refresh_from_db()
        assert (change.state, change.decision_reason) == (State.REJECTED, "Wrong")


class TestReview:
    """The page on which many are read and decided."""

    def review(self, client, query="", **data):
        address = f"{reverse('changes:review')}?{query}"
        return client.post(address, data) if data else client.get(address)

    def test_chosen_ones_are_read_and_approved(self, inbox, propose):
        one, two, left = propose(user_id="A1"), propose(user_id="A2"), propose(user_id="A3")
        page = self.review(inbox, f"change={one.pk}&change={two.pk}")
        html = page.content.decode()
        assert "2 changes to decide" in html
        answer = self.review(inbox, **Page(html).sent(press="approve")).content.decode()
        assert "2 of 2 approved" in answer
        assert f">C-{one.pk}</a>" in answer
        states = dict(Change.objects.values_list("pk", "state"))
        assert states == {one.pk: State.APPROVED, two.pk: State.APPROVED, left.pk: State.SUBMITTED}

    def test_all_that_match_and_nothing_else(self, inbox, propose, deposit):
        propose(user_id="A1")
        money = deposit("500")
        page = self.review(inbox, "all=1&kind=cash_deposit")
        assert [one.change.pk for one in page.context["chosen"]] == [money.pk]

    def test_what_stands_out_is_not_ticked_by_itself(self, inbox, propose):
        plain, risky = propose(user_id="A1"), propose(user_id="A2", poa="0")
        html = self.review(inbox, "all=1").content.decode()
        self.review(inbox, **Page(html).sent(press="approve"))
        risky.refresh_from_db()
        plain.refresh_from_db()
        assert (plain.state, risky.state) == (State.APPROVED, State.SUBMITTED)

    def test_to_reject_many_a_reason_is_needed_and_what_was_ticked_stays(self, inbox, propose):
        one, two = propose(user_id="A1"), propose(user_id="A2")
        html = self.review(inbox, "all=1").content.decode()
        data = Page(html).sent(press="reject", seen=[f"{two.pk}:{two.content_hash}"], reason=" ")
        answer = self.review(inbox, **data)
        assert answer.status_code == 409
        assert '<a href="#reason">Say why you reject them' in answer.content.decode()
        assert [(each.change.pk, each.ticked) for each in answer.context["chosen"]] == [
            (one.pk, False),
            (two.pk, True),
        ]
        assert "1 of 1 rejected" in self.review(inbox, **{**data, "reason": "Twice"}).content.decode()

    def test_nothing_ticked_decides_nothing(self, inbox, propose):
        propose()
        html = self.review(inbox, "all=1").content.decode()
        answer = self.review(inbox, **Page(html).sent(press="approve", seen=[]))
        assert "Tick what you want to decide" in answer.content.decode()

    @pytest.mark.parametrize("press", ["", "Approve", "withdraw"])
    def test_without_one_of_its_buttons_nothing_is_decided(self, inbox, propose, press):
        one = propose()
        html = self.review(inbox, "all=1").content.decode()
        answer = self.review(inbox, **Page(html).sent(press=press))
        assert answer.status_code == 409
        assert "Choose whether to approve or reject them." in answer.content.decode()
        one.refresh_from_db()
        assert one.state == State.SUBMITTED

    def test_what_was_decided_meanwhile_is_counted(self, inbox, propose, maker):
        one, two = propose(user_id="A1"), propose(user_id="A2")
        operations.withdraw(one.pk, by=maker)
        html = self.review(inbox, f"change={one.pk}&change={two.pk}").content.decode()
        assert "1 of those you chose no longer waits for you" in html

    @pytest.mark.parametrize("query", ["all=1&age=abc", "all=1&amount_from=x", "all=1&q=ABCPT1234A"])
    def test_filters_that_cannot_be_read_choose_none_of_all_that_match(self, inbox, propose, query):
        propose()
        answer = self.review(inbox, query)
        assert answer.status_code == 409
        assert "0 changes to decide" in answer.content.decode()
        assert 'id="problem"' in answer.content.decode()

    @pytest.mark.parametrize("query", ["change=x", "change=99999999999999999999", ""])
    def test_nonsense_in_the_address_chooses_nothing_it_should_not(self, inbox, query):
        assert self.review(inbox, query).status_code == 200

    def test_nonsense_that_is_sent_is_told(self, inbox):
        html = self.review(inbox, seen="x:y", press="approve").content.decode()
        assert "no such change" in html

    def test_it_costs_the_same_however_many(self, inbox, propose):
        def queries():
            with CaptureQueriesContext(connection) as caught:
                self.review(inbox, "all=1")
            return len(caught)

        propose(user_id="U0")
        few = queries()
        for number in range(1, 8):
            propose(user_id=f"U{number}")
        assert queries() == few <= 14

    def test_it_is_for_those_who_decide(self, client, maker, propose):
        client.force_login(maker)
        assert self.review(client, "all=1").status_code == 403


def test_the_page_of_a_change_leads_to_the_next_that_waits(inbox, propose):
    first, second = propose(user_id="A1"), propose(user_id="A2")
    html = inbox.get(first.get_absolute_url()).content.decode()
    assert f'href="{second.get_absolute_url()}" data-hotkey="n"' in html


class TestMine:
    def test_ones_own_changes_with_what_was_said(self, client, maker, checker, propose, other_maker):
        change = propose(user_id="A1")
        propose(user_id="A2", by=other_maker)
        operations.reject(change.pk, by=checker, reason="PAN is another person's")
        client.force_login(maker)
        assert listed(client, "changes:mine") == [change.pk]
        html = client.get(reverse("changes:mine")).content.decode()
        assert "PAN is another person&#x27;s" in html

    def test_it_is_for_those_who_propose(self, client):
        supporter = StaffFactory(username="supporter")
        supporter.groups.add(Group.objects.get(name="support"))
        client.force_login(supporter)
        assert client.get(reverse("changes:mine")).status_code == 403
