"""How an answer, or a missing one, is read (section 6 of the rulings). A missing answer never means success."""

import re
from dataclasses import dataclass
from enum import StrEnum

from backoffice.odin.gateway import GatewayError
from backoffice.protocol.findings import DecodeError
from backoffice.protocol.message import Repeat, Request
from backoffice.protocol.wire import Reply, decode_reply, mask


class OutcomeKind(StrEnum):
    """How an attempt is read."""

    APPLIED = "applied"
    REFUSED = "refused"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """An attempt's outcome. `code` and `text` are ODIN's, `reason` is ours.

    `session_invalid`: log on again, then send again. `needs_person`: nothing automatic settles it.
    `new_words`: a refusal that is not in the table of known ones. `unreachable`: ODIN, or a part behind its
    service, was not reached or gave no answer. `asked`: False if the portal kept the message back, which says
    nothing about ODIN. `already_there`: ODIN did not confirm these values; it has an earlier record with this
    key or reference.
    """

    kind: OutcomeKind
    code: str = ""
    text: str = ""
    reason: str = ""
    session_invalid: bool = False
    needs_person: bool = False
    unreachable: bool = False
    new_words: bool = False
    already_there: bool = False
    asked: bool = True


#: Refusals that say that nothing was applied: the content may go out again (A2). Compared in lower case.
NOT_APPLIED_TEXTS = ("unable to connect to the remote server", "unable to connect to odin manager")
INVALID_SESSION = "invalid session"
#: Answers to a repeat whose first sending was applied (A3), by repeat policy, in lower case. An existing
#: mobile number or PAN may be another user's: the text must say that the user exists.
ALREADY_THERE = {
    Repeat.SAME_REFERENCE: re.compile(r".*transaction no already exist", re.DOTALL),
    Repeat.CREATE: re.compile(
        r"(the )?user( ?(id|code))?\b[ :]*(\S{0,20}\d\S{0,20}|'[^']*'|\"[^\"]*\")? ?(is )?already exist"
    ),
}
#: Refusals that the document prints, or that are understood. Others count as refused too, and show as new
#: until read.
KNOWN_REFUSALS = (
    "error occurred, kindly contact administrator",
    "user id does not exist in the system",
    "template name is not provided",
    "exchange code is not provided",
    "dealer group id is not provided",
)
#: Messages that change nothing at ODIN: only for these does the refusal of a repeat settle the first sending
#: too.
WITHOUT_EFFECT = (Repeat.READ, Repeat.SESSION)
#: Kinds of failed calls that come from our configuration or message, not from the connection.
OURS = ("encoding", "operation")
#: How many characters of ODIN's text are kept; the raw answer keeps all of it.
LONGEST_TEXT = 500
#: How many characters are searched for the texts of this file.
LONGEST_READ = 10_000

_ECHO = {Repeat.SAME_REFERENCE: "252"}


def read(
    message: type[Request], answer: str, *, reference: str = "", earlier_unknown: bool = False
) -> Outcome:
    """Return what an answer to a message means.

    `reference` is what tag 252 or 227 must echo; `earlier_unknown` says that an earlier attempt may have been
    applied.
    """
    try:
        reply = decode_reply(message, answer)
    except DecodeError as error:
        return Outcome(OutcomeKind.UNKNOWN, reason=f"The answer was not one to this message: {error}")
    if not _echoes(message, reply, reference):
        return Outcome(
            OutcomeKind.UNKNOWN,
            reply.code,
            _text(reply),
            "The answer carries another message's reference, or none.",
        )
    if reply.code == "1":
        return Outcome(OutcomeKind.APPLIED, reply.code, _text(reply))
    return _refusal(message, reply, earlier_unknown)


def from_exception(error: GatewayError) -> Outcome:
    """Return what a call without an answer means: not applied if nothing left this machine, else unknown."""
    kind = OutcomeKind.UNKNOWN if error.may_have_been_applied else OutcomeKind.NOT_APPLIED
    ours = error.kind in OURS
    return Outcome(kind, reason=error.words, unreachable=not ours, asked=not ours)


def _echoes(message: type[Request], reply: Reply, reference: str) -> bool:
    tag = _ECHO.get(message.repeat, "227") if message.repeat else "227"
    echoed = reply.fields.get(tag, "")
    if message.repeat is Repeat.SAME_REFERENCE and reply.code == "1":
        return echoed == reference
    return not echoed or not reference or echoed == reference


def _text(reply: Reply) -> str:
    """Return tag 19 for people, with secrets masked: a service might repeat the message in its words."""
    return mask(reply.text[:LONGEST_TEXT])


def _refusal(message: type[Request], reply: Reply, earlier_unknown: bool) -> Outcome:
    text = reply.text[:LONGEST_READ].casefold()

    def outcome(kind: OutcomeKind, reason: str = "", **flags: bool) -> Outcome:
        return Outcome(kind, reply.code, _text(reply), reason, **flags)

    if text.startswith(INVALID_SESSION):
        reason = "The dealer session is not valid any more."
        return outcome(OutcomeKind.NOT_APPLIED, reason, session_invalid=True)
    if text.startswith(NOT_APPLIED_TEXTS):
        reason = "ODIN's own parts could not reach one another."
        return outcome(OutcomeKind.NOT_APPLIED, reason, unreachable=True)
    there = ALREADY_THERE.get(message.repeat) if message.repeat else None
    if there and there.match(text):
        if earlier_unknown:
            reason = "An earlier attempt was applied: ODIN has it already."
            return outcome(OutcomeKind.APPLIED, reason, already_there=True)
        if message.repeat is Repeat.SAME_REFERENCE:
            return outcome(OutcomeKind.REFUSED, "This reference was used before.", needs_person=True)
        return outcome(OutcomeKind.REFUSED, "ODIN has this user already.")
    if earlier_unknown and message.repeat not in WITHOUT_EFFECT:
        return outcome(
            OutcomeKind.UNKNOWN,
            "The repeat was refused, perhaps because the first sending was applied. Look in ODIN and settle it.",
            needs_person=True,
        )
    if text.startswith(KNOWN_REFUSALS):
        return outcome(OutcomeKind.REFUSED)
    return outcome(OutcomeKind.REFUSED, "New refusal text from ODIN.", new_words=True)
