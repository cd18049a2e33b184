"""Files uploaded on the page, as a browser sends them, up to checked rows: what docs/batches.md promises of reading."""

import io
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from backoffice.audit.models import Entry
from backoffice.batches import tasks
from backoffice.batches.models import Batch, Mapping, RowState, State
from backoffice.changes.kinds import file_kinds
from tests.batches.check.test_correcting import client_row
from tests.batches.files import CASES, as_csv, example_row, number_format, workbook, xlsx
from tests.factories import RetailUserFactory
from tests.html_forms import flowed
from tests.uploads import accept

pytestmark = pytest.mark.django_db

CREATE, DEPOSIT = "create_retail_user", "cash_deposit"


@pytest.fixture
def upload(client, known_users):
    """Upload a file on the page as somebody, let a worker check it if it begins to be checked; gives its batch."""

    def send(person, content, name="clients.xlsx", kind=CREATE):
        client.force_login(person)
        file = SimpleUploadedFile(name, content)
        answer = client.post(reverse("batches:upload", args=[kind]), {"file": file, "token": uuid.uuid4()})
        assert answer.status_code == 302, answer.content.decode()
        while tasks.work_due():
            pass
        return Batch.objects.latest("pk")

    return send


@pytest.fixture
def known_users():
    """Those that the files of deposits name."""
    for user_id in ("WEBRET1", *(f"PC9000{n}" for n in range(1, 8))):
        RetailUserFactory(group_id="HO", user_id=user_id)


@pytest.fixture
def case(upload, maker):
    """Upload one of the cases by the beginning of its name."""

    def send(start, kind=CREATE):
        (path,) = CASES.glob(f"{start}*")
        return upload(maker, path.read_bytes(), path.name, kind)

    return send


def refused(client, maker, content, name):
    """The page that an upload which is refused leads to."""
    client.force_login(maker)
    form = {"file": SimpleUploadedFile(name, content), "token": uuid.uuid4()}
    answer = client.post(reverse("batches:upload", args=[CREATE]), form)
    assert answer.status_code == 422
    assert not Batch.objects.exists()
    return answer.content.decode()


def found(batch, number):
    """The rules by which a row has errors, by path."""
    errors = [one for one in batch.rows.get(number=number).findings if one["severity"] == "error"]
    return {one["path"]: one["rule"] for one in errors}


def values(batch, number=2):
    return batch.rows.get(number=number).values


def numbers(batch):
    return list(batch.rows.values_list("number", flat=True))


def test_a_workbook_is_read_from_the_upload_to_checked_rows(upload, maker, tmp_path):
    row = example_row(DEPOSIT, amount=1250.5, reference="R1")
    content = workbook(tmp_path / "a.xlsx", list(row), list(row.values())).read_bytes()
    batch = upload(maker, content, kind=DEPOSIT)
    assert (batch.state, batch.good + batch.warned, batch.wrong) == (State.CHECKED, 1, 0)
    assert values(batch)["amount"] == "1250.5"


