"""Damaged rows, each with the finding that it must give; files of any bytes: never a crash, never half a file."""

import csv
import io
import re
import uuid
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from backoffice.batches.check.checking import Checking, RowChecker
from backoffice.batches.errors import FileProblem
from backoffice.batches.file.cells import RowReader
from backoffice.batches.file.columns import columns
from backoffice.batches.file.dates import DateShapes
from backoffice.batches.file.matching import match, problems
from backoffice.batches.file.reading import inspect
from backoffice.batches.models import Batch, Row, State
from backoffice.changes.kinds import file_kind, file_kinds
from tests.batches.files import example_row, names, workbook, zipped
from tests.factories import RetailUserFactory

CREATE, UPDATE, CASH, SQUARE_OFF = "create_retail_user", "update_retail_user", "cash_deposit", "square_off"
JOINT = {"demat_1_holding_type": "2", "demat_1_second_first_name": "Ravi"}

#: Kind of file, what the row has in place of the example, and the finding: path, rule, cleaned value.
DAMAGED = [
    # Excel has been at it.
    (CREATE, {"bank_1_account_no": "1.2E+15"}, "banks.0.account_no", "file.number", None),
    (CREATE, {"bank_1_account_no": "4.87456E+13"}, "banks.0.account_no", "file.number", None),
    (CREATE, {"mobile": "9.87654E+09"}, "mobile", "file.number", None),
    (CREATE, {"bank_1_account_no": "4.87456e+13"}, "banks.0.account_no", "file.number", None),
    (CREATE, {"bank_1_account_no": "4.87456E13"}, "banks.0.account_no", "bent", None),
    (CREATE, {"user_id": "'00123"}, "user_id", "bent", "00123"),
    (CREATE, {"family_id": '="00123"'}, "family_id", "F5", "00123"),
    (CREATE, {"bank_1_bank_id": '"240"'}, "banks.0.bank_id", "bent", "240"),
    (CREATE, {"bank_1_account_no": "0048-7456-00009"}, "banks.0.account_no", "U16", "0048745600009"),
    (CREATE, {"demat_1_dp_id": "in300940"}, "demats.0.dp_id", "U16", "IN300940"),
    (CREATE, {"telephone": "(022) 2640-0000"}, "telephone", "U16", "02226400000"),
    (CREATE, {"status": "Active\u200b"}, "status", "F5", "A"),
    (CREATE, {"trading_segments": "NSE Cash;3.0"}, "trading_segments", "U7", "1,3"),
    (CREATE, {"orders_per_second": "-1.0"}, "orders_per_second", "F8", "-1"),
    (CREATE, {"orders_per_second": "1,2"}, "orders_per_second", "F8", None),
    (CREATE, {"city": "'411004"}, "city", "bent", "411004"),
    (CREATE, {"city": "=A1&B1"}, "city", "F5", None),
    (CREATE, {"demat_1_beneficiary_id": "1.20816E+15"}, "demats.0.beneficiary_id", "file.number", None),
    (CASH, {"reference": "7.0705E+10"}, "reference", "file.number", None),
    (CASH, {"amount": "1.5E+7"}, "amount", "file.number", None),
    (SQUARE_OFF, {"periodicity": "8.58993E+09"}, "periodicity", "file.number", None),
    (CREATE, {"demat_1_dp_id": "1234567"}, "demats.0.dp_id", "file.zeros", None),
    (CREATE, {"demat_1_beneficiary_id": "1234567"}, "demats.0.beneficiary_id", "file.zeros", None),
    (CREATE, {"demat_1_beneficiary_id": "120816000123456"}, "demats.0.beneficiary_id", "file.zeros", None),
    (CREATE, {"city": "#REF!"}, "city", "file.formula", None),
    (CREATE, {"pan": "#N/A"}, "pan", "file.formula", None),
    (CREATE, {"bank_1_bank_id": "#VALUE!"}, "banks.0.bank_id", "file.formula", None),
    # Dates.
    (CREATE, {"birth_date": "01/02/1985"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "2/1/1985"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "21/01/1985"}, "birth_date", "file.date", "21-01-1985"),
    (CREATE, {"birth_date": "01/21/1985"}, "birth_date", "file.date", "21-01-1985"),
    (CREATE, {"birth_date": "5.5.1985"}, "birth_date", "file.date", "05-05-1985"),
    (CREATE, {"birth_date": "1985/01/21"}, "birth_date", "file.date", "21-01-1985"),
    (CREATE, {"birth_date": "21-01-85"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "21-Jan-85"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "31068"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "99/99/1985"}, "birth_date", "file.date", None),
    (CREATE, {"birth_date": "31-02-1985"}, "birth_date", "F8", None),
    (CREATE, {"birth_date": "21 January 1985"}, "birth_date", "file.date", "21-01-1985"),
    (CREATE, {"birth_date": "1985-01-21T14:30:00"}, "birth_date", "file.date", "21-01-1985"),
    (CREATE, {"birth_date": "some day"}, "birth_date", "F8", None),
    (CREATE, {"birth_date": ""}, "birth_date", "U4", None),
    (CREATE, {"birth_date": "21-01-2999"}, "birth_date", "U16", None),
    (CREATE, {"mf_ucc_nominee_birth_date": "02/03/2001"}, "mf_ucc.nominee_birth_date", "file.date", None),
    # Characters.
    (CREATE, {"name": "Rao, Asha"}, "name", "F5", "Rao Asha"),
    (CREATE, {"name": "Asha|Rao"}, "name", "F5", "Asha Rao"),
    (CREATE, {"name": "Asha\u0000Rao".replace("\u0000", "\u0001")}, "name", "F5", "Asha Rao"),
    (CREATE, {"name": "Aśha Rāo"}, "name", "F5", "Asha Rao"),
    (CREATE, {"name": "आशा राव"}, "name", "F5", None),
    (CREATE, {"address_1": "1 Hill Road\nBandra"}, "address_1", "F5", "1 Hill Road Bandra"),
    (CREATE, {"address_1": "Flat\u00a04"}, "address_1", "F5", "Flat 4"),
    (CREATE, {"address_1": "“Sea View”"}, "address_1", "F5", '"Sea View"'),
    (CREATE, {"bank_1_branch_name": "A=B"}, "banks.0.branch_name", "F5", "A B"),
    (CREATE, {"bank_1_branch_name": "x$1"}, "banks.0.branch_name", "F5", None),
    (CREATE, {"user_id": "X|244=0"}, "user_id", "F5", None),
    (CREATE, {"user_id": "A/B"}, "user_id", "portal.lane", None),
    # Lengths, codes and shapes.
    (CREATE, {"city": "x" * 41}, "city", "F7", None),
    (CREATE, {"user_id": "TOOLONGUSER"}, "user_id", "F7", None),
    (CREATE, {"bank_1_account_no": "1" * 21}, "banks.0.account_no", "F7", None),
    (CREATE, {"status": "Z"}, "status", "code", None),
    (CREATE, {"gender": "Unknown"}, "gender", "code", None),
    (CREATE, {"bank_1_account_type": "Salary"}, "banks.0.account_type", "code", None),
    (CREATE, {"trading_segments": "NSE Cash;Atlantis"}, "trading_segments", "U7", None),
    (CREATE, {"pan": "AAAP1234C"}, "pan", "U16", None),
    (CREATE, {"pan": "aaapr 1234c"}, "pan", "U16", "AAAPR1234C"),
    (CREATE, {"email": "nobody"}, "email", "U16", None),
    (CREATE, {"mobile": "12345"}, "mobile", "U16", None),
    (CREATE, {"pin_code": "012345"}, "pin_code", "U16", None),
    (CREATE, {"orders_per_second": "1000"}, "orders_per_second", "U8", None),
    (CREATE, {"orders_per_second": "007"}, "orders_per_second", "F8", "7"),
    (CREATE, {"password": "short"}, "password", "U9", None),
    (CREATE, {"address_2": "Aadhaar 2345 6789 0124"}, "address_2", "aadhaar", None),
    # What must be there, or must fit.
    (CREATE, {"name": ""}, "name", "mandatory", None),
    (CREATE, {"trading_segments": ""}, "trading_segments", "U2", None),
    (CREATE, {"client_type": ""}, "client_type", "U3", None),
    (CREATE, {"bank_1_account_no": ""}, "banks.0.account_no", "mandatory", None),
    (CREATE, {"mf_ucc_holding_mode": ""}, "mf_ucc.holding_mode", "mandatory", None),
    (CREATE, {"mf_ucc_bse_ucc": "", "mf_ucc_nse_ucc_1": ""}, "mf_ucc.bse_ucc", "U6", None),
    (CREATE, {"mf_ucc_holding_mode": "JO"}, "mf_ucc.second_pan", "U6", None),
    (CREATE, JOINT, "mf_ucc.holding_mode", "portal.compare", None),
    (CREATE, {"demat_1_holding_type": "3"}, "demats.0.holding_type", "U16", None),
    (CREATE, {"bank_1_is_default": "No"}, "banks", "U16", None),
    (CREATE, {"name": "(clear)"}, "name", "file.clear", None),
    (
        CREATE,
        {"bank_3_bank_id": "UTI", "bank_3_account_no": "1", "bank_3_account_type": "SB"},
        "banks.2.bank_id",
        "file.gap",
        None,
    ),
    # Other kinds of file.
    (CASH, {"amount": "0"}, "amount", "O1", None),
    (CASH, {"amount": "-5"}, "amount", "F8", None),
    (CASH, {"amount": "1,00,000.50"}, "amount", "F8", "100000.50"),
    (CASH, {"amount": "12.345"}, "amount", "F8", None),
    (CASH, {"amount": ""}, "amount", "O1", None),
    (CASH, {"amount": "999999999999.00"}, "amount", "O1", None),
    (CASH, {"product_id": "one"}, "product_id", "F8", None),
    (CASH, {"user_id": "NOBODY"}, "user_id", "portal.exists", None),
    (SQUARE_OFF, {"mtm_pre": "0"}, "mtm_pre", "O6", None),
    (SQUARE_OFF, {"mtm_pre": "90", "mtm": "80"}, "mtm_pre", "U16", None),
    (SQUARE_OFF, {"action": "Remove"}, "action", "code", None),
    ("dealer_mapping", {"action": "X"}, "mappings.0.action", "code", None),
    ("dealer_mapping", {"dealer_id": ""}, "mappings.0.dealer_id", "mandatory", None),
    ("qvl_templates", {"exchange": "99"}, "templates.0.exchange", "code", None),
    ("user_template", {"template_name": "x" * 15}, "template_name", "F7", None),
    ("user_template", {"template_type": "5", "level": "Branch"}, "level", "O2", None),
    ("status", {"status": "Gone"}, "status", "code", None),
    (UPDATE, {"name": "(clear)"}, "name", "U18", None),
    (UPDATE, {"bank_1_action": "Move"}, "banks.0.action", "code", None),
    (UPDATE, {"telephone": "0222", "mobile": "9811111111"}, "telephone", "U12", None),
    (UPDATE, {"inactive_segments": "NSE Cash", "trading_segments": "1"}, "inactive_segments", "U13", None),
    ("register_retail_user", {"declared_from": ""}, "declared_from", "mandatory", None),
]


