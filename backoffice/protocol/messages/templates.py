"""Templates and channels of a retail user: 310, 312, 322 and their answers (sections 4.9, 4.10, 4.18,
4.19).
"""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Records, SubRecord, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import QVL_RULES, SIMCT_RULES, TEMPLATE_NAME_LENGTHS, TEMPLATE_RULES


class UpdateUserTemplate(Request):
    """Gives a retail user the template of one type (section 4.9)."""

    type = 310
    title = "User template"
    operation = "UpdateUserTemplate"
    reply = 311
    repeat = Repeat.SETS_STATE
    rules = TEMPLATE_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again(required=True)
    category = CreateRetailUser.category.again(required=False, initial="")
    template_type = Code(270, "Template type", codes.TemplateType, required=True, example="1")
    template_name = Text(
        271,
        "Template name",
        max_length=max(TEMPLATE_NAME_LENGTHS.values()),
        required=True,
        names="templates",
        names_by=template_type,
        example="ALL",
    )
    level = Code(272, "Level", codes.Level, initial="0", help="Empty is global.", example="0")


class QvlTemplate(SubRecord):
    """One quantity and value limit template in tag 273 (section 4.10.1)."""

    noun = "Template"
    key = ("exchange", "level")

    template_name = Text(
        0, "Template name", max_length=11, required=True, names="qvl_templates", example="ALL"
    )
    exchange = Code(0, "Exchange", codes.QvlExchange, required=True, example="1")
    level = Code(0, "Level", codes.Level, required=True, example="0")


class UpdateQvlTemplate(Request):
    """Gives a retail user quantity and value limit templates by exchange (section 4.10)."""

    type = 312
    title = "QVL templates"
    operation = "UpdateQVLTemplate"
    reply = 313
    repeat = Repeat.SETS_STATE
    rules = QVL_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again(required=True)
    templates = Records(273, "QVL templates", QvlTemplate, max_length=500, splits=True, required=True)


class Channel(SubRecord):
    """One message category by one channel in tag 279 (section 4.18.1)."""

    noun = "Channel"
    key = ("template_name", "channel")

    template_name = Text(
        0,
        "Message category template",
        max_length=20,
        required=True,
        names="message_templates",
        example="TRADING",
    )
    channel = Code(0, "Channel", codes.ChannelName, required=True, example="ONLINE")
    status = Code(0, "Status", codes.ChannelStatus, required=True, example="1")
    action = Code(
        0,
        "Action",
        codes.RecordAction,
        required=True,
        example="1",
        consequences={"2": "Deletes this channel."},
    )


class UpdateSimctTemplate(Request):
    """Sets the general settings template, or single interface and message channels (section 4.18)."""

    type = 322
    title = "Settings and channels"
    operation = "UpdateSIMCTTemplate"
    reply = 323
    repeat = Repeat.SETS_STATE
    rules = SIMCT_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    gst_template = CreateRetailUser.gst_template.again(required=False, example="")
    si_template = Text(
        278, "Single interface template", max_length=20, names="si_templates", example="100170"
    )
    channels = Records(279, "Message channels", Channel, max_length=800, splits=True)


class UserTemplateReply(Response):
    """Answers 310 (section 4.9)."""

    type = 311

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")


class QvlTemplateReply(Response):
    """Answers 312 (section 4.10)."""

    type = 313

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")


class SimctTemplateReply(Response):
    """Answers 322 (section 4.19)."""

    type = 323

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")