def filled(content, *rows):
    """The template with rows typed below its head, as Excel keeps what is typed into columns of text."""
    book = load_workbook(io.BytesIO(content))
    (sheet,) = (one for one in book if one.sheet_state == "visible")
    heads = [cell.value for cell in sheet[1]]
    for number, row in enumerate(rows, 2):
        for name, text in row.items():
            cell = sheet.cell(number, heads.index(name) + 1, text)
            cell.number_format = number_format(cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_template_of_excel_comes_back_filled_and_is_read_as_it_was_typed(upload, client, maker):
    client.force_login(maker)
    page = client.get(reverse("batches:upload", args=[CREATE])).content.decode()
    links = re.findall(r'href="(/batches/templates/[^"]+)" download>.*?</svg>\s*([^<]+)</a>', page, re.DOTALL)
    assert [words for _, words in links] == ["Download Excel template", "CSV"]
    template = client.get(links[0][0])
    assert template["Content-Disposition"] == f'attachment; filename="{CREATE}.xlsx"'
    row = client_row(1, gender="Female", bank_1_account_no="4874562102145", bank_1_account_type="Savings")
    content = filled(template.getvalue(), {**row, "birth_date": "05-06-1985"})
    batch = upload(maker, content)
    assert (batch.state, batch.total_rows, batch.wrong) == (State.CHECKED, 1, 0)
    read = values(batch)
    assert (read["birth_date"], read["gender"]) == ("05-06-1985", "F")
    assert (read["banks"][0]["account_no"], read["banks"][0]["account_type"]) == ("4874562102145", "SB")
    assert batch.shape["sheets"] == [batch.shape["sheet"]]


def test_a_template_without_rows_is_refused_in_words(client, maker):
    client.force_login(maker)
    content = client.get(reverse("batches:template_workbook", args=[CREATE])).getvalue()
    assert "The file has a header and no rows." in refused(client, maker, content, "template.xlsx")


@pytest.mark.parametrize("ending", ["xlsx", "csv", "xls", "docx", ""])
def test_what_a_file_is_its_content_decides_and_not_its_name(upload, maker, tmp_path, ending):
    row = example_row(DEPOSIT)
    contents = (workbook(tmp_path / "a", list(row), list(row.values())).read_bytes(), as_csv(row).encode())
    for content, kind in zip(contents, ("xlsx", "csv"), strict=True):
        batch = upload(maker, content, f"file.{ending}", DEPOSIT)
        assert (batch.shape["format"], batch.total_rows, batch.wrong) == (kind, 1, 0)


@pytest.mark.parametrize(
    ("separator", "encoding", "end"),
    [
        (",", "utf-8", "\r\n"),
        (";", "utf-8-sig", "\n"),
        ("\t", "cp1252", "\r"),
        ("|", "utf-16", "\r\n"),
        (",", "utf-16-le", "\r"),
        (";", "utf-16-be", "\n"),
    ],
)
def test_each_separator_encoding_and_line_end_is_read(upload, maker, separator, encoding, end):
    text = as_csv(example_row(DEPOSIT), separator=separator).replace("\r\n", end)
    batch = upload(maker, text.encode(encoding), "a.csv", DEPOSIT)
    assert (batch.total_rows, batch.wrong) == (1, 0)


def test_excels_line_that_names_the_separator_is_no_data(upload, maker):
    text = "sep=;\r\n" + as_csv(example_row(DEPOSIT), separator=";")
    batch = upload(maker, text.encode(), "a.csv", DEPOSIT)
    assert (numbers(batch), batch.wrong) == ([3], 0)


def test_lines_that_are_blank_are_no_data(upload, maker):
    text = as_csv(example_row(DEPOSIT)) + ",,,,\r\n  , ,\r\n\r\n \t\r\n"
    batch = upload(maker, text.encode(), "a.csv", DEPOSIT)
    assert (numbers(batch), batch.wrong) == ([2], 0)


def test_zeros_that_a_number_format_shows_are_kept(case):
    assert values(case("01"))["banks"][0]["account_no"] == "00001234567890"


def test_a_formula_without_a_value_is_an_error_and_stays_one_when_another_cell_is_cleaned(
    case, client, maker
):
    batch = case("02")
    assert found(batch, 2) == {"address_2": "sheet.cell", "mobile": "sheet.cell"}
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "is a formula without a value. Open the file in the spreadsheet program" in page
    row = batch.rows.get()
    offered = {"path": "city", "text": "x", "severity": "error", "rule": "F5", "cleaned": "Pune"}
    row.findings = [*row.findings, offered]
    row.save()
    accept(client, batch, "city", "F5")
    while tasks.work_due():
        pass
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    assert found(batch, 2) == {"address_2": "sheet.cell", "mobile": "sheet.cell"}


def test_digits_that_a_sheet_abbreviates_are_offered_and_can_be_accepted(upload, maker, client, tmp_path):
    row = example_row(CREATE, user_id="NEW1", bank_1_account_no=4874560000002)
    batch = upload(maker, workbook(tmp_path / "a.xlsx", list(row), list(row.values())).read_bytes())
    assert found(batch, 2) == {"banks.0.account_no": "sheet.cell"}
    accept(client, batch, "banks.0.account_no", "sheet.cell")
    while tasks.work_due():
        pass
    assert found(batch, 2) == {}
    assert values(batch)["banks"][0]["account_no"] == "4874560000002"


def test_a_secret_that_a_sheet_abbreviates_is_in_no_finding(upload, maker, tmp_path):
    row = example_row(CREATE, password=987654321987)
    batch = upload(maker, workbook(tmp_path / "a.xlsx", list(row), list(row.values())).read_bytes())
    assert found(batch, 2)["password"] == "sheet.cell"
    stored = batch.rows.get()
    assert "987654321987" not in f"{stored.findings}{stored.cells}{stored.values}"
    assert "9.87654" not in f"{stored.findings}{stored.cells}{stored.values}"


def test_escapes_are_characters(case):
    batch = case("03")
    assert batch.rows.get(number=2).cells[5] == "12 Lake View\r"
    assert "_x000D_" not in str(list(batch.rows.values_list("cells", flat=True)))


@pytest.mark.parametrize(
    ("choice", "rows", "words"),
    [
        ("leave_out", [2, 4], "1 row hidden in the sheet is left out"),
        ("include", [2, 3, 4], "hidden in the sheet is included"),
    ],
)
def test_hidden_rows_are_counted_and_the_maker_chooses(case, client, maker, compliance, choice, rows, words):
    batch = case("07")
    assert found(batch, 3) == {"": "sheet.hidden"}
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "1 row is hidden in the sheet" in flowed(page)
    assert "Leave out 1 hidden row" in page
    assert "Include 1 hidden row" in page
    client.post(reverse("batches:hidden", args=[batch.pk]), {"hidden": choice})
    while tasks.work_due():
        pass
    assert numbers(batch) == rows
    assert not batch.rows.filter(state=RowState.WRONG).exists()
    client.force_login(compliance)
    assert words in flowed(client.get(batch.get_absolute_url()).content.decode())
    assert Entry.objects.filter(action="batch.hidden_rows", details__hidden=choice).count() == 1


def test_nobody_else_decides_on_hidden_rows_and_nothing_is_decided_where_none_are(case, client, other_maker):
    batch, plain = case("07"), case("22")
    for person, asked in ((other_maker, batch), (batch.made_by, plain)):
        client.force_login(person)
        client.post(reverse("batches:hidden", args=[asked.pk]), {"hidden": "include"})
        asked.refresh_from_db()
        assert "hidden" not in asked.shape
        assert asked.state == State.CHECKED


@pytest.mark.parametrize("start", ["09a", "09b", "09c"])
def test_headers_with_breaks_and_invisible_characters_are_read(case, start):
    batch = case(start)
    assert (batch.state, batch.wrong) == (State.CHECKED, 0)
    assert values(batch)["birth_date"] == "21-01-1985"


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("11a", "a web page (HTML)"),
        ("11c", "an XML table of Excel 2003"),
        ("11d", "a LibreOffice table (.ods)"),
    ],
)
def test_a_format_under_another_name_is_named_with_what_to_save_it_as(client, maker, start, words):
    (path,) = CASES.glob(f"{start}*")
    page = refused(client, maker, path.read_bytes(), path.name)
    assert f"This is {words}" in page
    assert "save the table as .xlsx or as CSV" in page


