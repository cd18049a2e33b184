"""Participant codes: 344 and 345 (sections 4.32, 4.33, O8)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Integer, JsonRecords, SubRecord, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import PARTICIPANT_RULES


class ParticipantCode(SubRecord):
    """The participant code in one market segment; keys are spelled as in the document's sample (section
    4.32).
    """

    noun = "Participant code"
    key = ("segment",)

    segment = Integer(
        0,
        "Market segment",
        key="MarketsegId",
        min=1,
        max=999999999,
        usual=codes.Segment,
        required=True,
        example="1",
    )
    code = Text(
        0, "Participant code", key="Participantcode", max_length=20, required=True, example="01494460IH"
    )


class CreateParticipantCode(Request):
    """Sets participant codes by market segment (section 4.32)."""

    type = 344
    title = "Participant codes"
    operation = "CreateParticipantCode"
    reply = 345
    repeat = Repeat.SETS_STATE
    rules = PARTICIPANT_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    participants = JsonRecords(245, "Participant codes", ParticipantCode, required=True)


class ParticipantCodeReply(Response):
    """Answers 344 (section 4.33)."""

    type = 345

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")
