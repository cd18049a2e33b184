"""Each kind of field: what it refuses, what it offers instead, how it goes to the wire and into words."""

from decimal import Decimal

import pytest

from backoffice.protocol import codes
from backoffice.protocol.fields import (
    Amount,
    Code,
    Date,
    Flags,
    Integer,
    JsonRecords,
    Percent,
    Record,
    Records,
    Secret,
    SecretText,
    SubRecord,
    Text,
)
from backoffice.protocol.findings import DecodeError, EncodeError, Severity
from backoffice.protocol.personal import Personal
from backoffice.protocol.shapes import EMAIL, ISIN, MOBILE, PAN, PIN_CODE


def named(field):
    field.name = "it"
    return field


TEXT = named(Text(206, "Name", max_length=10))
FREE = named(Text(209, "Address", max_length=60, free=True))
AMOUNT = named(Amount(251, "Amount"))
PERCENT = named(Percent(280, "Square-off"))
WHOLE = named(Integer(241, "Orders", min=1, max=999, special={"-1": "ODIN's default"}))
DAY = named(Date(229, "Date of birth", personal=Personal.BIRTH_DATE))
STATUS = named(Code(218, "Status", codes.UserStatus))
SEGMENTS = named(Flags(220, "Trading", codes.Segment, max_length=12))
PASSWORD = named(Secret(207, "Password", max_length=24))


class Part(SubRecord):
    """Two texts and a date."""

    noun = "Part"
    first = Text(0, "First", max_length=5, required=True)
    second = Text(0, "Second", max_length=5)
    born = Date(0, "Born")


class JsonPart(SubRecord):
    """Two texts in JSON."""

    noun = "Part"
    first = Text(0, "First", max_length=20, required=True, key="First")
    second = Integer(0, "Second", key="Second")


PARTS = named(Records(224, "Parts", Part, max_length=30))
PART = named(Record(232, "Part", Part, max_length=12))
JSON_PARTS = named(JsonRecords(335, "Parts", JsonPart))


def one(field, value):
    [finding] = field.findings(value, "it")
    return finding


@pytest.mark.parametrize("character", list("|$=,<>"))
def test_f5_a_separator_is_named_with_its_place_and_a_cleaned_value_is_offered(character):
    finding = one(TEXT, f"Asha{character}Rao")
    assert f"has `{character}` at position 5" in finding.text
    assert (finding.path, finding.rule, finding.cleaned) == ("it", "F5", "Asha Rao")
    with pytest.raises(EncodeError):
        TEXT.to_wire(f"Asha{character}Rao")


@pytest.mark.parametrize(
    ("text", "words", "cleaned"),
    [
        ("A\nB", "a line break at position 2", "A B"),
        ("A\tB", "a tab at position 2", "A B"),
        ("A\0B", "a NUL at position 2", "A B"),
        ("A\x7fB", "an invisible character (U+007F)", "A B"),
        ("A\u200bB", "an invisible character (U+200B)", "AB"),
        ("José", "`é` (U+00E9) at position 4", "Jose"),
        ("D\u2019Souza", "at position 2", "D'Souza"),
        ("आशा", "`आ` (U+0906) at position 1", None),
        ("a|b|c", "and 1 more", "a b c"),
        ("Ａ", "`Ａ` (U+FF21)", "A"),
    ],
)
def test_f5_what_is_not_printable_ascii_is_named(text, words, cleaned):
    finding = one(TEXT, text)
    assert words in finding.text
    assert finding.cleaned == cleaned
    with pytest.raises(EncodeError):
        TEXT.to_wire(text)


def test_f5_outer_spaces_are_stripped_by_clean_and_found_otherwise():
    assert TEXT.clean("  Asha Rao ") == "Asha Rao"
    assert TEXT.clean("\tAsha") == "\tAsha"
    assert one(TEXT, " Asha").cleaned == "Asha"


