"""The pages of batches: who sees what, the actions in each state, and errors when an action is impossible."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from backoffice.batches.check import summary
from backoffice.batches.decide import decisions
from backoffice.batches.models import Row, State
from backoffice.changes.models import Change
from backoffice.delivery import gate
from backoffice.delivery.models import Delivery
from backoffice.kit.search import number_of
from tests.factories import RetailUserFactory, set_rule
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db


def url(name, batch, *more, **kwargs):
    return reverse(f"batches:{name}", args=[batch.pk, *more], kwargs=kwargs or None)


def act(batch, action):
    return reverse("batches:act", kwargs={"pk": batch.pk, "action": action})


def text(response):
    return text_of(response.content.decode())


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def as_person(client):
    def log_in(person):
        client.force_login(person)
        return client

    return log_in


def test_the_history_says_who_when_how_many_and_what_became_of_it(checked, as_person, compliance):
    batch = checked(good=3, wrong=2, file_name="branch-12.csv", outcome={"applied": 3, "refused": 1})
    chosen = {"columns": "id,file_name,outcome,sha256"}
    page = text(as_person(compliance).get(reverse("batches:list"), chosen))
    assert "branch-12.csv" in page
    assert "1 refused by ODIN, 3 applied" in page
    assert batch.sha256[:10] in page


def test_a_checked_file_shows_totals_and_findings_by_kind_to_its_maker(checked, as_person, maker):
    batch = checked(good=2, warned=1, wrong=2)
    page = text(as_person(maker).get(url("detail", batch)))
    assert "PAN is missing" in page
    assert "Submit 3 rows" in page
    assert "2 rows with errors stay back" in page


def test_somebody_else_does_not_find_the_submit_form(checked, as_person, other_maker, checker):
    batch = checked()
    for person in (other_maker, checker):
        assert "Submit 3 rows" not in text(as_person(person).get(url("detail", batch)))


def test_submitting_on_the_page_and_approving_as_another_person(checked, as_person, maker, checker):
    batch = checked(good=2)
    answer = as_person(maker).post(url("submit", batch), {"mode": "all", "reason": "New clients"})
    assert answer.status_code == 302
    assert "You uploaded this file; another person must approve it." in text(
        as_person(maker).get(url("detail", batch))
    )
    batch.refresh_from_db()
    page = as_person(checker).get(url("detail", batch))
    assert "Approve 2 rows and send" in text(page)
    as_person(checker).post(act(batch, "approve"), {"content_hash": batch.content_hash})
    assert Delivery.objects.filter(change__batch=batch).count() == 2
    assert "0 of 2" in text(as_person(checker).get(url("detail", batch)))


def test_the_first_of_two_checkers_is_told_that_nothing_goes_out_yet(checked, as_person, maker, checker):
    set_rule("create_retail_user", checkers=2)
    batch = decisions.submit(checked(good=2).pk, by=maker, mode="all", reason="New clients")
    answer = as_person(checker).post(act(batch, "approve"), {"content_hash": batch.content_hash}, follow=True)
    assert "A second checker must approve it too before anything goes out" in text(answer)
    assert not Delivery.objects.filter(change__batch=batch).exists()


def test_a_submission_without_reason_is_said_on_the_page_and_nothing_is_proposed(checked, as_person, maker):
    batch = checked()
    answer = as_person(maker).post(url("submit", batch), {"mode": "all", "reason": ""})
    assert answer.status_code == 422
    assert "Give a reason" in text(answer)
    assert not Change.objects.filter(batch=batch).exists()


def test_what_a_verb_refuses_is_said_on_the_page(submitted, as_person, maker, other_maker, checker):
    batch = submitted()
    answer = as_person(other_maker).post(act(batch, "approve"), {"content_hash": batch.content_hash})
    assert answer.status_code == 403
    assert "Ask a checker" in text(answer)
    answer = as_person(checker).post(act(batch, "approve"), {"content_hash": "0"})
    assert answer.status_code == 409
    assert "not the one you saw" in text(answer)
    answer = as_person(checker).post(act(batch, "reject"), {"reason": ""})
    assert '<a href="#reject-reason">Say why you reject it' in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == State.SUBMITTED


@pytest.mark.parametrize("name", ["rows", "result", "failed"])
def test_rows_and_results_are_only_for_those_who_may_see_personal_data(checked, as_person, compliance, name):
    batch = checked()
    assert as_person(compliance).get(url(name, batch)).status_code == 200
    compliance.groups.clear()
    compliance.user_permissions.add(Permission.objects.get(codename="view_batch"))
    assert as_person(compliance).get(url("detail", batch)).status_code == 200
    assert as_person(compliance).get(url(name, batch)).status_code == 403


def test_compliance_reads_a_row_and_gives_a_reason_for_what_is_personal(checked, as_person, compliance):
    batch = checked(1, headers=["user_id", "pan", "note"], mapping=["user_id", "pan", ""])
    Row.objects.update(cells=["U0002", "ABCPT1234A", "Mother: 9876543210"])
    page = text(as_person(compliance).get(url("row", batch, 2)))
    assert "U0002" in page
    assert "••••234A" in page
    assert "ABCPT1234A" not in page
    assert "9876543210" not in page
    RetailUserFactory(group_id="HO", user_id="U0002")
    as_person(compliance).post(reverse("desk:reveal"), {"lane": "HO/U0002", "reason": "Complaint 1"})
    page = text(as_person(compliance).get(url("row", batch, 2)))
    assert "ABCPT1234A" in page
    assert "Mother: 9876543210" in page


def test_an_admin_sees_no_files(checked, as_person, admin):
    batch = checked()
    assert as_person(admin).get(url("detail", batch)).status_code == 403
    assert as_person(admin).get(reverse("batches:list")).status_code == 403


def test_a_row_shows_its_cells_its_findings_and_its_message(checked, as_person, checker):
    batch = checked(good=1, wrong=1)
    good = text(as_person(checker).get(url("row", batch, 2)))
    assert "U0002" in good
    assert "Create retail user" in good
    assert "PAN is missing" in text(as_person(checker).get(url("row", batch, 3)))


def test_the_page_of_a_wrong_row_names_its_errors_first_and_leads_to_the_next_one(checked, as_person, maker):
    batch = checked(good=1, wrong=2, headers=["user_id", "pan", "city"], mapping=["user_id", "pan", "city"])
    batch.rows.update(cells=["U0003", "", ""])
    page = as_person(maker).get(url("row", batch, 3)).content.decode()
    assert "1 error to correct" in text_of(page)
    assert page.index('<a href="#cell-2">PAN is missing') < page.index('id="cell-2"')
    assert "1 empty column city" in text_of(page)
    assert f'href="{url("row", batch, 4)}" data-hotkey="n"' in page
    assert "Next with errors" not in text(as_person(maker).get(url("row", batch, 4)))


def test_a_file_that_came_back_or_cannot_be_read_leads_its_maker_to_a_new_upload(
    checked, submitted, as_person, maker, checker, compliance
):
    upload = reverse("batches:upload", args=["create_retail_user"])
    unreadable = checked(state=State.UPLOADED, problem="Row 3 has a byte that is not text.")
    rejected = decisions.reject(submitted().pk, by=checker, reason="Not signed")
    for batch in (unreadable, rejected):
        assert f'href="{upload}"' in as_person(maker).get(url("detail", batch)).content.decode()
        assert f'href="{upload}"' not in as_person(compliance).get(url("detail", batch)).content.decode()
    assert "say what the columns mean" not in text(as_person(maker).get(url("detail", unreadable)))


def test_refused_messages_lead_to_the_rows_that_failed(submitted, as_person, checker):
    batch = submitted()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    client = as_person(checker)
    assert "refused by ODIN" not in text(client.get(url("detail", batch)))
    Delivery.objects.filter(lane="HO/U0003").update(state="refused", finished_at=batch.created_at)
    for page in (client.get(url("detail", batch)), client.get(f"{url('progress', batch)}?seen=approved-")):
        html = page.content.decode()
        assert "1 refused by ODIN: open them, or download the failed rows" in flowed(
            re.sub("<[^>]*>", "", html)
        )
        assert f'<a href="{url("failed", batch)}">' in html
        assert f'{reverse("delivery:list")}?state=refused&amp;batch={batch.pk}">open them' in html


def test_columns_that_nobody_understood_stand_first(checked, as_person, maker):
    batch = checked(state=State.UPLOADED, headers=["user_id", "Cell"], mapping=["user_id", ""], path="x")
    page = as_person(maker).get(url("mapping", batch)).content.decode()
    assert page.index("column-1") < page.index("column-0")


def test_a_column_is_named_by_what_is_typed_and_what_is_not_understood_stays_in_its_place(
    checked, as_person, maker
):
    headers = ["Client", "group_id", "product_id", "Farbe"]
    batch = checked(
        kind="cash_deposit", state=State.UPLOADED, headers=headers, mapping=["", *headers[1:3], ""], path="x"
    )
    client = as_person(maker)
    page = client.get(url("mapping", batch)).content.decode()
    assert page.count("<option") < 2 * len(headers) + 10  # offered once, not once a column
    typed = {"column-0": "User id", "column-1": "Group id", "column-2": "253", "column-3": "<Colour>"}
    page = client.post(url("mapping", batch), typed).content.decode()
    assert "No column is called “&lt;Colour&gt;”" in page
    assert 'name="column-3" value="&lt;Colour&gt;"' in page
    client.post(url("mapping", batch), {**typed, "column-3": "Leave this column out"})
    batch.refresh_from_db()
    assert batch.mapping == ["user_id", "group_id", "product_id", "-"]


def test_a_checker_rejects_one_row_on_its_page(submitted, as_person, checker):
    batch = submitted(mode="valid")
    assert "Reject row 3" in text(as_person(checker).get(url("row", batch, 3)))
    answer = as_person(checker).post(url("reject_row", batch, 3), {"reason": ""})
    assert '<a href="#reject-reason">Say why you reject it' in answer.content.decode()
    as_person(checker).post(url("reject_row", batch, 3), {"reason": "Name is another's"})
    assert "Name is another" in text(as_person(checker).get(url("row", batch, 3)))


def test_the_list_of_rows_is_narrowed_by_finding_and_by_outcome(submitted, as_person, checker):
    batch = submitted(good=2, warned=1, wrong=1)
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    Delivery.objects.filter(lane="HO/U0003").update(
        state="refused", finished_at=batch.created_at, text="No such branch"
    )
    client = as_person(checker)
    found = text(client.get(url("rows", batch), {"finding": "pan|mandatory"}))
    assert "1 row" in found
    assert "HO/U0005" in found
    found = text(client.get(url("rows", batch), {"outcome": "refused"}))
    assert "No such branch" in found
    assert "HO/U0002" not in found


def test_progress_says_nothing_while_nothing_moved_and_reloads_when_the_state_did(
    submitted, as_person, checker
):
    batch = submitted()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    client = as_person(checker)
    page = client.get(url("detail", batch)).content.decode()
    address = re.search(r'id="progress"[^>]*hx-get="([^"]+)"[^>]*data-poll', page)[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    Delivery.objects.filter(lane="HO/U0003").update(state="applied", finished_at=batch.created_at)
    moved = client.get(address)
    assert "1 of 3" in text(moved)
    address = address.replace("seen=approved", "seen=submitted")
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_progress_promises_no_time_while_nothing_can_be_sent(
    submitted, as_person, checker, admin, monkeypatch
):
    monkeypatch.setattr(summary, "LATELY", timedelta(hours=1))
    batch = submitted()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    Delivery.objects.filter(lane="HO/U0003").update(state="applied", finished_at=timezone.now())
    gate.swept(timezone.now())
    client = as_person(checker)
    page = client.get(url("detail", batch)).content.decode()
    assert "a second" in text_of(page)
    address = re.search(r'id="progress"[^>]*hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    gate.pause(by=admin, reason="ODIN moves to another host")
    moved = text(client.get(address))
    assert "1 of 3 · waits, as said above" in moved
    assert "a second" not in moved


def test_the_page_of_a_batch_costs_the_same_however_long_it_is(
    checked, as_person, maker, django_assert_max_num_queries
):
    batch = checked(good=200, wrong=50)
    client = as_person(maker)
    client.get(url("detail", batch))
    with django_assert_max_num_queries(30):
        client.get(url("detail", batch))


def test_personal_data_of_no_row_is_in_an_address(checked, as_person, checker):
    page = as_person(checker).get(url("detail", checked(wrong=2))).content.decode()
    for address in re.findall(r'(?:href|action|hx-get)="([^"]*)"', page):
        assert "9800000001" not in address
        assert "ABCPT1234A" not in address


def test_the_messages_that_need_a_person_are_those_of_the_batch(submitted, as_person, checker):
    batch, other = submitted(good=2), submitted(good=1)
    for each in (batch, other):
        decisions.approve(each.pk, by=checker, content_hash=each.content_hash)
    Delivery.objects.update(state="on_hold", needs_person=True)
    client = as_person(checker)
    page = client.get(url("detail", batch)).content.decode()
    address = re.search(r'href="([^"]+needs_person=true[^"]*)">Open them', page)[1].replace("&amp;", "&")
    listed = client.get(address)
    assert {delivery.change.batch_id for delivery in listed.context["table"].data} == {batch.pk}
    assert len(listed.context["table"].data) == 2
    assert f"Batch: {batch.pk}" in text(listed)


def test_the_status_follows_the_messages_at_once_and_is_refreshed_with_the_bar(submitted, as_person, checker):
    batch = submitted()
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    client = as_person(checker)
    page = client.get(url("detail", batch)).content.decode()
    assert re.search(r'id="batch-status">.*?Approved', page, re.S)
    address = re.search(r'id="progress"[^>]*hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    Delivery.objects.update(state="refused", finished_at=batch.created_at)
    for answer, swapped in (
        (client.get(address), ' hx-swap-oob="true"'),
        (client.get(url("detail", batch)), ""),
    ):
        assert re.search(
            f'id="batch-status"{swapped}>.{{,900}}?[0-9] refused<', answer.content.decode(), re.S
        )


def test_the_totals_of_a_checked_file_are_shown_once_with_links_to_its_rows(
    checked, as_person, maker, checker
):
    batch = checked(good=2, warned=1, wrong=2)
    page = as_person(maker).get(url("detail", batch)).content.decode()
    assert text_of(page).count("2 with errors") == 1
    assert f'href="{url("rows", batch)}?state=wrong"' in page
    decisions.submit(batch.pk, by=maker, mode="valid", reason="New clients")
    assert text(as_person(checker).get(url("detail", batch))).count("2 with errors") == 1


@pytest.mark.parametrize("words", ["B-{}", "b-{}", "batch {}", "Batch #{}"])
def test_a_batch_is_found_by_its_number_as_the_pages_write_it(checked, as_person, maker, words):
    batch = checked()
    client = as_person(maker)
    typed = words.format(batch.pk)
    assert client.post(reverse("desk:search"), {"q": typed}).url == batch.get_absolute_url()
    assert batch.file_name in text(client.get(reverse("batches:list"), {"q": typed}))


def test_a_letter_finds_nothing_of_another_kind(checked, as_person, maker):
    batch = checked()
    assert number_of(f"C-{batch.pk}", "batch") is None
    assert number_of(f"C-{batch.pk}", "change") == number_of(str(batch.pk), "change") == batch.pk


def test_a_file_of_wrong_rows_alone_offers_to_correct_them_here(checked, as_person, maker):
    batch = checked(good=0, wrong=2)
    page = as_person(maker).get(url("detail", batch)).content.decode()
    assert f'href="{url("fix", batch)}">Correct the rows here</a>' in page