def check_row(slug, cells):
    """The findings on one row of a file with these cells by the names of their columns."""
    batch = Batch(kind=slug, mapping=list(cells))
    checker = RowChecker(batch)
    seen = checker.seen()
    try:
        (row,) = checker.check([(2, list(cells.values()))], seen)
    finally:
        seen.close()
    return row.findings


@pytest.mark.django_db
@pytest.mark.parametrize(("slug", "changed", "path", "rule", "cleaned"), DAMAGED)
def test_a_damaged_row_has_its_finding(slug, changed, path, rule, cleaned):
    if slug not in (CREATE, "register_retail_user"):
        RetailUserFactory(user_id="WEBRET1", group_id="HO", city="Pune")
    found = check_row(slug, example_row(slug, **changed))
    said = {(f.path, f.rule): f.cleaned for f in found}
    assert (path, rule) in said
    assert said[(path, rule)] == cleaned
    if rule.startswith("file."):
        assert [f.rule for f in found if f.path == path] == [rule], "damage is said once"


@pytest.mark.django_db
@pytest.mark.parametrize("cells", [["RET1"], [*"ABCDEF"]])
def test_a_row_of_another_width_is_not_guessed_at(cells):
    batch = Batch(kind=CASH, mapping=names(CASH)[:4])
    checker = RowChecker(batch)
    (row,) = checker.check([(2, cells)], checker.seen())
    assert [(f.path, f.rule) for f in row.findings] == [("", "file.width")]
    assert row.values == {}