def test_f7_a_text_that_is_too_long():
    finding = one(TEXT, "x" * 11)
    assert "has 11 characters; ODIN takes at most 10" in finding.text
    assert finding.cleaned is None
    with pytest.raises(EncodeError, match="is too long"):
        TEXT.to_wire("x" * 11)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"], {"a": "b"}, object()])
@pytest.mark.parametrize("field", [TEXT, AMOUNT, WHOLE, DAY, STATUS], ids=lambda field: field.label)
def test_a_value_that_is_no_text_is_found_and_not_sent(field, value):
    assert list(field.findings(value, "it"))
    with pytest.raises(EncodeError):
        field.to_wire(value)


def test_an_encode_error_does_not_hold_the_value():
    with pytest.raises(EncodeError) as raised:
        TEXT.to_wire("secret|thing")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("1,000.00", "1000.00"),
        ("1,00,000", "100000"),
        ("+5", "5"),
        ("007.50", "7.50"),
        (" 5", "5"),
        ("1e3", None),
        ("1.005", None),
        ("1.", None),
        (".5", None),
        ("-5", None),
        ("NaN", None),
        ("٣", "3"),
        ("1,2", None),
        ("5,00", None),
        ("five", None),
    ],
)
def test_f8_amounts_in_other_dress_are_errors_with_a_cleaned_value_where_it_means_the_same(value, cleaned):
    finding = one(AMOUNT, value)
    assert (finding.rule, finding.cleaned) == ("F8", cleaned)
    with pytest.raises(EncodeError):
        AMOUNT.to_wire(value)


@pytest.mark.parametrize("value", ["-500", "- 500", "₹ -2,50,000.00", "-₹500", "(500.00)", "\u2212500", "-0"])
def test_o1_an_amount_below_zero_is_refused_for_that_and_its_sign_is_never_dropped(value):
    finding = one(AMOUNT, value)
    assert (finding.text, finding.cleaned) == (f"{AMOUNT.label} must be more than 0.", None)


@pytest.mark.parametrize("value", ["-60", "-60.00 %"])
def test_o6_a_percentage_below_zero_is_told_its_range(value):
    finding = one(PERCENT, value)
    assert (finding.text, finding.cleaned) == (f"{PERCENT.label} must be from 0.01 to 99.99.", None)


@pytest.mark.parametrize("value", ["0.01", "1", "1000.50", "1000.5", "99999999999.99"])
def test_f8_canonical_amounts_pass(value):
    assert not list(AMOUNT.findings(value, "it"))
    assert AMOUNT.to_wire(value) == value


@pytest.mark.parametrize("value", ["0", "0.00", "100000000000.00", "999999999999999"])
def test_o1_amounts_out_of_range(value):
    assert one(AMOUNT, value).rule == "O1"


@pytest.mark.parametrize(
    ("value", "cleaned"), [("007", "7"), ("+7", "7"), ("1,000", "1000"), ("7.0", "7"), ("7.5", None)]
)
def test_f8_integers_in_other_dress(value, cleaned):
    finding = one(WHOLE, value)
    assert (finding.rule, finding.cleaned) == ("F8", cleaned)


@pytest.mark.parametrize(
    ("value", "good"),
    [("1", True), ("999", True), ("-1", True), ("0", False), ("1000", False), ("-2", False)],
)
def test_u8_integers_have_a_range_and_special_values(value, good):
    assert bool(list(WHOLE.findings(value, "it"))) is not good


@pytest.mark.parametrize(
    ("value", "good"), [("0.01", True), ("99.99", True), ("0", False), ("100", False), ("0.001", False)]
)
def test_o6_percentages(value, good):
    assert bool(list(Percent(280, "Pre").findings(value, "it"))) is not good


