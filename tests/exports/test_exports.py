"""Long lists as files: written by a worker, whole or not at all, for the asker alone, for a time."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from backoffice import leases
from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.exports import kinds, operations, views, writing
from backoffice.exports.models import Export, State
from backoffice.logins import reveal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _long_from_three_rows(settings, tmp_path, monkeypatch):
    settings.EXPORT_DIRECT_ROWS = 2
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr("backoffice.compliance.export.AT_ONCE", 10)


@pytest.fixture
def asked(as_compliance):
    """Request the entries on HO/RET001, this many."""

    def ask(count, reason=""):
        for number in range(count):
            record("change.submitted", by=None, subject="HO/RET001", text=f"Entry {number} of 9876543210.")
        answer = as_compliance.post(reverse("compliance:csv", query={"q": "HO/RET001"}), {"reason": reason})
        export = Export.objects.first()
        assert answer.url == export.get_absolute_url()
        return export

    return ask


def numbers(content):
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [row[5].split()[1] for row in rows[1:]]


def fetched(client, export):
    return b"".join(client.get(reverse("exports:download", args=[export.pk])).streaming_content)


def refused(client, export):
    answer = client.get(reverse("exports:download", args=[export.pk]), follow=True)
    return "There is no file of this export" in answer.content.decode()


def test_a_long_list_is_written_by_a_worker_and_then_fetched(as_compliance, asked):
    export = asked(25)
    page = as_compliance.get(export.get_absolute_url()).content.decode()
    assert "waits for a worker" in page
    assert "<dt>Retail user or staff</dt><dd>HO/RET001</dd>" in page
    assert refused(as_compliance, export)
    assert writing.work_due() == 1
    assert writing.work_due() == 0
    export.refresh_from_db()
    assert (export.state, export.done, export.total) == (State.READY, 25, 25)
    content = fetched(as_compliance, export)
    assert numbers(content) == [str(number) for number in range(25)]
    assert b"9876543210" not in content
    assert operations.FILES.path_of(export.path).stat().st_mode & 0o077 == 0
    actions = (
        Entry.objects.filter(action__startswith="export.").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["export.written", "export.downloaded"]
    assert Entry.objects.get(action="audit.exported").details["export"] == export.pk
    assert Entry.objects.get(action="export.downloaded").details["sha256"] == export.sha256


def test_a_reason_makes_personal_data_whole_while_the_asker_may_see_it(as_compliance, asked, compliance):
    export = asked(3, reason="Complaint 12")
    writing.work_due()
    assert b"9876543210" in fetched(as_compliance, export)
    compliance.groups.remove(Group.objects.get(name="compliance"))
    assert as_compliance.get(reverse("exports:download", args=[export.pk])).status_code == 403


def test_who_lost_the_right_gets_no_file_written(asked, compliance):
    export = asked(3)
    compliance.groups.clear()
    writing.work_due()
    export.refresh_from_db()
    assert (export.state, export.path) == (State.FAILED, "")


def test_filters_that_the_worker_cannot_read_make_no_file(asked):
    export = asked(3)
    Export.objects.filter(pk=export.pk).update(
        parameters={"filters": {"since": ["31-02-2026"]}, "up_to": 10**9}
    )
    writing.work_due()
    export.refresh_from_db()
    assert (export.state, export.path) == (State.FAILED, "")
    assert export.problem == "Nothing was exported. From: 31-02-2026 is not a valid date. Use DD-MM-YYYY."


def test_nobody_else_finds_it(asked, client, django_user_model):
    export = asked(3)
    writing.work_due()
    other = django_user_model.objects.create_user("compliance2")
    other.groups.add(Group.objects.get(name="compliance"))
    client.force_login(other)
    for name in ("detail", "download"):
        assert client.get(reverse(f"exports:{name}", args=[export.pk])).status_code == 404
    assert client.post(reverse("exports:discard", args=[export.pk])).status_code == 404
    assert f"/exports/{export.pk}/" not in client.get(reverse("exports:list")).content.decode()


def test_a_worker_that_gives_up_its_turn_goes_on_where_it_was(as_compliance, asked, monkeypatch):
    monkeypatch.setattr(writing, "WORK_SECONDS", 0)
    export = asked(25)
    seen = set()
    for done in (10, 20, 25, 25):
        writing.work_due()
        export.refresh_from_db()
        assert export.done == done
        seen.add(export.path)
    assert export.state == State.READY
    assert len(seen) == 1
    assert numbers(fetched(as_compliance, export)) == [str(number) for number in range(25)]


class Killed(BaseException):
    """As if the process were gone: nothing of ours runs after it."""


def test_a_killed_workers_half_file_is_never_offered_and_the_next_goes_on_in_a_copy(
    as_compliance, asked, monkeypatch
):
    export = asked(25)
    with monkeypatch.context() as patch:
        plain = writing._keep

        def kill(export, token, *names):
            plain(export, token, *names)
            if export.done >= 10:
                raise Killed

        patch.setattr(writing, "_keep", kill)
        with pytest.raises(Killed):
            writing.work_due()
    export.refresh_from_db()
    half = export.path
    assert (export.state, export.done) == (State.WRITING, 10)
    assert refused(as_compliance, export)
    assert writing.work_due() == 0  # the dead one's lease still holds
    past = timezone.now() - timedelta(seconds=1)
    Export.objects.update(lease_until=past, measured_at=timezone.now() - timedelta(hours=1))
    page = as_compliance.get(export.get_absolute_url())
    assert page.context["bar"]["rate"] is None, "a lost worker has no rate"
    assert writing.take(export)
    export.refresh_from_db()
    assert (export.measured_done, export.rate(export.done)) == (10, None)
    export.measured_at -= timedelta(seconds=10)
    assert export.rate(15) == pytest.approx(0.5, rel=0.1), "measured since the second worker began"
    Export.objects.update(lease_until=past)
    assert writing.work_due() == 1
    export.refresh_from_db()
    assert export.path != half
    assert not operations.FILES.path_of(half).exists()
    assert numbers(fetched(as_compliance, export)) == [str(number) for number in range(25)]


def test_an_export_at_which_every_worker_dies_ends_and_says_so(as_compliance, asked, monkeypatch):
    export = asked(25)

    def kill(*_):
        raise Killed

    monkeypatch.setattr(writing, "_append", kill)
    for _ in range(leases.MOST_FAILURES):
        with pytest.raises(Killed):
            writing.work_due()
        Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert writing.work_due() == 1
    export.refresh_from_db()
    assert (export.state, export.path, export.lease_token) == (State.FAILED, "", None)
    assert "3 workers in a row crashed" in as_compliance.get(export.get_absolute_url()).content.decode()
    assert writing.work_due() == 0
    assert not list(operations.FILES.path_of("").iterdir())


def test_a_worker_that_wakes_up_after_its_lease_spoils_nothing(as_compliance, asked, monkeypatch):
    export = asked(25)
    plain = writing._keep

    def sleep(slow, token, *names):
        if slow.done == 10 and first.pop():
            Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            assert writing.work_due() == 1  # another one writes it whole meanwhile
        plain(slow, token, *names)

    first = [False, True]
    monkeypatch.setattr(writing, "_keep", sleep)
    writing.work_due()
    export.refresh_from_db()
    assert export.state == State.READY
    assert numbers(fetched(as_compliance, export)) == [str(number) for number in range(25)]
    assert [path.name for path in operations.FILES.path_of("").iterdir()] == [export.path]


def test_a_file_goes_after_its_time_and_when_its_asker_says_so(as_compliance, asked):
    first, second = asked(3), asked(1)
    writing.work_due()
    writing.work_due()
    Export.objects.filter(pk=first.pk).update(file_until=timezone.now() - timedelta(seconds=1))
    assert operations.expire() == 1
    assert operations.expire() == 0
    as_compliance.post(reverse("exports:discard", args=[second.pk]))
    for export in (first, second):
        export.refresh_from_db()
        assert (export.state, export.path) == (State.EXPIRED, "")
        assert refused(as_compliance, export)
    assert list(operations.FILES.path_of("").iterdir()) == []
    assert Entry.objects.filter(action="export.deleted").count() == 2


def test_a_file_whose_time_is_over_is_not_given_out_though_beat_has_not_deleted_it(as_compliance, asked):
    export = asked(3)
    writing.work_due()
    Export.objects.filter(pk=export.pk).update(file_until=timezone.now() - timedelta(seconds=1))
    assert refused(as_compliance, export)


def test_an_export_that_is_deleted_while_it_is_written_leaves_nothing(asked, compliance, monkeypatch):
    export = asked(25)
    plain = writing._keep

    def delete(slow, token, *names):
        if slow.done == 10:
            operations.discard(Export.objects.get(), by=compliance)
        plain(slow, token, *names)

    monkeypatch.setattr(writing, "_keep", delete)
    writing.work_due()
    export.refresh_from_db()
    assert export.state == State.EXPIRED
    assert list(operations.FILES.path_of("").iterdir()) == []


def test_a_disk_that_takes_no_more_is_said(asked, as_compliance, monkeypatch):
    export = asked(3)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    writing.work_due()
    assert "the disk may be full" in as_compliance.get(export.get_absolute_url()).content.decode()


def test_nobody_has_many_written_at_a_time(asked, as_compliance):
    for _ in range(operations.MOST):
        asked(3)
    answer = as_compliance.post(reverse("compliance:csv", query={"q": "HO/RET001"}), follow=True)
    assert "are being written" in answer.content.decode()
    assert Export.objects.count() == operations.MOST


def test_exports_with_personal_data_have_the_limit_of_reveals(as_compliance, compliance, monkeypatch):
    monkeypatch.setattr(reveal, "MOST_AN_HOUR", 2)
    address = reverse("compliance:csv", query={"q": "HO/RET001"})
    record("change.submitted", by=None, subject="HO/RET001", text="Entry of 9876543210.")
    for number in range(3):
        answer = as_compliance.post(address, {"reason": f"Complaint {number}"}, follow=True)
    assert "you have exported personal data 2 times within an hour" in answer.content.decode()
    assert Entry.objects.filter(action="audit.exported", details__personal_data=True).count() == 2
    assert compliance.get_username() in Entry.objects.get(action="privacy.too_many").text
    # Without a reason the list is exported, masked.
    assert b"9876543210" not in as_compliance.post(address, {"reason": ""}).getvalue()


def test_whoever_works_with_personal_data_exports_it_without_a_limit(client, maker, monkeypatch):
    monkeypatch.setattr(reveal, "MOST_AN_HOUR", 2)
    client.force_login(maker)
    for _ in range(3):
        assert client.post(reverse("exports:ask"), {"list": "/changes/", "query": ""}).status_code == 200


def test_only_the_permission_exports(client, checker):
    assert set(kinds.KINDS) >= {"audit"}
    with pytest.raises(PermissionError), transaction.atomic():
        operations.ask("audit", {"filters": {}, "up_to": 0}, by=checker)


def test_the_page_says_that_older_exports_are_not_listed(as_compliance, compliance, monkeypatch):
    monkeypatch.setattr(views, "LISTED", 2)
    for number in range(1, 4):
        Export.objects.create(kind="audit", asked_by=compliance, state=State.EXPIRED)
        page = as_compliance.get("/exports/").content.decode()
        assert ("Only your newest 2 exports are listed" in page) == (number > 2)
