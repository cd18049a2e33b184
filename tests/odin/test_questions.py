"""A question to ODIN: asked once, through the gate and in a session, by one worker; what is kept of its answer."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.models import Gate
from backoffice.delivery.sending import drain
from backoffice.delivery.tasks import fetch_answers
from backoffice.odin import questions, session
from backoffice.odin.models import DealerSession, Question
from backoffice.protocol.wire import decode_reply
from tests.asking import COMBINED, PAGE, ask, given
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(odin, approved):
    """A retail user that ODIN has, with a deposit."""
    approved(user_id="HAS001", group_id="HO")
    drain(5)


def test_a_task_whose_time_is_over_leaves_the_next_question_to_another(user, odin, as_maker, monkeypatch):
    monkeypatch.setattr(questions, "ASK_SECONDS", 0.1)
    odin.faults.add("latency", seconds=0.2)
    for kind in ("stocks", "summary"):
        ask(as_maker, kind, **COMBINED)
    assert [fetch_answers(), fetch_answers()] == [1, 1]


def test_two_clicks_ask_once(user, as_maker):
    ask(as_maker, "stocks")
    ask(as_maker, "stocks")
    assert Question.objects.count() == 1


def test_no_answer_says_so_and_offers_to_ask_again(user, odin, as_maker):
    odin.faults.add("http_500_before", match={"type": 328})
    ask(as_maker, "stocks")
    fetch_answers()
    assert Question.objects.get().state == Question.State.FAILED
    page = as_maker.get(PAGE).content.decode()
    assert "ODIN gave no answer" in page
    ask(as_maker, "stocks")
    fetch_answers()
    assert questions.newest("HO/HAS001", 328).state == Question.State.ANSWERED


def test_an_expired_session_is_replaced_once(user, odin, as_maker):
    odin.faults.add("session_expiry", match={"type": 328})
    ask(as_maker, "stocks")
    fetch_answers()
    assert Question.objects.get().state == Question.State.ANSWERED


def test_a_question_waits_while_sending_is_paused_and_says_since_when_and_why(user, odin, as_maker, admin):
    gate.pause(by=admin, reason="ODIN moves to another host")
    ask(as_maker, "stocks")
    assert fetch_answers() == 0
    assert [line for line in odin.store.ledger() if line.type == 328] == []
    panel = as_maker.get(reverse("limits:panel", args=["HO", "HAS001", "stocks"])).content.decode()
    assert "This question waits. Sending is paused since" in panel
    assert "ODIN moves to another host" in panel
    gate.resume(by=admin, reason="It has moved")
    assert fetch_answers() == 1
    assert Question.objects.get().state == Question.State.ANSWERED


def test_questions_without_an_answer_open_the_circuit_and_one_that_is_answered_closes_it(
    user, odin, as_maker
):
    odin.faults.add("http_503", match={"type": 328}, times=gate.FAILURES)
    for _ in range(gate.FAILURES + 1):
        ask(as_maker, "stocks")
        fetch_answers()
    assert gate.state().opened_at
    waiting = questions.newest("HO/HAS001", 328)
    assert waiting.state == Question.State.ASKED, "nothing is asked while the circuit is open"
    Gate.objects.update(probe_at=timezone.now())
    assert fetch_answers() == 1, "a question is a probe too, where no delivery is due"
    waiting.refresh_from_db()
    assert (waiting.state, gate.state().opened_at) == (Question.State.ANSWERED, None)


@pytest.mark.parametrize("status", ["10008", "10005"])
def test_without_a_session_a_question_waits_for_one(user, odin, as_maker, status):
    session.log_off(None)
    odin.faults.add("logon_status", match={"type": 101}, status=status)
    ask(as_maker, "stocks")
    for _ in range(2):
        assert fetch_answers() == 0
    assert Question.objects.get().state == Question.State.ASKED
    page = as_maker.get(PAGE).content.decode()
    assert "This question waits. " in page
    DealerSession.objects.update(state="logged_off", next_try_at=None)
    assert fetch_answers() == 1


def test_a_worker_that_died_leaves_no_reading_under_way(user, as_maker):
    ask(as_maker, "stocks")
    Question.objects.update(state=Question.State.UNDER_WAY, lease_until=timezone.now())
    assert fetch_answers() == 0
    assert "The worker stopped" in Question.objects.get().words


def test_a_secret_in_an_answer_is_not_kept(monkeypatch, as_maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")
    given(monkeypatch, 328, "63=FT1.0|64=329|18=1|4=SECRET|19={}")
    ask(as_maker, "stocks")
    fetch_answers()
    reading = Question.objects.get()
    assert reading.state == Question.State.ANSWERED
    assert "SECRET" not in reading.answer + reading.words


def test_the_answer_of_a_worker_that_lost_its_lease_is_not_kept(monkeypatch, as_maker):
    RetailUserFactory(group_id="HO", user_id="HAS001")

    def answer_too_late(message, values):
        Question.objects.update(lease_token=uuid.uuid4())
        return decode_reply(message, "63=FT1.0|64=329|18=1|19={}")

    monkeypatch.setattr(questions, "ask", answer_too_late)
    ask(as_maker, "stocks")
    fetch_answers()
    question = Question.objects.get()
    assert (question.state, question.answer) == (Question.State.UNDER_WAY, "")


def test_who_may_not_ask_odin_is_refused(compliance):
    with pytest.raises(questions.NotAsked, match="does not include asking ODIN"):
        questions.want(328, by=compliance, lane="HO/HAS001")
    assert not Question.objects.exists()