def test_o6_zero_switches_off_where_it_is_allowed():
    field = Percent(281, "Square-off", zero_allowed=True)
    assert not list(field.findings("0", "it"))
    assert not list(field.findings("0.00", "it"))
    assert (field.words("0.00"), field.words("60.00")) == ("Switched off", "60.00 %")


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("1995-01-21", "21-01-1995"),
        ("21/1/1995", "21-01-1995"),
        ("21.01.1995", "21-01-1995"),
        ("21-01-95", None),
        ("21 Jan 1995", "21-01-1995"),
        ("5/6/1995", None),
        ("45-01-1995", None),
        ("1995-31-21", None),
    ],
)
def test_f8_dates_in_other_dress(value, cleaned):
    finding = one(DAY, value)
    assert (finding.rule, finding.cleaned) == ("F8", cleaned)
    with pytest.raises(EncodeError):
        DAY.to_wire(value)


@pytest.mark.parametrize("value", ["31-02-2020", "29-02-2023", "01-01-0000"])
def test_f8_dates_must_exist(value):
    assert one(DAY, value).text == f"{value} is not a valid date. Use DD-MM-YYYY."


def test_dates_in_words_and_hidden():
    assert DAY.words("21-01-1995") == "21 January 1995"
    assert DAY.masked("21-01-1995") == "••••"
    assert not list(DAY.findings("29-02-2024", "it"))


def test_codes_are_checked_and_explained():
    assert STATUS.words("A") == "Active"
    assert one(STATUS, "X").text == "Status must be A (Active), S (Suspended) or I (Inactive)."
    assert STATUS.to_wire(codes.UserStatus.ACTIVE) == "A"
    with pytest.raises(EncodeError):
        STATUS.to_wire("X")


def test_u7_sets_of_codes():
    assert SEGMENTS.words(["1", "3"]) == "NSE Cash, BSE Cash"
    assert SEGMENTS.to_wire(["1", "3"]) == "1,3"
    assert SEGMENTS.from_wire("1,3") == ["1", "3"]
    assert SEGMENTS.from_wire("") == []
    assert "no “6”" in one(SEGMENTS, ["1", "6"]).text
    assert "more than once" in one(SEGMENTS, ["1", "1"]).text
    assert "longer than 12" in one(SEGMENTS, ["11", "13", "15", "16", "17"]).text
    for bad in (["1,2"], ["6"], "1,2", [1], [["1"]], None, ["11", "13", "15", "16", "17"]):
        with pytest.raises(EncodeError):
            SEGMENTS.to_wire(bad)


def test_u7_sets_are_cleaned_into_the_order_of_the_declaration():
    assert SEGMENTS.clean(" 3, 1,,1 ") == ["1", "3"]
    assert SEGMENTS.clean(["3", "zz", "1"]) == ["1", "3", "zz"]
    assert SEGMENTS.clean(None) == []


@pytest.mark.parametrize("password", ["abc123", "Sesame42", r"a1<>.:;~!@#$", r"a1%^*()+-\/[", "]a1234"])
def test_u9_good_passwords(password):
    assert not list(PASSWORD.findings(SecretText(password), "password"))


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("ab12", "6 to 12"),
        ("abcdefgh12345", "6 to 12"),
        ("abcdefgh", "one letter and one digit"),
        ("12345678", "one letter and one digit"),
        ("abc 1234", "letters, digits and"),
        ("abc|1234", "letters, digits and"),
        ("abc_1234", "letters, digits and"),
        ("abc१२३४1", "letters, digits and"),
    ],
)
def test_u9_bad_passwords_are_told_without_showing_them(password, words):
    finding = one(PASSWORD, SecretText(password))
    assert words in finding.text
    assert password not in finding.text


def test_u11_a_secret_goes_out_only_encrypted():
    assert PASSWORD.encrypted("5Doyhbgtc7mjh7i0yDGjFg==") == "5Doyhbgtc7mjh7i0yDGjFg=="
    assert PASSWORD.to_wire("") == ""
    for odd in ("Sesame@42", "a|b", "x" * 25, ""):
        with pytest.raises(EncodeError):
            PASSWORD.encrypted(odd)
    for clear in (SecretText("Sesame42"), "Sesame42", "Sesame@42", None):
        with pytest.raises(EncodeError) as raised:
            PASSWORD.to_wire(clear)
        assert "Sesame" not in str(raised.value)
    assert PASSWORD.words(SecretText("Sesame42")) == PASSWORD.masked(SecretText("Sesame42")) == "••••"
    assert PASSWORD.clean("Sesame42") == SecretText("Sesame42")
    assert PASSWORD.clean("") == ""