@pytest.mark.parametrize("start", ["11b", "12", "13a", "19b", "19c", "31"])
def test_files_that_only_look_odd_pass(case, start):
    batch = case(start)
    assert (batch.state, batch.wrong) == (State.CHECKED, 0)
    assert batch.total_rows in (1, 2)


def test_dates_of_a_workbook(case):
    assert values(case("18a"))["birth_date"] == "20-01-1985"
    batch = case("18b")
    dates = {row.number: row.values["birth_date"] for row in batch.rows.all() if not found(batch, row.number)}
    assert dates == dict.fromkeys((2, 5, 6, 8), "21-01-1985")
    assert found(batch, 3) == {"birth_date": "sheet.cell"}
    assert batch.rows.get(number=3).findings[0]["cleaned"] == "21-01-1985"


def test_a_title_above_the_header_is_passed_over_and_said(case, client):
    batch = case("22")
    assert (numbers(batch), batch.wrong, batch.shape["header_row"]) == ([3], 0, 2)
    assert "in row 2" in client.get(batch.get_absolute_url()).content.decode()
    assert "headers in row 2" in flowed(
        client.get(reverse("batches:mapping", args=[batch.pk])).content.decode()
    )


def test_a_title_above_the_header_of_a_text_file_is_passed_over(upload, maker):
    text = "Client list, branch 12\r\n\r\n" + as_csv(example_row(DEPOSIT))
    batch = upload(maker, text.encode(), "a.csv", DEPOSIT)
    assert (numbers(batch), batch.wrong, batch.shape["header_row"]) == ([4], 0, 3)


