"""Files in the checker's inbox, their expiry and the comments on them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches.decide import decisions
from backoffice.batches.decide.deciders import waiting_for
from backoffice.batches.errors import AlreadyDecided, NotAllowed, ReasonMissing
from backoffice.batches.models import Batch, State
from backoffice.batches.tasks import expire_pending
from backoffice.changes import inbox
from backoffice.changes.models import State as ChangeState
from tests.factories import RetailUserFactory, set_rule
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

INBOX = reverse("changes:inbox")


@pytest.fixture
def at_desk(client, checker):
    client.force_login(checker)
    return client


def files(client, **query):
    """The numbers of the files in the inbox."""
    answer = client.get(INBOX, query)
    assert answer.status_code == 200
    return [row.record.pk for whole in answer.context["wholes"] for row in whole.table.rows]


def aged(batch, days):
    Batch.objects.filter(pk=batch.pk).update(submitted_at=timezone.now() - timedelta(days=days))
    return batch


class TestInbox:
    def test_a_file_is_one_row_with_all_that_a_checker_chooses_by_and_the_way_to_its_page(
        self, at_desk, submitted
    ):
        batch = submitted(good=2, warned=1)
        Batch.objects.filter(pk=batch.pk).update(control_total="1250000.50")
        page = at_desk.get(INBOX).content.decode()
        assert files(at_desk) == [batch.pk]
        row = page.partition('aria-label="Files"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
        assert f'data-href="{batch.get_absolute_url()}"' in row
        for shown in ("users.csv", ">3<", "12,50,000.50", "Maker Test", "New clients", "status-warn"):
            assert shown in row, shown
        assert "1 file waits" in flowed(page)
        assert "No single change waits for you" in page

    def test_it_waits_for_nobody_who_may_not_decide_it(self, submitted, maker, checker, other_checker):
        set_rule("create_retail_user", checkers=2)
        batch = submitted()
        for person, sees in ((maker, False), (checker, True), (other_checker, True)):
            assert (batch in waiting_for(person)) is sees
        decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
        assert [inbox.count(person) for person in (maker, checker, other_checker)] == [0, 0, 1]

    def test_what_waits_for_me_counts_files_and_changes_in_one_place(self, at_desk, submitted):
        submitted()
        nav = {item.label: item.count for item in at_desk.get(INBOX).context["frame"].nav}
        assert (nav["Changes"], nav["Batches"]) == (1, 0)

    def test_the_filters_of_the_inbox_hold_for_files(self, at_desk, submitted, maker, other_maker):
        warned, plain = submitted(good=1, warned=1), submitted(good=1)
        aged(plain, 2)
        Batch.objects.filter(pk=warned.pk).update(file_name="deposits.csv", control_total="500.00")
        both = [plain.pk, warned.pk]
        for query, found in (
            ({"q": "deposits"}, [warned.pk]),
            ({"q": "U0003"}, [warned.pk]),
            ({"kind": "create_retail_user"}, both),
            ({"kind": "cash_deposit"}, []),
            ({"made_by": maker.pk}, both),
            ({"risk": "shared"}, [warned.pk]),
            ({"risk": "poa"}, []),
            ({"age": "24"}, [plain.pk]),
            ({"amount_from": "500"}, [warned.pk]),
            ({"amount_to": "499"}, []),
        ):
            assert files(at_desk, **query) == found, query

    def test_many_files_cost_as_many_queries_as_one(self, at_desk, submitted):
        def queries():
            with CaptureQueriesContext(connection) as caught:
                at_desk.get(INBOX)
            return len(caught)

        submitted(good=1)
        few = queries()
        for _ in range(3):
            submitted(good=1)
        assert queries() == few

    def test_after_the_last_change_a_checker_goes_on_with_a_file(self, submitted, checker):
        batch = submitted()
        assert inbox.oldest(checker, beside=0) == batch


class TestExpiry:
    def test_a_file_that_nobody_decided_expires_with_its_rows_and_comes_back_to_its_maker(
        self, client, submitted, maker, settings
    ):
        settings.CHANGES_EXPIRE_AFTER_DAYS = 7
        late, fresh = aged(submitted(), 7.01), aged(submitted(good=1), 6.99)
        assert expire_pending() == 1
        late.refresh_from_db()
        fresh.refresh_from_db()
        assert (late.state, late.decided_by, fresh.state) == (State.EXPIRED, None, State.SUBMITTED)
        assert set(late.changes.values_list("state", flat=True)) == {ChangeState.EXPIRED}
        entry = Entry.objects.get(action="batch.expired")
        assert (entry.by, entry.subject, entry.details["rows"]) == (None, late.subject, 3)
        client.force_login(maker)
        today = client.get("/").content.decode()
        assert f'href="{late.get_absolute_url()}"' in today
        assert "Expired" in client.get(late.get_absolute_url()).content.decode()
        assert expire_pending() == 0

    def test_it_cannot_be_approved_any_more(self, submitted, checker):
        batch = aged(submitted(), 400)
        decisions.expire_old()
        with pytest.raises(AlreadyDecided, match="expired"):
            decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)

    def test_zero_days_is_never(self, submitted, settings):
        settings.CHANGES_EXPIRE_AFTER_DAYS = 0
        aged(submitted(), 4000)
        assert expire_pending() == 0

    def test_a_stale_file_comes_back_to_its_maker_too(self, client, submitted, maker, checker):
        batch = submitted(mode="all")
        RetailUserFactory(group_id="HO", user_id="U0002", version=9)
        client.force_login(checker)
        act = reverse("batches:act", kwargs={"pk": batch.pk, "action": "approve"})
        client.post(act, {"content_hash": batch.content_hash})
        batch.refresh_from_db()
        assert (batch.state, batch.decided_by) == (State.STALE, None)
        client.force_login(maker)
        assert f'href="{batch.get_absolute_url()}"' in client.get("/").content.decode()


class TestComments:
    def test_a_comment_is_an_entry_that_all_who_see_the_file_see(self, at_desk, submitted, checker):
        batch = submitted()
        act = reverse("batches:act", kwargs={"pk": batch.pk, "action": "comment"})
        assert at_desk.post(act, {"reason": "Is row 3 <b>right</b>?"}).status_code == 302
        entry = Entry.objects.get(action="batch.commented")
        assert (entry.by, entry.subject, entry.reason) == (checker, batch.subject, "Is row 3 <b>right</b>?")
        assert "Is row 3 &lt;b&gt;right&lt;/b&gt;?" in at_desk.get(batch.get_absolute_url()).content.decode()

    def test_it_is_for_those_who_propose_or_decide_and_has_words(self, submitted, checked, compliance, maker):
        batch = submitted()
        with pytest.raises(NotAllowed):
            decisions.comment(batch.pk, by=compliance, text="Seen")
        with pytest.raises(NotAllowed):
            decisions.comment(checked().pk, by=maker, text="Not submitted yet")
        with pytest.raises(ReasonMissing):
            decisions.comment(batch.pk, by=maker, text=" ")
        assert not Entry.objects.filter(action="batch.commented").exists()
        with pytest.raises(ReasonMissing, match="at most 1,000 are kept"):
            decisions.comment(batch.pk, by=maker, text="x" * 2000)
        decisions.comment(batch.pk, by=maker, text="x" * 1000)
        assert len(Entry.objects.get(action="batch.commented").reason) == 1000


def test_who_decides_on_a_file_is_asked_of_the_kind_of_its_rows(
    client, submitted, checker, admin, monkeypatch
):
    """A kind with a permission of its own: the checker of other kinds neither decides nor steers its files."""
    from dataclasses import replace

    from backoffice.changes.kinds import KINDS

    batch = submitted()
    row = reverse("batches:row", args=[batch.pk, batch.rows.order_by("number").first().number])
    client.force_login(checker)
    assert client.get(row).context["may_reject"]
    own = replace(KINDS["create_retail_user"], decide="logins.approve_rights")
    monkeypatch.setitem(KINDS, "create_retail_user", own)
    page = client.get(batch.get_absolute_url())
    assert not page.context["may_decide"]
    assert not page.context["may_steer"]
    assert page.context["every"] == "5s"
    assert not client.get(row).context["may_reject"]
    with pytest.raises(NotAllowed):
        decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    decisions.approve(batch.pk, by=admin, content_hash=batch.content_hash)
