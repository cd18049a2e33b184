"""Row by row: what ODIN confirmed beside what the API says, with answers typed by hand."""

from decimal import Decimal

import pytest

from backoffice.rest.api.answers import BalanceRow, LoginRow, ProfileRow
from tests.factories import retail_user_values
from trading import comparison
from trading.comparison import Answers

LOGIN = {
    "user_id": "RET001",
    "user_name": "ASHA  testwala",
    "user_status": 1,
    "exchanges": ["BSE_EQ", "NSE_EQ"],
    "bcastExchanges": ["NSE_EQ", "BSE_EQ"],
    "product_types": ["INTRADAY"],
    "others": {
        "POA": "2",
        "nGTDMaxDays": "0",
        "groupId": "HO",
        "passExpDays": "90",
        "bAMOAllowedForUser": True,
    },
}
BALANCE = {"equity": {"available": {"cash": "5000.00"}}}


def rows(known=None, login=None, *, cash=Decimal(5000), balance=BALANCE, profile=None, mask=str):
    answers = Answers(
        LoginRow({**LOGIN, **(login or {})}),
        BalanceRow(balance) if balance is not None else None,
        ProfileRow(profile) if profile is not None else None,
        mask,
    )
    found = comparison.rows(retail_user_values(**(known or {})), cash, answers)
    return {row.label: row for row in found}


def sight(label, *args, **kwargs):
    return rows(*args, **kwargs)[label].sight.value


def test_case_and_spaces_of_a_name_and_the_order_of_exchanges_are_no_difference():
    found = rows()
    judged = {label: row.sight.value for label, row in found.items() if row.sight in ("equal", "different")}
    assert set(judged.values()) == {"equal"}
    assert {
        "Name",
        "Trading allowed",
        "Market data allowed",
        "Product type",
        "GTD days allowed",
    } <= judged.keys()


@pytest.mark.parametrize(
    ("label", "known", "login"),
    [
        ("User id", {}, {"user_id": "RET002"}),
        ("Group id", {}, {"others": {"groupId": "MUM"}}),
        ("Name", {}, {"user_name": "Asha Other"}),
        ("User status", {"status": "S"}, {}),
        ("Trading allowed", {}, {"exchanges": ["NSE_EQ"]}),
        ("Trading allowed", {}, {"exchanges": []}),
        ("Trading allowed", {}, {"exchanges": ["NSE_EQ", "BSE_EQ", "MARS_EQ"]}),
        ("Market data allowed", {}, {"bcastExchanges": ["NSE_EQ", "BSE_EQ", "NSE_FO"]}),
        ("Product type", {}, {"product_types": ["INTRADAY", "MTF"]}),
        ("Product type", {"product_type": "64"}, {"product_types": ["PTST"]}),
        ("GTD days allowed", {"max_gtd": "10"}, {}),
        ("GTD days allowed", {}, {"others": {"nGTDMaxDays": "365"}}),
    ],
)
def test_a_difference_is_one(label, known, login):
    assert sight(label, known, login) == "different"


@pytest.mark.parametrize(
    ("label", "login"),
    [
        ("User id", {"user_id": None}),
        ("Group id", {"others": {}}),
        ("Name", {"user_name": ""}),
        ("User status", {"user_status": None}),
        ("Trading allowed", {"exchanges": None}),
        ("Market data allowed", {"bcastExchanges": "NSE_EQ"}),
        ("Product type", {"product_types": None}),
        ("GTD days allowed", {"others": {"nGTDMaxDays": "many"}}),
        ("Power of attorney", {"others": None}),
        ("After-market orders", {"others": None}),
        ("Password days left", {"others": None}),
    ],
)
def test_what_the_api_leaves_out_is_not_visible_and_never_different(label, login):
    assert sight(label, None, login) == "not_visible"


def test_segment_8_is_not_exchange_8_and_inactive_segments_count_as_stopped():
    assert sight("Trading allowed", {"trading_segments": ["4"]}, {"exchanges": ["BSE_FO"]}) == "equal"
    known = {"trading_segments": ["1", "3"], "inactive_segments": ["3"]}
    assert sight("Trading allowed", known, {"exchanges": ["NSE_EQ"]}) == "equal"


def test_another_status_of_the_api_is_shown_and_not_judged():
    assert sight("User status", None, {"user_status": 7}) == "not_judged"


@pytest.mark.parametrize(
    ("cash", "balance", "expected"),
    [
        (Decimal(5000), BALANCE, "equal"),
        (Decimal("5000.01"), BALANCE, "different"),
        (None, BALANCE, "not_judged"),
        (Decimal(5000), None, "not_visible"),
        (Decimal(5000), {}, "not_visible"),
        (Decimal(5000), {"equity": {"available": {"cash": "lots"}}}, "not_visible"),
    ],
)
def test_cash_is_compared_with_what_was_deposited(cash, balance, expected):
    assert sight("Cash after deposits", cash=cash, balance=balance) == expected


def test_the_profile_fits_by_the_last_ten_digits_and_without_case():
    profile = {"email_id": "ASHA@example.com", "mobile_no": "+91 98000-00001"}
    found = rows(profile=profile)
    assert [(found[label].sight.value, found[label].personal) for label in ("E-mail", "Mobile")] == [
        ("equal", "email"),
        ("equal", "phone"),
    ]
    assert sight("Mobile", profile={"mobile_no": "9800000002"}) == "different"


def test_what_the_service_says_is_masked_in_every_row():
    def mask(text):
        return text.replace("Sesame42", "••••")

    login = {
        **dict.fromkeys(("user_name", "user_status"), "Sesame42"),
        **{name: ["Sesame42"] for name in ("exchanges", "bcastExchanges", "product_types")},
        "others": {"POA": "Sesame42", "groupId": "Sesame42"},
    }
    profile = {"email_id": "Sesame42", "mobile_no": "Sesame42"}
    found = rows(None, login, profile=profile, mask=mask)
    assert "Sesame42" not in str(found)
    assert str(found).count("••••") >= 9