def test_formatted_empty_cells_far_below_are_no_rows(case):
    batch = case("28")
    assert (numbers(batch), batch.wrong) == ([2, 3], 0)


def test_the_sheet_that_has_the_columns_is_read_and_another_can_be_chosen(case, client):
    batch = case("29")
    assert (batch.shape["sheet"], batch.total_rows, batch.wrong) == ("Clients", 1, 0)
    page = reverse("batches:mapping", args=[batch.pk])
    assert "sheet “Clients”, headers in row 1" in flowed(client.get(page).content.decode())
    headers = reverse("batches:headers", args=[batch.pk])
    client.post(headers, {"sheet": "Instructions", "header_row": "1"})
    batch.refresh_from_db()
    assert (batch.state, batch.shape["sheet"], batch.rows.count()) == (State.UPLOADED, "Instructions", 0)
    assert "sheet “Instructions”" in client.get(page).content.decode()
    client.post(headers, {"sheet": "Clients", "header_row": "1"})
    batch.refresh_from_db()
    client.post(page, {f"column-{place}": name for place, name in enumerate(batch.mapping)})
    while tasks.work_due():
        pass
    batch.refresh_from_db()
    assert (batch.state, batch.total_rows, batch.wrong) == (State.CHECKED, 1, 0)
    assert Entry.objects.filter(action="batch.headers_chosen").count() == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"sheet": "Clients", "header_row": "9"}, "Row 9 is empty"),
        ({"sheet": "Clients", "header_row": "0"}, "greater than or equal to 1"),
        ({"sheet": "Clients", "header_row": "9" * 5000}, "header_row"),
        ({"sheet": "Clients", "header_row": ""}, "Type the number of the row"),
        ({"sheet": "Clients", "header_row": "2"}, "a header and no rows"),
        ({"sheet": "Nowhere", "header_row": "1"}, "Choose one of the sheets"),
    ],
)
def test_headers_that_are_not_there_change_nothing(case, client, form, words):
    batch = case("29")
    answer = client.post(reverse("batches:headers", args=[batch.pk]), form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    batch.refresh_from_db()
    assert (batch.state, batch.total_rows) == (State.CHECKED, 1)


def test_a_file_without_a_header_is_refused_understandably(case, client):
    batch = case("34")
    assert (batch.state, batch.total_rows) == (State.UPLOADED, 0)
    page = client.get(reverse("batches:mapping", args=[batch.pk])).content.decode()
    assert "Row 1 names no column" in page


def test_error_cells_are_errors_and_a_zero_is_a_value(case):
    batch = case("30")
    assert found(batch, 2) == {"city": "sheet.cell"}
    assert values(batch)["address_2"] == "0"


def test_amounts_of_a_workbook_are_those_it_shows(case):
    batch = case("26b", DEPOSIT)
    amounts = {row.number: row.values["amount"] for row in batch.rows.all() if not found(batch, row.number)}
    assert {5: "1234567.89", 2: "1000", 8: "1000"}.items() <= amounts.items()
    assert found(batch, 3) == {"amount": "sheet.cell"}
    assert "amount" in found(batch, 7)


def test_a_hidden_column_is_confirmed_before_it_is_read(upload, maker, client, tmp_path):
    row = example_row(DEPOSIT)
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in row)
    cells = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row.values())
    place = list(row).index("amount")
    sheet = (
        f'<cols><col min="{place + 1}" max="{place + 1}" hidden="1"/></cols>'
        f"<sheetData><row>{names}</row><row>{cells}</row></sheetData>"
    )
    batch = upload(maker, xlsx(tmp_path / "a.xlsx", sheet).read_bytes(), kind=DEPOSIT)
    assert batch.state == State.UPLOADED
    page = reverse("batches:mapping", args=[batch.pk])
    assert "Hidden in the sheet: “amount”" in client.get(page).content.decode()
    client.post(page, {f"column-{place}": name for place, name in enumerate(batch.mapping)})
    while tasks.work_due():
        pass
    batch.refresh_from_db()
    assert (batch.state, batch.wrong) == (State.CHECKED, 0)


