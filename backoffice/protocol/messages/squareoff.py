"""Automatic square-off: 324 and 325 (sections 4.20, 4.21, O6)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Percent, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.reads import PERIODICITY
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import SQUARE_OFF_RULES

INACTIVATES = {"1": "Makes the user inactive when this triggers."}


class AutoSquareOff(Request):
    """Adds, modifies or deletes the setting for one periodicity (section 4.20)."""

    type = 324
    title = "Auto square-off"
    operation = "AutoSquareOffSetting"
    reply = 325
    repeat = Repeat.SETS_STATE
    rules = SQUARE_OFF_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again(required=True)
    periodicity = PERIODICITY.again()
    mtm_pre = Percent(280, "MTM pre-square-off", example="60.00")
    mtm = Percent(281, "MTM square-off", zero_allowed=True, example="80.00")
    mtm_trigger = Code(282, "On MTM breach", codes.BreachAction, example="0")
    mtm_inactivate = Code(
        283, "User when MTM triggers", codes.InactivateUser, example="1", consequences=INACTIVATES
    )
    margin_pre = Percent(284, "Margin pre-square-off", zero_allowed=True)
    margin = Percent(285, "Margin square-off", zero_allowed=True)
    margin_trigger = Code(286, "On margin breach", codes.BreachAction)
    margin_inactivate = Code(287, "User when margin triggers", codes.InactivateUser, consequences=INACTIVATES)
    action = Code(
        288,
        "Action",
        codes.SettingAction,
        required=True,
        example="1",
        consequences={"3": "Deletes the setting for this periodicity."},
    )
    reference = Text(227, "Reference", max_length=20, example="REF0001")


class AutoSquareOffReply(Response):
    """Answers 324 (section 4.21)."""

    type = 325

    code = Code(18, "Response code", codes.ResponseCode)
    reference = Text(227, "Reference")
    text = Text(19, "Response message")
