"""Dealers of a retail user: 314 and 315 (section 4.11)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Records, SubRecord, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import DEALER_RULES


class DealerMapping(SubRecord):
    """One dealer to add or remove in tag 274 (section 4.11.1)."""

    noun = "Dealer"
    key = ("dealer_group", "dealer_id")

    action = Code(
        0,
        "Action",
        codes.MappingAction,
        required=True,
        example="A",
        consequences={"A": "Lets this dealer act for the user.", "R": "Takes this dealer from the user."},
    )
    dealer_group = Text(0, "Dealer group", max_length=10, required=True, names="groups", example="HO")
    dealer_id = Text(
        0,
        "Dealer id",
        max_length=10,
        required=True,
        names="dealers",
        names_by=dealer_group,
        example="DEAL1",
    )


class MapDealers(Request):
    """Adds dealers to a retail user and removes them (section 4.11)."""

    type = 314
    title = "Dealer mapping"
    operation = "DealerToClientMapping"
    reply = 315
    repeat = Repeat.SETS_STATE
    rules = DEALER_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again(required=True)
    category = CreateRetailUser.category.again(initial="")
    mappings = Records(274, "Dealers", DealerMapping, max_length=500, splits=True, required=True)


class MapDealersReply(Response):
    """Answers 314 (section 4.11)."""

    type = 315

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")
