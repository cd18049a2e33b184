"""The page of a change as its maker, a checker and others see it, and the decision on it."""

import uuid

import pytest
from django.urls import reverse

from accounts.models import RetailUser
from accounts.values import to_values
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Attempt, Delivery
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db

KIND = "create_retail_user"


@pytest.fixture
def submitted(maker):
    values = {**example(CreateRetailUser), "reference": "", "password": SecretText("Sesame42"), "poa": "0"}
    return operations.submit(KIND, values, by=maker, reason="Account opening form 12", token=uuid.uuid4())


def page(client, person, change):
    client.force_login(person)
    return client.get(change.get_absolute_url())


def decide(client, person, change, action, **data):
    client.force_login(person)
    return client.post(reverse("changes:decide", kwargs={"pk": change.pk, "action": action}), data)


def test_a_checker_sees_the_message_in_words_and_may_decide(client, checker, submitted):
    html = page(client, checker, submitted).content.decode()
    for words in (
        "Account opening form 12",
        "Web retail user",
        "NSE Cash",
        "Bank 1: account number",
        "Grants power of",
    ):
        assert words in html
    assert "Approve and send to ODIN" in html
    assert submitted.content_hash in html


def test_the_raw_text_is_there_with_every_secret_masked(client, checker, submitted):
    html = page(client, checker, submitted).content.decode()
    assert "63=FT1.0|64=301|67=RESERVEDPG|4=••••|" in html
    assert "|207=••••|" in html
    assert "Sesame42" not in html


def test_the_maker_is_told_why_there_is_no_button(client, maker, submitted):
    html = page(client, maker, submitted).content.decode()
    assert "You made this change; another person must approve it." in html
    assert "Approve and send" not in html
    assert "Withdraw this change" in html


def test_compliance_sees_the_change_without_personal_data_and_without_buttons(client, compliance, submitted):
    html = page(client, compliance, submitted).content.decode()
    assert "Another person decides on this change." in html
    assert "Withdraw this change" not in html
    table = html[html.index('class="table message ') : html.index("</table>")]
    assert example(CreateRetailUser)["pan"] not in table


def test_others_do_not_see_a_change(client, admin, submitted):
    assert page(client, admin, submitted).status_code == 404
    client.logout()
    assert "/login/" in client.get(submitted.get_absolute_url()).url


def test_a_draft_is_seen_by_its_maker_alone(client, maker, checker):
    draft = operations.save_draft(KIND, example(CreateRetailUser), by=maker, token=uuid.uuid4())
    assert page(client, checker, draft).status_code == 404
    html = page(client, maker, draft).content.decode()
    assert f"draft={draft.token}" in html


def test_an_approval_queues_the_message_and_the_page_asks_for_the_outcome(client, checker, submitted):
    answer = decide(client, checker, submitted, "approve", content_hash=submitted.content_hash)
    assert answer.url == submitted.get_absolute_url()
    html = client.get(answer.url).content.decode()
    assert Delivery.objects.get().state == "queued"
    assert 'hx-trigger="every 1s"' in html
    assert "Waits for a worker." in html


def test_an_approval_of_something_else_than_was_seen_is_refused_in_words(client, checker, submitted):
    answer = decide(client, checker, submitted, "approve", content_hash="0" * 64)
    assert answer.status_code == 409
    assert "Review it again" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_a_stale_change_says_so_and_what_comes_next(client, checker, submitted):
    group_id, user_id = submitted.subject.split("/")
    RetailUser.objects.create(group_id=group_id, user_id=user_id, name="Already Here", status="A")
    answer = decide(client, checker, submitted, "approve", content_hash=submitted.content_hash)
    assert answer.status_code == 409
    assert "must resubmit" in answer.content.decode()
    assert "Stale" in answer.content.decode()


def test_a_change_names_the_others_that_wait_for_the_same_record(client, checker, maker):
    known = to_values(RetailUserFactory(mobile="9000010018"))
    first, second = (
        operations.submit(
            "update_retail_user",
            {**known, "mobile": mobile},
            by=maker,
            reason="Form of the client",
            token=uuid.uuid4(),
            typed=True,
        )
        for mobile in ("9820099999", "9820088888")
    )
    html = page(client, checker, second).content.decode()
    assert "Also waiting for a checker" in html
    assert f'href="{first.get_absolute_url()}"' in html
    assert "9820099999" in html
    operations.reject(first.pk, by=checker, reason="No form")
    assert "Also waiting" not in page(client, checker, second).content.decode()


def test_the_second_checker_is_told_who_was_first(client, checker, other_checker, submitted):
    decide(client, checker, submitted, "approve", content_hash=submitted.content_hash)
    answer = decide(client, other_checker, submitted, "approve", content_hash=submitted.content_hash)
    assert answer.status_code == 409
    assert checker.username in answer.content.decode()


def test_the_maker_cannot_approve_by_a_forged_request(client, maker, submitted):
    answer = decide(client, maker, submitted, "approve", content_hash=submitted.content_hash)
    assert answer.status_code == 403
    assert not Delivery.objects.exists()


def test_a_rejection_without_a_reason_asks_for_one(client, checker, submitted):
    answer = decide(client, checker, submitted, "reject", reason=" ")
    assert answer.status_code == 409
    assert "Say why you reject it" in answer.content.decode()
    assert "<details open>" in answer.content.decode()


def test_the_maker_sees_why_it_was_rejected_and_may_start_again(client, maker, checker, submitted):
    decide(client, checker, submitted, "reject", reason="PAN does not match <b>the form</b>")
    html = page(client, maker, submitted).content.decode()
    assert "PAN does not match &lt;b&gt;the form&lt;/b&gt;" in html
    assert f"again={submitted.pk}" in html


