"""Changes that are never approved: comments, expiry, discarded drafts, changed records."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.kinds.update_retail_user import UPDATE_RETAIL_USER
from accounts.values import to_values
from backoffice.audit.models import Entry
from backoffice.changes import many, operations
from backoffice.changes.errors import AlreadyDecided, NotAllowed, ReasonMissing
from backoffice.changes.models import Change, State
from backoffice.changes.staleness import moved, moved_on
from backoffice.changes.tasks import expire_pending
from backoffice.delivery.models import Delivery
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import BankAccountFactory, ChangeFactory, RetailUserFactory
from tests.html_forms import Page

pytestmark = pytest.mark.django_db


def decide(client, person, change, action, **data):
    client.force_login(person)
    return client.post(reverse("changes:decide", kwargs={"pk": change.pk, "action": action}), data)


class TestComments:
    def test_a_comment_stands_on_the_time_line_for_ever(self, client, checker, maker, propose):
        change = propose()
        answer = decide(client, checker, change, "comment", reason="Is the <PAN> card attached?")
        assert answer.url == change.get_absolute_url()
        client.force_login(maker)
        assert "Is the &lt;PAN&gt; card attached?" in client.get(answer.url).content.decode()
        entry = Entry.objects.get(action="change.commented")
        assert (entry.by, entry.change_id) == (checker, change.pk)
        change.refresh_from_db()
        assert change.state == State.SUBMITTED

    def test_after_the_decision_too(self, propose, checker, maker):
        change = propose()
        operations.reject(change.pk, by=checker, reason="No")
        operations.comment(change.pk, by=maker, text="Understood")
        assert Entry.objects.latest("pk").reason == "Understood"

    def test_who_only_reads_says_nothing(self, client, compliance, propose):
        change = propose()
        assert decide(client, compliance, change, "comment", reason="Hm").status_code == 403
        assert not Entry.objects.filter(action="change.commented").exists()

    def test_an_empty_one_is_asked_for(self, client, checker, propose):
        change = propose()
        with pytest.raises(ReasonMissing):
            operations.comment(change.pk, by=checker, text="  ")
        assert "Write your comment first" in decide(client, checker, change, "comment").content.decode()

    def test_a_comment_is_kept_whole_or_given_back(self, client, checker, propose):
        change = propose()
        lines = "\r\n".join("x" * 9 for _ in range(100))  # a thousand characters as the browser counts them
        decide(client, checker, change, "comment", reason=f"{lines}!")
        assert Entry.objects.get(action="change.commented").reason == f"{lines}!".replace("\r\n", "\n")
        answer = decide(client, checker, change, "comment", reason="y" * 1001)
        assert "The text has 1,001 characters" in answer.content.decode()
        assert "y" * 1001 in answer.content.decode()
        assert Entry.objects.filter(action="change.commented").count() == 1


class TestExpiry:
    def old(self, change, days):
        Change.objects.filter(pk=change.pk).update(submitted_at=timezone.now() - timedelta(days=days))

    def test_what_waited_too_long_expires_and_its_maker_may_start_again(
        self, client, maker, propose, settings
    ):
        settings.CHANGES_EXPIRE_AFTER_DAYS = 7
        late, fresh = propose(user_id="LATE"), propose(user_id="FRESH")
        self.old(late, 7.01)
        self.old(fresh, 6.99)
        assert expire_pending() == 1
        assert dict(Change.objects.values_list("pk", "state")) == {
            late.pk: State.EXPIRED,
            fresh.pk: State.SUBMITTED,
        }
        entry = Entry.objects.get(action="change.expired")
        assert (entry.by, entry.subject) == (None, late.subject)
        client.force_login(maker)
        html = client.get(late.get_absolute_url()).content.decode()
        assert "Expired" in html
        assert f"again={late.pk}" in html

    def test_it_cannot_be_approved_any_more(self, propose, checker):
        change = propose()
        self.old(change, 400)
        operations.expire_old()
        with pytest.raises(AlreadyDecided, match="expired"):
            operations.approve(change.pk, by=checker, content_hash=change.content_hash)

    @pytest.mark.parametrize("verb", ["approve", "reject", "withdraw"])
    def test_nothing_depends_on_beat(self, propose, checker, maker, verb):
        change = propose()
        self.old(change, 30)
        acts = {
            "approve": lambda: operations.approve(
                change.pk, by=checker, content_hash=change.content_hash, reason="Late"
            ),
            "reject": lambda: operations.reject(change.pk, by=checker, reason="Late"),
            "withdraw": lambda: operations.withdraw(change.pk, by=maker),
        }
        with pytest.raises(AlreadyDecided, match="This change expired without a decision"):
            acts[verb]()
        change.refresh_from_db()
        assert (change.state, change.approvals.count()) == (State.EXPIRED, 0)
        assert Entry.objects.get(action="change.expired").by is None
        assert not Delivery.objects.exists()

    def test_the_second_approval_comes_too_late_as_well(self, deposit, checker, other_checker):
        change = deposit("1000000.01")
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
        self.old(change, 7.01)
        with pytest.raises(AlreadyDecided, match="expired"):
            operations.approve(change.pk, by=other_checker, content_hash=change.content_hash)

    def test_of_many_that_are_decided_at_once_the_late_one_expires(self, propose, checker):
        late, fresh = propose(user_id="LATE"), propose(user_id="FRESH")
        self.old(late, 30)
        seen = [(change.pk, change.content_hash) for change in (late, fresh)]
        told = many.approve(seen, by=checker, reason="")
        assert [each.done for each in told] == [False, True]
        assert "expired" in told[0].words
        late.refresh_from_db()
        assert late.state == State.EXPIRED

    def test_the_page_says_so(self, client, checker, propose):
        change = propose()
        self.old(change, 30)
        answer = decide(client, checker, change, "approve", content_hash=change.content_hash)
        assert "This change expired without a decision" in answer.content.decode()
        change.refresh_from_db()
        assert change.state == State.EXPIRED

    def test_zero_days_is_never(self, propose, settings):
        settings.CHANGES_EXPIRE_AFTER_DAYS = 0
        self.old(propose(), 4000)
        assert expire_pending() == 0

    def test_files_are_left_out(self, maker):
        from backoffice.batches.models import Batch

        batch = Batch.objects.create(
            kind="create_retail_user", made_by=maker, sha256="", size=1, state="submitted"
        )
        change = ChangeFactory(made_by=maker, batch=batch, row_number=2)
        self.old(change, 4000)
        assert expire_pending() == 0


class TestDrafts:
    @pytest.fixture
    def draft(self, maker):
        return operations.save_draft(
            "create_retail_user", example(CreateRetailUser), by=maker, token=uuid.uuid4()
        )

    def test_its_maker_throws_it_away(self, client, maker, draft):
        assert "Delete draft" in self.page(client, maker, draft)
        assert decide(client, maker, draft, "discard").url == reverse("changes:mine")
        assert not Change.objects.exists()

    def page(self, client, person, change):
        client.force_login(person)
        return client.get(change.get_absolute_url()).content.decode()

    def test_nobody_else_does(self, client, other_maker, draft):
        assert decide(client, other_maker, draft, "discard").status_code == 404
        with pytest.raises(NotAllowed):
            operations.discard(draft.pk, by=other_maker)

    def test_what_was_submitted_is_not_thrown_away(self, propose, maker):
        with pytest.raises(AlreadyDecided):
            operations.discard(propose().pk, by=maker)


class TestMoved:
    """A record that ODIN confirmed another change of."""

    @pytest.fixture
    def user(self):
        return RetailUserFactory(name="Asha Old", city="Mumbai", branch="FORT")

    @pytest.fixture
    def update(self, user, maker):
        known = to_values(user)
        typed = {**known, "name": "Asha New"}
        return operations.submit(
            UPDATE_RETAIL_USER,
            typed,
            by=maker,
            reason="Marriage certificate",
            token=uuid.uuid4(),
            typed=True,
        )

    def confirm(self, user, **columns):
        for name, value in columns.items():
            setattr(user, name, value)
        user.version += 1
        user.save()

    def test_it_says_what_moved_and_whether_that_touches_the_change(self, user, update):
        assert not moved_on(update)
        self.confirm(user, name="Asha Other", city="Pune")
        assert moved_on(update)
        lines = {line.label: (line.old, line.new, line.touched) for line in moved(update, reveal=True)}
        assert lines == {
            "Name": ("Asha Old", "Asha Other", True),
            "City": ("Mumbai", "Pune", False),
        }

    def test_an_account_that_is_new_or_gone_is_among_it(self, user, update):
        BankAccountFactory(retail_user=user, account_no="00123")
        self.confirm(user)
        assert "00123" in str(moved(update, reveal=True))
        assert "00123" not in str(moved(update, reveal=False))

    def test_the_page_shows_it_before_anybody_approves(self, client, checker, user, update):
        self.confirm(user, city="Pune")
        client.force_login(checker)
        html = client.get(update.get_absolute_url()).content.decode()
        assert "What changed since it was submitted" in html
        assert "Pune" in html
        assert "Return as stale" in html
        assert "Approve and send" not in html
        answer = decide(client, checker, update, "approve", content_hash=update.content_hash)
        assert answer.status_code == 409
        update.refresh_from_db()
        assert update.state == State.STALE

    def test_starting_again_keeps_what_was_wanted_and_takes_the_rest_as_it_is_now(
        self, client, maker, checker, user, update
    ):
        BankAccountFactory(retail_user=user, account_no="00999")
        self.confirm(user, city="Pune", branch="DADAR")
        decide(client, checker, update, "approve", content_hash=update.content_hash)
        client.force_login(maker)
        one_part = client.get(update.get_absolute_url()).context["next_step"].url
        assert Page(client.get(one_part).content.decode()).sent()["name"] == ["Asha New"]
        all_parts = reverse("accounts:change", args=[user.group_id, user.user_id, UPDATE_RETAIL_USER])
        again = Page(client.get(f"{all_parts}?again={update.pk}").content.decode()).sent()
        assert (again["name"], again["city"], again["branch"]) == (["Asha New"], ["Pune"], ["DADAR"])
        assert again["banks-0-account_no"] == ["00999"]

    def test_banks_that_moved_meanwhile_are_not_brought_back_or_deleted(self, client, maker, user):
        BankAccountFactory(retail_user=user, account_no="00111")
        known = to_values(user)
        typed = {**known, "banks": [{**known["banks"][0], "branch_name": "Typed then"}]}
        update = operations.submit(
            UPDATE_RETAIL_USER,
            typed,
            by=maker,
            reason="New branch",
            token=uuid.uuid4(),
            typed=True,
        )
        BankAccountFactory(retail_user=user, account_no="00222")
        self.confirm(user)
        operations.withdraw(update.pk, by=maker)
        client.force_login(maker)
        page = client.get(update.get_absolute_url())
        again = Page(client.get(page.context["next_step"].url).content.decode()).sent()
        assert [again[f"banks-{at}-account_no"] for at in (0, 1)] == [["00111"], ["00222"]]
        assert "Typed then" not in str(again)


def test_the_page_of_a_change_costs_the_same_however_much_happened(
    client, checker, deposit, django_assert_max_num_queries
):
    change = deposit("2000000")
    for number in range(20):
        operations.comment(change.pk, by=checker, text=f"Comment {number}")
    client.force_login(checker)
    with django_assert_max_num_queries(23):
        client.get(change.get_absolute_url())
