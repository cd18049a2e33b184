"""What must hold of every message, so that a new one cannot forget it."""

import pytest

from backoffice.protocol.examples import example
from backoffice.protocol.explanation import explain
from backoffice.protocol.fields import Code, Flags, Records, Secret, SecretText
from backoffice.protocol.findings import Severity
from backoffice.protocol.message import REQUESTS, RESPONSES, Context, Repeat, check, clean
from backoffice.protocol.wire import checksum, decode_reply, decode_request, encode, encode_reply, mask
from tests.protocol.conftest import TODAY

every_request = pytest.mark.parametrize("message", REQUESTS.values(), ids=lambda message: str(message.type))
every_response = pytest.mark.parametrize(
    "response", RESPONSES.values(), ids=lambda response: str(response.type)
)


@every_request
def test_it_says_what_it_does_and_where_that_is_written(message):
    assert message.__doc__.count("(section 4.") == 1
    assert message.title
    assert message.slug.isidentifier()
    assert message.section.startswith("4.")


@every_request
def test_its_example_passes_every_check_without_a_warning(message):
    assert check(message, example(message), Context(TODAY)) == []


@every_request
def test_its_example_is_clean_already(message):
    cleaned = clean(message, example(message))
    assert {name: value for name, value in cleaned.items() if name in message.sent} == example(message)


@every_request
def test_it_survives_the_way_to_text_and_back(message, header, cipher):
    values = example(message)
    text = encode(message, values, header, cipher)
    decoded = decode_request(text)
    read = {
        name: cipher.decrypt(value.reveal()) if isinstance(value, SecretText) else value
        for name, value in decoded.values.items()
    }
    assert read == {n: v for n, v in values.items() if v or not message.fields[n].omit_empty}
    assert decoded.checksum_ok is message.checksum
    assert text.isascii()


@every_request
def test_it_says_what_sending_it_again_means(message):
    assert isinstance(message.repeat, Repeat)


REPEAT = {
    Repeat.SAME_REFERENCE: {303, 330},
    Repeat.CREATE: {301},
    Repeat.READ: {316, 318, 326, 328},
    Repeat.SESSION: {101, 108},
    Repeat.SETS_STATE: {310, 312, 314, 320, 322, 324, 338, 340, 344, 346},
}


def test_a3_repeat_policies():
    assert {policy: {m.type for m in REQUESTS.values() if m.repeat is policy} for policy in Repeat} == REPEAT


@every_request
def test_its_replies_are_declared(message):
    assert message.replies <= RESPONSES.keys()


@every_request
def test_no_secret_of_it_is_shown(message, header, cipher):
    values = example(message)
    secrets = [v.reveal() for v in values.values() if isinstance(v, SecretText)]
    text = mask(encode(message, values, header, cipher))
    lines = explain(message, values, before=values, reveal=True)
    for secret in (*secrets, header.session_id.reveal()):
        assert secret not in text
        assert secret not in repr(lines)
        assert secret not in repr(values)


def _all_fields(message):
    for field in message.fields.values():
        yield field
        if isinstance(field, Records):
            yield from field.record.fields.values()


@every_request
def test_every_field_has_a_label_and_every_code_a_meaning(message):
    for field in _all_fields(message):
        assert field.label.strip()
        assert field.label[0].isupper()
        if isinstance(field, Code | Flags):
            assert all(field.labels.values())


@every_request
def test_findings_are_sentences_for_people(message):
    nonsense = dict.fromkeys(message.fields, "\0|$=,<>x" * 40)
    for finding in check(message, nonsense, Context(TODAY)):
        assert finding.text[0].isupper()
        assert finding.text.endswith(".")
        assert finding.path in nonsense or finding.path.split(".")[0] in nonsense
        assert isinstance(finding.severity, Severity)


def test_identifiers_that_identify_people_are_personal():
    named = {"pan", "mobile", "email", "birth_date", "telephone", "account_no", "beneficiary_id"}
    for message in REQUESTS.values():
        for field in _all_fields(message):
            if field.name in named or field.name.endswith(("_pan", "_birth_date", "_mobile", "_email")):
                assert field.personal, f"{message.type} {field.name}"


def test_secrets_are_the_passwords():
    secrets = {(m.type, f.tag) for m in REQUESTS.values() for f in m.fields.values() if isinstance(f, Secret)}
    assert secrets == {(101, 68), (101, 69), (301, 207)}


@every_response
def test_an_answer_survives_the_way_to_text_and_back(response):
    request = next(message for message in REQUESTS.values() if response.type in message.replies)
    values = dict.fromkeys(response.fields, "1")
    reply = decode_reply(request, encode_reply(response, values))
    assert reply.type == response.type
    assert reply.text == "1"
    for field in response.fields.values():
        if field.tag != 4:
            assert reply.fields[str(field.tag)] == "1"


def test_f4_the_checksum_covers_everything_before_it(header, cipher):
    for message in REQUESTS.values():
        text = encode(message, example(message), header, cipher)
        body, found, sum_ = text.rpartition("|999=")
        assert bool(found) is message.checksum
        if found:
            assert sum_ == checksum(body)
