"""Messages as text: encode, decode, checksum, masking (section 2 of the rulings: F1 to F9)."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from backoffice.outside import quoted
from backoffice.protocol import messages as _messages  # noqa: F401  (declares all messages)
from backoffice.protocol import reads_json
from backoffice.protocol.charset import PLAIN
from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.field import Field, Values
from backoffice.protocol.findings import DecodeError, EncodeError
from backoffice.protocol.message import FAILURE_REPLY, REQUESTS, Request, Response
from backoffice.protocol.personal import hide
from backoffice.protocol.records import Records
from backoffice.protocol.scalars import Scalar, Secret
from backoffice.protocol.secret import MASK, SecretText

VERSION = "FT1.0"
LOGON_REPLY = 102
LOGOFF_REPLY = 109

#: A new pair begins only where a tag follows, since free text in tag 19 may hold a `|` (F1).
_PAIR = re.compile(r"\|(?=[0-9]{1,5}=)")
#: The beginning of a pair in an answer, which may have white space around the bar (M8).
SPACE = " \t\r\n"
_ANSWERED_PAIR = re.compile(rf"\|[{SPACE}]*+(?=[0-9]{{1,5}}=)")
#: Where the JSON of a read begins (M6).
_ANSWERED_JSON = re.compile(rf"\|[{SPACE}]*+19=")
_TAG = re.compile(r"[0-9]{1,5}")
#: Tags whose values are secrets, and what ends such a value. As loose as any reader could be.
_SECRET = re.compile(r"(?<![0-9A-Za-z_.])(?:4|68|69|207)\s*+=")
_NEXT = re.compile(r"\|\s*+[0-9]{1,5}\s*+=")
#: Up to the length in the document's tables: no bar, no control character, nothing that XML cannot carry.
_SESSION_ID = re.compile(r"[^|\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]{1,100}")


@dataclass(frozen=True)
class Header:
    """Who speaks: tag 67 and tag 4. A logon has no session id yet."""

    dealer_id: str
    session_id: SecretText | None = None


@dataclass(frozen=True)
class DecodedRequest:
    """A request as received.

    Its secrets are the encrypted texts. `checksum_ok` is False if 999 is missing.
    """

    message: type[Request]
    values: Values
    header: Header
    checksum_ok: bool


@dataclass(frozen=True)
class Reply:
    """An answer of ODIN. `code`: tag 18, or 70 of a logon, "" of a logoff; `text`: tag 19 without outer
    spaces (M3).

    `fields`: every tag but 4, by its number as text. `data`: the parsed JSON of a read, None if it is none
    or not readable. `raw`: the answer as it came, a session id in it.
    """

    type: int
    code: str
    text: str
    fields: dict[str, str] = dataclasses.field(repr=False)
    data: object | None = dataclasses.field(repr=False)
    raw: str = dataclasses.field(repr=False)
    session_id: SecretText | None = None


def checksum(text: str) -> str:
    """Sum of the UTF-16 code units modulo 256, three digits (F4)."""
    if text.isascii():
        return f"{sum(text.encode('ascii')) % 256:03d}"
    # Each unit is two bytes, the higher a multiple of 256: the lower bytes alone make the sum.
    return f"{sum(text.encode('utf-16-le', 'surrogatepass')[::2]) % 256:03d}"


def encode(
    message: type[Request], values: Mapping[str, Any], header: Header, cipher: PasswordCipher | None = None
) -> str:
    """The text of a message. Raises EncodeError on values that could be read as anything but themselves.

    Values must have passed `check`; what is refused here is what would do harm: separators, wrong forms and
    lengths, unknown fields, a secret without a cipher, and a partial message without what ODIN would reset
    (U1).
    """
    texts = _plan(message).texts(values, cipher)
    if texts is None:
        texts = _one_by_one(message, values, cipher)
    body = _head(message, header) + texts
    return f"{body}|999={checksum(body)}" if message.checksum else body


def _one_by_one(message: type[Request], values: Mapping[str, Any], cipher: PasswordCipher | None) -> str:
    """The pairs of the fields, each encoded alone.

    For partial messages, absent keys, and to name what is wrong.
    """
    fields = message.fields
    if unknown := sorted(quoted(name) for name in values.keys() - fields.keys()):
        raise EncodeError(f"{message.title} has no field {', '.join(unknown)}.")
    parts = []
    for name, declared in message.sent.items():
        if message.partial and name not in values:
            if declared.required or declared.always_sent:
                raise EncodeError(f"{message.title} must carry {declared.label} ({name}).")
            continue
        text = _to_wire(declared, values.get(name, declared.empty), cipher)
        if text or not declared.omit_empty:
            parts.append(f"|{declared.tag}={text}")
    return "".join(parts)


def _to_wire(declared: Field, value: Any, cipher: PasswordCipher | None) -> str:
    if declared.is_empty(value):
        return ""
    if isinstance(declared, Secret) and isinstance(value, SecretText) and cipher is not None:
        return declared.encrypted(cipher.encrypt(value))
    return declared.to_wire(value)


class _Plan:
    """A whole message at once: values are put between their tags, and one pattern checks all of it.

    As strict as field by field: each tag is written once and in its place, and no pattern lets a `|` through,
    so that a text with one more pair than the message has tags does not fit. Sets, records and secrets encode
    themselves.
    """

    def __init__(self, message: type[Request]) -> None:
        fields = message.sent
        whole = (
            len(fields) > 1 and not message.partial and not any(field.omit_empty for field in fields.values())
        )
        self._names = message.fields.keys() if whole else None
        if not whole:
            return
        self._get = itemgetter(*fields)
        self._frame = [part for field in fields.values() for part in (f"|{field.tag}=", "")]
        self._composed = [(at, f) for at, f in enumerate(fields.values()) if not isinstance(f, Scalar)]
        patterns = (field.pattern if isinstance(field, Scalar) else "[^|]*" for field in fields.values())
        tags = (field.tag for field in fields.values())
        self._fits = re.compile("".join(rf"\|{t}={p}" for t, p in zip(tags, patterns, strict=True))).fullmatch

    def texts(self, values: Mapping[str, Any], cipher: PasswordCipher | None) -> str | None:
        """The pairs of the fields; None if something has to be looked at field by field."""
        if values.keys() != self._names:
            return None
        texts = list(self._get(values))
        for at, field in self._composed:
            texts[at] = _to_wire(field, texts[at], cipher)
        frame = self._frame.copy()
        frame[1::2] = texts
        try:
            text = "".join(frame)
        except TypeError:
            return None
        return text if self._fits(text) else None


_PLANS: dict[type[Request], _Plan] = {}


def _plan(message: type[Request]) -> _Plan:
    plan = _PLANS.get(message)
    if plan is None:
        plan = _PLANS[message] = _Plan(message)
    return plan


def _head(message: type[Request], header: Header) -> str:
    dealer_id = header.dealer_id
    if not dealer_id or len(dealer_id) > 10 or not PLAIN.fullmatch(dealer_id):
        raise EncodeError("The dealer id must have 1 to 10 plain characters (M1).")
    head = f"63={VERSION}|64={message.type}|67={dealer_id}"
    if not message.session:
        return head
    if header.session_id is None or not can_be_sent_back(header.session_id):
        raise EncodeError("The session id is missing or cannot be sent.")
    return f"{head}|4={header.session_id.reveal()}"


def can_be_sent_back(session_id: SecretText) -> bool:
    """Whether a session id can be sent as ODIN gave it."""
    return _SESSION_ID.fullmatch(session_id.reveal()) is not None


def split(text: str) -> list[tuple[int, str]]:
    """The pairs of a message (F1). Raises DecodeError if one has no tag."""
    return _pairs(_PAIR.split(text))


def _split_answer(text: str) -> list[tuple[int, str]]:
    """The pairs of an answer, without white space around it and around the bars between them (M8)."""
    return _pairs([part.rstrip(SPACE) for part in _ANSWERED_PAIR.split(text.lstrip(SPACE))])


def _pairs(parts: list[str]) -> list[tuple[int, str]]:
    pairs = []
    for part in parts:
        tag, equals, value = part.partition("=")
        if not equals or not _TAG.fullmatch(tag):
            raise DecodeError("The text is not a message of tag=value pairs.")
        pairs.append((int(tag), value))
    return pairs


def decode_request(text: str) -> DecodedRequest:
    """A request as an ODIN service reads it. Faulty values are kept for `check` to find.

    Raises DecodeError on what cannot be read at all: an unknown type, an unknown or repeated tag, broken
    records.
    """
    pairs = split(text)
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise DecodeError("A tag appears twice.")
    if tags.pop(63, "") != VERSION:
        raise DecodeError(f"Tag 63 is not {VERSION}.")
    message = REQUESTS.get(int(number)) if _TAG.fullmatch(number := tags.pop(64, "")) else None
    if message is None:
        raise DecodeError("Tag 64 is no type of request.")
    header = Header(tags.pop(67, ""), SecretText(session) if (session := tags.pop(4, "")) else None)
    given = tags.pop(999, "")
    body, _, _ = text.rpartition("|999=")
    by_tag = {declared.tag: declared for declared in message.sent.values()}
    if unknown := tags.keys() - by_tag.keys():
        raise DecodeError(f"{message.title} has no tag {min(unknown)}.")
    values: Values = {by_tag[tag].name: by_tag[tag].from_wire(value) for tag, value in tags.items()}
    return DecodedRequest(message, values, header, pairs[-1][0] == 999 and given == checksum(body))


def decode_reply(message: type[Request], text: str) -> Reply:
    """ODIN's answer to a message. Raises DecodeError for what is no answer to it (M2)."""
    json_begins = _ANSWERED_JSON.search(text) if message.json else None
    tags = _first_of_each(text[: json_begins.start()] if json_begins else text)
    json_text = text[json_begins.end() :].strip(SPACE) if json_begins else ""
    if json_text and 18 not in tags:
        tags, json_text = _first_of_each(text), ""
    type_ = tags.get(64, "").strip(" ")
    if tags.get(63) != VERSION or not _TAG.fullmatch(type_):
        raise DecodeError("The answer is not a message.")
    number, said = int(type_), tags.get(19, json_text)
    code = tags.get(70 if number == LOGON_REPLY else 18, "").strip(" ")
    _must_answer(message, number, code)
    session = tags.pop(4, "")
    fields = {str(tag): value for tag, value in tags.items()}
    if json_text:
        fields["19"] = json_text
    return Reply(
        type=number,
        code=code,
        text=said.strip(),
        fields=fields,
        data=_data(json_text) if message.json and code == "1" else None,
        raw=text,
        session_id=SecretText(session) if session else None,
    )


