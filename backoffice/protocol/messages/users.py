"""Creating and updating a retail user: 301, 302, 320, 321 (sections 4.5, 4.6, 4.16, 4.17)."""

from backoffice.protocol import codes
from backoffice.protocol.account_rules import MF_UCC_RULES
from backoffice.protocol.fields import (
    Code,
    Date,
    Flags,
    Integer,
    Record,
    Records,
    Secret,
    SubRecord,
    Text,
)
from backoffice.protocol.message import Repeat, Request, Response
from backoffice.protocol.personal import Personal
from backoffice.protocol.shapes import ACCOUNT_NO, DP_ID, EMAIL, MOBILE, PAN, PIN_CODE, TELEPHONE
from backoffice.protocol.user_rules import CREATE_RULES, UPDATE_RULES


def _pan(label: str) -> Text:
    return Text(0, label, max_length=10, shape=PAN, personal=Personal.PAN)


def _person(label: str) -> Text:
    return Text(0, label, max_length=25, free=True)


class BankAccount(SubRecord):
    """One bank account in tag 224 of 301 (section 4.5.1)."""

    noun = "Bank"
    key = ("bank_id", "account_no")

    bank_id = Text(0, "Bank id", max_length=20, required=True, names="banks", example="HDFC")
    branch_name = Text(0, "Branch name", max_length=40, example="Andheri")
    branch_city = Text(0, "Branch city", max_length=35, example="Mumbai")
    account_no = Text(
        0,
        "Account number",
        max_length=20,
        required=True,
        shape=ACCOUNT_NO,
        personal=Personal.ACCOUNT,
        example="04874562102145",
    )
    customer_id = Text(0, "Customer id", max_length=10, shape=ACCOUNT_NO, personal=Personal.ACCOUNT)
    account_type = Code(0, "Account type", codes.AccountType, required=True, example="SB")
    is_default = Code(0, "Default bank", codes.DefaultBank, example="1")
    pg_product = Text(0, "PG product", max_length=100, names="pg_products", example="NSE EQUITIES")


class BankAccountUpdate(BankAccount):
    """One bank account in tag 224 of 320, with what is to be done with it (section 4.16.1, U5)."""

    action = Code(
        0,
        "Action",
        codes.RecordAction,
        required=True,
        example="1",
        consequences={"2": "Deletes this bank account."},
    )


class DematAccount(SubRecord):
    """One demat account in tag 225 of 301 (section 4.5.2)."""

    noun = "Demat"
    key = ("dp_id", "beneficiary_id")

    dp_id = Text(
        0, "DP id", max_length=8, fixed=(8,), required=True, shape=DP_ID, names="dps", example="IN300940"
    )
    beneficiary_id = Text(
        0,
        "Client beneficiary id",
        max_length=16,
        fixed=(8, 16),
        required=True,
        shape=ACCOUNT_NO,
        personal=Personal.DEMAT,
        example="12345678",
    )
    holding_type = Code(0, "Holding type", codes.HoldingType, required=True, example="1")
    is_default = Code(0, "Default DP", codes.YesNo, example="Y")
    guardian_first_name = _person("Guardian's first name")
    guardian_last_name = _person("Guardian's last name")
    guardian_birth_date = Date(0, "Guardian's date of birth", personal=Personal.BIRTH_DATE)
    guardian_pan = _pan("Guardian's PAN")
    second_first_name = _person("Second holder's first name")
    second_last_name = _person("Second holder's last name")
    second_birth_date = Date(0, "Second holder's date of birth", personal=Personal.BIRTH_DATE)
    second_pan = _pan("Second holder's PAN")
    third_first_name = _person("Third holder's first name")
    third_last_name = _person("Third holder's last name")
    third_birth_date = Date(0, "Third holder's date of birth", personal=Personal.BIRTH_DATE)
    third_pan = _pan("Third holder's PAN")
    remarks = Text(0, "Remarks", max_length=25, free=True)


class DematAccountUpdate(DematAccount):
    """One demat account in tag 225 of 320, with what is to be done with it (section 4.16.2, U5)."""

    action = Code(
        0,
        "Action",
        codes.RecordAction,
        required=True,
        example="1",
        consequences={"2": "Deletes this demat account."},
    )


