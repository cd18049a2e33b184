"""Requests typed by hand from the document's tables and examples, with the corrections of the rulings.

Left: the text as ODIN must get it. Right: the values. Nothing here is made by the code under test; the checksum is
added by the three lines of `signed`, which are the document's own rule (section 3.5).
"""

from typing import Any

import pytest

from backoffice.protocol.cipher import PasswordCipher
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.secret import SecretText
from backoffice.protocol.wire import Header, checksum, decode_request, encode

SESSION = "RESERVEDPG_572017142958"
HEADER = Header("RESERVEDPG", SecretText(SESSION))
CIPHER = PasswordCipher("ftUC@123")


def signed(text: str) -> str:
    return f"{text}|999={sum(ord(character) for character in text) % 256:03d}"


USER = {"user_id": "WEBRET1", "group_id": "HO"}
START = "67=RESERVEDPG|4=RESERVEDPG_572017142958"

MF_UCC = {
    "bse_ucc": "BSEUCC",
    "nse_ucc_1": "NSEUCC1",
    "nse_ucc_2": "NSEUCC2",
    "nse_ucc_3": "",
    "mode_allowed": "7",
    "bse_transaction_mode": "2",
    "bse_ucc_mode": "",
    "holding_mode": "JO",
    "second_first_name": "Hardik",
    "second_last_name": "Kothiya",
    "second_pan": "QWERT1212A",
    "second_form60": "1",
    "third_first_name": "T1",
    "third_last_name": "T1",
    "third_pan": "HHHHH1234H",
    "third_form60": "1",
    "guardian_first_name": "G1",
    "guardian_last_name": "G2",
    "guardian_pan": "HHHHH1111A",
    "guardian_birth_date": "31-08-1991",
    "guardian_form60": "1",
    "guardian_address": "MUMBAI",
    "nominee_first_name": "N1",
    "nominee_last_name": "N2",
    "nominee_birth_date": "31-08-1993",
    "nominee_relation": "Self",
    "nominee_address": "Surat",
    "karvy_payment_mode": "AM",
    "karvy_payment_code": "",
    "other_rta_payment_mode": "AM",
}
NO_GUARDIAN_OR_JOINT_HOLDER = dict.fromkeys(
    (
        "guardian_first_name",
        "guardian_last_name",
        "guardian_birth_date",
        "guardian_pan",
        "second_first_name",
        "second_last_name",
        "second_birth_date",
        "second_pan",
        "third_first_name",
        "third_last_name",
        "third_birth_date",
        "third_pan",
    ),
    "",
)
UTI = {
    "bank_id": "UTI",
    "branch_name": "Kandivali",
    "branch_city": "Mumbai",
    "account_no": "02145214521423",
    "customer_id": "1111222",
    "account_type": "CA",
    "is_default": "0",
    "pg_product": "NSE EQUITIES",
}
HDFC = {
    "bank_id": "HDFC",
    "branch_name": "Andheri",
    "branch_city": "Mumbai",
    "account_no": "04874562102145",
    "customer_id": "99998888",
    "account_type": "CA",
    "is_default": "0",
    "pg_product": "NSE EQUITIES",
}
UCC_TEXT = (
    "BSEUCC,NSEUCC1,NSEUCC2,,7,2,,JO,Hardik,Kothiya,QWERT1212A,1,T1,T1,HHHHH1234H,1,G1,G2,HHHHH1111A,31-08-1991,1,"
    "MUMBAI,N1,N2,31-08-1993,Self,Surat,AM,,AM"
)
PARTS = {"products": ["2", "3", "4", "14"], "mf_ucc": MF_UCC}
FIVE = ["1", "2", "3", "4", "5"]

