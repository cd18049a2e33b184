"""What the uploader does with a file: upload, columns, check, correct, pause, give up; and what is kept of it."""

import stat
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches import fixing, lease, operations, pausing, tasks
from backoffice.batches.check import offers
from backoffice.batches.check.summary import with_finding
from backoffice.batches.errors import AlreadyDecided, BatchError, FileProblem, NotAllowed
from backoffice.batches.file import columns, uploads
from backoffice.batches.models import Batch, Mapping, RowState, State
from backoffice.batches.operations import ColumnsUnclear
from backoffice.changes.kinds import file_kind

pytestmark = pytest.mark.django_db

KIND = "user_template"
HEADERS = "user_id,group_id,template_type,template_name,level"


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def upload(person, text, *, kind=KIND, name="templates.csv", **options):
    return operations.upload(kind, [text.encode()], name, by=person, **options)


def stored(var):
    folder = var / "uploads"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_an_upload_is_stored_under_a_random_name_that_nobody_else_reads(maker, var):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n", name="C:\\Users\\x\\kyc 12.csv").batch
    (file,) = stored(var)
    assert file.name == batch.path
    assert "kyc" not in file.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (batch.file_name, batch.size, len(batch.sha256)) == ("kyc 12.csv", file.stat().st_size, 64)
    assert Entry.objects.get(action="batch.uploaded").details["sha256"] == batch.sha256


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\file.csv", "file.csv"),
        ("a\r\nSet-Cookie: x.csv", "a_Set-Cookie_ x.csv"),
        ('"><script>.csv', "_script_.csv"),
        ("...", "file"),
        ("नाम.csv", "नाम.csv"),
        ("x" * 300 + ".xlsx", "x" * 115 + ".xlsx"),
        ("No. 12 " + "x" * 300, "No. 12 " + "x" * 113),
        ("x" * 200 + "." + "y" * 119, "x" * 120),
    ],
)
def test_names_of_files_are_cleaned(given, kept):
    assert uploads.clean_name(given) == kept


def test_the_same_token_twice_is_one_batch_and_one_file(maker, var):
    token = uuid.uuid4()
    first = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n", token=token)
    second = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n", token=token)
    assert first.batch == second.batch
    assert len(stored(var)) == 1


def test_the_same_bytes_again_are_said(maker, other_maker):
    first = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    again = upload(other_maker, f"{HEADERS}\nU1,HO,1,T,0\n", name="other.csv")
    assert again.earlier == [first]
    assert upload(maker, f"{HEADERS}\nU2,HO,1,T,0\n").earlier == []


def test_what_cannot_be_read_leaves_nothing_behind(maker, checker, var, settings):
    with pytest.raises(FileProblem, match="empty"):
        upload(maker, "")
    with pytest.raises(FileProblem):
        operations.upload(KIND, [b"%PDF-1.7 ..."], "file.csv", by=maker)
    settings.BATCH_MAX_MEGABYTES = 0.001
    with pytest.raises(FileProblem, match=r"larger than 0\.001 MB"):
        operations.upload(KIND, [b"x" * 600, b"x" * 600], "file.csv", by=maker)
    with pytest.raises(NotAllowed):
        upload(checker, f"{HEADERS}\n")
    with pytest.raises(BatchError, match="no kind of file"):
        upload(maker, f"{HEADERS}\n", kind="nonsense")
    assert stored(var) == []
    assert not Batch.objects.exists()


def test_an_unknown_column_is_asked_for_and_the_answer_is_remembered(maker, other_maker):
    text = f"{HEADERS.replace('template_name', 'Vorlage')}\nU1,HO,1,T,0\n"
    batch = upload(maker, text).batch
    assert any("“Vorlage”" in words for words in operations.problems(batch))
    with pytest.raises(ColumnsUnclear):
        operations.check(batch.pk, by=maker)
    names = HEADERS.split(",")
    operations.check(batch.pk, by=maker, names=names)
    batch.refresh_from_db()
    assert (batch.state, batch.mapping) == (State.CHECKING, names)
    assert Mapping.objects.get().set_by == maker
    again = upload(maker, f"{text}U2,HO,1,T,0\n").batch
    assert operations.problems(again) == []