def _first_of_each(text: str) -> dict[int, str]:
    """The tags of an answer; of a repeated one the first."""
    return dict(reversed(_split_answer(text)))


def _must_answer(message: type[Request], type_: int, code: str) -> None:
    if type_ not in message.replies and not (type_ == FAILURE_REPLY and code == "0"):
        raise DecodeError(f"The answer is of type {type_}, which does not answer {message.type}.")
    if type_ == LOGON_REPLY:
        if not _TAG.fullmatch(code):
            raise DecodeError("The answer to the logon has no status (tag 70).")
    elif type_ != LOGOFF_REPLY and code not in ("0", "1"):
        raise DecodeError("The answer has no response code (tag 18).")


def _data(text: str) -> object | None:
    try:
        return reads_json.parse(text)
    except DecodeError:
        return None


def encode_reply(response: type[Response], values: Mapping[str, str]) -> str:
    """The text of an answer: the given fields in declared order; tag 19 may hold a `|`, as ODIN's own texts do.

    Raises EncodeError on an unknown field, and on a value that would be read as another tag.
    """
    if unknown := values.keys() - response.fields.keys():
        raise EncodeError(f"An answer of type {response.type} has no field {', '.join(sorted(unknown))}.")
    pairs = [(response.fields[name].tag, values[name]) for name in response.fields if name in values]
    if any("|" in value if tag != 19 else _PAIR.search(value) for tag, value in pairs):
        raise EncodeError("A value of an answer must not begin a new pair.")
    return "|".join(f"{tag}={value}" for tag, value in [(63, VERSION), (64, str(response.type)), *pairs])