CASES: dict[str, tuple[int, dict[str, Any], str]] = {
    "101, section 4.1: 69 is there though empty (F3), no 4 and no 999 (F2)": (
        101,
        {
            "password": SecretText("Pass@123"),
            "new_password": "",
            "connection_type": "4",
            "transaction_id": "RESERVEDPG-150917140515",
            "client_ip": "127.0.0.1",
            "force_login": "",
        },
        "63=FT1.0|64=101|67=RESERVEDPG|68=5Doyhbgtc7mjh7i0yDGjFg==|69=|51=4|391=RESERVEDPG-150917140515|395=127.0.0.1",
    ),
    "101 with force login (M5)": (
        101,
        {
            "password": SecretText("Pass@123"),
            "new_password": SecretText("Abcdef@12345"),
            "connection_type": "4",
            "transaction_id": "RESERVEDPG-150917140515",
            "client_ip": "10.0.0.7",
            "force_login": "1",
        },
        "63=FT1.0|64=101|67=RESERVEDPG|68=5Doyhbgtc7mjh7i0yDGjFg==|69=wRrygaSOEIrAabKFwz8KTg==|51=4|"
        "391=RESERVEDPG-150917140515|395=10.0.0.7|5005=1",
    ),
    "108, section 4.3: no 999 (F2)": (
        108,
        {},
        "63=FT1.0|64=108|67=RESERVEDPG|4=RESERVEDPG_572017142958",
    ),
    "301 in full, section 4.5": (
        301,
        {
            **USER,
            "manager_id": "10.0.10.0",
            "family_id": "",
            "parent_id": "",
            "name": "Hardik Kothiya",
            "password": SecretText("Pass@123"),
            "category": "4",
            "address_1": "Address Line 1",
            "address_2": "Address Line 2",
            "city": "Mumbai",
            "pin_code": "400001",
            "telephone": "",
            "mobile": "9874563210",
            "fax": "",
            "email": "aaa@bbb.com",
            "pan": "AAAAA1234A",
            "status": "A",
            "surveillance": "1",
            "trading_segments": FIVE,
            "market_data_segments": FIVE,
            "login_segments": FIVE,
            "login_types": ["1", "18"],
            "banks": [UTI, HDFC],
            "demats": [
                {
                    "dp_id": "IN300940",
                    "beneficiary_id": "12345678",
                    "holding_type": "1",
                    "is_default": "Y",
                    **NO_GUARDIAN_OR_JOINT_HOLDER,
                    "remarks": "NA",
                }
            ],
            "group_admin_id": "",
            "reference": "11071700121312014520",
            "gst_template": "USERMIG",
            "birth_date": "21-01-1995",
            "odin_user_type": "1",
            **PARTS,
            "gender": "M",
            "client_type": "IND",
            "tax_status": "1",
            "occupation": "1",
            "form60": "N",
            "incorporation": "",
            "father_or_husband": "HardikKumar",
            "global_flag": "1",
            "orders_per_second": "3",
            "max_broadcast_scrips": "15",
            "branch": "MUMBAI",
            "poa": "0",
            "max_gtd": "10",
            "product_type": "1",
        },
        signed(
            f"63=FT1.0|64=301|{START}|201=WEBRET1|202=HO|203=10.0.10.0|204=|205=|206=Hardik Kothiya|"
            "207=5Doyhbgtc7mjh7i0yDGjFg==|208=4|209=Address Line 1|210=Address Line 2|211=Mumbai|212=400001|213=|"
            "214=9874563210|215=|216=aaa@bbb.com|217=AAAAA1234A|218=A|219=1|220=1,2,3,4,5|221=1,2,3,4,5|"
            "222=1,2,3,4,5|223=1,18|224=UTI,Kandivali,Mumbai,02145214521423,1111222,CA,0,NSE EQUITIES$"
            "HDFC,Andheri,Mumbai,04874562102145,99998888,CA,0,NSE EQUITIES|"
            "225=IN300940,12345678,1,Y,,,,,,,,,,,,,NA|226=|227=11071700121312014520|228=USERMIG|229=21-01-1995|"
            f"230=1|231=2,3,4,14|232={UCC_TEXT}|233=M|234=IND|235=1|236=1|237=N|238=|239=HardikKumar|240=1|241=3|"
            "242=15|243=MUMBAI|244=0|247=10|248=1"
        ),
    ),
    "303, section 4.7": (
        303,
        {**USER, "notional_deposit": "5", "amount": "1", "reference": "70705000100", "product_id": "1"},
        signed(f"63=FT1.0|64=303|{START}|201=WEBRET1|202=HO|246=5|251=1|252=70705000100|253=1"),
    ),
    "330, section 4.7: 246 stays empty (O1)": (
        330,
        {**USER, "notional_deposit": "", "amount": "1000.50", "reference": "70705000101", "product_id": "1"},
        signed(f"63=FT1.0|64=330|{START}|201=WEBRET1|202=HO|246=|251=1000.50|252=70705000101|253=1"),
    ),
    "310, section 4.9": (
        310,
        {
            "user_id": "HARDIK61",
            "group_id": "HO",
            "manager_id": "172.25.100.169",
            "category": "4",
            "template_type": "1",
            "template_name": "ALL",
            "level": "0",
        },
        signed(f"63=FT1.0|64=310|{START}|201=HARDIK61|202=HO|203=172.25.100.169|208=4|270=1|271=ALL|272=0"),
    ),
    "312, section 4.10": (
        312,
        {
            "user_id": "HARDIK61",
            "group_id": "HO",
            "manager_id": "172.25.100.169",
            "templates": [
                {"template_name": "ALL", "exchange": "1", "level": "0"},
                {"template_name": "TEST", "exchange": "1", "level": "1"},
            ],
        },
        signed(f"63=FT1.0|64=312|{START}|201=HARDIK61|202=HO|203=172.25.100.169|273=ALL,1,0$TEST,1,1"),
    ),
    "314, section 4.11: no space after $ (F6)": (
        314,
        {
            "user_id": "HARDIK61",
            "group_id": "HO",
            "manager_id": "172.25.100.169",
            "category": "4",
            "mappings": [
                {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"},
                {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL2"},
            ],
        },
        signed(
            f"63=FT1.0|64=314|{START}|201=HARDIK61|202=HO|203=172.25.100.169|208=4|274=A,HO,DEAL1$A,HO,DEAL2"
        ),
    ),
    "316, section 4.12": (
        316,
        {"user_id": "HARDIK61", "group_id": "HO", "product": "1", "periodicity": "8589934591"},
        signed(f"63=FT1.0|64=316|{START}|201=HARDIK61|202=HO|275=1|276=8589934591"),
    ),
    "318, section 4.14": (318, {}, signed(f"63=FT1.0|64=318|{START}")),
    "320 with one new name, section 4.16: mandatory tags and what ODIN would reset (U1)": (
        320,
        {
            "user_id": "HARDIK2402",
            "group_id": "HO",
            "manager_id": "172.25.1.1",
            "name": "Hardik Kothiya",
            "odin_user_type": "1",
            "global_flag": "0",
            "orders_per_second": "-1",
            "max_broadcast_scrips": "15",
            "max_gtd": "",
        },
        signed(
            f"63=FT1.0|64=320|{START}|201=HARDIK2402|202=HO|203=172.25.1.1|206=Hardik Kothiya|230=1|278=0|279=-1|"
            "280=15|247="
        ),
    ),
    "320 with accounts and MF UCC, section 4.16": (
        320,
        {
            "user_id": "HARDIK2402",
            "group_id": "HO",
            "manager_id": "172.25.1.1",
            "mobile": "9876543210",
            "banks": [{"action": "1", **UTI, "bank_id": "AXIS"}, {"action": "2", **HDFC}],
            "demats": [
                {
                    "action": "1",
                    "dp_id": "12345678",
                    "beneficiary_id": "1234567898762402",
                    "holding_type": "2",
                    "is_default": "Y",
                    **NO_GUARDIAN_OR_JOINT_HOLDER,
                    "second_first_name": "FTIL",
                    "second_last_name": "Techno",
                    "second_birth_date": "31-08-1992",
                    "second_pan": "AAAAA1222A",
                    "third_first_name": "Moons",
                    "third_last_name": "Technology",
                    "third_birth_date": "31-08-1992",
                    "third_pan": "AAAAA1333A",
                    "remarks": "Remark1",
                }
            ],
            "reference": "",
            "birth_date": "31-08-1992",
            "odin_user_type": "1",
            **PARTS,
            "client_type": "IND",
            "tax_status": "1",
            "occupation": "1",
            "inactive_segments": ["1", "2", "3"],
            "global_flag": "1",
            "orders_per_second": "3",
            "max_broadcast_scrips": "15",
            "branch": "MUMBAI",
            "poa": "0",
            "max_gtd": "10",
            "product_type": "1",
        },
        signed(
            f"63=FT1.0|64=320|{START}|201=HARDIK2402|202=HO|203=172.25.1.1|214=9876543210|"
            "224=1,AXIS,Kandivali,Mumbai,02145214521423,1111222,CA,0,NSE EQUITIES$"
            "2,HDFC,Andheri,Mumbai,04874562102145,99998888,CA,0,NSE EQUITIES|"
            "225=1,12345678,1234567898762402,2,Y,,,,,FTIL,Techno,31-08-1992,AAAAA1222A,Moons,Technology,31-08-1992,"
            f"AAAAA1333A,Remark1|227=|229=31-08-1992|230=1|231=2,3,4,14|232={UCC_TEXT}|234=IND|235=1|236=1|"
            "277=1,2,3|278=1|279=3|280=15|281=MUMBAI|282=0|247=10|248=1"
        ),
    ),
    "322, section 4.18: 228 empty beside the others (O5)": (
        322,
        {
            "user_id": "HARDIK2402",
            "group_id": "HO",
            "gst_template": "",
            "si_template": "100170",
            "channels": [{"template_name": "TRADING", "channel": "ONLINE", "status": "1", "action": "2"}],
        },
        signed(f"63=FT1.0|64=322|{START}|201=HARDIK2402|202=HO|228=|278=100170|279=TRADING,ONLINE,1,2"),
    ),
    "324, section 4.20: 276 once, 227 before 999 (O6)": (
        324,
        {
            "user_id": "BHAIBT",
            "group_id": "HO",
            "manager_id": "10.0.1.0",
            "periodicity": "8589934591",
            "mtm_pre": "60.00",
            "mtm": "80.00",
            "mtm_trigger": "0",
            "mtm_inactivate": "1",
            "margin_pre": "",
            "margin": "",
            "margin_trigger": "",
            "margin_inactivate": "",
            "action": "1",
            "reference": "110717001213",
        },
        signed(
            f"63=FT1.0|64=324|{START}|201=BHAIBT|202=HO|203=10.0.1.0|276=8589934591|280=60.00|281=80.00|282=0|"
            "283=1|284=|285=|286=|287=|288=1|227=110717001213"
        ),
    ),
    "326, section 4.22": (
        326,
        {"user_id": "HARDIK61", "group_id": "HO", "periodicity": "8589934591"},
        signed(f"63=FT1.0|64=326|{START}|201=HARDIK61|202=HO|276=8589934591"),
    ),
    "328, section 4.24": (
        328,
        {"user_id": "HARDIK61", "group_id": "HO"},
        signed(f"63=FT1.0|64=328|{START}|201=HARDIK61|202=HO"),
    ),
    "338, section 4.26: valid JSON (F6)": (
        338,
        {
            "user_id": "NITWR22",
            "group_id": "HO",
            "quantities": [
                {"isin": "INE467B01029", "qty": "", "status": "success"},
                {"isin": "INE009A01021", "qty": "10", "status": ""},
            ],
        },
        signed(
            f"63=FT1.0|64=338|{START}|201=NITWR22|202=HO|"
            '335=[{"ISIN":"INE467B01029","Qty":"","Status":"success"},'
            '{"ISIN":"INE009A01021","Qty":"10","Status":""}]'
        ),
    ),
    "340, section 4.28": (
        340,
        {
            "user_id": "NITWR22",
            "group_id": "HO",
            "quantities": [{"isin": "INE009A01021", "qty": "10", "status": ""}],
        },
        signed(
            f"63=FT1.0|64=340|{START}|201=NITWR22|202=HO|"
            '331=[{"ISIN":"INE009A01021","Qty":"10","Status":""}]'
        ),
    ),
    "344, section 4.32: keys as in the sample (O8)": (
        344,
        {
            "user_id": "NITWR158",
            "group_id": "HO",
            "participants": [
                {"segment": "1", "code": "01494460IH"},
                {"segment": "2", "code": "016290806IL"},
                {"segment": "4096", "code": "BIMLADEVIO01"},
            ],
        },
        signed(
            f"63=FT1.0|64=344|{START}|201=NITWR158|202=HO|"
            '245=[{"MarketsegId":"1","Participantcode":"01494460IH"},'
            '{"MarketsegId":"2","Participantcode":"016290806IL"},'
            '{"MarketsegId":"4096","Participantcode":"BIMLADEVIO01"}]'
        ),
    ),
    "346, section 4.30: both blocks": (
        346,
        {
            "user_id": "C100TN61",
            "group_id": "HO",
            "first_type": "1",
            "first_address_1": "puthenparambil",
            "first_address_2": "Kottayam",
            "first_city": "kottayam",
            "first_state": "kerala",
            "first_country": "india",
            "first_pin_code": "123456",
            "first_fax": "123456789",
            "first_telephone": "",
            "first_mobile": "",
            "first_email": "",
            "second_type": "2",
            "second_address_1": "2",
            "second_address_2": "",
            "second_city": "",
            "second_state": "",
            "second_country": "",
            "second_pin_code": "",
            "second_fax": "",
            "second_telephone": "",
            "second_mobile": "",
            "second_email": "",
        },
        signed(
            f"63=FT1.0|64=346|{START}|201=C100TN61|202=HO|350=1|351=puthenparambil|352=Kottayam|353=kottayam|"
            "354=kerala|355=india|356=123456|357=123456789|358=|359=|360=|361=2|362=2|363=|364=|365=|366=|367=|368=|"
            "369=|370=|371="
        ),
    ),
}


@pytest.mark.parametrize(("type_", "values", "text"), CASES.values(), ids=CASES)
def test_a_request_is_written_as_the_document_has_it(type_, values, text):
    assert encode(REQUESTS[type_], values, HEADER, CIPHER) == text


@pytest.mark.parametrize(("type_", "values", "text"), CASES.values(), ids=CASES)
def test_a_request_is_read_back_as_it_was_meant(type_, values, text):
    decoded = decode_request(text)
    assert decoded.message is REQUESTS[type_]
    assert decoded.header.dealer_id == "RESERVEDPG"
    assert decoded.checksum_ok is ("|999=" in text)
    read = dict(decoded.values)
    for name, value in values.items():
        if isinstance(value, SecretText):
            read[name] = CIPHER.decrypt(read[name].reveal())
        elif name == "force_login" and not value:
            read[name] = ""
    assert read == values


def test_every_request_of_the_api_is_typed_here():
    assert {type_ for type_, _, _ in CASES.values()} == set(REQUESTS)


def test_the_one_checksum_of_the_document_that_computes():
    text = "63=FT1.0|64=318|67=RESERVEDPG|4=RESERVEDPG_412201710722"
    assert checksum(text) == "075"
    header = Header("RESERVEDPG", SecretText("RESERVEDPG_412201710722"))
    assert encode(REQUESTS[318], {}, header) == f"{text}|999=075"


def test_the_requests_are_those_of_the_document():
    assert sorted(REQUESTS) == [
        *(101, 108, 301, 303, 310, 312, 314, 316, 318, 320, 322, 324, 326, 328, 330, 338, 340, 344, 346)
    ]


TAGS = {
    301: [
        *range(201, 240),
        *(240, 241, 242, 243, 244, 247, 248),
    ],
    320: [
        *(201, 202, 203, 206, *range(209, 226), 227, 228, 229, 230, *range(231, 240)),
        *(277, 278, 279, 280, 281, 282, 247, 248),
    ],
    324: [201, 202, 203, 276, 280, 281, 282, 283, 284, 285, 286, 287, 288, 227],
    346: [201, 202, *range(350, 372)],
}


@pytest.mark.parametrize("type_", TAGS)
def test_tags_stand_in_the_order_of_the_table(type_):
    assert [field.tag for field in REQUESTS[type_].fields.values()] == TAGS[type_]


OPERATIONS = {
    101: ("Login", 102),
    108: ("LogOff", 109),
    301: ("CreateRetailUser", 302),
    303: ("UpdatePGLimits", 304),
    330: ("UpdatePGLimits", 304),
    310: ("UpdateUserTemplate", 311),
    312: ("UpdateQVLTemplate", 313),
    314: ("DealerToClientMapping", 315),
    316: ("FundsViewSummary", 317),
    318: ("GetPeriodicityList", 319),
    320: ("UpdateRetailUser", 321),
    322: ("UpdateSIMCTTemplate", 323),
    324: ("AutoSquareOffSetting", 325),
    326: ("FundsView", 327),
    328: ("StockView", 329),
    338: ("UpdateEDISApprovedQuantity", 339),
    340: ("UpdatePledgeApprovedQuantity", 341),
    344: ("CreateParticipantCode", 345),
    346: ("UpdateAlternateAddress", 347),
}


@pytest.mark.parametrize("type_", OPERATIONS)
def test_operations_and_reply_types(type_):
    operation, reply = OPERATIONS[type_]
    assert REQUESTS[type_].operation == operation
    assert reply in REQUESTS[type_].replies


def test_both_numberings_of_the_answer_to_330_are_taken():
    assert REQUESTS[330].replies == {304, 331}
    assert REQUESTS[303].replies == {304}
