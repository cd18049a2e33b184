"""How answers are read (A1-A6, M2): no answer is never success."""

import pytest

from backoffice.odin.gateway import MaybeSent, NotSent
from backoffice.odin.outcome import OutcomeKind, from_exception, read
from backoffice.protocol.message import REQUESTS, Repeat

APPLIED, REFUSED = OutcomeKind.APPLIED, OutcomeKind.REFUSED
NOT_APPLIED, UNKNOWN = OutcomeKind.NOT_APPLIED, OutcomeKind.UNKNOWN

WRITES = [
    m for m in REQUESTS.values() if m.repeat in (Repeat.SAME_REFERENCE, Repeat.CREATE, Repeat.SETS_STATE)
]
REFERENCE = "REF0001"


def answer(message, code, text, reference=REFERENCE, type_=None):
    tag = 252 if message.repeat is Repeat.SAME_REFERENCE else 227
    return f"63=FT1.0|64={type_ or message.reply}|18={code}|{tag}={reference}|19={text}"


@pytest.mark.parametrize("message", WRITES, ids=lambda message: str(message.type))
class TestEveryMessage:
    def test_a1_code_1_with_the_right_reference_is_applied(self, message):
        outcome = read(message, answer(message, 1, "Done"), reference=REFERENCE)
        assert (outcome.kind, outcome.code, outcome.text) == (APPLIED, "1", "Done")

    def test_a1_code_0_is_refused(self, message):
        said = answer(message, 0, " User Id does not exist in the system")
        outcome = read(message, said, reference=REFERENCE)
        assert (outcome.kind, outcome.text) == (REFUSED, "User Id does not exist in the system")
        assert not outcome.needs_person
        assert not outcome.new_words

    def test_a_refusal_with_an_unlisted_text_is_shown_to_a_person(self, message):
        outcome = read(message, answer(message, 0, "Moon in wrong phase"), reference=REFERENCE)
        assert (outcome.kind, outcome.new_words) == (REFUSED, True)

    @pytest.mark.parametrize(
        "text",
        ["Unable to connect to the remote server", " Unable to Connect to ODIN Manager", "Invalid Session"],
    )
    def test_a2_these_texts_mean_not_applied(self, message, text):
        outcome = read(message, answer(message, 0, text), reference=REFERENCE)
        assert outcome.kind is NOT_APPLIED
        assert outcome.session_invalid == (text == "Invalid Session")

    def test_m2_a_failure_may_come_as_302_and_a_success_may_not(self, message):
        assert read(message, answer(message, 0, "No", type_=302), reference=REFERENCE).kind is REFUSED
        if message.reply != 302:
            assert read(message, answer(message, 1, "Yes", type_=302), reference=REFERENCE).kind is UNKNOWN

    @pytest.mark.parametrize("text", ["", "garbage", "63=FT1.0", "<html>", "63=FT1.0|64=999|18=1|19=x"])
    def test_a3_what_is_no_answer_is_unknown(self, message, text):
        assert read(message, text, reference=REFERENCE).kind is UNKNOWN

    def test_another_message_s_reference_is_no_answer_to_this_one(self, message):
        outcome = read(message, answer(message, 1, "Done", reference="OTHER"), reference=REFERENCE)
        assert outcome.kind is UNKNOWN


@pytest.mark.parametrize("number", [303, 330])
def test_a3_a_known_reference_after_an_unknown_attempt_is_success(number):
    message = REQUESTS[number]
    said = answer(message, 0, "Transaction No already exist in the system")
    assert read(message, said, reference=REFERENCE, earlier_unknown=True).kind is APPLIED


@pytest.mark.parametrize("number", [303, 330])
def test_a4_a_known_reference_at_the_first_attempt_is_a_failure_for_a_person(number):
    message = REQUESTS[number]
    outcome = read(
        message, answer(message, 0, "Transaction No already exist in the system"), reference=REFERENCE
    )
    assert (outcome.kind, outcome.needs_person) == (REFUSED, True)


@pytest.mark.parametrize("number", [303, 330])
def test_a_limit_update_without_its_reference_in_the_answer_is_unknown(number):
    message = REQUESTS[number]
    assert read(message, f"63=FT1.0|64={message.reply}|18=1|19=Done", reference=REFERENCE).kind is UNKNOWN


def test_a3_a_user_that_exists_after_an_unknown_create_is_success():
    message = REQUESTS[301]
    said = answer(message, 0, "User Id already exist in the system")
    assert read(message, said, reference=REFERENCE, earlier_unknown=True).kind is APPLIED
    assert read(message, said, reference=REFERENCE).kind is REFUSED


@pytest.mark.parametrize("number", [314, 320, 322, 324])
def test_a3_a_refused_repeat_of_what_adds_or_removes_goes_to_a_person(number):
    message = REQUESTS[number]
    said = answer(message, 0, "Error occurred, kindly contact administrator")
    outcome = read(message, said, reference=REFERENCE, earlier_unknown=True)
    assert (outcome.kind, outcome.needs_person) == (UNKNOWN, True)


def test_a_call_that_never_left_is_not_applied_and_one_that_may_have_is_unknown():
    assert from_exception(NotSent("not-sent", "No connection.")).kind is NOT_APPLIED
    assert from_exception(MaybeSent("timeout", "No answer.")).kind is UNKNOWN