def mask(text: str) -> str:
    """Any text with the values of tags 4, 68, 69 and 207 replaced by dots (U11).

    In one pass: it meets text from outside, of any length.
    """
    parts, place = [], 0
    while secret := _SECRET.search(text, place):
        following = _NEXT.search(text, secret.end())
        end = following.start() if following else len(text)
        value = text[secret.end() : end]
        parts += [text[place : secret.end()], MASK if value.strip() else value]
        place = end
    return "".join([*parts, text[place:]])


def hide_personal(text: str) -> str:
    """The text of a request, secrets masked already, with personal data hidden too.

    What cannot be read as a request of a known type is hidden altogether.
    """
    try:
        pairs = split(text)
    except DecodeError:
        return MASK if text else ""
    message = REQUESTS.get(int(number)) if _TAG.fullmatch(number := dict(pairs).get(64, "")) else None
    if message is None:
        return MASK
    by_tag = {field.tag: field for field in message.sent.values()}
    return "|".join(f"{tag}={_hidden(by_tag.get(tag), value)}" for tag, value in pairs)


def _hidden(field: Field | None, value: str) -> str:
    if field is None:
        return value
    if field.personal:
        return hide(field.personal, value)
    if not isinstance(field, Records) or not any(part.personal for part in field.record.fields.values()):
        return value
    return "$".join(_hidden_record(field, record) for record in value.split("$"))


def _hidden_record(field: Records, text: str) -> str:
    parts, texts = field.record.fields.values(), text.split(",")
    if len(texts) != len(parts):
        return MASK if text else ""
    return ",".join(
        hide(part.personal, said) if part.personal else said for part, said in zip(parts, texts, strict=True)
    )