def test_a_meaning_that_another_person_gave_is_shown_and_confirmed_first(upload, maker, other_maker, client):
    """Somebody said that the column of the telephone holds the fax, and the other way round."""
    text = as_csv(example_row(CREATE, telephone="02212345678", fax="02287654321")).encode()
    swap = {"telephone": "fax", "fax": "telephone"}
    batch = upload(maker, text, "a.csv")
    page = reverse("batches:mapping", args=[batch.pk])
    client.post(page, {f"column-{place}": swap.get(name, name) for place, name in enumerate(batch.mapping)})
    tasks.work_due()
    assert values(batch)["telephone"] == "02287654321"

    second = upload(other_maker, text + b"\r\n", "b.csv")
    assert (second.state, second.total_rows) == (State.UPLOADED, 0)
    client.post(reverse("batches:act", kwargs={"pk": second.pk, "action": "check"}))
    second.refresh_from_db()
    assert second.state == State.UPLOADED
    page = reverse("batches:mapping", args=[second.pk])
    shown = client.get(page).content.decode()
    assert f"{maker} said on" in shown
    assert flowed(shown).count("Its header says") == 2
    assert "Confirm and check the file" in shown
    client.post(page, {f"column-{place}": name for place, name in enumerate(second.headers)})
    tasks.work_due()
    assert values(second)["telephone"] == "02212345678"

    for person, telephone in ((maker, "02287654321"), (other_maker, "02212345678")):
        own = upload(person, text + b"\r\n\r\n", "c.csv")
        assert own.state == State.CHECKED
        assert values(own)["telephone"] == telephone
    assert Mapping.objects.count() == 2


def test_kinds_of_file_come_by_use_in_groups(client, maker):
    client.force_login(maker)
    page = client.get(reverse("batches:new")).content.decode().partition('aria-label="Kinds of file"')[2]
    order = ["Onboarding", "Create retail users", "Details and status", "Update retail users", "Settings",
             "Packages of settings", "Limits", "Cash deposits", "Automatic square-off"]  # fmt: skip
    places = [page.index(f">{words}<") for words in order]
    assert places == sorted(places)
    assert all(f">{kind.title}<" in page for kind in file_kinds().values())


def test_a_long_name_with_a_dot_at_its_beginning_is_shortened(upload, maker):
    batch = upload(maker, as_csv(example_row(CREATE)).encode(), "No. 12 " + "clients of the branch " * 11)
    assert batch.file_name.startswith("No. 12 clients of the branch clients")
    assert len(batch.file_name) == 120