def test_the_maker_withdraws(client, maker, submitted):
    decide(client, maker, submitted, "withdraw", reason="Typed twice")
    submitted.refresh_from_db()
    assert submitted.state == State.WITHDRAWN


@pytest.mark.parametrize("action", ["approve", "reject", "withdraw"])
def test_a_decision_is_never_made_by_following_a_link(client, checker, submitted, action):
    client.force_login(checker)
    assert (
        client.get(reverse("changes:decide", kwargs={"pk": submitted.pk, "action": action})).status_code
        == 405
    )
    assert Change.objects.get().state == State.SUBMITTED


class TestOutcome:
    """The part of the page that asks again on its own."""

    @pytest.fixture
    def delivery(self, checker, submitted):
        operations.approve(submitted.pk, by=checker, content_hash=submitted.content_hash)
        return Delivery.objects.get()

    def ask(self, client, change, seen=""):
        return client.get(reverse("changes:outcome", args=[change.pk]), {"seen": seen})

    def seen(self, client, change):
        return client.get(change.get_absolute_url()).context["seen"]

    def test_nothing_is_answered_while_nothing_moved(self, client, maker, submitted, delivery):
        client.force_login(maker)
        assert self.ask(client, submitted, self.seen(client, submitted)).status_code == 204

    def test_the_final_outcome_has_odins_code_and_text_and_ends_the_asking(
        self, client, maker, submitted, delivery
    ):
        client.force_login(maker)
        seen = self.seen(client, submitted)
        Attempt.objects.create(delivery=delivery, number=1, request="", outcome="applied", duration_ms=42)
        Delivery.objects.filter(pk=delivery.pk).update(
            state="applied",
            code="1",
            text="User <already> exists",
            attempt_count=1,
            finished_at=submitted.submitted_at,
        )
        html = self.ask(client, submitted, seen).content.decode()
        assert "User &lt;already&gt; exists" in html
        assert "42 ms" in html
        assert "hx-get" not in html
        assert 'hx-swap-oob="true"' in html

    def test_what_waits_for_a_person_is_asked_for_seldom(self, client, maker, submitted, delivery):
        client.force_login(maker)
        Delivery.objects.filter(pk=delivery.pk).update(state="unknown", needs_person=True)
        html = self.ask(client, submitted, "approved").content.decode()
        assert 'hx-trigger="every 5s"' in html
        assert "A checker must settle this" in html

    def test_the_makers_page_is_renewed_when_somebody_decided(self, client, maker, checker, submitted):
        client.force_login(maker)
        seen = self.seen(client, submitted)
        operations.reject(submitted.pk, by=checker, reason="Wrong group")
        assert self.ask(client, submitted, seen).headers["HX-Refresh"] == "true"

    def test_a_checkers_page_is_not_renewed_under_the_hand_that_types(self, client, checker, submitted):
        client.force_login(checker)
        assert client.get(submitted.get_absolute_url()).context["every"] == ""


class TestList:
    """The list of changes."""

    def rows(self, client, **query):
        answer = client.get(reverse("changes:list"), query)
        return [row.record.pk for row in answer.context["table"].rows]

    def test_drafts_of_others_are_not_listed(self, client, maker, checker):
        operations.save_draft(KIND, example(CreateRetailUser), by=maker, token=uuid.uuid4())
        client.force_login(checker)
        assert self.rows(client) == []

    @pytest.mark.parametrize(
        "query", [{"q": "HO/"}, {"state": "submitted"}, {"kind": KIND}, {"q": "form 12"}]
    )
    def test_filters_find_it(self, client, checker, submitted, query):
        client.force_login(checker)
        assert self.rows(client, **query) == [submitted.pk]

    def test_filters_leave_it_out(self, client, checker, submitted):
        client.force_login(checker)
        for query in ({"q": "NOBODY"}, {"state": "approved"}, {"q": "999999999999999999999"}):
            assert self.rows(client, **query) == []

    def test_every_column_sorts(self, client, checker, submitted):
        client.force_login(checker)
        for column in ("id", "kind", "subject", "state", "made_by", "decided_by", "updated_at"):
            assert self.rows(client, sort=f"-{column}") == [submitted.pk]

    def test_the_list_costs_the_same_however_long_it_is(
        self, client, checker, submitted, django_assert_max_num_queries
    ):
        client.force_login(checker)
        with django_assert_max_num_queries(16):
            client.get(reverse("changes:list"))


@pytest.mark.parametrize(
    ("action", "reason", "words"),
    [
        ("reject", "", "Say why you reject it"),
        ("withdraw", "x" * 501, "The text has 501 characters"),
        ("comment", "", "Write your comment first"),
    ],
)
def test_a_reason_that_is_missing_or_too_long_leads_to_its_field(
    client, maker, checker, submitted, action, reason, words
):
    client.force_login(maker if action == "withdraw" else checker)
    answer = client.post(reverse("changes:decide", args=[submitted.pk, action]), {"reason": reason})
    html = answer.content.decode()
    assert f'<a href="#{action}-reason">{words}' in html
    assert f'id="{action}-reason"' in html


def test_a_problem_that_no_reason_mends_leads_to_no_field(client, checker, submitted):
    client.force_login(checker)
    answer = client.post(reverse("changes:decide", args=[submitted.pk, "approve"]), {"content_hash": "x"})
    html = answer.content.decode()
    assert 'id="problem"' in html
    assert 'href="#' not in html.split('id="problem"')[1].split("</div>")[0]