class MfUcc(SubRecord):
    """The mutual-fund UCC details of tag 232, exactly 30 sub-fields (section 4.5.4, U6)."""

    noun = "MF UCC"
    rules = MF_UCC_RULES

    bse_ucc = Text(0, "BSE UCC", max_length=10, example="WEBRET1")
    nse_ucc_1 = Text(0, "NSE UCC 1", max_length=10, example="WEBRET1")
    nse_ucc_2 = Text(0, "NSE UCC 2", max_length=10)
    nse_ucc_3 = Text(0, "NSE UCC 3", max_length=10)
    mode_allowed = Code(0, "Mode allowed", codes.ModeAllowed, required=True, example="7")
    bse_transaction_mode = Code(0, "BSE transaction mode", codes.BseTransactionMode, example="0")
    bse_ucc_mode = Text(0, "BSE UCC mode", max_length=1, help="Leave blank: ODIN does not use it yet.")
    holding_mode = Code(0, "Holding mode", codes.HoldingMode, required=True, example="SI")
    second_first_name = _person("Second applicant's first name")
    second_last_name = _person("Second applicant's last name")
    second_pan = _pan("Second applicant's PAN")
    second_form60 = Code(0, "Second applicant's form 60", codes.Form60)
    third_first_name = _person("Third applicant's first name")
    third_last_name = _person("Third applicant's last name")
    third_pan = _pan("Third applicant's PAN")
    third_form60 = Code(0, "Third applicant's form 60", codes.Form60)
    guardian_first_name = _person("Guardian's first name")
    guardian_last_name = _person("Guardian's last name")
    guardian_pan = _pan("Guardian's PAN")
    guardian_birth_date = Date(0, "Guardian's date of birth", personal=Personal.BIRTH_DATE)
    guardian_form60 = Code(0, "Guardian's form 60", codes.Form60)
    guardian_address = Text(0, "Guardian's address", max_length=300, free=True, personal=Personal.ADDRESS)
    nominee_first_name = Text(0, "Nominee's first name", max_length=25, free=True, example="Ravi")
    nominee_last_name = _person("Nominee's last name")
    nominee_birth_date = Date(0, "Nominee's date of birth", personal=Personal.BIRTH_DATE)
    nominee_relation = Text(0, "Nominee's relation", max_length=20, example="Spouse")
    nominee_address = Text(0, "Nominee's address", max_length=300, free=True, personal=Personal.ADDRESS)
    karvy_payment_mode = Code(0, "Payment mode at Karvy", codes.KarvyPaymentMode, required=True, example="AM")
    karvy_payment_code = Text(0, "Payment code at Karvy", max_length=11)
    other_rta_payment_mode = Code(
        0, "Other RTA payment mode", codes.OtherRtaPaymentMode, required=True, example="AM"
    )


class CreateRetailUser(Request):
    """Creates a retail user, or converts a non-ODIN user (section 4.5)."""

    type = 301
    title = "Create retail user"
    operation = "CreateRetailUser"
    reply = 302
    repeat = Repeat.CREATE
    restates = True
    rules = CREATE_RULES

    user_id = Text(201, "User id", max_length=10, required=True, example="WEBRET1")
    group_id = Text(202, "Group id", max_length=10, required=True, names="groups", example="HO")
    manager_id = Text(
        203,
        "Manager id",
        max_length=50,
        help="Address or name of the ODIN manager, as in WebAdmin's ODIN manager settings.",
        names="managers",
        example="10.0.10.0",
    )
    family_id = Text(204, "Family id", max_length=10)
    parent_id = Text(205, "Parent id", max_length=10)
    name = Text(
        206, "Name", max_length=40, required=True, free=True, help="First and last name.", example="Asha Rao"
    )
    password = Secret(
        207,
        "Password",
        max_length=24,
        help="6 to 12 characters with at least one letter and one digit.",
        example="Sesame42",
    )
    category = Code(208, "User category", codes.UserCategory, required=True, initial="4", example="4")
    address_1 = Text(
        209, "Address line 1", max_length=40, free=True, personal=Personal.ADDRESS, example="1 Hill Road"
    )
    address_2 = Text(
        210, "Address line 2", max_length=40, free=True, personal=Personal.ADDRESS, example="Bandra West"
    )
    city = Text(211, "City", max_length=40, free=True, example="Mumbai")
    pin_code = Text(212, "PIN code", max_length=6, shape=PIN_CODE, example="400050")
    telephone = Text(
        213, "Telephone", max_length=20, shape=TELEPHONE, personal=Personal.PHONE, example="02226400000"
    )
    mobile = Text(214, "Mobile", max_length=14, shape=MOBILE, personal=Personal.PHONE, example="9876543210")
    fax = Text(215, "Fax", max_length=20, shape=TELEPHONE, personal=Personal.PHONE)
    email = Text(
        216, "E-mail", max_length=39, shape=EMAIL, personal=Personal.EMAIL, example="asha@example.com"
    )
    pan = Text(217, "PAN", max_length=10, shape=PAN, personal=Personal.PAN, example="AAAPR1234C")
    status = Code(
        218,
        "User status",
        codes.UserStatus,
        required=True,
        initial="A",
        example="A",
        consequences={"S": "Suspends the user.", "I": "Makes the user inactive."},
    )
    surveillance = Code(219, "Surveillance", codes.Surveillance, example="0")
    trading_segments = Flags(220, "Trading allowed", codes.Segment, max_length=100, example=["1", "2", "3"])
    market_data_segments = Flags(
        221, "Market data allowed", codes.Segment, max_length=100, example=["1", "2", "3"]
    )
    login_segments = Flags(222, "Login allowed", codes.Segment, max_length=100, example=["1", "2", "3"])
    login_types = Flags(223, "Login types", codes.LoginType, example=["1", "18"])
    banks = Records(224, "Bank accounts", BankAccount, max_length=800, splits=True)
    demats = Records(225, "Demat accounts", DematAccount, max_length=800, splits=True)
    group_admin_id = Text(226, "Group admin id", max_length=10)
    reference = Text(227, "Reference", max_length=20, help="Leave blank to generate it.", example="REF0001")
    gst_template = Text(
        228,
        "General settings template",
        max_length=50,
        required=True,
        names="gst_templates",
        example="USERMIG",
    )
    birth_date = Date(
        229,
        "Date of birth",
        personal=Personal.BIRTH_DATE,
        help="Of the first holder; of a firm, the date of incorporation.",
        example="21-01-1985",
    )
    odin_user_type = Code(
        230,
        "ODIN user type",
        codes.OdinUserType,
        initial="1",
        example="1",
        consequences={"0": "Creates a non-ODIN user, who cannot trade in ODIN."},
    )
    products = Flags(231, "Products allowed", codes.ProductAllowed, max_length=50, example=["2", "3"])
    mf_ucc = Record(
        232, "Mutual-fund UCC", MfUcc, max_length=1000, consequences={"*": "Switches the KYC flag on."}
    )
    gender = Code(233, "Gender", codes.Gender, required=True, example="F")
    client_type = Text(234, "Client type", max_length=10, names="client_types", example="IND")
    tax_status = Text(235, "Tax status", max_length=10, names="tax_statuses", example="1")
    occupation = Text(236, "Occupation", max_length=10, names="occupations", example="1")
    form60 = Code(237, "Form 60 submitted", codes.YesNo, example="N")
    incorporation = Code(238, "Incorporation date", codes.Incorporation)
    father_or_husband = Text(239, "Father's or husband's name", max_length=50, free=True)
    global_flag = Code(240, "Global flag", codes.Considered, required=True, initial="0", example="0")
    orders_per_second = Integer(
        241, "Orders per second", min=1, max=999, special={"-1": "ODIN's default"}, example="3"
    )
    max_broadcast_scrips = Integer(
        242, "Broadcast scrips allowed", min=1, max=99999999, special={"-1": "ODIN's default"}, example="15"
    )
    branch = Text(243, "Branch", max_length=15, example="MUMBAI")
    poa = Code(
        244,
        "Power of attorney",
        codes.Poa,
        required=True,
        initial="2",
        example="2",
        consequences={"0": "Grants power of attorney."},
    )
    max_gtd = Integer(247, "GTD days allowed", min=1, max=9999, special={"0": "Off"}, example="10")
    product_type = Code(248, "Product type", codes.ProductType, example="1")


