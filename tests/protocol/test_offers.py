"""What is offered in place of a value: the value that was meant, or nothing. Never an empty one, never a guess."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.kinds.register_retail_user import RegisterRetailUser
from backoffice.protocol.charset import reduced, shown, words
from backoffice.protocol.days import read_day
from backoffice.protocol.examples import example
from backoffice.protocol.fields import Amount, Date, Flags, Integer, Percent, Records, Secret, Text
from backoffice.protocol.message import REQUESTS, Context, check
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from backoffice.protocol.shapes import ACCOUNT_NO, EMAIL, ISIN, MOBILE, PIN_CODE, TELEPHONE

from .test_properties import CONTEXT, anything, good, hostile, made_once, near

FIELDS = [
    field
    for message in (*REQUESTS.values(), RegisterRetailUser)
    for declared in message.fields.values()
    for field in (declared, *(declared.record.fields.values() if isinstance(declared, Records) else ()))
]
SCALARS = [field for field in FIELDS if not isinstance(field, Records | Secret)]
#: Programs write a value between, before or behind these, and people do not see most of them.
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u00ad\ufeff\u2060\ufe0f"
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
bent = st.one_of(
    hostile,
    st.text(alphabet="0123456789 -/.,'\"=+()eE₹%" + UNSEEN + "\u00a0०٣９Ａａ", max_size=40),
)


@made_once
def odd(field):
    """Values of a field that are bent, that nearly fit, and others."""
    return st.one_of(bent, anything, near(field), bent.map(lambda text: [text]))


@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field=st.sampled_from(FIELDS), data=st.data())
def test_an_offer_says_something_and_has_not_the_finding_in_whose_place_it_is_made(field, data):
    value = data.draw(odd(field))
    if not value:
        return
    for finding in field.findings(value, "x"):
        if finding.cleaned is None:
            continue
        assert finding.cleaned.strip()
        assert reduced(finding.cleaned) == finding.cleaned
        part = field
        if isinstance(field, Records):
            part = field.record.fields[finding.path.rpartition(".")[2]]
        again = list(part.findings(part.clean(finding.cleaned), finding.path))
        assert finding.rule not in {found.rule for found in again}


def _bend(text, how, place):
    """The text as another program writes it."""
    place %= len(text) + 1
    match how:
        case "apostrophe":
            return f"'{text}"
        case "formula":
            return f'="{text}"'
        case "quotes":
            return f'"{text}"'
        case "point zero":
            return f"{text}.0"
        case "devanagari":
            return text.translate(DEVANAGARI)
        case "arabic":
            return text.translate(ARABIC)
        case "wide":
            return text.translate(WIDE)
        case "no-break space":
            return f"{text}\u00a0"
        case "line break":
            return f"{text}\n"
    return text[:place] + how + text[place:]


BENDINGS = (
    *("apostrophe", "formula", "quotes", "point zero", "devanagari", "arabic", "wide", "no-break space"),
    "line break",
    *UNSEEN,
)


@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    field=st.sampled_from(SCALARS), how=st.sampled_from(BENDINGS), place=st.integers(0, 40), data=st.data()
)
def test_a_value_that_a_program_has_bent_is_found_and_the_value_that_was_meant_is_offered(
    field, how, place, data
):
    meant = data.draw(good(field))
    assume(meant and not list(field.findings(meant, "x")))
    if isinstance(field, Text):
        assume(meant[0].isalnum() and meant[-1].isalnum() and (not field.free or meant.isdigit()))
    if isinstance(field, Flags):
        value, wanted = [*meant[1:], _bend(meant[0], how, place)], ",".join(meant)
    else:
        value, wanted = _bend(meant, how, place), meant
    digits = (meant[0] if isinstance(field, Flags) else meant).isdigit()
    assume(value not in (meant, [*meant[1:], meant[0]]) and (how != "point zero" or digits))
    if how == "point zero" and isinstance(field, Amount | Percent):
        return  # a point and a zero are decimals there
    [finding] = [found for found in field.findings(value, "x") if found.cleaned is not None][:1]
    if isinstance(field, Flags):
        assert sorted(finding.cleaned.split(",")) == sorted(wanted.split(","))
    elif isinstance(field, Integer | Amount | Percent):
        assert float(finding.cleaned) == float(wanted)
    else:
        assert finding.cleaned == wanted


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("Mee\u200bra Rao", "Meera Rao"),
        ("Meera\u00a0Rao", "Meera Rao"),
        ("Søren Łukasz Straße", "Soren Lukasz Strasse"),
        ("Ｍｅｅｒａ", "Meera"),
        ("“Sea View” – 4", '"Sea View" - 4'),
        ("Rao, Meera", "Rao Meera"),
        ("Meera 😀", "Meera"),
        ("आशा Rao", None),
        ("Jos\ufffd Rao", None),
        ("Flat 5½", None),
        ("Плot", None),
        ("€ 500", None),
        ("||", None),
        ("\u200b", None),
        ("x" * 1001 + "|", None),
    ],
)
def test_free_text_is_offered_without_what_odin_cannot_take_or_not_at_all(text, offered):
    name = CreateRetailUser.fields["name"]
    assert [found.cleaned for found in name.findings(text, "name") if found.rule == "F5"] == [offered]


@pytest.mark.parametrize(
    ("shape", "text", "tidied"),
    [
        *((MOBILE, text, "9812345678") for text in ("98123 45678", "+91 98123 45678", "98123-45678")),
        *((MOBILE, text, "9812345678") for text in ("09812345678", "0091 9812345678", "+91-9812345678")),
        *((MOBILE, text, "9812345678") for text in ("91 9812345678", "+91 (0) 98123 45678", "98123.45678")),
        *((MOBILE, text, "9812345678") for text in ("9,812,345,678", "(+91) 9812345678")),
        *((MOBILE, text, None) for text in ("9812345678 / 9812345679", "+1 9812345678", "+9812345678")),
        *((MOBILE, text, None) for text in ("981234567.8", "12345", "98123 4567", "5812345678")),
        *((PIN_CODE, text, "411004") for text in ("411 004", "411-004", "4 1 1 0 0 4", "411,004")),
        *((PIN_CODE, text, None) for text in ("011004", "4110.04", "41100")),
        (TELEPHONE, "022-2640 0000", "02226400000"),
        (TELEPHONE, "+91 22 2640 0000", "+912226400000"),
        (ACCOUNT_NO, "0048 7456 00009", "0048745600009"),
        (ISIN, "ine009a01021", "INE009A01021"),
    ],
)
def test_numbers_as_people_write_them_are_found_with_the_digits(shape, text, tidied):
    [finding] = shape.findings(text, "x")
    assert finding.cleaned == tidied


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (TELEPHONE, "022-26400000/01"),
        (TELEPHONE, "2640"),
        (ACCOUNT_NO, "SB-12/345"),
        (ACCOUNT_NO, "00451234567"),
        (EMAIL, "o'brien@example.com"),
    ],
)
def test_what_cannot_be_tidied_without_a_guess_stays(shape, text):
    assert not list(shape.findings(text, "x"))


def test_an_address_with_an_accent_is_not_offered_as_another_address():
    email = CreateRetailUser.fields["email"]
    assert [found.cleaned for found in email.findings("josé@example.com", "email")] == [None]
    assert [found.cleaned for found in email.findings("jose\u200b@example.com", "email")] == [
        "jose@example.com"
    ]


@pytest.mark.parametrize(
    "spellings",
    [
        ("9812340001", "+919812340001", "09812340001", "98123 40001", "0091-98123-40001"),
        ("9876543210", "919876543210"),
    ],
)
def test_spellings_of_a_mobile_number_have_one_key(spellings):
    assert {MOBILE.key(text) for text in spellings} == {spellings[0]}


@pytest.mark.parametrize(
    "text",
    [
        *("21/01/1985", "21.01.1985", "21-1-1985", "21 / 1 / 1985", "01/21/1985", "1985/01/21", "1985-1-21"),
        *("21-Jan-1985", "21 January 1985", "21JAN1985", "Jan 21, 1985", "January 21st, 1985", "1985-Jan-21"),
        *("Monday, 21 January 1985", "19850121", "21011985", "21-01-1985 00:00:00", "21/01/1985 00:00"),
        *("1985-01-21 14:30:00", "1985-01-21T14:30:00", "1985-01-21T00:00:00.000Z", "21-01-1985 12:00 AM"),
        *("'21-01-1985", '="21-01-1985"', "21\u200e-01-1985", "२१-०१-१९८५", "21-01-1985\u00a0"),
    ],
)
def test_a_date_that_can_mean_one_day_only_is_offered_as_that_day(text):
    assert read_day(text).day == "21-01-1985"
    birth_date = CreateRetailUser.fields["birth_date"]
    assert [found.cleaned for found in birth_date.findings(text, "birth_date")] == ["21-01-1985"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *((text, "day first or with the month first") for text in ("05/06/1985", "5.6.1985", "05061985")),
        *((text, "year of two digits") for text in ("21-01-85", "21-Jan-85", "21 January 85")),
        ("31068", "as Excel counts days"),
        ("29-02-1985 00:00", "not a valid date. Use DD-MM-YYYY."),
        ("30/02/1985", "not a valid date. Use DD-MM-YYYY."),
        ("31-02-1990", "31-02-1990 is not a valid date. Use DD-MM-YYYY."),
        ("Tuesday, 21 January 1985", "not a valid date. Use DD-MM-YYYY."),
        ("1985-01-20T18:30:00Z", "another time zone"),
        ("some day", "must be a date"),
        ("=DATE(1985,1,21)", "must be a date"),
        ("21-01-1985 21-01-1985", "must be a date"),
    ],
)
def test_a_date_that_is_a_guess_is_found_and_none_is_offered(text, words):
    [finding] = CreateRetailUser.fields["birth_date"].findings(text, "birth_date")
    assert (finding.cleaned, finding.rule) == (None, "F8")
    assert words in finding.text


@settings(max_examples=1000, deadline=None)
@given(
    text=st.one_of(st.text(max_size=70), st.text(alphabet="0123456789-/. :TZJanFebamp,+'\"=", max_size=40))
)
def test_whatever_is_read_as_a_date_never_raises_and_gives_a_day_of_the_calendar(text):
    day = read_day(text).day
    assert day is None or not list(Date(229, "Date").findings(day, "x"))


PAN_AND_NAME = [
    *(("AAAPR1234C", "K.Ramesh"), ("AAAPM1234C", "D'Souza Anne-Marie"), ("AAAPS1234C", "D'Souza Anne-Marie")),
    *(("AAAPS1234C", "(Late) Sita Rao"), ("AAAPK1234C", "R.S.Kumar"), ("AAAPF1234C", "AL-Farid Mohd.")),
    *(("AAAPR1234C", "meera rao"), ("aaapr1234c", "Meera Rao"), ("AAAPR 1234 C", "Meera Rao")),
    *(
        ("AAAPM1234C", "Mee\u200bra"),
        ("AAAPE1234C", "Élan Kumar"),
        ("AAAPS1234C", "आशा"),
        ("AAAPT1234C", "#7Traders"),
    ),
]


@pytest.mark.parametrize(("pan", "name"), PAN_AND_NAME)
def test_u16_a_name_however_it_is_written_has_no_false_warning(pan, name):
    values = {**example(CreateRetailUser), "pan": pan, "name": name, "gender": "M", "incorporation": ""}
    found = check(CreateRetailUser, values, CONTEXT)
    assert not [one for one in found if one.path == "pan" and one.severity == "warning"]


def test_u16_a_pan_of_somebody_else_still_has_its_warning():
    values = {**example(UpdateRetailUser), "pan": "aaapz1234c", "name": "Meera Rao", "gender": "M"}
    found = check(UpdateRetailUser, values, Context(CONTEXT.today))
    assert any("fifth letter, Z," in one.text for one in found)


def test_words_of_a_name_are_parted_by_every_sign_that_is_no_letter():
    assert words("K.Ramesh-Rao (née D'Souza)") == ["K", "RAMESH", "RAO", "NEE", "D", "SOUZA"]
    assert words("आशा") == []


def test_what_cannot_be_seen_is_shown_by_its_number():
    assert shown("Mee\u200bra Rao\u00a0") == "Mee[U+200B]ra Rao[U+00A0]"
    assert shown("José 12") == "José 12"


@pytest.mark.parametrize("text", ["4.0", "'4", '="4"', "４", "४", "4\u00a0", "4\u200b"])
def test_a_code_is_offered_out_of_what_a_program_has_made_of_it(text):
    category = CreateRetailUser.fields["category"]
    assert [found.cleaned for found in category.findings(text, "category")] == ["4"]
    assert [found.cleaned for found in category.findings("44", "category")] == [None]


def test_a_long_text_is_not_searched():
    for field in SCALARS:
        if isinstance(field, Text | Integer | Amount | Date):
            assert [found.cleaned for found in field.findings("'" * 100_000, "x")][:1] == [None]
