"""Whatever is typed comes back exactly, or is found and not sent: nothing can begin a tag, a record, a sub-field."""

import contextlib
import copy
import json
from datetime import date
from functools import cache, wraps

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.protocol import reads_json
from backoffice.protocol.charset import cleaned
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.examples import example
from backoffice.protocol.fields import (
    Amount,
    Code,
    Date,
    Flags,
    Integer,
    Percent,
    Record,
    Records,
    Secret,
    SecretText,
    Text,
)
from backoffice.protocol.findings import DecodeError, EncodeError, errors
from backoffice.protocol.message import REQUESTS, Context, check, clean
from backoffice.protocol.split import split_message
from backoffice.protocol.wire import Header, checksum, decode_reply, decode_request, encode, mask, split

HEADER = Header("RESERVEDPG", SecretText("0x01C6694EA406031D48B2AA88FB8CCA"))
CIPHER = PasswordCipher("ftUC@123")
CONTEXT = Context(date(2026, 1, 15))
PLAIN = "".join(chr(n) for n in range(0x21, 0x7F) if chr(n) not in "|$=,<>")

#: Any text, and texts that look for trouble.
hostile = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="|$=,<> 0123456789AB\n\0\r\"'{}[]:", max_size=60),
    st.sampled_from(
        [
            *(
                "x|244=0",
                "|202=HO",
                "a$1,HDFC,,,1,,CA,1,",
                "a,b",
                "$",
                ",",
                "|",
                "=",
                "1,2",
                "A|",
                "\n|63=FT1.0",
            ),
            *('"},{"ISIN":"X"', "x\u2028|4=1", "%7C244%3D0", "&#124;", "｜244=0", "\ud800", "١"),
        ]
    ),
)
anything = st.one_of(
    hostile,
    st.none(),
    st.integers(),
    st.lists(hostile, max_size=3),
    st.dictionaries(hostile, hostile, max_size=3),
    st.lists(st.dictionaries(hostile, hostile, max_size=3), max_size=3),
    hostile.map(SecretText),
)


def made_once(make):
    """Make the strategy of a field once: to make one costs more than to draw from it."""
    made = {}

    @wraps(make)
    def kept(field):
        if id(field) not in made:  # fields are declared, and so never end
            made[id(field)] = make(field)
        return made[id(field)]

    return kept


@made_once
def good(field):
    """Values of a field that may be sent."""
    match field:
        case Record():
            return st.one_of(st.just({}), _records(field).filter(lambda row: any(row.values())))
        case Records():
            return st.lists(_records(field), max_size=2)
        case Flags():
            return st.lists(st.sampled_from(sorted(field.labels)), unique=True, max_size=4)
        case Code():
            return st.sampled_from(["", *field.labels])
        case Date():
            return st.one_of(st.just(""), st.dates(min_value=date(1000, 1, 1)).map("{:%d-%m-%Y}".format))
        case Integer():
            return st.one_of(st.just(""), st.integers(field.min, field.max).map(str))
        case Amount() | Percent():
            return st.one_of(st.just(""), st.integers(1, 9999).map(lambda n: f"{n // 100}.{n % 100:02d}"))
        case Secret():
            return st.one_of(st.just(""), st.text(alphabet=PLAIN, min_size=1, max_size=12).map(SecretText))
        case Text() if field.shape and field.shape.pattern:
            return st.one_of(st.just(""), st.from_regex(field.shape.pattern, fullmatch=True))
        case Text():
            return st.text(alphabet=PLAIN, max_size=min(field.max_length or 20, 20))
    raise AssertionError(field)


def _records(field):
    return st.fixed_dictionaries({name: good(part) for name, part in field.record.fields.items()})


@cache
def sendable(type_):
    """The values of a message that may be sent."""
    return st.fixed_dictionaries({name: good(field) for name, field in REQUESTS[type_].sent.items()})


def readable(message, text):
    decoded = decode_request(text)
    assert decoded.message is message
    return {
        name: CIPHER.decrypt(value.reveal()) if isinstance(value, SecretText) else value
        for name, value in decoded.values.items()
    }


