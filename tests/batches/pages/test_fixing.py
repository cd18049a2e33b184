"""The grid on which the uploader of a file corrects its wrong rows: with the script, and without."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.audit.models import Entry
from backoffice.batches import fixing, tasks
from backoffice.batches.errors import NotAllowed
from backoffice.batches.models import Batch, Row, RowState, State
from tests.batches.check.test_correcting import client_row
from tests.html_forms import Page
from tests.uploads import uploaded

CREATE = "create_retail_user"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def checked(client, maker, settings, tmp_path):
    """The batch of a checked file with these changed cells."""
    settings.VAR_DIR = tmp_path
    client.force_login(maker)

    def make(*changed):
        rows = (client_row(number, **cells) for number, cells in enumerate(changed))
        return uploaded(client, CREATE, *rows)[0].batch

    return make


def url(batch, query=""):
    return reverse("batches:fix", args=[batch.pk]) + query


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(client, batch, query=""):
    """What the form of the page would send as it is."""
    page = Page(client.get(url(batch, query)).content.decode())
    return {control.attributes["name"]: control.sent[0] for control in page.controls if control.sent}


def cell(batch, number, name):
    return f"{number}-{batch.mapping.index(name)}"


def test_only_wrong_rows_and_faulty_columns_are_shown_with_their_values(client, checked):
    batch = checked({}, {"pan": "AAAPR12"}, {"city": "Mumbai, West", "gender": "Q"})
    sent = form(client, batch)
    shown = {name: text for name, text in sent.items() if name.startswith("cell-")}
    assert shown == {
        f"cell-{cell(batch, 3, 'pan')}": "AAAPR12",
        f"cell-{cell(batch, 3, 'city')}": "Mumbai",
        f"cell-{cell(batch, 3, 'gender')}": "F",
        f"cell-{cell(batch, 4, 'pan')}": "AAAPR0002K",
        f"cell-{cell(batch, 4, 'city')}": "Mumbai, West",
        f"cell-{cell(batch, 4, 'gender')}": "Q",
    }
    page = client.get(url(batch)).content.decode()
    assert '<option value="M">Male</option>' in page
    assert "Use Mumbai West" in re.sub(r"\s+", " ", page)


def test_a_cell_that_is_left_is_kept_and_its_row_checked_at_once(client, checked):
    batch = checked({"pan": "AAAPR12"})
    sent, place = form(client, batch), cell(batch, 2, "pan")
    typed = {
        "columns": sent["columns"],
        f"cell-{place}": "AAAPR0001K",
        f"seen-{place}": sent[f"seen-{place}"],
    }
    answer = client.post(url(batch), typed, headers=HTMX)
    assert "Corrected" in words(answer)
    assert "0 rows with errors left" in words(answer)
    assert Row.objects.get().state == RowState.GOOD
    again = client.post(url(batch), {**typed, f"cell-{place}": "AAAPR0002K"}, headers=HTMX)
    assert "Changed to “AAAPR0001K” in another window" in words(again)
    assert Row.objects.get().values["pan"] == "AAAPR0001K"


def test_the_whole_page_is_kept_without_the_script_and_a_second_window_is_told(client, checked):
    batch = checked({"pan": "AAAPR12"}, {"city": "Mumbai, West"})
    sent = form(client, batch)
    typed = {
        **sent,
        f"cell-{cell(batch, 2, 'pan')}": "AAAPR0001K",
        f"cell-{cell(batch, 3, 'city')}": "Mumbai",
    }
    answer = client.post(url(batch), typed, follow=True)
    assert "2 rows checked again" in words(answer)
    assert "No row has errors" in words(answer)
    assert Entry.objects.filter(action="batch.corrected").count() == 2
    second = client.post(url(batch), {**typed, f"cell-{cell(batch, 2, 'pan')}": "AAAPR0005K"}, follow=True)
    assert "Row 2 was changed in another window" in words(second)


def test_all_rows_like_one_are_corrected_with_one_button(client, checked):
    batch = checked(*({"city": "Mumbai, West"} for _ in range(3)))
    sent, place = form(client, batch), cell(batch, 2, "city")
    typed = {"columns": sent["columns"], f"cell-{place}": "Mumbai", f"seen-{place}": sent[f"seen-{place}"]}
    assert "Apply to 2 more rows like this" in words(client.post(url(batch), typed, headers=HTMX))
    answer = client.post(url(batch), {"alike": place}, follow=True)
    assert "Correcting 2 rows alike" in words(answer)
    while (batch := Batch.objects.get()).state == State.CHECKING:
        assert tasks.work_due()
    assert (batch.good, batch.wrong) == (3, 0)


def test_a_row_that_another_depends_on_brings_what_is_said_of_that_one(client, checked):
    batch = checked({"city": "Mumbai, West"}, {"user_id": "FIX0"})
    place = cell(batch, 2, "user_id")
    sent = form(client, batch)
    assert "Row 2 creates the same retail user" in words(client.get(url(batch)))
    typed = {"columns": sent["columns"], f"cell-{place}": "FIX7", f"seen-{place}": sent[f"seen-{place}"]}
    page = client.post(url(batch), typed, headers=HTMX).content.decode()
    assert f'id="said-{cell(batch, 3, "user_id")}" class="fix-said" data-state="fine"' in page


def test_a_password_is_asked_for_but_never_shown(client, checked):
    batch = checked({"password": "abc1"})
    page = client.get(url(batch)).content.decode()
    assert 'type="password"' in page
    assert "abc1" not in page
    place = cell(batch, 2, "password")
    typed = {**form(client, batch), f"cell-{place}": "Sesame43"}
    assert "Sesame43" not in client.post(url(batch), typed, headers=HTMX).content.decode()
    assert Row.objects.get().state == RowState.GOOD
    assert "Sesame43" not in client.get(reverse("batches:row", args=[batch.pk, 2])).content.decode()


def test_somebody_else_sees_who_may_correct_it_and_cannot(client, checked, other_maker, checker):
    batch = checked({"pan": "AAAPR12"})
    sent = form(client, batch)
    client.force_login(other_maker)
    page = client.get(url(batch))
    assert "can correct it" in words(page)
    assert "cell-" not in re.sub(r'class="[^"]*"', "", page.content.decode()).replace("cell-place", "")
    place = cell(batch, 2, "pan")
    client.post(url(batch), {**sent, f"cell-{place}": "AAAPR0001K"})
    assert Row.objects.get().state == RowState.WRONG
    client.force_login(checker)
    assert client.get(url(batch)).status_code == 403


def test_thousands_of_wrong_rows_come_page_by_page_with_as_many_queries(
    client, checked, django_assert_max_num_queries
):
    batch = checked({"pan": "AAAPR12"})
    row = batch.rows.get()
    for number in range(3, 200):
        row.pk, row.number = None, number
        row.save()
    Batch.objects.update(wrong=198)
    with django_assert_max_num_queries(25):
        page = client.get(url(batch, "?after=26")).content.decode()
    assert [int(number) for number in re.findall(r'id="row-(\d+)"', page)] == list(range(27, 52))
    assert "?after=51" in page


def test_what_no_cell_holds_is_refused_and_nothing_is_kept(client, checked):
    batch = checked({"pan": "AAAPR12"})
    place = cell(batch, 2, "pan")
    answer = client.post(url(batch), {**form(client, batch), f"cell-{place}": "x" * 2001}, follow=True)
    assert "A cell takes at most" in words(answer)
    assert not Row.objects.get().corrections


def test_hostile_text_is_shown_as_text(client, checked):
    batch = checked({"pan": "AAAPR12"})
    place = cell(batch, 2, "pan")
    typed = {**form(client, batch), f"cell-{place}": '"><script>alert(1)</script>'}
    assert "<script>alert" not in client.post(url(batch), typed, headers=HTMX).content.decode()
    assert "<script>alert" not in client.get(url(batch)).content.decode()


def test_a_file_that_is_submitted_has_no_grid(client, checked):
    batch = checked({}, {"pan": "AAAPR12"})
    client.post(reverse("batches:submit", args=[batch.pk]), {"mode": "valid", "reason": "New clients"})
    assert client.get(url(batch)).url == batch.get_absolute_url()


def test_who_does_not_see_the_values_corrects_none_by_the_page_or_by_the_operation(client, checked, maker):
    batch = checked({"city": "Mumbai, West"})
    sent = form(client, batch)
    maker.groups.clear()
    for name in ("view_batch", "add_change", "see_personal_data"):
        maker.user_permissions.add(Permission.objects.get(codename=name))
    maker = type(maker).objects.get(pk=maker.pk)
    place = cell(batch, 2, "city")
    answer = client.post(url(batch), {**sent, f"cell-{place}": "Mumbai"}, follow=True)
    assert "Only a person who proposes changes and sees the values may correct them" in words(answer)
    assert "cell-" not in str(form(client, batch))
    for verb in (
        lambda: fixing.correct(batch.pk, [], by=maker),
        lambda: fixing.correct_alike(batch.pk, 2, batch.mapping.index("city"), by=maker),
        lambda: fixing.accept_cleaned(batch.pk, path="city", rule="F5", seen="", by=maker),
    ):
        with pytest.raises(NotAllowed, match="sees the values"):
            verb()
    assert not Row.objects.get().corrections


@pytest.mark.parametrize("missing", ["add_change", "see_personal_data", "work_with_personal_data"])
def test_each_right_to_correct_is_asked_for_by_the_operation(checked, maker, missing):
    batch = checked({"city": "Mumbai, West"})
    assert fixing.may_fix(batch, maker)
    maker.groups.clear()
    rights = {"view_batch", "add_change", "see_personal_data", "work_with_personal_data"} - {missing}
    maker.user_permissions.set(Permission.objects.filter(codename__in=rights))
    maker = type(maker).objects.get(pk=maker.pk)
    assert not fixing.may_fix(batch, maker)
    with pytest.raises(NotAllowed):
        fixing.correct(batch.pk, [], by=maker)