def test_f6_records_are_joined_by_commas_and_dollars():
    rows = [{"first": "a", "second": "", "born": "21-01-1995"}, {"first": "b", "second": "c", "born": ""}]
    assert PARTS.to_wire(rows) == "a,,21-01-1995$b,c,"
    assert PARTS.from_wire("a,,21-01-1995$b,c,") == rows
    assert PARTS.to_wire([{"first": "a"}]) == "a,,"
    assert (PARTS.to_wire([]), PARTS.from_wire("")) == ("", [])
    assert (PART.to_wire({}), PART.from_wire("")) == ("", {})


@pytest.mark.parametrize(
    "rows",
    [
        [{"first": "a,b"}],
        [{"first": "a", "second": "b,", "born": ""}],
        [{"first": "a,,", "second": "", "born": ""}],
        [{"first": "", "second": "$,", "born": ""}],
        [{"first": "a", "second": "$b,c", "born": ""}],
        [{"first": "a", "second": "", "born": "$b,,"}],
        [{"first": "a|2", "second": "", "born": ""}],
        [{"first": "a", "second": "", "born": "1995-01-21"}],
        [{"first": "toolong", "second": "", "born": ""}],
        [{"first": "a", "unknown": "b"}],
        [{"first": 1, "second": "", "born": ""}],
        [{"first": None}],
        ["a,b,c"],
        [["a", "b", "c"]],
        {"first": "a"},
        "a,b,c",
        [{"first": "aaaaa", "second": "bbbbb", "born": "21-01-1995"}] * 2,
    ],
)
def test_f5_f7_records_cannot_carry_separators_wrong_forms_or_too_much(rows):
    with pytest.raises(EncodeError):
        PARTS.to_wire(rows)
    assert list(PARTS.findings(rows, "it"))


def test_findings_of_records_have_paths():
    rows = [{"first": "a"}, {"first": "", "second": "x|y", "born": "1995"}]
    assert [finding.path for finding in PARTS.findings(rows, "parts")] == [
        "parts.1.first",
        "parts.1.second",
        "parts.1.born",
    ]
    assert [finding.path for finding in PART.findings({"second": "b"}, "part")] == ["part.first"]


def test_f7_the_whole_record_has_a_length():
    assert "13 characters in all" in one(PART, {"first": "a", "born": "21-01-1995"} | {"second": ""}).text


@pytest.mark.parametrize("text", ["a", "a,b", "a,b,c,d", "a,b,c$", "$a,b,c"])
def test_records_with_the_wrong_number_of_sub_fields_cannot_be_read(text):
    with pytest.raises(DecodeError):
        PARTS.from_wire(text)


def test_records_are_cleaned_without_empty_ones():
    assert PARTS.clean([{"first": " a "}, {"first": "", "second": " "}]) == [
        {"first": "a", "second": "", "born": ""}
    ]
    assert PART.clean({"second": ""}) == {}
    assert PARTS.clean("nonsense") == []


def test_f6_json_is_compact_and_commas_may_stand_in_it():
    rows = [{"first": "a, b", "second": "10"}, {"first": '"\\', "second": ""}]
    text = '[{"First":"a, b","Second":"10"},{"First":"\\"\\\\","Second":""}]'
    assert JSON_PARTS.to_wire(rows) == text
    assert JSON_PARTS.from_wire(text) == rows
    assert not list(JSON_PARTS.findings(rows, "it"))