def test_a_doubled_or_missing_column_is_said_and_nothing_is_checked(maker):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    names = HEADERS.split(",")
    for wrong in ([*names[:4], names[3]], ["-", *names[1:]]):
        with pytest.raises(ColumnsUnclear):
            operations.check(batch.pk, by=maker, names=wrong)
    batch.refresh_from_db()
    assert batch.state == State.UPLOADED
    assert not Mapping.objects.exists()


def test_only_the_uploader_checks_and_gives_up(maker, other_maker, var):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    for verb in (operations.check, operations.discard):
        with pytest.raises(NotAllowed):
            verb(batch.pk, by=other_maker)
    operations.discard(batch.pk, by=maker)
    batch.refresh_from_db()
    assert (batch.state, batch.path) == (State.WITHDRAWN, "")


def test_a_file_is_deleted_when_it_is_given_up(maker, var, django_capture_on_commit_callbacks):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    with django_capture_on_commit_callbacks(execute=True):
        operations.discard(batch.pk, by=maker)
    assert stored(var) == []
    with pytest.raises(AlreadyDecided):
        operations.check(batch.pk, by=maker)


def test_a_file_expires_and_its_entry_stays(maker, var):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    kept = upload(maker, f"{HEADERS}\nU2,HO,1,T,0\n").batch
    Batch.objects.filter(pk=batch.pk).update(file_until=timezone.now() - timedelta(seconds=1))
    assert tasks.expire_files() == 1
    assert [file.name for file in stored(var)] == [kept.path]
    batch.refresh_from_db()
    assert (batch.path, batch.file_until) == ("", None)
    with pytest.raises(BatchError, match="not kept any more"):
        operations.check(batch.pk, by=maker)


def test_a_file_whose_time_is_over_is_not_checked_before_beat_has_deleted_it(maker, var):
    batch = upload(maker, f"{HEADERS}\nU1,HO,1,T,0\n").batch
    Batch.objects.filter(pk=batch.pk).update(file_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(BatchError, match="not kept any more"):
        operations.check(batch.pk, by=maker)
    with pytest.raises(BatchError, match="not kept any more"):
        operations.read_again(batch.pk, sheet="", header_row=1, by=maker)


def test_the_worker_checks_a_file_to_its_end(maker):
    batch = upload(maker, f"{HEADERS}\n" + "".join(f"U{n},HO,1,T,0\n" for n in range(1200))).batch
    operations.check(batch.pk, by=maker)
    assert tasks.work_due() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.total_rows, batch.wrong) == (State.CHECKED, 1200, 1200)  # none of them is here
    assert batch.rows.count() == 1200
    assert batch.lease_token is None
    assert Entry.objects.get(action="batch.checked").details["wrong"] == 1200
    assert tasks.work_due() == 0


def test_another_worker_goes_on_where_a_dead_one_stopped_and_repeats_nothing(maker):
    batch = upload(maker, f"{HEADERS}\n" + "".join(f"U{n},HO,1,T,0\n" for n in range(1200))).batch
    operations.check(batch.pk, by=maker)
    batch.refresh_from_db()
    token = lease.take(batch)
    with tasks.Checking(batch, token) as dead:
        assert dead.step()
        assert tasks.work_due() == 0  # the lease holds
        Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert tasks.work_due() == 1
        with pytest.raises(tasks.LeaseLost):
            dead.step()
    batch.refresh_from_db()
    assert (batch.state, batch.total_rows) == (State.CHECKED, 1200)
    assert sorted(batch.rows.values_list("number", flat=True)) == list(range(2, 1202))


