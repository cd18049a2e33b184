"""Two alternate addresses: 346 and 347 (sections 4.30, 4.31, O9)."""

from backoffice.protocol import codes
from backoffice.protocol.fields import Code, Text
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.other_rules import ADDRESS_RULES
from backoffice.protocol.personal import Personal
from backoffice.protocol.shapes import EMAIL, MOBILE, PIN_CODE, TELEPHONE

#: The prefixes of the names of both addresses' fields.
SLOTS = ("first_", "second_")
BLANK = {"": "Sends a blank over a known value; whether ODIN erases it is not known."}


class UpdateAlternateAddress(Request):
    """Sets both alternate addresses of a retail user, blanks included (section 4.30)."""

    type = 346
    title = "Alternate addresses"
    operation = "UpdateAlternateAddress"
    reply = 347
    repeat = Repeat.SETS_STATE
    restates = True
    rules = ADDRESS_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    first_type = Code(350, "First address: type", codes.AddressType, example="1", consequences=BLANK)
    first_address_1 = Text(
        351,
        "First address: line 1",
        max_length=40,
        free=True,
        personal=Personal.ADDRESS,
        example="1 Hill Road",
        consequences=BLANK,
    )
    first_address_2 = Text(
        352, "First address: line 2", max_length=40, free=True, personal=Personal.ADDRESS, consequences=BLANK
    )
    first_city = Text(
        353, "First address: city", max_length=30, free=True, example="Mumbai", consequences=BLANK
    )
    first_state = Text(354, "First address: state", max_length=30, example="Maharashtra", consequences=BLANK)
    first_country = Text(355, "First address: country", max_length=20, example="India", consequences=BLANK)
    first_pin_code = Text(
        356, "First address: PIN code", max_length=6, shape=PIN_CODE, example="400050", consequences=BLANK
    )
    first_fax = Text(
        357, "First address: fax", max_length=14, shape=TELEPHONE, personal=Personal.PHONE, consequences=BLANK
    )
    first_telephone = Text(
        358,
        "First address: telephone",
        max_length=14,
        shape=TELEPHONE,
        personal=Personal.PHONE,
        consequences=BLANK,
    )
    first_mobile = Text(
        359, "First address: mobile", max_length=14, shape=MOBILE, personal=Personal.PHONE, consequences=BLANK
    )
    first_email = Text(
        360, "First address: e-mail", max_length=39, shape=EMAIL, personal=Personal.EMAIL, consequences=BLANK
    )
    second_type = first_type.again(tag=361, label="Second address: type", example="")
    second_address_1 = first_address_1.again(tag=362, label="Second address: line 1", example="")
    second_address_2 = first_address_2.again(tag=363, label="Second address: line 2")
    second_city = first_city.again(tag=364, label="Second address: city", example="")
    second_state = first_state.again(tag=365, label="Second address: state", example="")
    second_country = first_country.again(tag=366, label="Second address: country", example="")
    second_pin_code = first_pin_code.again(tag=367, label="Second address: PIN code", example="")
    second_fax = first_fax.again(tag=368, label="Second address: fax")
    second_telephone = first_telephone.again(tag=369, label="Second address: telephone")
    second_mobile = first_mobile.again(tag=370, label="Second address: mobile")
    second_email = first_email.again(tag=371, label="Second address: e-mail")


class AlternateAddressReply(Response):
    """Answers 346 (section 4.31)."""

    type = 347

    code = Code(18, "Response code", codes.ResponseCode)
    text = Text(19, "Response message")
