"""Reads: 316, 318, 326, 328 and their answers, whose tag 19 holds JSON (sections 4.12 to 4.15, 4.22 to
4.25).
"""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Integer, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser

PERIODICITY = Integer(
    276,
    "Periodicity",
    min=1,
    required=True,
    names="periodicities",
    help="A number of the periodicity list; each stands for a market segment or several.",
    example="8589934591",
)


class FundsViewSummary(Request):
    """Reads the summary of a retail user's funds (section 4.12)."""

    type = 316
    title = "Funds summary"
    operation = "FundsViewSummary"
    reply = 317
    repeat = Repeat.READ
    json = True

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    product = Code(275, "Funds view product", codes.FundsProduct, required=True, initial="1", example="1")
    periodicity = PERIODICITY.again()


class PeriodicityList(Request):
    """Reads the list of periodicities (section 4.14)."""

    type = 318
    title = "Periodicity list"
    operation = "GetPeriodicityList"
    reply = 319
    repeat = Repeat.READ
    json = True


class FundsView(Request):
    """Reads a retail user's funds line by line (section 4.22)."""

    type = 326
    title = "Funds view"
    operation = "FundsView"
    reply = 327
    repeat = Repeat.READ
    json = True

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    periodicity = PERIODICITY.again()


class StockView(Request):
    """Reads a retail user's holdings (section 4.24)."""

    type = 328
    title = "Stock view"
    operation = "StockView"
    reply = 329
    repeat = Repeat.READ
    json = True

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()


class FundsViewSummaryReply(Response):
    """Answers 316 (section 4.13)."""

    type = 317

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Funds summary")


class PeriodicityListReply(Response):
    """Answers 318 (section 4.15)."""

    type = 319

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Periodicity list")


class FundsViewReply(Response):
    """Answers 326 (section 4.23)."""

    type = 327

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Funds view")


class StockViewReply(Response):
    """Answers 328 (section 4.25)."""

    type = 329

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Stock view")