@pytest.mark.django_db
def test_damage_is_not_found_where_there_is_none():
    clean_cells = example_row(CREATE, name="E Rao", address_1="Flat 1E+ # 4", user_id="1E5")
    read = RowReader(file_kind(CREATE).layout, list(clean_cells)).read(list(clean_cells.values()))
    assert read.findings == []


@pytest.mark.parametrize(
    ("shapes", "text", "canonical"),
    [
        (["DD/MM/YYYY"], "01/02/1985", "01-02-1985"),
        (["MM/DD/YYYY"], "01/02/1985", "02-01-1985"),
        (["DD-MMM-YYYY"], "21-JAN-1985", "21-01-1985"),
        (["DD-MMM-YYYY"], "21-Xyz-1985", "21-Xyz-1985"),
        (["YYYY-MM-DD"], "1985-02-30", "1985-02-30"),
        (["DD.MM.YYYY"], "21x01x1985", "21x01x1985"),
    ],
)
def test_accepted_shapes_of_dates(shapes, text, canonical):
    assert DateShapes(shapes).canonical(text) == canonical


# --- anything at all --------------------------------------------------------------------------------------------

HEADERS = {
    slug: ",".join(column.name for column in columns(kind.layout)) for slug, kind in file_kinds().items()
}
nasty = st.sampled_from(
    [
        "|",
        "=",
        "$",
        ",",
        '"',
        "'",
        "\r",
        "\n",
        "\t",
        ";",
        "\ufeff",
        "\u2028",
        "é",
        "1.2E+15",
        "=1+1",
        "(clear)",
    ]
)
cell = st.lists(st.one_of(nasty, st.text(max_size=6), st.sampled_from("0123456789")), max_size=4).map("".join)
FUZZ = tried(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def take(path, content, slug, maker):
    """What the portal does with a file: inspect, match, check, store. Everything or nothing arrives."""
    before = Row.objects.count()
    try:
        batch = checked(path, content, slug, maker)
    except FileProblem as problem:
        batch, words = None, problem.words
        assert_words(words)
    if batch is None:
        assert Row.objects.count() == before
    else:
        assert_whole(batch)


def assert_words(words):
    """A reason, and a whole sentence."""
    assert words
    assert words[-1] in ".?"


def checked(path, content, slug, maker):
    """The batch of a file, or None if its columns are refused."""
    path.write_bytes(content)
    inspected = inspect(path, path.name)
    layout = file_kind(slug).layout
    mapping = match(layout, inspected.headers)
    if problems(layout, inspected.headers, mapping):
        return None
    token = uuid.uuid4()
    batch = Batch.objects.create(
        kind=slug,
        state=State.CHECKING,
        file_name=path.name,
        path=str(path),
        sha256="0" * 64,
        size=len(content),
        shape=inspected.shape,
        headers=inspected.headers,
        mapping=mapping,
        made_by=maker,
        lease_token=token,
    )
    with Checking(batch, token) as run:
        while run.step():
            pass
    return batch


def assert_whole(batch):
    """Every row of the batch is counted and says what it is."""
    batch.refresh_from_db()
    assert (
        batch.rows.count() == batch.total_rows == batch.good + batch.warned + batch.wrong + batch.done_before
    )
    assert not batch.rows.filter(state="wrong", findings=[]).exists()
    assert not batch.rows.filter(state__in=("good", "warned"), content_hash="").exists()


@pytest.mark.django_db
@FUZZ
@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused_in_words_or_taken_as_a_whole(tmp_path, maker, content):
    take(tmp_path / "file.csv", content, CASH, maker)


@pytest.mark.django_db
@FUZZ
@given(content=st.binary(max_size=200), slug=st.sampled_from([CREATE, CASH]), encoded=st.booleans())
def test_any_bytes_below_a_good_header(tmp_path, maker, content, slug, encoded):
    below = content.decode("latin-1").encode() if encoded else content
    take(tmp_path / "file.csv", HEADERS[slug].encode() + b"\n" + below, slug, maker)


@pytest.mark.django_db
@FUZZ
@given(slug=st.sampled_from(sorted(file_kinds())), data=st.data())
def test_any_cells_below_a_good_header(tmp_path, maker, slug, data):
    width = HEADERS[slug].count(",") + 1
    places = st.dictionaries(st.integers(0, width - 1), cell, max_size=6)
    text = io.StringIO()
    writer = csv.writer(text)
    for changed in data.draw(st.lists(places, min_size=1, max_size=3)):
        example = list(example_row(slug).values())
        writer.writerow([changed.get(place, old) for place, old in enumerate(example)])
    content = f"{HEADERS[slug]}\n{text.getvalue()}".encode("utf-8", "replace")
    take(tmp_path / "file.csv", content, slug, maker)


@pytest.mark.django_db
@FUZZ
@given(place=st.integers(0, 6000), byte=st.integers(0, 255), cut=st.integers(0, 400))
def test_a_workbook_with_a_broken_byte(tmp_path, maker, place, byte, cut):
    path = workbook(tmp_path / "a.xlsx", names(CASH), list(example_row(CASH).values()))
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    take(tmp_path / "b.xlsx", bytes(content[: len(content) - cut]), CASH, maker)


@pytest.mark.django_db
@FUZZ
@given(
    part=st.integers(0, 20),
    place=st.integers(0, 6000),
    text=st.sampled_from(["-1", "1e308", "9" * 12, "<", '"', "A0", ""]),
)
def test_a_workbook_with_a_broken_part(tmp_path, maker, part, place, text):
    path = workbook(tmp_path / "a.xlsx", names(CASH), [*list(example_row(CASH).values())[:-1], 1.5])
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    name, content = parts[part % len(parts)]
    numerals = [found.span() for found in re.finditer(rb"[0-9]+", content)] or [(0, 1)]
    start, end = numerals[place % len(numerals)]
    parts[part % len(parts)] = (name, content[:start] + text.encode() + content[end:])
    take(tmp_path / "b.xlsx", zipped(tmp_path / "b.xlsx", parts).read_bytes(), CASH, maker)


@pytest.mark.django_db
def test_the_apostrophe_of_a_result_that_is_uploaded_again_is_no_part_of_the_cell():
    cells = example_row(CREATE, orders_per_second="'-1", mobile="'+919876543210", name="O'Brien")
    read = RowReader(file_kind(CREATE).layout, list(cells)).read(list(cells.values()))
    assert [read.values[name] for name in ("orders_per_second", "mobile", "name")] == [
        "-1",
        "+919876543210",
        "O'Brien",
    ]
