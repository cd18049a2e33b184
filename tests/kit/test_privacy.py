"""Masking and revealing of personal data."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.search import find
from backoffice.audit.models import Entry
from backoffice.kit import privacy
from backoffice.logins import reveal as reveals
from backoffice.logins.reveal import reveal
from backoffice.protocol.examples import example
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.personal import hide_in_text, names_a_person
from backoffice.protocol.wire import Header, encode
from tests.factories import RetailUserFactory


@pytest.fixture
def asked(rf):
    def ask(person):
        request = rf.get("/")
        request.user, request.session = person, {}
        return request

    return ask


@pytest.mark.parametrize(
    ("kind", "text", "hidden"),
    [
        ("pan", "ABCPT1234A", "••••234A"),
        ("account", "00123456789", "••••6789"),
        ("demat", "12345678", "••••5678"),
        ("phone", "9800000001", "••••0001"),
        ("phone", "98000", "••••"),
        ("email", "asha@example.com", "a••••@example.com"),
        ("birth date", "21-01-1985", "••••"),
        ("address", "1 Sample Street", "••••"),
        ("pan", "", ""),
        ("pan", None, ""),
    ],
)
def test_little_is_left_of_a_personal_value(kind, text, hidden):
    assert privacy.mask(kind, text) == hidden


def test_personal_data_in_free_text_is_hidden():
    said = "Client ABCPT1234A called from +91 9800000001, write to asha@example.com about 12345."
    assert hide_in_text(said) == (
        "Client ••••234A called from ••••0001, write to a••••@example.com about 12345."
    )


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("Born 21-01-1985.", "Born ••••."),
        ("Born 1985/1/21", "Born ••••"),
        ("born on 21st January, 1985", "born on ••••"),
        ("Pay into 00123456789 today", "Pay into ••••6789 today"),
        ("Account 0012 3456 7890", "Account ••••7890"),
        ("Demat IN300513 12345678", "Demat ••••5678"),
        (
            "Deposit of 1250000.00 for change 12345, batch 9",
            "Deposit of 1250000.00 for change 12345, batch 9",
        ),
        ("Reference R4K9TZ0012345678ABCD", "Reference R4K9TZ0012345678ABCD"),
    ],
)
def test_what_may_be_a_birth_date_or_an_account_is_hidden_in_free_text_too(said, hidden):
    assert hide_in_text(said) == hidden


def test_a_reference_of_digits_is_no_account():
    assert privacy.hide_values({"reference": "202611210001", "words": "202611210001"}) == {
        "reference": "202611210001",
        "words": "••••0001",
    }


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("abcpt1234a", True),
        (" 9800000001 ", True),
        ("+919800000001", True),
        ("a@b.co", True),
        ("HO/RET001", False),
    ],
)
def test_a_search_for_a_person_is_recognised(text, is_one):
    assert names_a_person(text) is is_one


def test_values_of_an_audit_entry_are_hidden_by_their_names_records_included():
    values = {
        "pan": "ABCPT1234A",
        "name": "Asha",
        "banks": [{"bank_id": "HDFC", "account_no": "00123456789"}],
    }
    assert privacy.hide_values(values) == {
        "pan": "••••234A",
        "name": "Asha",
        "banks": [{"bank_id": "HDFC", "account_no": "••••6789"}],
    }
    assert privacy.hide_values(None) == {}


@pytest.mark.parametrize("message", [REQUESTS[301], REQUESTS[320], REQUESTS[346]], ids=lambda m: str(m.type))
def test_no_personal_value_is_left_in_a_raw_message(message, settings):
    from backoffice.protocol.cipher import PasswordCipher
    from backoffice.protocol.fields import SecretText

    cipher = PasswordCipher(settings.ODIN_PASSWORD_KEY, "CBC")
    values = example(message)
    text = encode(message, values, Header("RESERVEDPG", SecretText("session")), cipher)
    hidden = privacy.hide_message(text)
    personal = [
        value
        for field, value in _pairs(message.fields, values)
        if field.personal and len(value) > 4 and value in text
    ]
    assert personal
    assert [value for value in personal if value in hidden] == []
    assert hidden.count("|") == text.count("|")


def _pairs(fields, values):
    for name, field in fields.items():
        value = values.get(name)
        if hasattr(field, "record"):
            for row in value if isinstance(value, list) else [value or {}]:
                yield from _pairs(field.record.fields, row)
        elif isinstance(value, str):
            yield field, value


def test_a_text_that_is_no_message_is_hidden_altogether():
    assert privacy.hide_message("pan ABCPT1234A") == "••••"
    assert privacy.hide_message("63=FT1.0|64=9999|217=ABCPT1234A") == "••••"
    assert privacy.hide_message("") == ""


def test_makers_and_checkers_see_at_once(asked, maker, checker):
    assert privacy.shown(asked(maker), "HO/RET001")
    assert privacy.shown(asked(checker), "HO/RET001")
    assert not privacy.may_reveal(asked(maker), "HO/RET001")


def test_compliance_sees_after_giving_a_reason_for_that_retail_user_alone(asked, compliance):
    RetailUserFactory(group_id="HO", user_id="RET001")
    RetailUserFactory(group_id="HO", user_id="RET002")
    request = asked(compliance)
    assert not privacy.shown(request, "HO/RET001")
    assert privacy.may_reveal(request, "HO/RET001")
    with pytest.raises(ValueError, match="reason"):
        reveal(request, "HO/RET001", "  ")
    with pytest.raises(ValueError, match="has 501 characters"):
        reveal(request, "HO/RET001", "x" * 501)
    reveal(request, "HO/RET001", "Complaint 12")
    assert privacy.shown(request, "HO/RET001")
    assert not privacy.shown(request, "HO/RET002")
    entry = Entry.objects.get(action="privacy.revealed")
    assert (entry.by, entry.subject, entry.reason) == (compliance, "HO/RET001", "Complaint 12")


def test_what_was_revealed_is_hidden_again_after_some_minutes(asked, compliance, monkeypatch):
    RetailUserFactory(group_id="HO", user_id="RET001")
    request = asked(compliance)
    reveal(request, "HO/RET001", "Complaint 12")
    now = privacy._now()
    monkeypatch.setattr(privacy, "_now", lambda: now + privacy.MINUTES * 60 + 1)
    assert not privacy.shown(request, "HO/RET001")


def test_support_and_admins_never_see(asked, admin, support):
    for person in (admin, support):
        assert not privacy.may_reveal(asked(person), "HO/RET001")
        with pytest.raises(PermissionDenied):
            reveal(asked(person), "HO/RET001", "Curious")
    assert not Entry.objects.filter(action="privacy.revealed").exists()


def test_reveals_are_bounded_for_a_person_and_hour_and_compliance_reads_who_wanted_more(
    asked, compliance, monkeypatch
):
    monkeypatch.setattr(reveals, "MOST_AN_HOUR", 3)
    for number in range(5):
        RetailUserFactory(group_id="HO", user_id=f"RET00{number}")
    for number in range(3):
        reveal(asked(compliance), f"HO/RET00{number}", "Complaint 12")
    with pytest.raises(ValueError, match="within an hour"):
        reveal(asked(compliance), "HO/RET004", "Complaint 13")
    assert Entry.objects.filter(action="privacy.revealed").count() == 3
    assert compliance.get_username() in Entry.objects.get(action="privacy.too_many").text


class TestASearchForAWholeValue:
    """Whoever sees PAN and mobile number masked could otherwise try all that fit the mask."""

    @pytest.fixture
    def search(self, db, monkeypatch):
        RetailUserFactory(group_id="HO", user_id="RET001", pan="ABCPT1234A", mobile="9800000001")
        monkeypatch.setattr(reveals, "MOST_AN_HOUR", 3)
        return lambda text, person: [match.label for match in find(text, person)]

    def test_is_an_entry_once_without_the_value(self, search, support):
        for _ in range(3):  # suggestions while typing, then the page of results
            assert search("abcpt1234a", support)[0].startswith("HO/RET001")
        entry = Entry.objects.get(action="privacy.looked_up")
        assert entry.by == support
        assert "ABCPT" not in f"{entry.text} {entry.subject} {entry.details}".upper()

    def test_is_bounded_for_a_person_and_hour(self, search, support):
        for number in range(3):
            assert search(f"98000000{number}9", support) == []
        assert search("9800000001", support) == ["Too many searches for whole numbers"]
        assert search("RET001", support)[0].startswith("HO/RET001")
        assert Entry.objects.filter(action="privacy.too_many").count() == 1

    def test_is_free_for_who_sees_all_and_by_name(self, search, support, maker):
        for number in range(9):
            search(f"ABCPT1234{'ABCDEFGHI'[number]}", maker)
            search(f"RET00{number}", support)
        assert not Entry.objects.exists()