class UpdateRetailUser(
    Request,
    like=CreateRetailUser,
    without=("family_id", "parent_id", "password", "category", "group_admin_id"),
):
    """Changes a retail user; only what is given is sent, and what ODIN would reset (section 4.16)."""

    type = 320
    title = "Update retail user"
    operation = "UpdateRetailUser"
    reply = 321
    repeat = Repeat.SETS_STATE
    partial = True
    restates = True
    rules = UPDATE_RULES

    user_id = CreateRetailUser.user_id.again()
    group_id = CreateRetailUser.group_id.again()
    manager_id = CreateRetailUser.manager_id.again(always_sent=True)
    trading_segments = CreateRetailUser.trading_segments.again(revives="inactive_segments")
    market_data_segments = CreateRetailUser.market_data_segments.again(revives="inactive_segments")
    login_segments = CreateRetailUser.login_segments.again(revives="inactive_segments")
    mobile = CreateRetailUser.mobile.again(
        consequences={"*": "Overwrites Telephone at ODIN."}, overwrites="telephone"
    )
    banks = Records(224, "Bank accounts", BankAccountUpdate, max_length=800, splits=True)
    demats = Records(225, "Demat accounts", DematAccountUpdate, max_length=800, splits=True)
    odin_user_type = CreateRetailUser.odin_user_type.again(required=True, always_sent=True, consequences={})
    inactive_segments = Flags(
        277,
        "Segments made inactive",
        codes.Segment,
        max_length=100,
        example=["9"],
        consequences={"*": "Makes these segments inactive."},
    )
    global_flag = CreateRetailUser.global_flag.again(tag=278, required=False, always_sent=True)
    orders_per_second = CreateRetailUser.orders_per_second.again(tag=279, always_sent=True)
    max_broadcast_scrips = CreateRetailUser.max_broadcast_scrips.again(tag=280, always_sent=True)
    branch = CreateRetailUser.branch.again(tag=281)
    poa = CreateRetailUser.poa.again(tag=282, required=False, initial="")
    max_gtd = CreateRetailUser.max_gtd.again(
        always_sent=True, consequences={"": "Switches GTD off.", "0": "Switches GTD off."}
    )


class CreateRetailUserReply(Response):
    """Answers 301, and any request that fails (section 4.6, M2)."""

    type = 302

    code = Code(18, "Response code", codes.ResponseCode)
    reference = Text(227, "Reference")
    text = Text(19, "Response message")


class UpdateRetailUserReply(Response):
    """Answers 320 (section 4.17)."""

    type = 321

    code = Code(18, "Response code", codes.ResponseCode)
    reference = Text(227, "Reference")
    text = Text(19, "Response message")