@pytest.mark.parametrize("type_", REQUESTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_encode_and_decode_are_a_round_trip(type_, data):
    message = REQUESTS[type_]
    values = data.draw(sendable(type_))
    if _too_long(message, values):
        with pytest.raises(EncodeError, match="too long"):
            encode(message, values, HEADER, CIPHER)
        return
    text = encode(message, values, HEADER, CIPHER)
    assert readable(message, text) == {
        n: v for n, v in values.items() if v or not message.fields[n].omit_empty
    }


def _too_long(message, values):
    """Whether the whole of some tag is longer than it may be."""
    for name, field in message.fields.items():
        if isinstance(field, Records) and field.max_length and values[name]:
            rows = [values[name]] if isinstance(field, Record) else values[name]
            if field.length(rows) > field.max_length:
                return True
    return False


def _slots(message):
    """Every place where somebody can put a text."""
    for name, field in message.sent.items():
        yield name, None
        if isinstance(field, Records):
            for part in field.record.fields:
                yield name, part


SLOTS = [(type_, name, part) for type_, message in REQUESTS.items() for name, part in _slots(message)]


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(slot=st.sampled_from(SLOTS), value=anything)
def test_no_text_whatever_can_inject_anything(slot, value):
    type_, name, part = slot
    message = REQUESTS[type_]
    values = copy.deepcopy(example(message))
    if part is None:
        values[name] = value
    elif isinstance(message.fields[name], Record):
        values[name][part] = value
    else:
        values[name][0][part] = value
    try:
        text = encode(message, values, HEADER, CIPHER)
    except EncodeError:
        # # The check reports everything that is not sent, with a reason. A secret may be of any characters,
        # since it is encrypted; an empty value of the wrong kind says nothing.
        if value and not isinstance(value, SecretText):
            assert check(message, values, CONTEXT)
        return
    assert _said(message, readable(message, text)) == _said(message, values)


def _said(message, values):
    """Values without what is empty, in whichever way it was left empty."""
    kept = {}
    for name, value in values.items():
        if isinstance(message.fields[name], Record):
            value = {key: text for key, text in value.items() if text} if value else {}
        elif isinstance(message.fields[name], Records):
            value = [{key: text for key, text in row.items() if text} for row in value or []]
        if value:
            kept[name] = value
    return kept


@settings(max_examples=400, deadline=None)
@given(value=hostile)
def test_in_every_text_of_a_creation_at_once(value):
    message = REQUESTS[301]
    values = {
        n: value if isinstance(f, Text) else v
        for (n, f), v in zip(message.fields.items(), example(message).values(), strict=True)
    }
    try:
        text = encode(message, values, HEADER, CIPHER)
    except EncodeError:
        return
    assert [tag for tag, _ in split(text)] == [
        63,
        64,
        67,
        4,
        *(field.tag for field in message.fields.values()),
        999,
    ]


@settings(max_examples=300, deadline=None)
@given(value=hostile)
def test_a_cleaned_text_is_clean(value):
    instead = cleaned(value)
    if instead is not None:
        assert cleaned(instead) == instead != ""
        assert Text(206, "Name").to_wire(instead) == instead


@settings(max_examples=300, deadline=None)
@given(raw=st.dictionaries(st.sampled_from([*REQUESTS[301].fields, "other"]), anything))
def test_whatever_a_form_sends_can_be_cleaned_checked_and_split(raw):
    for message in (REQUESTS[301], REQUESTS[320]):
        values = clean(message, raw)
        if errors(check(message, values, CONTEXT)):
            continue
        for part, part_values in split_message(message, values):
            encode(part, part_values, HEADER, CIPHER)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_passes_the_check_can_be_sent(data):
    message = REQUESTS[data.draw(st.sampled_from(sorted(REQUESTS)))]
    values = example(message)
    for name in data.draw(st.lists(st.sampled_from(sorted(message.fields) or [""]), max_size=4)):
        if name:
            values[name] = data.draw(st.one_of(good(message.fields[name]), hostile))
    if not errors(check(message, values, CONTEXT)):
        for part, part_values in split_message(message, values):
            encode(part, part_values, HEADER, CIPHER)


@settings(max_examples=300, deadline=None)
@given(text=st.text())
def test_checksum_is_the_sum_of_utf16_units(text):
    units = text.encode("utf-16-le", "surrogatepass")
    assert (
        int(checksum(text))
        == sum(int.from_bytes(units[i : i + 2], "little") for i in range(0, len(units), 2)) % 256
    )


@settings(max_examples=500, deadline=None)
@given(
    text=st.one_of(hostile, st.from_regex(r"63=FT1\.0\|64=3[0-4][0-9]\|(18=[01]\|)?.{0,40}", fullmatch=True))
)
def test_reading_whatever_came_either_works_or_is_no_answer(text):
    for message in (REQUESTS[301], REQUESTS[318], REQUESTS[101], REQUESTS[108]):
        try:
            reply = decode_reply(message, text)
        except DecodeError:
            continue
        assert reply.raw == text
    with contextlib.suppress(DecodeError):
        decode_request(text)


@settings(max_examples=500, deadline=None)
@given(
    text=st.one_of(
        st.text(), st.text(alphabet='{}[]":,StockView 01.e-', max_size=80).map(lambda t: '{"StockView":{' + t)
    )
)
def test_reads_never_raise_anything_else(text):
    with contextlib.suppress(DecodeError):
        reads_json.parse(text)


#: Texts that a page can show, and numbers of no more characters than are read.
showable = st.characters(exclude_categories=("Cc", "Cs"))
longest = 10 ** (reads_json.LONGEST_NUMBER - 1) - 1
rows = st.lists(
    st.dictionaries(
        st.text(showable, min_size=1, max_size=8),
        st.one_of(st.text(showable, max_size=8), st.integers(-longest, longest), st.none()),
        min_size=1,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(rows=rows)
def test_printed_forms_mean_what_proper_json_means(rows):
    objects = [json.dumps(row, separators=(",", ":")) for row in rows]
    proper = reads_json.parse(f'{{"StockView":[{",".join(objects)}]}}')
    assert proper == {"StockView": rows}
    assert reads_json.parse(f'{{"StockView":{",".join(objects)}}}') == proper
    assert (
        reads_json.parse(f'{{"StockView":{",".join([objects[0], *(o[1:] for o in objects[1:])])}}}') == proper
    )
    assert reads_json.parse(f'{{"StockView[{",".join(objects)}]}}') == proper


@settings(max_examples=500, deadline=None)
@given(
    secret=st.text(min_size=1, max_size=40).filter(lambda t: "=" not in t),
    tag=st.sampled_from([4, 68, 69, 207]),
    other=hostile,
)
def test_no_secret_is_left_by_mask(secret, tag, other):
    marked = f"Q7{secret}7Q"
    shown = mask(f"63=FT1.0|64=301|{tag}={marked}|201={other}")
    assert marked not in shown
    assert shown.startswith(f"63=FT1.0|64=301|{tag}=••••|201=")


FIELDS = [
    field
    for message in REQUESTS.values()
    for declared in message.fields.values()
    for field in (declared, *(declared.record.fields.values() if isinstance(declared, Records) else ()))
]


@made_once
def whatever(field):
    """Values that fit, that nearly fit, and others."""
    return st.one_of(anything, good(field), near(field))


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field=st.sampled_from(FIELDS), data=st.data())
def test_what_passes_the_quick_look_has_no_finding(field, data):
    value = data.draw(whatever(field))
    try:
        passes = bool(value) and field.sound(value)
    except (TypeError, AttributeError):
        passes = False
    if passes:
        assert list(field.findings(value, "x")) == []


@made_once
def near(field):
    """Texts that nearly fit: numbers out of range, spaces at the ends, twelve digits, days that do not exist."""
    texts = ["0", "-1", "100000", "99.999", "31-02-2020", " A", "A ", "2345 6789 0124", "234567890124"]
    codes = list(getattr(field, "labels", {}))
    return st.sampled_from([*texts, "x" * 41, "aaapr1234c", *([codes, codes[:1] * 2] if codes else [])])


@pytest.mark.parametrize("type_", REQUESTS)
def test_the_quick_look_passes_what_is_plainly_right(type_):
    message = REQUESTS[type_]
    for name, value in example(message).items():
        if value and not isinstance(value, SecretText):
            assert message.fields[name].sound(value)