@pytest.mark.parametrize("character", ["|", "$", "=", "<", ">", "\n", "é"])
def test_f6_json_strings_refuse_separators(character):
    rows = [{"first": f"a{character}b", "second": ""}]
    assert [finding.path for finding in JSON_PARTS.findings(rows, "it")] == ["it.0.first"]
    with pytest.raises(EncodeError):
        JSON_PARTS.to_wire(rows)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{}",
        '[{"First":1}]',
        '[{"Other":"a"}]',
        "[1]",
        '[{"First":null}]',
        "[" * 50_000,
        "[{'First':'a'}]",
    ],
)
def test_f6_json_must_be_valid(text):
    with pytest.raises(DecodeError):
        JSON_PARTS.from_wire(text)


def test_f6_a_record_in_json_needs_keys():
    with pytest.raises(Exception, match="needs a key"):
        JsonRecords(335, "Parts", Part)


@pytest.mark.parametrize("good", ["AAAPL1234C", "ABCFE9999Z"])
def test_pan_shape(good):
    assert not list(PAN.findings(good, "pan"))


@pytest.mark.parametrize(
    ("bad", "cleaned"),
    [("12345", None), ("aaapl1234c", "AAAPL1234C"), ("AAAPL 1234 C", "AAAPL1234C"), ("AAAPL12345", None)],
)
def test_pan_shape_is_an_error_in_plain_words(bad, cleaned):
    [finding] = PAN.findings(bad, "pan")
    assert finding.text == "PAN must be five letters, four digits and a letter, like AAAPL1234C."
    assert (finding.severity, finding.cleaned) == (Severity.ERROR, cleaned)


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (PIN_CODE, "400001", "012345"),
        (PIN_CODE, "110001", "4000"),
        (MOBILE, "9876543210", "5876543210"),
        (MOBILE, "6000000000", "+919876543210"),
        (EMAIL, "aaa@bbb.com", "aaa.bbb"),
    ],
)
def test_u16_what_only_good_sense_requires_is_a_warning(shape, good, bad):
    assert not list(shape.findings(good, "it"))
    [finding] = shape.findings(bad, "it")
    assert finding.severity is Severity.WARNING


def test_o7_isin_has_a_check_digit():
    assert not list(ISIN.findings("INE009A01021", "isin"))
    assert [finding.severity for finding in ISIN.findings("INE009A01022", "isin")] == [Severity.ERROR]


@pytest.mark.parametrize("text", ["Aadhaar 2341 2341 2346", "id 234123412346", "2341-2341-2346 x"])
def test_aadhaar_numbers_are_refused_in_free_text(text):
    assert one(FREE, text).text.startswith("Aadhaar numbers are not stored here")


@pytest.mark.parametrize("text", ["Account 1234123412345", "2341 2341 2347", "1 Hill Road 400050"])
def test_other_numbers_are_not_taken_for_aadhaar(text):
    assert not list(FREE.findings(text, "it"))


@pytest.mark.parametrize(
    ("number", "grouped"),
    [
        ("1", "1"),
        ("999", "999"),
        ("1000.50", "1,000.50"),
        ("1234567", "12,34,567"),
        ("99999999999.99", "99,99,99,99,999.99"),
    ],
)
def test_amounts_are_shown_with_indian_grouping(number, grouped):
    assert AMOUNT.words(number) == grouped
    assert Decimal(grouped.replace(",", "")) == Decimal(number)


def test_personal_values_keep_their_last_four_characters():
    field = Text(217, "PAN", personal=Personal.PAN)
    assert (field.masked("AAAPL1234C"), field.masked("short"), field.masked("")) == ("••••234C", "••••", "")
    assert field.words("AAAPL1234C") == "AAAPL1234C"
    assert Text(206, "Name").masked("Asha") == "Asha"


def test_again_copies_a_declaration_and_refuses_what_a_field_has_not():
    shorter = TEXT.again(tag=999999, max_length=3)
    assert (shorter.tag, shorter.label, TEXT.max_length) == (999999, "Name", 10)
    with pytest.raises(EncodeError):
        shorter.to_wire("four")
    assert TEXT.to_wire("four") == "four"
    with pytest.raises(AttributeError):
        TEXT.again(lenght=3)
