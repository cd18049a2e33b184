"""Approved quantities: 338 for EDIS, 340 for pledge, and their answers (sections 4.26 to 4.29, O7)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Integer, JsonRecords, SubRecord, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import QUANTITY_RECORD_RULES, QUANTITY_RULES
from backoffice.protocol.shapes import ISIN


class ApprovedQuantity(SubRecord):
    """One security: quantity, status or both (sections 4.26 and 4.28)."""

    noun = "Security"
    key = ("isin",)
    rules = QUANTITY_RECORD_RULES

    isin = Text(0, "ISIN", key="ISIN", max_length=12, required=True, shape=ISIN, example="INE009A01021")
    qty = Integer(0, "Quantity", key="Qty", example="10")
    status = Text(0, "Status", key="Status", max_length=50, example="success")


class UpdateEdisQuantity(Request):
    """Sets the quantities that a retail user approved for EDIS (section 4.26)."""

    type = 338
    title = "EDIS approved quantity"
    operation = "UpdateEDISApprovedQuantity"
    reply = 339
    repeat = Repeat.SETS_STATE
    rules = QUANTITY_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    quantities = JsonRecords(335, "Securities", ApprovedQuantity, required=True)


class UpdatePledgeQuantity(Request):
    """Sets the quantities that a retail user approved for pledge (section 4.28)."""

    type = 340
    title = "Pledge approved quantity"
    operation = "UpdatePledgeApprovedQuantity"
    reply = 341
    repeat = Repeat.SETS_STATE
    rules = QUANTITY_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    quantities = JsonRecords(331, "Securities", ApprovedQuantity, required=True)


class EdisQuantityReply(Response):
    """Answers 338 (section 4.27)."""

    type = 339

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")


class PledgeQuantityReply(Response):
    """Answers 340 (section 4.29)."""

    type = 341

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")
