"""Deposits: 303 and 330 with their answers 304 and 331 (sections 4.7, 4.8, O1)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Amount, Code, Integer, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import CASH_RULES, COLLATERAL_RULES

ADDS = {"*": "Adds to the limit. No message can reverse it."}


class CashDeposit(Request):
    """Adds to a retail user's cash deposit, notional deposit or both (section 4.7)."""

    type = 303
    title = "Cash deposit"
    operation = "UpdatePGLimits"
    reply = 304
    repeat = Repeat.SAME_REFERENCE
    rules = CASH_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    notional_deposit = Amount(246, "Notional deposit", consequences=ADDS)
    amount = Amount(251, "Amount", example="1000.50", consequences=ADDS)
    reference = Text(
        252, "Reference", max_length=50, required=True, help="Used only once.", example="70705000100"
    )
    product_id = Integer(253, "Product id", required=True, names="products", example="1")
    document = Text(
        0,
        "Document reference",
        max_length=50,
        help="Such as the number of a pay-in slip. It is not sent.",
        example="Pay-in slip 4711",
    )


class ManualCollateral(Request, like=CashDeposit):
    """Adds to a retail user's manual collateral; notional deposit stays empty (section 4.7)."""

    type = 330
    title = "Manual collateral"
    operation = "UpdatePGLimits"
    reply = 304
    also_replies = (331,)
    repeat = Repeat.SAME_REFERENCE
    rules = COLLATERAL_RULES


class CashDepositReply(Response):
    """Answers 303, and 330 by the document's table (section 4.8)."""

    type = 304

    code = Code(18, "Response code", codes.ResponseCode)
    reference = Text(252, "Reference")
    text = Text(19, "Response message")


class ManualCollateralReply(Response):
    """Answers 330 where ODIN numbers its answers by the request (section 4.8)."""

    type = 331

    code = Code(18, "Response code", codes.ResponseCode)
    reference = Text(252, "Reference")
    text = Text(19, "Response message")