def test_a_paused_check_stops_and_resumes_where_it_was(maker, monkeypatch):
    batch = upload(maker, f"{HEADERS}\n" + "".join(f"U{n},HO,1,T,0\n" for n in range(1200))).batch
    operations.check(batch.pk, by=maker)
    monkeypatch.setattr(tasks, "WORK_SECONDS", 0)
    assert tasks.work_due() == 1
    pausing.pause(batch.pk, by=maker)
    batch.refresh_from_db()
    so_far = batch.total_rows
    assert 0 < so_far < 1200
    assert tasks.work_due() == 0
    pausing.resume(batch.pk, by=maker)
    monkeypatch.setattr(tasks, "WORK_SECONDS", 30)
    tasks.work_due()
    batch.refresh_from_db()
    assert (batch.state, batch.check_started_row, batch.rows.count()) == (State.CHECKED, so_far, 1200)


def test_checking_anew_with_other_columns_throws_the_first_findings_away(maker):
    batch = upload(maker, f"{HEADERS},Remark\nU1,HO,1,T,0,x\n")
    batch = batch.batch
    operations.check(batch.pk, by=maker, names=[*HEADERS.split(","), "-"])
    tasks.work_due()
    operations.check(batch.pk, by=maker)
    tasks.work_due()
    batch.refresh_from_db()
    assert (batch.total_rows, batch.rows.count()) == (1, 1)


def test_a_file_that_turns_out_to_be_unreadable_is_not_half_taken(maker, settings):
    batch = upload(maker, f"{HEADERS}\n" + "".join(f"U{n},HO,1,T,0\n" for n in range(1200))).batch
    settings.BATCH_MAX_ROWS = 1000
    operations.check(batch.pk, by=maker)
    tasks.work_due()
    batch.refresh_from_db()
    assert batch.state == State.UPLOADED
    assert "more than 1000 rows" in batch.problem
    assert not batch.rows.exists()


def test_a_cleaned_value_is_accepted_in_all_rows_and_each_altered_cell_is_recorded(maker):
    layout = file_kind("create_retail_user").layout
    shown = columns.columns(layout)
    header = ",".join(column.name for column in shown)
    examples = {column.name: column.example for column in shown}
    lines = []
    for number, city in enumerate(("Bengalūru", "Mumbai", "Paṇajī")):
        cells = {**examples, "user_id": f"C{number}", "city": city, "reference": "", "password": ""}
        lines.append(",".join(f'"{cells[column.name]}"' for column in shown))
    batch = upload(maker, "\n".join([header, *lines]), kind="create_retail_user").batch
    operations.check(batch.pk, by=maker)
    tasks.work_due()
    batch.refresh_from_db()
    wrong = batch.rows.filter(state=RowState.WRONG)
    (rule,) = {f["rule"] for row in wrong for f in row.findings if f["path"] == "city"}
    seen = offers.seen(batch)
    with pytest.raises(BatchError, match="No cleaned value is offered"):
        fixing.accept_cleaned(batch.pk, path="city", rule="mandatory", seen=seen, by=maker)
    with pytest.raises(BatchError, match="checked again"):
        fixing.accept_cleaned(batch.pk, path="city", rule=rule, seen="", by=maker)
    assert fixing.accept_cleaned(batch.pk, path="city", rule=rule, seen=seen, by=maker) == 2
    assert with_finding(batch.rows.all(), "city", rule).count() == 2, "a worker does it"
    tasks.work_due()
    batch.refresh_from_db()
    assert (batch.state, batch.cleaning) == (State.CHECKED, None)
    assert [row.values["city"] for row in batch.rows.order_by("number")] == ["Bengaluru", "Mumbai", "Panaji"]
    place = batch.mapping.index("city")
    assert [row.cells[place] for row in batch.rows.order_by("number")] == ["Bengalūru", "Mumbai", "Paṇajī"]
    assert not any(f["path"] == "city" for row in batch.rows.all() for f in row.findings)
    cells = Entry.objects.get(action="batch.cleaned").details["cells"]
    assert cells[0] == {"row": 2, "before": "Bengalūru", "after": "Bengaluru"}
    assert len(cells) == 2
