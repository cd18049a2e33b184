"""The beginning of a file's page: before approval its effect, afterwards its outcome."""

import re
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.batches import operations, tasks
from backoffice.batches.decide import decisions
from backoffice.batches.errors import BatchError, NotAllowed
from backoffice.batches.models import Batch
from backoffice.batches.pages import approval
from backoffice.changes.kinds import file_kinds
from backoffice.delivery.models import Delivery
from backoffice.protocol.fields import Secret
from tests.batches.check.test_correcting import client_row
from tests.batches.files import as_csv, example_row
from tests.factories import RetailUserFactory
from tests.uploads import uploaded

CREATE, DEPOSIT = "create_retail_user", "cash_deposit"

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(client, maker, settings, tmp_path):
    """The batch of a checked file of these rows."""
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return lambda kind, *rows: uploaded(client, kind, *rows)[0].batch


def page(client, batch, person):
    client.force_login(person)
    return client.get(batch.get_absolute_url()).content.decode()


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def submitted(batch, maker, mode="valid", **options):
    return decisions.submit(batch.pk, by=maker, mode=mode, reason="New clients", **options)


def clients():
    rows = [client_row(number, group_id="HO" if number % 2 else "BR1") for number in range(12)]
    return [*rows, client_row(12, pan="AAAPR12")]


def test_the_checker_first_reads_what_will_happen_and_what_is_held_back_is_folded(
    upload, client, maker, checker
):
    batch = submitted(upload(CREATE, *clients()), maker)
    html = page(client, batch, checker)
    text = words(html)
    assert "12 retail users will be created" in text
    assert "1 with errors, left out" in text
    assert "Group id BR1 6 HO 6" in text
    assert (
        html.index("will be created")
        < html.index("Rows picked at random")
        < html.index("Findings of the check")
    )
    assert re.search(r'<details class="fold">\s*<summary>Findings of the check: 1 row held back', html)


@pytest.mark.parametrize(
    ("mode", "said", "sent"),
    [
        ("valid", "Rows whose records have changed since the check are not sent.", 1),
        ("all", "if the record of one row has changed since the check, nothing is sent.", 0),
    ],
)
def test_the_checker_reads_what_happens_to_a_row_whose_record_changed(
    upload, client, maker, checker, mode, said, sent
):
    batch = submitted(upload(CREATE, client_row(1), client_row(2)), maker, mode=mode)
    text = words(page(client, batch, checker))
    assert said in text
    assert text.count("changed since the check") == 1
    stale = batch.rows.first().values
    RetailUserFactory(group_id=stale["group_id"], user_id=stale["user_id"])
    act = reverse("batches:act", kwargs={"pk": batch.pk, "action": "approve"})
    client.post(act, {"content_hash": batch.content_hash})
    assert Delivery.objects.count() == sent


def test_a_money_file_shows_its_total_and_the_largest_amounts(upload, client, maker, checker):
    for number in range(12):
        RetailUserFactory(group_id="HO", user_id=f"PAY{number}")
    rows = [
        example_row(
            DEPOSIT, user_id=f"PAY{number}", amount=str(1000 * (number + 1)), reference=f"PAYIN{number}"
        )
        for number in range(12)
    ]
    batch = submitted(upload(DEPOSIT, *rows), maker, control_total=Decimal(78000))
    html = page(client, batch, checker)
    assert "12 cash deposits will be added" in words(html)
    assert "₹ 78,000.00" in words(html)
    largest = html[html.index('id="largest-title"') : html.index('id="sample-title"')]
    assert re.findall(r">([\d,]+\.00)</td>", largest)[:2] == ["12,000.00", "11,000.00"]
    assert "2,000.00</td>" not in largest.replace("12,000.00", "")


def test_a_page_reads_as_many_rows_however_long_the_file_is(
    upload, client, maker, checker, django_assert_max_num_queries
):
    batch = submitted(upload(CREATE, *clients()), maker)
    assert {name: len(batch.summary[name]) for name in ("risky", "largest", "sample")} == {
        "risky": 0,
        "largest": 0,
        "sample": 10,
    }
    with django_assert_max_num_queries(40):
        page(client, batch, checker)


def test_a_row_that_the_checker_rejects_is_no_longer_counted(upload, client, maker, checker):
    batch = submitted(upload(CREATE, *clients()), maker)
    decisions.reject_row(batch.pk, 2, by=checker, reason="Form not signed")
    assert "11 retail users will be created" in words(page(client, batch, checker))
    assert "Group id HO 6 BR1 5" in words(page(client, batch, checker))


def test_rows_are_only_named_to_those_who_may_see_personal_data(upload, client, maker, compliance):
    batch = submitted(upload(CREATE, *clients()), maker)
    assert not approval.effect(batch, page_totals(batch), personal=False, shows=False).sample, (
        "the rows of a file are personal data"
    )
    text = page(client, batch, compliance)
    assert "AAAPR0001K" not in text
    assert "Sesame42" not in text


def page_totals(batch):
    from backoffice.batches.check.summary import totals

    return totals(batch)


