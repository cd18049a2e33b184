"""The text of answers, with the request's references echoed."""

from collections.abc import Mapping

from backoffice.protocol import wire
from backoffice.protocol.message import FAILURE_REPLY, REQUESTS, RESPONSES
from standins.odin.dealer import LogonAnswer

LOGON_REPLY, LOGOFF_REPLY = 102, 109

#: Messages whose failures come back as the answer of 301 (M2).
FAIL_AS_CREATE = (316, 318, 326)


def plain(request_type: int, code: str, text: str, reference: str) -> str:
    """The answer to a message other than logon: tags 18, 227 or 252 where the answer has one, 19."""
    declared = REQUESTS.get(request_type)
    type_ = declared.reply if declared else FAILURE_REPLY
    if code == "0" and request_type in FAIL_AS_CREATE:
        type_ = FAILURE_REPLY
    if type_ == LOGOFF_REPLY:
        return wire.encode_reply(RESPONSES[type_], {"text": text})
    values = {"code": code, "text": text}
    if declared and "reference" in declared.fields:
        # A reference that would break the answer is not echoed; its message is refused in any case.
        values["reference"] = "" if "|" in reference else reference
    return wire.encode_reply(RESPONSES[type_], values)


def logon(answer: LogonAnswer) -> str:
    """The answer to a logon."""
    values = {"status": answer.status, "text": answer.text, "session_id": answer.session_id}
    values |= {"days_to_expiry": answer.days, "group_id": "", "last_logon": answer.last_logon}
    return wire.encode_reply(RESPONSES[LOGON_REPLY], values)


def retag(answer: str, changes: Mapping[int, str]) -> str:
    """An answer with the values of some tags replaced, where it has them."""
    head, _, text = (answer, "", "") if "|70=" in answer else answer.partition("|19=")
    pairs = [*wire.split(head), *([(19, text)] if text else [])]
    return "|".join(f"{tag}={changes.get(tag, value)}" for tag, value in pairs)
