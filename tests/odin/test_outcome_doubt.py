"""What a refusal proves when an earlier attempt is unknown, and what ODIN's words may carry."""

import pytest

from backoffice.odin.outcome import OutcomeKind, read
from backoffice.protocol.message import REQUESTS, Repeat

ONCE = [m for m in REQUESTS.values() if m.repeat in (Repeat.SAME_REFERENCE, Repeat.CREATE)]
WITH_EFFECT = [m for m in REQUESTS.values() if m.repeat not in (Repeat.READ, Repeat.SESSION)]
REFERENCE = "REF0001"


def answer(message, text, code=0):
    tag = 252 if message.repeat is Repeat.SAME_REFERENCE else 227
    return f"63=FT1.0|64={message.reply}|18={code}|{tag}={REFERENCE}|19={text}"


@pytest.mark.parametrize("message", WITH_EFFECT, ids=lambda message: str(message.type))
def test_a_refused_repeat_does_not_prove_that_the_first_sending_was_refused(message):
    """The deposit may be booked: "refused" would invite a second one. A template may be set already."""
    said = answer(message, "Error occurred, kindly contact administrator")
    outcome = read(message, said, reference=REFERENCE, earlier_unknown=True)
    assert (outcome.kind, outcome.needs_person) == (OutcomeKind.UNKNOWN, True)
    assert read(message, said, reference=REFERENCE).kind is OutcomeKind.REFUSED


@pytest.mark.parametrize(
    "words",
    [
        "Mobile No already exist in the system",
        "PAN already exist for another user",
        "Mobile No of user RET009 already exist",
        "User mobile no already exist",
    ],
)
def test_another_user_s_mobile_number_is_no_proof_that_this_user_was_created(words):
    message = REQUESTS[301]
    outcome = read(message, answer(message, words), reference=REFERENCE, earlier_unknown=True)
    assert (outcome.kind, outcome.needs_person) == (OutcomeKind.UNKNOWN, True)


@pytest.mark.parametrize(
    "words",
    [
        "User Id already exist in the system",
        "UserID RET001 already exists.",
        "User already exists",
        "The user 'RETAIL' is already existing",
    ],
)
def test_that_the_user_is_there_proves_that_it_was_created(words):
    message = REQUESTS[301]
    outcome = read(message, answer(message, words), reference=REFERENCE, earlier_unknown=True)
    assert (outcome.kind, outcome.already_there) == (OutcomeKind.APPLIED, True)


@pytest.mark.parametrize("message", ONCE, ids=lambda message: str(message.type))
@pytest.mark.parametrize("code", [0, 1])
def test_odins_words_are_kept_short_and_without_secrets(message, code):
    said = answer(message, "Wrong message: 4=S3CRETID " + "x" * 9000, code)
    text = read(message, said, reference=REFERENCE).text
    assert text.startswith("Wrong message")
    assert len(text) <= 500
    assert "S3CRETID" not in text