def test_a_file_that_was_checked_before_summaries_were_kept_has_its_totals(upload, client, maker, checker):
    batch = upload(CREATE, *clients())
    Batch.objects.update(summary={})
    batch.refresh_from_db()
    batch = submitted(batch, maker)
    assert "12 retail users will be created" in words(page(client, batch, checker))


def test_after_sending_the_outcome_leads(upload, client, maker, checker):
    batch = submitted(upload(CREATE, *clients()), maker)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    sent = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=sent[:9]).update(state="applied", finished_at=batch.submitted_at)
    Delivery.objects.filter(pk__in=sent[9:11]).update(state="refused", finished_at=batch.submitted_at)
    Delivery.objects.filter(pk__in=sent[11:]).update(state="unknown")
    html = page(client, batch, checker)
    assert "1 unknown, 2 refused by ODIN, 9 applied" in words(html)
    assert html.index("2 refused by ODIN") < html.index("What was submitted: 12 rows")
    assert 'class="bar-good"' in html


def test_rows_that_were_held_back_are_a_piece_of_the_outcome(upload, client, maker, checker):
    batch = submitted(upload(CREATE, *clients()), maker)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    html = page(client, batch, checker)
    assert "12 queued, 1 held back" in words(html)
    assert 'aria-label="12 queued, 1 held back"' in html


def test_findings_have_a_bar_of_the_rows_that_they_are_on(upload, client, maker):
    batch = upload(CREATE, *clients())
    html = page(client, batch, maker)
    assert 'viewBox="0 0 13 4"' in html
    assert '<rect class="bar-bad" width="1" height="4"/>' in html


def test_the_amounts_of_a_money_file_are_dots_and_the_largest_lead_to_their_rows(
    upload, client, maker, checker
):
    rows = []
    for user_id, amount in (("A1", "1000"), ("A2", "1000"), ("A3", "250000")):
        user = RetailUserFactory(user_id=user_id)
        rows.append(example_row(DEPOSIT, user_id=user.user_id, amount=amount, reference=f"PAYIN{user_id}"))
    batch = submitted(upload(DEPOSIT, *rows), maker, control_total=Decimal(252000))
    html = page(client, batch, checker)
    assert "HO/A3, ₹\u00a02,50,000.00" in html
    assert "2 of about ₹\u00a01\u00a0k" in html
    row = batch.rows.get(lane="HO/A3")
    assert f'<a href="{row.get_absolute_url()}" aria-label="HO/A3' in html


def test_a_corrected_file_names_the_one_whose_gaps_it_closes_and_both_pages_say_so(
    upload, client, maker, checker
):
    parent = submitted(upload(CREATE, *clients()), maker)
    offer = page(client, parent, maker)
    address = reverse("batches:upload", args=[CREATE]) + f"?corrects={parent.pk}"
    assert address in offer
    assert f'name="corrects" value="{parent.pk}"' in client.get(address).content.decode()
    file = SimpleUploadedFile("corrected.csv", as_csv(client_row(12)).encode())
    answer = client.post(
        reverse("batches:upload", args=[CREATE]), {"file": file, "token": uuid.uuid4(), "corrects": parent.pk}
    )
    while tasks.work_due():
        pass
    assert f"corrects failed rows of B-{parent.pk}" in words(client.get(answer.url).content.decode())
    child = Batch.objects.latest("pk")
    assert f"1 held back, 1 corrected in B-{child.pk} , checked" in words(page(client, parent, checker))


def test_a_file_corrects_only_one_of_its_kind_that_the_same_person_submitted(
    upload, client, maker, other_maker
):
    parent = upload(CREATE, *clients())
    for kind in (CREATE, DEPOSIT):
        with pytest.raises(BatchError, match="not a submitted or approved file of this kind"):
            operations.upload(kind, [b"x"], "x.csv", by=maker, corrects=parent.pk)
    submitted(parent, maker)
    with pytest.raises(NotAllowed, match="Only Maker Test may upload corrections"):
        operations.upload(CREATE, [b"x"], "x.csv", by=other_maker, corrects=parent.pk)
    assert Batch.objects.count() == 1
    address = reverse("batches:upload", args=[CREATE]) + f"?corrects={parent.pk}"
    assert address not in page(client, parent, other_maker)
    assert "Only Maker Test may upload corrections" in words(client.get(address).content.decode())


def test_rows_that_odin_refused_lead_their_maker_alone_to_an_upload_of_corrections(
    upload, client, maker, checker
):
    batch = submitted(upload(CREATE, *clients()), maker)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    Delivery.objects.update(state="refused", finished_at=batch.submitted_at)
    assert "upload the corrections" in words(page(client, batch, maker))
    shown = words(page(client, batch, checker))
    assert "download the failed rows" in shown
    assert "upload the corrections" not in shown


def test_what_a_checker_is_shown_of_a_file_is_declared_and_neither_personal_nor_secret():
    for kind in file_kinds().values():
        for name, field in kind.matter_fields.items():
            assert not field.personal, (kind.slug, name)
            assert not isinstance(field, Secret), (kind.slug, name)
